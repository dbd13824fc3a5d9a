package pattern_test

import (
	"testing"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/pattern"
	"github.com/inndx/runs/internal/weburl"
)

func TestPasses(t *testing.T) {
	yes, no := true, false
	regex := func(p config.RegexPatterns) pattern.List {
		l, err := pattern.Regex(&p)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	patterns := func(p config.URLPatterns) pattern.List { return pattern.URL(&p) }
	for _, test := range []struct {
		name   string
		list   pattern.List
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
			for raw, want := range test.passes {
				u, err := weburl.Parse(raw)
				if err != nil {
					t.Fatal(err)
				}
				units := int64(0)
				spend := func(n int64) bool { units += n; return true }
				if got := test.list.Passes(u, spend); got != want || units == 0 {
					t.Errorf("%s: passes: %t for %d units, want %t", raw, got, units, want)
				}
			}
		})
	}
}

func TestInvalidExpression(t *testing.T) {
	for _, p := range []config.RegexPatterns{{Allow: []string{"("}}, {Deny: []string{"("}}} {
		if _, err := pattern.Regex(&p); err == nil {
			t.Errorf("%v compiles", p)
		}
	}
}

func TestComponents(t *testing.T) {
	no := false
	for _, tt := range []struct {
		pattern config.URLPattern
		url     string
		want    bool
	}{
		{config.URLPattern{Protocol: "HTTPS"}, "https://a/", true},
		{config.URLPattern{Protocol: "https"}, "http://a/", false},
		{config.URLPattern{Protocol: "http*"}, "https://a/", true},
		{config.URLPattern{Port: "443"}, "https://a/", true},
		{config.URLPattern{Port: "443"}, "http://a/", false},
		{config.URLPattern{Port: "80*"}, "http://a:8080/", true},
		{config.URLPattern{Port: "80*"}, "http://a/", true},
		{config.URLPattern{Search: "page=*"}, "http://a/?page=2", true},
		{config.URLPattern{Search: "page=*"}, "http://a/?x&page=2", false},
		{config.URLPattern{Search: "*page=*"}, "http://a/?x&page=2", true},
		{config.URLPattern{Search: "page=*"}, "http://a/page=1", false},
		{config.URLPattern{Search: "*"}, "http://a/", true},
		{config.URLPattern{Pathname: "/a", Search: "*"}, "http://a/a?b", true},
		{config.URLPattern{Pathname: "/a", Search: "c*"}, "http://a/a?b", false},
		{config.URLPattern{Pathname: "/a", Hash: "*"}, "http://a/a#b", true},
	} {
		u, err := weburl.Parse(tt.url)
		if err != nil {
			t.Fatal(err)
		}
		list := pattern.URL(&config.URLPatterns{Allow: []config.URLPattern{tt.pattern}, DefaultAllow: &no})
		if got := list.Passes(u, func(int64) bool { return true }); got != tt.want {
			t.Errorf("%+v, %s: passes: %t", tt.pattern, tt.url, got)
		}
	}
}
