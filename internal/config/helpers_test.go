package config

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inndx/runs/internal/fault"
)

// full is a configuration with many kinds and all of their params, in canonical form.
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

// defaults is the resolved form of an empty configuration.
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

// long has as many bytes as the longest valid text, a URL.
var long = strings.Repeat("a", 2048)

// part returns a configuration with one part.
func part(list, kind, params string) string {
	return fmt.Sprintf(`{%q:[{"kind":%q,"params":%s}]}`, list, kind, params)
}

// many returns a list that holds s n times.
func many(n int, s string) string {
	return "[" + strings.TrimSuffix(strings.Repeat(s+",", n), ",") + "]"
}

// replace replaces each old string, which must be there, with the new one that follows it.
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

// A formsCase is a configuration and its two stored forms.
type formsCase struct{ name, given, canonical, resolved string }

// checkForms checks the canonical form of each configuration, given and resolved.
func checkForms(t *testing.T, cases []formsCase) {
	t.Helper()
	for _, tt := range cases {
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
				t.Errorf("Resolve changed the configuration (-want +got):\n%s", diff)
			}
		})
	}
}

// An invalidCase is a configuration and the faults that Parse reports for it. Each fault is a
// field, the rule's code and a part of its message.
type invalidCase struct {
	name, given string
	want        []string
}

func checkInvalid(t *testing.T, cases []invalidCase) {
	t.Helper()
	for _, tt := range cases {
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
