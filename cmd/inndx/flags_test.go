package main_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inndx/runs/internal/manifest"
	"github.com/inndx/runs/internal/pipeline"
)

// Flags describe the same crawl as a manifest, and change a manifest.
func TestPrintManifest(t *testing.T) {
	t.Parallel()
	const short = "name: a\nconfig:\n  seeds: [{kind: static_list, params: {urls: ['https://a.example/']}}]\n"
	seeds := func(url string) string {
		return "  seeds: [{kind: static_list, params: {urls: ['" + url + "']}}]\n"
	}
	for name, tc := range map[string]struct {
		manifest string // without one, the URL is crawled
		args     []string
		want     string // the same manifest
	}{
		"a URL": {"", []string{"HTTPS://Example.com:443/docs#top"}, "name: example.com\nconfig:\n" + seeds("https://example.com/docs")},
		"settings": {
			"", []string{
				"http://localhost:8080", "--depth", "0", "--max-urls", "7", "--delay", "0s", "--concurrency", "4", "--timeout", "5s",
				"--user-agent", "yes", "--name", "0x1F", "--label", "a=1", "--label", "b=x=y", "--external", "check",
			},
			"name: '0x1F'\nlabels: {a: '1', b: x=y}\nconfig:\n" + seeds("http://localhost:8080/") + `
  stopping_criteria: [{kind: max_depth, params: {max_depth: 0}}, {kind: max_urls, params: {max_urls: 7}}]
  policies: [{kind: robots_txt, params: {default_delay: 0s}}]
  speed: {concurrency: 4, per_host_concurrency: 4}
  fetcher: {timeout: 5s}
  user_agent: 'yes'
  external: check
`,
		},
		"patterns": {
			"", []string{"https://a.example/?q", "--include", "/docs/", "--include", "a,b", "--exclude", `\.zip$`},
			"name: a.example\nconfig:\n" + seeds("https://a.example/?q") + `
  filters:
    - {kind: seed_hosts, params: {}}
    - {kind: regex_patterns, params: {allow: ['^https://a\.example/\?q$', /docs/, 'a,b'], deny: ['\.zip$']}}
`,
		},
		"only exclude": {
			"", []string{"https://a.example/", "--exclude", "x"},
			"name: a.example\nconfig:\n" + seeds("https://a.example/") +
				"  filters: [{kind: seed_hosts, params: {}}, {kind: regex_patterns, params: {deny: [x]}}]\n",
		},
		"keep": {
			"", []string{"https://a.example/", "--keep", "raw,text", "--assets"},
			"name: a.example\nconfig:\n" + seeds("https://a.example/") + `
  pipelines:
    - id: raw
      navigator: {kind: anchor, params: {}}
      steps: [{kind: extractor, params: {kind: raw, params: {}}}]
      actions: [{kind: to_blob, params: {directory: raw, key_strategy: hash}}]
    - id: text
      navigator: {kind: anchor, params: {}}
      steps: [{kind: extractor, params: {kind: text, params: {}}}]
      actions: [{kind: to_blob, params: {directory: text, key_strategy: hash}}]
    - id: assets
      navigator: {kind: assets, params: {}}
`,
		},
		"assets are kept": {
			"", []string{"https://a.example/", "--keep", "raw,assets", "--assets"},
			"name: a.example\nconfig:\n" + seeds("https://a.example/") + `
  pipelines:
    - id: raw
      navigator: {kind: anchor, params: {}}
      steps: [{kind: extractor, params: {kind: raw, params: {}}}]
      actions: [{kind: to_blob, params: {directory: raw, key_strategy: hash}}]
    - id: assets
      navigator: {kind: assets, params: {}}
      actions: [{kind: to_blob, params: {directory: assets, key_strategy: hash, include_assets: true}}]
`,
		},
		"only assets are kept": {
			"", []string{"https://a.example/", "--keep", "assets"},
			"name: a.example\nconfig:\n" + seeds("https://a.example/") + `
  pipelines:
    - id: assets
      navigator: {kind: assets, params: {}}
      actions: [{kind: to_blob, params: {directory: assets, key_strategy: hash, include_assets: true}}]
    - id: links
      navigator: {kind: anchor, params: {}}
`,
		},
		"assets alone follow links too": {
			"", []string{"https://a.example/", "--assets"},
			"name: a.example\nconfig:\n" + seeds("https://a.example/") + `
  pipelines: [{id: links, navigator: {kind: anchor, params: {}}}, {id: assets, navigator: {kind: assets, params: {}}}]
`,
		},
		"a manifest": {short, nil, short},
		"a changed manifest": {
			"name: a\nlabels: {a: '1', b: '2'}\nconfig:\n" + seeds("https://a.example/") + `
  stopping_criteria: [{kind: max_age, params: {max_age: 1h}}, {kind: max_depth, params: {max_depth: 5}}]
  policies: [{kind: robots_txt, params: {default_delay: 3s}}]
  speed: {concurrency: 8, per_host_concurrency: 2}
  fetcher: {max_retries: 1}
  filters: [{kind: budget, params: {by: host, limit: 9}}]
`,
			[]string{"--depth", "1", "--delay", "2s", "--concurrency", "4", "--timeout", "1s", "--label", "b=3", "--include", "x"},
			"name: a\nlabels: {a: '1', b: '3'}\nconfig:\n" + seeds("https://a.example/") + `
  stopping_criteria: [{kind: max_age, params: {max_age: 1h}}, {kind: max_depth, params: {max_depth: 1}}]
  policies: [{kind: robots_txt, params: {default_delay: 2s}}]
  speed: {concurrency: 4, per_host_concurrency: 2}
  fetcher: {max_retries: 1, timeout: 1s}
  filters: [{kind: budget, params: {by: host, limit: 9}}, {kind: regex_patterns, params: {allow: [x]}}]
`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := command(t, nil, append([]string{"crawl", "--print-manifest"}, operands(t, tc.manifest, tc.args)...)...).start()
			p.wait(0)
			want, err := manifest.Parse("want", []byte(tc.want), pipeline.CheckConfig)
			if err != nil {
				t.Fatal(err)
			}
			got, err := manifest.Parse("got", []byte(p.out.String()), pipeline.CheckConfig)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s\n%s", diff, p.out.String())
			}
		})
	}
}

// operands returns the arguments, after the name of a file with the manifest if there is one.
func operands(t *testing.T, text string, args []string) []string {
	t.Helper()
	if text == "" {
		return args
	}
	file := filepath.Join(t.TempDir(), "manifest.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return append([]string{file}, args...)
}

// What a flag cannot mean is refused, with the name of the flag, before anything starts.
func TestRefusedFlags(t *testing.T) {
	t.Parallel()
	const base = "name: a\nconfig:\n  seeds: []\n"
	for name, tc := range map[string]struct {
		manifest string
		args     []string
		want     []string
	}{
		"bounds": {
			"", []string{"https://a.example/", "--depth", "-1", "--max-urls", "0", "--delay", "2h", "--concurrency", "257", "--timeout", "1ms"},
			[]string{
				"--depth must be between 0 and 1000", "--max-urls must be between 1 and", "--delay must be between 0s and 1h",
				"--concurrency must be between 1 and 256", "--timeout must be between 100ms and 5m",
			},
		},
		"an expression": {"", []string{"https://a.example/", "--include", "("}, []string{"--include is not an RE2 expression"}},
		"a label":       {"", []string{"https://a.example/", "--label", "x"}, []string{`--label: "x" must be KEY=VALUE`}},
		"a label's key": {"", []string{"https://a.example/", "--label", "=x"}, []string{"--label its key must "}},
		"a kind":        {"", []string{"https://a.example/", "--keep", "raw,pdf"}, []string{"--keep: must be raw, markdown, text, assets"}},
		"a kind twice":  {"", []string{"https://a.example/", "--keep", "raw,raw"}, []string{"--keep: raw is given twice"}},
		"external":      {"", []string{"https://a.example/", "--external", "follow"}, []string{"--external must "}},
		"name":          {"", []string{"https://a.example/", "--name", ""}, []string{"--name must "}},
		"two filters": {
			base + "  filters: [{kind: regex_patterns, params: {deny: [x]}}]\n", []string{"--exclude", "y"},
			[]string{"--exclude: the manifest has a filter regex_patterns"},
		},
		"pipelines": {base + "  pipelines: []\n", []string{"--keep", "raw"}, []string{"--keep: the manifest has pipelines"}},
		"no delay":  {base + "  policies: []\n", []string{"--delay", "1s"}, []string{"--delay: the manifest has policies without robots_txt"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := command(t, []string{"DATA_DIR=" + t.TempDir()}, append([]string{"crawl"}, operands(t, tc.manifest, tc.args)...)...).start()
			p.wait(2)
			got := lines(p.errs.String())
			if len(got) != len(tc.want) {
				t.Fatalf("stderr has %d lines, want %d:\n%s", len(got), len(tc.want), p.errs.String())
			}
			for i, want := range tc.want {
				if !strings.HasPrefix(got[i], "inndx: "+want) {
					t.Errorf("line %q, want %q…", got[i], want)
				}
			}
		})
	}
}

// The flags have their effect on the crawl.
func TestFlagsOfTheCrawl(t *testing.T) {
	t.Parallel()
	agents := make(chan string, 100)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		agents <- r.UserAgent()
		page(w, "/a/", "/b/", "/a/x", "/a/zip", r.URL.Path+"1/")
	}))
	t.Cleanup(site.Close)
	p := command(t, []string{"DATA_DIR=" + t.TempDir()}, "crawl", site.URL, "--delay", "0s", "--depth", "1",
		"--include", "/a/", "--exclude", "zip$", "--user-agent", "checker/1", "--label", "team=docs", "--format", "json").start()
	p.wait(0)
	r := p.report()
	got := map[string]string{}
	for _, u := range r.URLs {
		got[strings.TrimPrefix(u.URL, site.URL)] = u.Result
	}
	want := map[string]string{"/": "ok", "/a/": "ok", "/a/x": "ok", "/b/": "excluded", "/a/zip": "excluded", "/1/": "excluded"}
	for path := range maps.Clone(got) { // of the next depth, which is not crawled
		if strings.HasPrefix(path, "/a/") && want[path] == "" {
			delete(got, path)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if agent := <-agents; agent != "checker/1" || r.Run.Labels["team"] != "docs" || r.Run.StopReason != "max_depth" {
		t.Errorf("the user agent is %q, the run %+v", agent, r.Run)
	}
}
