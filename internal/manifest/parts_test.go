package manifest

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The manifest that inndx documents is refused for its parts that are not supported, at their
// places. Without these it means what it means there.
func TestManifestOfOtherServices(t *testing.T) {
	data, err := os.ReadFile("testdata/pipelines.yaml")
	if err != nil {
		t.Fatal(err)
	}
	const refused = "crawl.yaml:31:11: config.pipelines[0].actions[1].kind is not supported; supported: to_blob, log"
	if _, err := Parse("crawl.yaml", data, nil); err == nil || !strings.Contains(err.Error(), refused) {
		t.Errorf("got %v, want %s", err, refused)
	}
	data = bytes.Replace(data, []byte("        - kind: label_url\n          params: {labels: {delivered: \"true\"}}\n"), nil, 1)
	m, err := Parse("crawl.yaml", data, nil)
	if err != nil {
		t.Fatal(err)
	}
	const config = `{"seeds":[{"kind":"sitemap","params":{"url":"https://example.com/sitemap.xml"}}],` +
		`"stopping_criteria":[{"kind":"max_urls","params":{"max_urls":1000}}],` +
		`"pipelines":[{"id":"pages","navigator":{"kind":"anchor","params":{}},"steps":[` +
		`{"kind":"condition","params":[{"kind":"regex_patterns","params":{"allow":["https://example\\.com/products/.+"]}}]},` +
		`{"kind":"extractor","params":{"kind":"markdown","params":{"content_xpath":"//main","skip_tags":["nav","footer"]}}},` +
		`{"kind":"asset_resolver","params":{"concurrency":10,"max_retries":3,"timeout":"10s","resolvers":[{"kind":"xpath","params":{"xpaths":["//body/img/@src"],"max_items":5}}]}}],` +
		`"actions":[{"kind":"to_blob","params":{"directory":"output","key_strategy":"hash","include_assets":true}},{"kind":"log","params":{"level":"info","event":"DataExtracted"}}]}]}`
	if diff := cmp.Diff(config, string(m.Config.Canonical())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The parts of a configuration that inndx documents are accepted with their meaning
// there, or refused by name. Configurations are in YAML, and what is accepted is compared with the
// resolved member.
func TestPartsOfOtherServices(t *testing.T) {
	const refused = " is not supported; supported: "
	pipeline := func(text string) string { return "pipelines: [{" + text + "}]" }
	condition := func(text string) string {
		return pipeline("steps: [{kind: condition, params: [" + text + "]}]")
	}
	extractor := func(text string) string {
		return pipeline("steps: [{kind: extractor, params: {" + text + "}}]")
	}
	field := func(source string) string {
		return extractor("kind: data_map, params: {map: {fields: [{name: title, source: " + source + "}]}}")
	}
	extracted := func(kind, params string) string {
		return `[{"id":"pipeline-1","steps":[{"kind":"extractor","params":{"kind":"` + kind + `","params":` + params + `}}],"actions":[]}]`
	}
	for _, tt := range []struct{ name, config, member, want string }{
		{"user_agent", `user_agent: mybot/1.0`, "user_agent", `"mybot/1.0"`},
		{"user_agent random", `user_agent: random`, "", "config.user_agent" + refused + "the agent as it is sent"},
		{"max_queue_size", `max_queue_size: 1000`, "max_queue_size", `1000`},
		{"max_queue_size, our default", `{}`, "max_queue_size", `1000000`},

		{"static_list", `seeds: [{kind: static_list, params: {urls: [https://a.example/]}}]`, "seeds", `[{"kind":"static_list","params":{"urls":["https://a.example/"]}}]`},
		{"sitemap", `seeds: [{kind: sitemap, params: {urls: [https://a.example/s.xml], limit: 10, concurrency: 4}}]`, "seeds",
			`[{"kind":"sitemap","params":{"urls":["https://a.example/s.xml"],"limit":10,"concurrency":4}}]`},
		{"sitemap url", `seeds: [{kind: sitemap, params: {url: https://a.example/s.xml}}]`, "seeds", `[{"kind":"sitemap","params":{"urls":["https://a.example/s.xml"],"limit":50000}}]`},
		{"host_labels", `seeds: [{kind: host_labels, params: {labels: {a: b}, limit: 5}}]`, "", "config.seeds[0].kind" + refused + "static_list, sitemap"},

		{"exclusive", `starting_criteria: [{kind: exclusive}]`, "starting_criteria", `[{"kind":"exclusive","params":{"by":"labels","limit":1}}]`},
		{"exclusive by tenant", `starting_criteria: [{kind: exclusive, params: {by: tenant_id, limit: 2}}]`, "starting_criteria", `[{"kind":"exclusive","params":{"by":"tenant_id","limit":2}}]`},
		{"exclusive by job", `starting_criteria: [{kind: exclusive, params: {by: job_id}}]`, "starting_criteria", `[{"kind":"exclusive","params":{"by":"job_id","limit":1}}]`},

		{"stopping criteria", `stopping_criteria: [{kind: max_urls, params: {max_urls: 5}}, {kind: max_depth, params: {max_depth: 2}}, {kind: max_age, params: {max_age: 30m}}, ` +
			`{kind: max_empty_evaluations, params: {max_empty_evaluations: 3}}]`, "stopping_criteria",
			`[{"kind":"max_urls","params":{"max_urls":5}},{"kind":"max_depth","params":{"max_depth":2}},{"kind":"max_age","params":{"max_age":"30m"}},{"kind":"max_empty_evaluations","params":{"max_empty_evaluations":3}}]`},

		{"ranker breadth", `ranker: {kind: breadth}`, "ranker", ``},
		{"ranker depth", `ranker: {kind: depth}`, "ranker", `{"kind":"depth","params":{}}`},
		{"ranker page_rank", `ranker: {kind: page_rank, params: {damping_factor: 0.85, max_iterations: 10, tolerance: 0.001}}`, "", "config.ranker.kind" + refused + "breadth, depth"},

		{"timeout, max_redirects and max_retries", `fetcher: {timeout: 30s, max_redirects: 10, max_retries: 3}`, "fetcher", `{"timeout":"30s","max_body_bytes":10485760,"max_redirects":10,"max_retries":3}`},
		{"client", `fetcher: {client: standard}`, "", "config.fetcher.client" + refused + "timeout"},
		{"browser", `fetcher: {client: {kind: browser}}`, "", "config.fetcher.client" + refused + "timeout"},
		{"proxies", `fetcher: {proxies: [http://p.example]}`, "", "config.fetcher.proxies" + refused + "timeout"},
		{"set_language", `fetcher: {middleware: [{kind: set_language, params: {languages: [[en-US, 1.0]]}}]}`, "fetcher",
			`{"timeout":"30s","max_body_bytes":10485760,"max_redirects":10,"max_retries":3,"middleware":[{"kind":"set_language","params":{"languages":[["en-US",1]]}}]}`},
		{"mutate_headers", `fetcher: {middleware: [{kind: mutate_headers, params: {on: response, headers: [[X-A, b]]}}]}`, "fetcher",
			`{"timeout":"30s","max_body_bytes":10485760,"max_redirects":10,"max_retries":3,"middleware":[{"kind":"mutate_headers","params":{"on":"response","headers":[["X-A","b"]]}}]}`},
		{"mutate_path", `fetcher: {middleware: [{kind: mutate_path, params: {paths: {/old/*: /new}}}]}`, "", "config.fetcher.middleware[0].kind" + refused + "set_language, mutate_headers"},
		{"mutate_method", `fetcher: {middleware: [{kind: mutate_method, params: {paths: {/search/*: POST}}}]}`, "", "config.fetcher.middleware[0].kind" + refused},
		{"mutate_json_body", `fetcher: {middleware: [{kind: mutate_json_body}]}`, "", "config.fetcher.middleware[0].kind" + refused},

		{"robots_txt", `policies: [{kind: robots_txt, params: {default_delay: 10s}}]`, "policies", `[{"kind":"robots_txt","params":{"default_delay":"10s"}}]`},
		{"robots_txt with a range", `policies: [{kind: robots_txt, params: {default_delay: [1s, 10s]}}]`, "policies", `[{"kind":"robots_txt","params":{"default_delay":["1s","10s"]}}]`},
		{"robots_txt scope", `policies: [{kind: robots_txt, params: {scope: global}}]`, "", "config.policies[0].params.scope" + refused + "default_delay"},
		{"recrawl", `policies: [{kind: recrawl, params: {scope: job, minimum_delay: 72h}}]`, "", "config.policies[0].kind" + refused + "robots_txt"},
		{"policies, our default", `{}`, "policies", `[{"kind":"robots_txt","params":{"default_delay":"1s"}}]`},

		{"regex_patterns", `filters: [{kind: regex_patterns, params: {allow: [a], deny: [b], default_allow: false}}]`, "filters",
			`[{"kind":"regex_patterns","params":{"allow":["a"],"deny":["b"],"default_allow":false}}]`},
		{"url_patterns", `filters: [{kind: url_patterns, params: {allow: [{protocol: https, hostname: "*.a.example", port: "443", pathname: /docs/*, search: "q=*", hash: "*"}]}}]`, "filters",
			`[{"kind":"url_patterns","params":{"allow":[{"protocol":"https","hostname":"*.a.example","port":"443","pathname":"/docs/*","search":"q=*","hash":"*"}],"deny":[],"default_allow":false}}]`},
		{"url_patterns with a hash", `filters: [{kind: url_patterns, params: {allow: [{pathname: /, hash: top}]}}]`, "", "config.filters[0].params.allow[0].hash" + refused + "*"},
		{"budget", `filters: [{kind: budget, params: {by: host, limit: 5}}]`, "filters", `[{"kind":"budget","params":{"by":"host","limit":5}}]`},
		{"filters, our default", `{}`, "filters", `[{"kind":"seed_hosts","params":{}}]`},

		{"sanitize", `mutators: [{kind: sanitize, params: {strip_fragment: true, strip_query: true}}]`, "mutators", `[{"kind":"sanitize","params":{"strip_fragment":true,"strip_query":true}}]`},
		{"sanitize, defaults", `mutators: [{kind: sanitize}]`, "mutators", `[{"kind":"sanitize","params":{"strip_fragment":true,"strip_query":false}}]`},
		{"sanitize that keeps fragments", `mutators: [{kind: sanitize, params: {strip_fragment: false}}]`, "", "config.mutators[0].params.strip_fragment" + refused + "true"},

		{"no pipelines", `{}`, "pipelines", ``},
		{"condition", condition(`{kind: url_patterns, params: {allow: [{pathname: /a/*}]}}, {kind: expression, params: {expression: "content_type.subtype == 'html'"}}`), "pipelines",
			`[{"id":"pipeline-1","steps":[{"kind":"condition","params":[{"kind":"url_patterns","params":{"allow":[{"pathname":"/a/*"}],"deny":[],"default_allow":false}},` +
				`{"kind":"expression","params":{"expression":"content_type.subtype == 'html'"}}]}],"actions":[]}]`},
		{"heuristics", condition(`{kind: heuristics}`), "", "config.pipelines[0].steps[0].params[0].kind" + refused + "regex_patterns, url_patterns, expression"},
		{"raw", extractor(`kind: raw`), "pipelines", extracted("raw", `{}`)},
		{"markdown", extractor(`kind: markdown`), "pipelines", extracted("markdown", `{}`)},
		{"host_data_map", extractor(`kind: host_data_map, params: {}`), "", "config.pipelines[0].steps[0].params.kind" + refused + "raw, markdown, data_map, text"},
		{"data_map by XPath", field(`{type: extractor, kind: xpath, params: {expressions: ["//h1/text()"]}}`), "pipelines",
			extracted("data_map", `{"map":{"fields":[{"name":"title","source":{"type":"extractor","kind":"xpath","params":{"expressions":["//h1/text()"]}}}]}}`)},
		{"data_map by CSS", field(`{type: extractor, kind: selector, params: {expressions: [h1]}}`), "pipelines",
			extracted("data_map", `{"map":{"fields":[{"name":"title","source":{"type":"extractor","kind":"selector","params":{"expressions":["h1"]}}}]}}`)},
		{"data_map of a constant", field(`{type: constant, kind: xpath, params: {expressions: [a]}}`), "", "config.pipelines[0].steps[0].params.params.map.fields[0].source.type" + refused + "extractor"},
		{"key_strategy 5min", pipeline(`steps: [{kind: extractor, params: {kind: raw}}], actions: [{kind: to_blob, params: {key_strategy: 5min}}]`), "pipelines",
			`[{"id":"pipeline-1","steps":[{"kind":"extractor","params":{"kind":"raw","params":{}}}],"actions":[{"kind":"to_blob","params":{"key_strategy":"5min"}}]}]`},
		{"asset_resolver", pipeline(`steps: [{kind: asset_resolver, params: {resolvers: [{kind: xpath, params: {xpaths: [//img/@src]}}]}}]`), "pipelines",
			`[{"id":"pipeline-1","steps":[{"kind":"asset_resolver","params":{"concurrency":10,"max_retries":3,"timeout":"10s",` +
				`"resolvers":[{"kind":"xpath","params":{"xpaths":["//img/@src"],"max_items":100}}]}}],"actions":[]}]`},
		{"label_url", pipeline(`actions: [{kind: label_url, params: {labels: {a: b}}}]`), "", "config.pipelines[0].actions[0].kind" + refused + "to_blob, log"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := "name: a\nconfig:\n  " + tt.config + "\n"
			m, err := Parse("crawl.yaml", []byte(text), nil)
			if tt.member == "" {
				if err == nil || strings.Count(err.Error(), "\n") > 0 || !strings.Contains(err.Error(), ": "+tt.want) {
					t.Errorf("got %v, want %q", err, tt.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var resolved map[string]json.RawMessage
			if err := json.Unmarshal(m.Config.Resolve().Canonical(), &resolved); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, string(resolved[tt.member])); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.member, diff)
			}
		})
	}
}
