package manifest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inndx/runs/internal/fault"
)

func TestParse(t *testing.T) {
	for name, text := range map[string]string{
		"yaml": `
# A comment.
name: docs
labels:
  team: research
  "on": "yes"
config:
  seeds:
    - kind: static_list
      params:
        urls:
          - https://example.com/?a=1&b=2
  stopping_criteria:
    - {kind: max_age, params: {max_age: 90s}}
    - {kind: max_urls, params: {max_urls: 1_000}}
`,
		"json": `{"name":"docs","labels":{"team":"research","on":"yes"},"config":{
			"seeds":[{"kind":"static_list","params":{"urls":["https://example.com/?a=1&b=2"]}}],
			"stopping_criteria":[{"kind":"max_age","params":{"max_age":"90s"}},{"kind":"max_urls","params":{"max_urls":1000}}]}}`,
	} {
		t.Run(name, func(t *testing.T) {
			m, err := Parse("crawl."+name, []byte(text))
			if err != nil {
				t.Fatal(err)
			}
			if m.Name != "docs" {
				t.Errorf("got name %q", m.Name)
			}
			if diff := cmp.Diff(map[string]string{"team": "research", "on": "yes"}, m.Labels); diff != "" {
				t.Errorf("labels (-want +got):\n%s", diff)
			}
			const want = `{"seeds":[{"kind":"static_list","params":{"urls":["https://example.com/?a=1&b=2"]}}],` +
				`"stopping_criteria":[{"kind":"max_age","params":{"max_age":"1m30s"}},{"kind":"max_urls","params":{"max_urls":1000}}]}`
			if diff := cmp.Diff(want, string(m.Config.Canonical())); diff != "" {
				t.Errorf("config (-want +got):\n%s", diff)
			}
		})
	}
}

// Errors name the file and every wrong field.
func TestParseErrors(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		kind       fault.Kind
		want       []string
	}{
		{"empty", "", fault.Malformed, []string{"it is empty"}},
		{"only a comment", "# nothing\n", fault.Malformed, []string{"it is empty"}},
		{"a list", "- name: a\n", fault.Invalid, []string{"; .: must be an object"}},
		{"broken yaml", "name: [a\n", fault.Malformed, []string{"[1:7]"}},
		{"broken json", `{"name": "a"`, fault.Malformed, []string{"[1:1]"}},
		{"not UTF-8", "name: \xff\n", fault.Malformed, []string{"not UTF-8"}},
		{"infinity", "name: .inf\n", fault.Malformed, []string{"+Inf"}},
		{"two documents", "name: a\n---\nname: b\n", fault.Malformed, []string{"more than one document"}},
		{"doubled in yaml", "name: a\nname: b\n", fault.Malformed, []string{`"name" already defined`}},
		{"doubled in json", `{"name":"a","name":"b","config":{}}`, fault.Invalid, []string{"; name: must be given only once"}},
		{"nothing", "{}", fault.Invalid, []string{"; name: must be given", "; config: must be given"}},
		{"everything wrong", "name: 1\nlabels: {team: 1, x: \"\\u0000\"}\nconfig: {seeds: [{kind: url}]}\nid: a\n", fault.Invalid, []string{
			"; name: must be a string", "; labels.team: must be a string", "; labels.x: must not have control characters",
			"; config.seeds[0].kind: is not known; known: static_list, sitemap", "; id: is not known; known: name, labels, config"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse("crawl.yaml", []byte(tt.text))
			if !fault.Is(err, tt.kind) {
				t.Fatalf("got %v", err)
			}
			if !strings.HasPrefix(err.Error(), "crawl.yaml") {
				t.Errorf("the error does not begin with the file: %v", err)
			}
			for _, w := range tt.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("the error lacks %q: %v", w, err)
				}
			}
		})
	}
}
