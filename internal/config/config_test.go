package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inndx/runs/internal/fault"
)

// full is a configuration that uses every kind and gives every param, in canonical form.
const full = `{"user_agent":"acme-bot/2 (+https://acme.example/bot)",` +
	`"seeds":[{"kind":"static_list","params":{"urls":["https://example.com/?a=1&b=2"]}},` +
	`{"kind":"sitemap","params":{"urls":["https://example.com/sitemap.xml"],"hosts":["example.com","http://example.com:8080"],"limit":100}}],` +
	`"stopping_criteria":[{"kind":"max_urls","params":{"max_urls":1000}},` +
	`{"kind":"max_depth","params":{"max_depth":0}},` +
	`{"kind":"max_age","params":{"max_age":"6h"}},` +
	`{"kind":"max_empty_evaluations","params":{"max_empty_evaluations":3}}],` +
	`"starting_criteria":[{"kind":"exclusive","params":{"by":"job_id","limit":1}}],` +
	`"filters":[{"kind":"seed_hosts","params":{}},` +
	`{"kind":"regex_patterns","params":{"allow":["^https://"],"deny":["\\.pdf$"],"default_allow":false}},` +
	`{"kind":"url_patterns","params":{"allow":[{"hostname":"*.example.com","pathname":"/docs/*"}],"deny":[],"default_allow":true}},` +
	`{"kind":"budget","params":{"by":"host","limit":500}}],` +
	`"policies":[{"kind":"robots_txt","params":{"default_delay":"1m30s"}}],` +
	`"speed":{"concurrency":32,"per_host_concurrency":2},` +
	`"fetcher":{"timeout":"10s","max_body_bytes":1048576,"max_redirects":5,"max_retries":0},` +
	`"traps":{"max_path_segments":20,"max_repeated_segments":2,"max_url_variants":500,"max_session_variants":1,"max_depth":50,"max_host_urls":2000},` +
	`"max_queue_size":5000}`

// defaults is what a configuration that says nothing resolves to.
const defaults = `{"user_agent":"inndx/0.1.0 (+https://github.com/inndx/runs)",` +
	`"seeds":[],` +
	`"stopping_criteria":[{"kind":"max_empty_evaluations","params":{"max_empty_evaluations":1}}],` +
	`"starting_criteria":[],` +
	`"filters":[{"kind":"seed_hosts","params":{}}],` +
	`"policies":[{"kind":"robots_txt","params":{"default_delay":"1s"}}],` +
	`"speed":{"concurrency":16,"per_host_concurrency":1},` +
	`"fetcher":{"timeout":"30s","max_body_bytes":10485760,"max_redirects":10,"max_retries":3},` +
	`"traps":{"max_path_segments":32,"max_repeated_segments":3,"max_url_variants":10000,"max_session_variants":10,"max_depth":256,"max_host_urls":1000000},` +
	`"max_queue_size":1000000}`

// The version before cookie_jar reads what is resolved, unless cookies are switched off.
func TestCookieJarIsResolvedForOlderVersions(t *testing.T) {
	for given, want := range map[string]string{
		`{"fetcher":{"cookie_jar":true}}`:  defaults,
		`{"fetcher":{"cookie_jar":false}}`: strings.Replace(defaults, `"max_retries":3}`, `"max_retries":3,"cookie_jar":false}`, 1),
	} {
		c, err := Parse([]byte(given), "config")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, string(c.Resolve().Canonical())); diff != "" || string(c.Canonical()) != given {
			t.Errorf("%s is kept as %s and resolved (-want +got):\n%s", given, c.Canonical(), diff)
		}
	}
}

// A seed may be written as a link of a page may, and is kept so.
func TestSeedsAreParsedAsLinks(t *testing.T) {
	for _, seed := range []string{
		"http://h/100%", "http://h/%zz?%", "http:h", "http:///h", "HTTPS:\\\\h\\a", " http://h/ \n", "ht\ntp://h/", "http://h/a b?c|d", "http://bücher.example",
		"http://0x7f.1/", "http://[::1]:8080", "http://a_b/", "http://h:/",
	} {
		given, err := json.Marshal(map[string]any{"seeds": []any{map[string]any{"kind": "static_list", "params": map[string]any{"urls": []string{seed}}}}})
		if err != nil {
			t.Fatal(err)
		}
		c, err := Parse(given, "config")
		if err != nil {
			t.Errorf("%q is refused: %v", seed, err)
		} else if got := c.Seeds[0].Params.(*StaticList).URLs[0]; got != seed {
			t.Errorf("%q is kept as %q", seed, got)
		}
	}
}

// A configuration that an earlier version took is read, whatever its URLs are.
func TestParseStored(t *testing.T) {
	for _, seed := range []string{"http://xn--a-yoc/", "http://a..b/", "http://h/" + strings.Repeat("ä", 1000)} {
		given := []byte(`{"seeds":[{"kind":"static_list","params":{"urls":["` + seed + `"]}}]}`)
		if _, err := Parse(given, "config"); !fault.Is(err, fault.Invalid) {
			t.Errorf("a new configuration with %.30q gives %v", seed, err)
		}
		c, err := ParseStored(given)
		if err != nil || c.Seeds[0].Params.(*StaticList).URLs[0] != seed {
			t.Errorf("a stored configuration with %.30q is read as %v, %v", seed, c, err)
		}
	}
	if _, err := ParseStored([]byte(`{"seeds":[{"kind":"static_list","params":{"urls":[]}}]}`)); !fault.Is(err, fault.Invalid) {
		t.Errorf("a list without URLs gives %v", err)
	}
}

func TestCanonicalAndResolve(t *testing.T) {
	for _, tt := range []struct {
		name, given, canonical, resolved string
	}{
		{"nothing", `{}`, `{}`, defaults},
		{"everything", full, full, full},
		{
			"spelling does not matter",
			" {\"policies\" : [ {\"params\":{\"default_delay\":\"60s\"}, \"kind\":\"robots\\u005ftxt\"} ],\n\"user_agent\":\"a&b\" }",
			`{"user_agent":"a&b","policies":[{"kind":"robots_txt","params":{"default_delay":"1m"}}]}`,
			replace(t, defaults, `inndx/0.1.0 (+https://github.com/inndx/runs)`, `a&b`, `"1s"`, `"1m"`),
		},
		{
			"an empty list means none, but for the criterion that every run has",
			`{"stopping_criteria":[],"filters":[],"policies":[]}`,
			`{"stopping_criteria":[],"filters":[],"policies":[]}`,
			replace(t, defaults, `{"kind":"seed_hosts","params":{}}`, ``,
				`{"kind":"robots_txt","params":{"default_delay":"1s"}}`, ``),
		},
		{
			"the criterion that every run has comes last",
			`{"stopping_criteria":[{"kind":"max_urls","params":{"max_urls":1e3}}]}`,
			`{"stopping_criteria":[{"kind":"max_urls","params":{"max_urls":1000}}]}`,
			replace(t, defaults, `"stopping_criteria":[`, `"stopping_criteria":[{"kind":"max_urls","params":{"max_urls":1000}},`),
		},
		{
			"params have defaults too, and may be left out",
			`{"seeds":[{"kind":"sitemap","params":{"urls":["http://a/"]}}],"policies":[{"kind":"robots_txt"}]}`,
			`{"seeds":[{"kind":"sitemap","params":{"urls":["http://a/"]}}],"policies":[{"kind":"robots_txt","params":{}}]}`,
			replace(t, defaults, `"seeds":[]`, `"seeds":[{"kind":"sitemap","params":{"urls":["http://a/"],"limit":50000}}]`),
		},
		{
			"patterns that only deny allow the rest",
			`{"filters":[{"kind":"regex_patterns","params":{"deny":["x"]}},{"kind":"url_patterns"}]}`,
			`{"filters":[{"kind":"regex_patterns","params":{"deny":["x"]}},{"kind":"url_patterns","params":{}}]}`,
			replace(t, defaults, `{"kind":"seed_hosts","params":{}}`,
				`{"kind":"regex_patterns","params":{"allow":[],"deny":["x"],"default_allow":true}},`+
					`{"kind":"url_patterns","params":{"allow":[],"deny":[],"default_allow":true}}`),
		},
		{
			"patterns that allow something allow nothing else",
			`{"filters":[{"kind":"regex_patterns","params":{"allow":["x"],"deny":[]}},{"kind":"url_patterns","params":{"allow":[{"pathname":"/"}]}}]}`,
			`{"filters":[{"kind":"regex_patterns","params":{"allow":["x"],"deny":[]}},{"kind":"url_patterns","params":{"allow":[{"pathname":"/"}]}}]}`,
			replace(t, defaults, `{"kind":"seed_hosts","params":{}}`,
				`{"kind":"regex_patterns","params":{"allow":["x"],"deny":[],"default_allow":false}},`+
					`{"kind":"url_patterns","params":{"allow":[{"pathname":"/"}],"deny":[],"default_allow":false}}`),
		},
		{
			"half a group",
			`{"speed":{"concurrency":1},"fetcher":{"timeout":"100ms"},"traps":{"max_depth":9}}`,
			`{"speed":{"concurrency":1},"fetcher":{"timeout":"100ms"},"traps":{"max_depth":9}}`,
			replace(t, defaults, `"concurrency":16`, `"concurrency":1`, `"timeout":"30s"`, `"timeout":"100ms"`, `"max_depth":256`, `"max_depth":9`),
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := Parse([]byte(tt.given), "config")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.canonical, string(c.Canonical())); diff != "" {
				t.Errorf("canonical (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.resolved, string(c.Resolve().Canonical())); diff != "" {
				t.Errorf("resolved (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.canonical, string(c.Canonical())); diff != "" {
				t.Errorf("resolving changed the configuration (-want +got):\n%s", diff)
			}
		})
	}
}

// replace replaces each old string by the new one that follows it, which must be there.
func replace(t *testing.T, s string, oldnew ...string) string {
	t.Helper()
	for i := 0; i < len(oldnew); i += 2 {
		if !strings.Contains(s, oldnew[i]) {
			t.Fatalf("%q is not in %s", oldnew[i], s)
		}
		s = strings.Replace(s, oldnew[i], oldnew[i+1], 1)
	}
	return s
}

func part(list, kind, params string) string {
	return fmt.Sprintf(`{%q:[{"kind":%q,"params":%s}]}`, list, kind, params)
}

func many(n int, s string) string {
	return "[" + strings.TrimSuffix(strings.Repeat(s+",", n), ",") + "]"
}

// Each want is a field, the rule's code and a part of its message.
func TestParseInvalid(t *testing.T) {
	url := func(u string) string { return part("seeds", "static_list", `{"urls":["http://ok/",`+u+`]}`) }
	const inURL = "config.seeds[0].params.urls[1]"
	long := strings.Repeat("a", 2048)
	for _, tt := range []struct {
		name, given string
		want        []string
	}{
		{"not an object", `[]`, []string{"config type an object"}},
		{"null", `null`, []string{"config type an object"}},
		{"null field", `{"seeds":null,"speed":null}`, []string{"config.seeds type a list", "config.speed type an object"}},
		{"unknown member", `{"seed":[]}`, []string{"config.seed unknown known: user_agent, seeds, stopping_criteria, starting_criteria, filters, policies, speed, fetcher, traps, max_queue_size"}},
		{"doubled member", `{"seeds":[],"seeds":[]}`, []string{"config.seeds duplicate once"}},
		{"doubled param", part("policies", "robots_txt", `{"default_delay":"1s","default_delay":"2s"}`),
			[]string{"config.policies[0].params.default_delay duplicate once"}},
		{"part is not an object", `{"seeds":["http://a/"]}`, []string{"config.seeds[0] type an object"}},
		{"part without kind", `{"seeds":[{}]}`, []string{"config.seeds[0].kind required must be given"}},
		{"kind is not a string", `{"seeds":[{"kind":1}]}`, []string{"config.seeds[0].kind type a string"}},
		{"unknown kind", `{"filters":[{"kind":"seed_host"}]}`,
			[]string{"config.filters[0].kind unknown known: seed_hosts, regex_patterns, url_patterns, budget"}},
		{"kind of another list", part("seeds", "max_urls", `{"max_urls":1}`), []string{"config.seeds[0].kind unknown static_list, sitemap"}},
		{"part with more", `{"seeds":[{"kind":"static_list","params":{"urls":["http://a/"]},"x":1}]}`, []string{"config.seeds[0].x unknown kind, params"}},
		{"params is a list", `{"filters":[{"kind":"seed_hosts","params":[]}]}`, []string{"config.filters[0].params type an object"}},
		{"params has more", part("filters", "seed_hosts", `{"hosts":[]}`), []string{"config.filters[0].params.hosts unknown is not known"}},
		{"too many parts", `{"filters":` + many(101, `{"kind":"url_patterns"}`) + `}`, []string{"config.filters too_many 100"}},
		{"second criterion", `{"stopping_criteria":` + many(3, `{"kind":"max_urls","params":{"max_urls":1}}`) + `}`,
			[]string{"config.stopping_criteria[1] duplicate only max_urls", "config.stopping_criteria[2] duplicate only max_urls"}},

		{"no urls", `{"seeds":[{"kind":"static_list"},{"kind":"sitemap","params":{"urls":[]}}]}`,
			[]string{"config.seeds[0].params.urls required given", "config.seeds[1].params.urls empty empty"}},
		{"too many urls", part("seeds", "static_list", `{"urls":`+many(1001, `"http://a/"`)+`}`), []string{"config.seeds[0].params.urls too_many 1000"}},
		{"url is not a string", url(`1`), []string{inURL + " type a string"}},
		{"empty url", url(`""`), []string{inURL + " length between 1 and 2048 bytes"}},
		{"long url", url(`"http://a/` + long + `"`), []string{inURL + " length between 1 and 2048 bytes"}},
		{"relative url", url(`"/a"`), []string{inURL + " format absolute http or https"}},
		{"url without scheme", url(`"example.com/a"`), []string{inURL + " format absolute http or https"}},
		{"ftp url", url(`"ftp://a/"`), []string{inURL + " format absolute http or https"}},
		{"url without host", url(`"http:///"`), []string{inURL + " format host"}},
		{"url with a space in its host", url(`"http://a b/"`), []string{inURL + " format host"}},
		{"url whose host breaks IDNA's Bidi rule", url(`"http://xn--a-yoc/"`), []string{inURL + " format host"}},
		{"url with credentials", url(`"http://u:p@a/"`), []string{inURL + " format user name or password"}},
		{"url with a large port", url(`"http://a:65536/"`), []string{inURL + " format port"}},
		{"url that is long when it is encoded", url(`"http://a/` + strings.Repeat("ä", 1000) + `"`), []string{inURL + " format 2048 bytes"}},
		{"sitemap of nothing", `{"seeds":[{"kind":"sitemap"},{"kind":"sitemap","params":{"limit":1}},{"kind":"sitemap","params":{"hosts":[]}}]}`,
			[]string{"config.seeds[0].params required urls, hosts or both", "config.seeds[1].params required urls, hosts or both", "config.seeds[2].params.hosts empty empty"}},
		{"hosts of a static list", part("seeds", "static_list", `{"urls":["http://a/"],"hosts":["a"]}`), []string{"config.seeds[0].params.hosts unknown urls"}},
		{"sitemap hosts", part("seeds", "sitemap", `{"hosts":["a","A.example:8080","[::1]","HTTP://a/","a/b","http://a/?","a?b","a#b","","u@a","a b","ftp://a","a:0",1]}`), []string{
			"config.seeds[0].params.hosts[4] format a host such as", "config.seeds[0].params.hosts[5] format a host such as",
			"config.seeds[0].params.hosts[6] format a host such as", "config.seeds[0].params.hosts[7] format a host such as",
			"config.seeds[0].params.hosts[8] length between 1 and 2048 bytes", "config.seeds[0].params.hosts[9] format user name",
			"config.seeds[0].params.hosts[10] format DNS", "config.seeds[0].params.hosts[11] format http or https",
			"config.seeds[0].params.hosts[12] format port", "config.seeds[0].params.hosts[13] type a string"}},
		{"sitemap limit", part("seeds", "sitemap", `{"urls":["http://a/"],"limit":0}`), []string{"config.seeds[0].params.limit range between 1 and 1000000"}},

		{"max_urls missing", part("stopping_criteria", "max_urls", `{}`), []string{"config.stopping_criteria[0].params.max_urls required given"}},
		{"max_urls of 0", part("stopping_criteria", "max_urls", `{"max_urls":0}`), []string{"config.stopping_criteria[0].params.max_urls range between 1 and 10000000"}},
		{"max_urls huge", part("stopping_criteria", "max_urls", `{"max_urls":1e400}`), []string{"config.stopping_criteria[0].params.max_urls range between 1 and 10000000"}},
		{"max_urls larger than int64", part("stopping_criteria", "max_urls", `{"max_urls":9223372036854775808}`), []string{"config.stopping_criteria[0].params.max_urls range between"}},
		{"max_urls broken", part("stopping_criteria", "max_urls", `{"max_urls":1.5}`), []string{"config.stopping_criteria[0].params.max_urls type an integer"}},
		{"max_urls as a string", part("stopping_criteria", "max_urls", `{"max_urls":"1"}`), []string{"config.stopping_criteria[0].params.max_urls type an integer"}},
		{"max_depth below", part("stopping_criteria", "max_depth", `{"max_depth":-1}`), []string{"config.stopping_criteria[0].params.max_depth range between 0 and 1000"}},
		{"max_depth above", part("stopping_criteria", "max_depth", `{"max_depth":1001}`), []string{"config.stopping_criteria[0].params.max_depth range between 0 and 1000"}},
		{"max_age below", part("stopping_criteria", "max_age", `{"max_age":"999ms"}`), []string{"config.stopping_criteria[0].params.max_age range between 1s and 720h"}},
		{"max_age above", part("stopping_criteria", "max_age", `{"max_age":"721h"}`), []string{"config.stopping_criteria[0].params.max_age range between 1s and 720h"}},
		{"max_age as a number", part("stopping_criteria", "max_age", `{"max_age":60}`), []string{"config.stopping_criteria[0].params.max_age type a string"}},
		{"max_age without a unit", part("stopping_criteria", "max_age", `{"max_age":"60"}`), []string{"config.stopping_criteria[0].params.max_age format duration such as 30s"}},
		{"max_empty_evaluations", part("stopping_criteria", "max_empty_evaluations", `{"max_empty_evaluations":101}`),
			[]string{"config.stopping_criteria[0].params.max_empty_evaluations range between 1 and 100"}},
		{"exclusive empty", `{"starting_criteria":[{"kind":"exclusive"}]}`,
			[]string{"config.starting_criteria[0].params.by required given", "config.starting_criteria[0].params.limit required given"}},
		{"exclusive wrong", part("starting_criteria", "exclusive", `{"by":"tenant","limit":1001}`),
			[]string{"config.starting_criteria[0].params.by enum job_id", "config.starting_criteria[0].params.limit range between 1 and 1000"}},
		{"budget wrong", part("filters", "budget", `{"by":"domain","limit":0}`),
			[]string{"config.filters[0].params.by enum host", "config.filters[0].params.limit range between 1 and 10000000"}},

		{"regex", part("filters", "regex_patterns", `{"allow":["ok","a(b"],"deny":["x**"],"default_allow":1}`), []string{
			"config.filters[0].params.allow[1] format missing closing ) at \"a(b\"",
			"config.filters[0].params.deny[0] format invalid nested repetition operator at \"**\"",
			"config.filters[0].params.default_allow type true or false"}},
		{"empty and long regex", part("filters", "regex_patterns", `{"allow":["","`+long+`"]}`), []string{
			"config.filters[0].params.allow[0] length between 1 and 1000 bytes", "config.filters[0].params.allow[1] length between 1 and 1000 bytes"}},
		{"large regex", part("filters", "regex_patterns", `{"allow":["(\\w{100}\\d{100}){10}(a{1000}){1}b{1000}c{1000}d{1000}"]}`),
			[]string{"config.filters[0].params.allow[0] too_large 1600 instructions"}},
		{"too many patterns", part("filters", "regex_patterns", `{"deny":`+many(1001, `"a"`)+`}`), []string{"config.filters[0].params.deny too_many 1000"}},
		{"url pattern", part("filters", "url_patterns", `{"allow":[{},{"hostname":""},{"hostname":"a:80"},{"hostname":"bücher.de"},{"pathname":"a"},{"pathname":"/a?b"},{"host":"a"},"a"]}`), []string{
			"config.filters[0].params.allow[0] required hostname, a pathname or both",
			"config.filters[0].params.allow[1].hostname length between 1 and 253 bytes",
			"config.filters[0].params.allow[2].hostname format without a port",
			"config.filters[0].params.allow[3].hostname format xn--",
			"config.filters[0].params.allow[4].pathname format begin with /",
			"config.filters[0].params.allow[5].pathname format no query",
			"config.filters[0].params.allow[6] required hostname, a pathname or both",
			"config.filters[0].params.allow[6].host unknown known: hostname, pathname",
			"config.filters[0].params.allow[7] type an object"}},

		{"default_delay", part("policies", "robots_txt", `{"default_delay":"61m"}`), []string{"config.policies[0].params.default_delay range between 0s and 1h"}},
		{"negative default_delay", part("policies", "robots_txt", `{"default_delay":"-1s"}`), []string{"config.policies[0].params.default_delay range between 0s and 1h"}},
		{"empty user_agent", `{"user_agent":""}`, []string{"config.user_agent length between 1 and 256 bytes"}},
		{"long user_agent", `{"user_agent":"` + long + `"}`, []string{"config.user_agent length between 1 and 256 bytes"}},
		{"user_agent with a line break", `{"user_agent":"a\r\nX: y"}`, []string{"config.user_agent format printable ASCII"}},
		{"user_agent that ends with a space", `{"user_agent":"a "}`, []string{"config.user_agent format neither begin nor end with a space"}},
		{"speed", `{"speed":{"concurrency":257,"per_host_concurrency":0,"x":1}}`, []string{
			"config.speed.concurrency range between 1 and 256", "config.speed.per_host_concurrency range between 1 and 256",
			"config.speed.x unknown concurrency, per_host_concurrency"}},
		{"more per host than in all", `{"speed":{"concurrency":4,"per_host_concurrency":5}}`, []string{"config.speed.per_host_concurrency range between 1 and 4, the concurrency"}},
		{"more per host than by default in all", `{"speed":{"per_host_concurrency":17}}`, []string{"config.speed.per_host_concurrency range between 1 and 16, the concurrency"}},
		{"fetcher", `{"fetcher":{"timeout":"99ms","max_body_bytes":1023,"max_redirects":51,"max_retries":11}}`, []string{
			"config.fetcher.timeout range between 100ms and 5m", "config.fetcher.max_body_bytes range between 1024 and 104857600",
			"config.fetcher.max_redirects range between 0 and 50", "config.fetcher.max_retries range between 0 and 10"}},
		{"traps", `{"traps":{"max_path_segments":1001,"max_repeated_segments":0,"max_url_variants":10000001,"max_session_variants":0,"max_depth":0,"max_host_urls":"1","x":1}}`, []string{
			"config.traps.max_path_segments range between 1 and 1000", "config.traps.max_repeated_segments range between 1 and 1000",
			"config.traps.max_url_variants range between 1 and 10000000", "config.traps.max_session_variants range between 1 and 10000000",
			"config.traps.max_depth range between 1 and 100000", "config.traps.max_host_urls type an integer",
			"config.traps.x unknown max_path_segments, max_repeated_segments, max_url_variants, max_session_variants, max_depth, max_host_urls"}},
		{"max_queue_size below", `{"max_queue_size":0}`, []string{"config.max_queue_size range between 1 and 5000000"}},
		{"max_queue_size above", `{"max_queue_size":5000001}`, []string{"config.max_queue_size range between 1 and 5000000"}},
		{"max_queue_size as a string", `{"max_queue_size":"5"}`, []string{"config.max_queue_size type an integer"}},
		{"everywhere at once", `{"seeds":[{"kind":"x"}],"speed":1,"fetcher":{"timeout":"1"},"y":0}`, []string{
			"config.seeds[0].kind unknown known", "config.speed type an object", "config.fetcher.timeout format duration", "config.y unknown known"}},
		{"too large", `{"seeds":` + many(65, `{"kind":"static_list","params":{"urls":["http://a/`+long[:2000]+`"]}}`) + `}`,
			[]string{"config too_large 131072 bytes"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse([]byte(tt.given), "config")
			checkFaults(t, err, tt.want)
		})
	}
}

func checkFaults(t *testing.T, err error, want []string) {
	t.Helper()
	var e *fault.Error
	if !errors.As(err, &e) || e.Kind != fault.Invalid {
		t.Fatalf("got %v, want an invalid error", err)
	}
	var got []string
	for _, f := range e.Fields {
		for _, r := range f.Errors {
			got = append(got, fmt.Sprintf("%s %s %s", f.Field, r.Code, r.Message))
		}
	}
	ok := len(got) == len(want)
	for i := range min(len(got), len(want)) {
		w := strings.SplitN(want[i], " ", 3)
		ok = ok && strings.HasPrefix(got[i], w[0]+" "+w[1]+" ") && strings.Contains(got[i], w[2])
	}
	if !ok {
		t.Errorf("got:\n\t%s\nwant:\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// The sum of the expressions is bounded too, and one that is wrong is reported even when
// the bound is exceeded before it.
func TestParsePatternsSize(t *testing.T) {
	_, err := Parse([]byte(part("filters", "regex_patterns",
		`{"allow":`+many(51, `"a{990}"`)+`,"deny":["["]}`)), "config")
	checkFaults(t, err, []string{
		"config.filters[0].params.allow[50] too_large all expressions together to at most 50000",
		`config.filters[0].params.deny[0] format missing closing ] at "["`,
	})
}

// Expressions that would take a worker minutes for one page are refused, and taken when an earlier
// version stored them.
func TestHeavyPatterns(t *testing.T) {
	heavy := part("filters", "regex_patterns", `{"deny":`+many(25, `"(?:.?){990}1zz$"`)+`}`)
	if len(heavy) > 2048 {
		t.Errorf("the configuration has %d bytes", len(heavy))
	}
	_, err := Parse([]byte(heavy), "config")
	var want []string
	for i := range 25 {
		want = append(want, fmt.Sprintf("config.filters[0].params.deny[%d] too_large must compile to at most 1600 instructions", i))
	}
	checkFaults(t, err, want)
	if _, err := ParseStored([]byte(heavy)); err != nil {
		t.Errorf("what an earlier version stored is refused: %v", err)
	}
	// No expression without counted repetitions is too large.
	for _, unit := range []string{"a", "ab|", "(a)", "[a-c]", ".*", "a?", "()", "(?i)k", "(?:a|)", "é"} {
		if size, err := RegexSize(strings.TrimSuffix(strings.Repeat(unit, MaxPatternBytes/len(unit)), "|")); err != nil || size > MaxPatternSize {
			t.Errorf("%q as often as it fits has %d instructions, %v", unit, size, err)
		}
	}
}

func TestParseMalformed(t *testing.T) {
	for _, given := range []string{``, ` `, `{`, `{} {}`, `{"a":}`, "{\"user_agent\":\"\xff\"}", strings.Repeat("[", 20000)} {
		_, err := Parse([]byte(given), "config")
		if !fault.Is(err, fault.Malformed) {
			t.Errorf("%.20q: got %v, want a malformed error", given, err)
		}
	}
}

// A hostile document gets a bounded answer, quickly.
func TestParseManyFaults(t *testing.T) {
	var b strings.Builder
	b.WriteString("{")
	for i := range 30_000 {
		fmt.Fprintf(&b, `"%d":0,`, i)
	}
	b.WriteString(`"` + strings.Repeat("é", 10_000) + `":0}`)
	_, err := Parse([]byte(b.String()), "config")
	var e *fault.Error
	if !errors.As(err, &e) || len(e.Fields) == 0 || len(e.Fields) > 1000 {
		t.Fatalf("got %.200v", err)
	}
}

func TestDuration(t *testing.T) {
	for given, want := range map[string]string{
		"1s": "1s", "6h": "6h", "90s": "1m30s", "6h0m0s": "6h", "60m": "1h", "1h30m": "1h30m", "1h5s": "1h0m5s",
		"0": "0s", "0s": "0s", "10m": "10m", "20h": "20h", "0.5h": "30m", "1500ms": "1.5s", "100ms": "100ms", "720h": "720h",
	} {
		d, err := ParseDuration(given)
		if err != nil || d.String() != want {
			t.Errorf("%s: got %s, %v; want %s", given, d, err, want)
		}
	}
	for _, given := range []string{"", "1", "s", "1 s", "1d", "forever"} {
		if d, err := ParseDuration(given); err == nil {
			t.Errorf("%q: got %s, want an error", given, d)
		}
	}
}

func TestFind(t *testing.T) {
	c, err := Parse([]byte(full), "config")
	if err != nil {
		t.Fatal(err)
	}
	if p, ok := Find[*MaxURLs](c.StoppingCriteria); !ok || p.MaxURLs != 1000 {
		t.Errorf("got %v, %v", p, ok)
	}
	if p, ok := Find[*MaxURLs](nil); ok {
		t.Errorf("got %v in an empty list", p)
	}
}
