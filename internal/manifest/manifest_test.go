package manifest

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inndx/runs/internal/config"
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
    - {kind: max_urls, params: {max_urls: 1000}}
`,
		"json": `{"name":"docs","labels":{"team":"research","on":"yes"},"config":{
			"seeds":[{"kind":"static_list","params":{"urls":["https://example.com/?a=1&b=2"]}}],
			"stopping_criteria":[{"kind":"max_age","params":{"max_age":"90s"}},{"kind":"max_urls","params":{"max_urls":1000}}]}}`,
	} {
		t.Run(name, func(t *testing.T) {
			m, err := Parse("crawl."+name, []byte(text), nil)
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
		{"empty", "", fault.Malformed, []string{"crawl.yaml: neither YAML nor JSON: it is empty"}},
		{"only a comment", "# nothing\n", fault.Malformed, []string{"it is empty"}},
		{"a list", "- name: a\n", fault.Invalid, []string{"crawl.yaml:1:1: the manifest must be an object"}},
		{"broken yaml", "name: [a\n", fault.Malformed, []string{"crawl.yaml:2:1: ", "at 1:7"}},
		{"broken json", `{"name": "a"`, fault.Malformed, []string{"crawl.yaml:", "at 1:1"}},
		{"not UTF-8", "name: \xff\n", fault.Malformed, []string{"not UTF-8"}},
		{"infinity", "name: .inf\n", fault.Malformed, []string{"crawl.yaml:1:7: "}},
		{"two documents", "name: a\n---\nname: b\n", fault.Malformed, []string{"crawl.yaml:2:1: ", "more than one document"}},
		{"duplicate in yaml", "name: a\nname: b\nconfig: {}\n", fault.Invalid, []string{"crawl.yaml:2:1: name must be given only once"}},
		{"duplicate in json", `{"name":"a","name":"b","config":{}}`, fault.Invalid, []string{"crawl.yaml:1:13: name must be given only once"}},
		{"nothing", "{}", fault.Invalid, []string{"crawl.yaml:1:1: name must be given\n", "crawl.yaml:1:1: config must be given\n"}},
		{"everything wrong", "name: 1\nlabels: {team: 1, x: \"\\u0000\"}\nconfig:\n  seeds:\n    - kind: url\nid: a\n", fault.Invalid, []string{
			"crawl.yaml:1:1: name must be a string\n", "crawl.yaml:2:10: labels.team must be a string\n", "crawl.yaml:2:19: labels.x must not have control characters\n",
			"crawl.yaml:5:7: config.seeds[0].kind is not known; known: static_list, sitemap", "crawl.yaml:6:1: id is not known; known: name, labels, config\n"}},
		{"in an alias", "name: a\nx: &x [1]\nlabels: *x\nconfig: {}\n", fault.Invalid, []string{"crawl.yaml:3:1: labels must be an object"}},
		{"in JSON", "{\n\t\"name\": \"a\",\n\t\"config\": {\"seeds\": [\n\t\t{\"kind\": \"url\"}\n\t]}\n}", fault.Invalid, []string{"crawl.yaml:4:4: config.seeds[0].kind is not known"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse("crawl.yaml", []byte(tt.text), nil)
			if !fault.Is(err, tt.kind) {
				t.Fatalf("got %v", err)
			}
			if !strings.HasPrefix(err.Error(), "crawl.yaml") {
				t.Errorf("the error does not begin with the file: %v", err)
			}
			for _, w := range tt.want {
				if !strings.Contains(err.Error()+"\n", w) {
					t.Errorf("the error lacks %q: %v", w, err)
				}
			}
		})
	}
}

// Expressions are checked if the rest is right, and what is wrong has a position.
func TestCheck(t *testing.T) {
	check := func(c config.Config, path string, faults *fault.Fields) {
		faults.Add(path+".pipelines[0].id", fault.Format("x", "is wrong: "+c.Pipelines[0].ID))
	}
	_, err := Parse("crawl.yaml", []byte("name: a\nconfig:\n  pipelines:\n    - id: p\n"), check)
	if err == nil || err.Error() != "crawl.yaml:4:7: config.pipelines[0].id is wrong: p" {
		t.Errorf("got %v", err)
	}
	_, err = Parse("crawl.yaml", []byte("config:\n  pipelines:\n    - id: p\n"), check)
	if err == nil || err.Error() != "crawl.yaml:1:1: name must be given" {
		t.Errorf("got %v", err)
	}
}
