package crawl

import (
	"testing"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/weburl"
)

func TestPatternFilters(t *testing.T) {
	yes, no := true, false
	regex := func(p config.RegexPatterns) config.Part { return config.Part{Kind: "regex_patterns", Params: &p} }
	patterns := func(p config.URLPatterns) config.Part { return config.Part{Kind: "url_patterns", Params: &p} }
	for _, test := range []struct {
		name   string
		part   config.Part
		passes map[string]bool
	}{
		{"deny wins over allow", regex(config.RegexPatterns{Allow: []string{"/a"}, Deny: []string{"x$"}, DefaultAllow: &yes}),
			map[string]bool{"https://e.example/a": true, "https://e.example/ax": false, "https://e.example/b": true, "https://e.example/bx": false}},
		{"nothing else is allowed", regex(config.RegexPatterns{Allow: []string{"^https://e\\.example/a"}, DefaultAllow: &no}),
			map[string]bool{"https://e.example/a": true, "https://e.example/b": false}},
		{"hostname and path must both match", patterns(config.URLPatterns{
			Allow: []config.URLPattern{{Hostname: "*.E.example", Pathname: "/docs/*"}}, DefaultAllow: &no}),
			map[string]bool{"https://www.e.example/docs/x": true, "https://www.e.example:8080/docs/": true,
				"https://e.example/docs/x": false, "https://www.e.example/": false, "https://www.e.example/x/docs/": false}},
		{"a pattern without a path matches any", patterns(config.URLPatterns{
			Deny: []config.URLPattern{{Hostname: "e.example"}}, DefaultAllow: &yes}),
			map[string]bool{"https://e.example/x?y": false, "https://f.example/": true}},
		{"the query is no part of the path", patterns(config.URLPatterns{
			Allow: []config.URLPattern{{Pathname: "/a"}}, DefaultAllow: &no}),
			map[string]bool{"https://e.example/a?b=/c": true, "https://e.example/a/": false}},
	} {
		t.Run(test.name, func(t *testing.T) {
			fs, err := newFilters([]config.Part{test.part})
			if err != nil {
				t.Fatal(err)
			}
			for raw, want := range test.passes {
				u, err := weburl.Parse(raw)
				if err != nil {
					t.Fatal(err)
				}
				if got := fs.refuseURL(u, newFiltering(t.Context(), pageBudget)); (got == "") != want || got != "" && got != test.part.Kind {
					t.Errorf("%s: refused for %q, want it to pass: %t", raw, got, want)
				}
			}
		})
	}
}

func TestUnknownFilterIsAnError(t *testing.T) {
	if _, err := newFilters([]config.Part{{Kind: "new_kind"}}); err == nil {
		t.Error("a filter of an unknown kind is ignored")
	}
}
