package page_test

import (
	"strings"
	"testing"

	"github.com/inndx/runs/internal/page"
)

func TestLinkHeader(t *testing.T) {
	for _, tt := range []struct{ values, want string }{
		{`<1>; rel=next`, "/dir/1"},
		{`<1>; rel="next"|<2>;rel=prev`, "/dir/1 /dir/2"},
		{`<1>; rel="next", <2>; REL="Canonical"`, "/dir/1 /dir/2"},
		{`, , <1> ; rel = next ,, <2>;;rel=prev;`, "/dir/1 /dir/2"},
		{`<1>; rel=previous, <2>; rel="up next", <3>; rel=alternate; hreflang=de, <4>; rel=alternate; type="text/html"`, "/dir/1 /dir/2 /dir/3 /dir/4"},
		{`<1>; rel=alternate; type="application/rss+xml", <2>; rel="alternate stylesheet", <3>; rel=stylesheet, <4>; rel=preload; as=script, <5>; rel="https://api.w.org/", <6>; rel=shortlink, <7>`, ""},
		{`< http://i/1?a,b;c >; rel=next`, "http://i/1?a,b;c"},
		{`<1>; title="a, <x>; rel=prev"; rel=next`, "/dir/1"},
		{`<1>; title="a\", <x>"; rel=next`, "/dir/1"},
		{`<1>; title="a, rel=next`, ""},
		{`<1>; rel="next"; rel="stylesheet", <2>; rel=stylesheet; rel=next`, "/dir/1"},
		{`<1>; rel=next; anchor="", <2>; rel=next; anchor="#x", <3>; rel=next; anchor="page", <4>; rel=next; anchor="/other"`, "/dir/1 /dir/2 /dir/3"},
		{`<1>; rev=next, <2>; relx=next`, ""},
		{`<1>; href=2; rel=next`, "/dir/1"},
		{`<>; rel=canonical`, "/dir/page"},
		{`<1>; rel="next nofollow"`, ""},
		{`<mailto:x>; rel=next, <http://>; rel=next, <2>; rel=next`, "/dir/2"},
		{`http://h/1; rel=next, <2>; rel=next`, "/dir/2"},
		{`<1`, ""},
		{`<1>; rel`, ""},
		{`<1>; rel=`, ""},
		{"<ä?\xc3\xa4>; rel=next|<\xe4?\xe4>; rel=prev", "/dir/%C3%A4?%C3%A4 /dir/%C3%A4?%C3%A4"},
		{"", ""},
	} {
		t.Run(tt.values, func(t *testing.T) {
			got, info := links(t, page.Document{ContentType: "application/pdf", Link: strings.Split(tt.values, "|")})
			if got != tt.want || info.HTML {
				t.Errorf("the links are %q, want %q", got, tt.want)
			}
		})
	}
}

func TestRefreshHeader(t *testing.T) {
	for value, want := range map[string]string{
		"0;url=1":          "/dir/1",
		"5; URL='2'":       "/dir/2",
		"0;url=http://i/3": "http://i/3",
		"30":               "",
		"soon;url=1":       "",
		"0;url=\xe4":       "/dir/%C3%A4",
	} {
		t.Run(value, func(t *testing.T) {
			if got, _ := links(t, page.Document{ContentType: "text/plain", Refresh: []string{value}, Body: []byte("<a href=x>")}); got != want {
				t.Errorf("the links are %q, want %q", got, want)
			}
		})
	}
}

// The links of headers come first. The base element does not apply to them, but robots directives
// do.
func TestHeaderAndBody(t *testing.T) {
	doc := page.Document{
		ContentType: "text/html", Link: []string{"<1>; rel=next, <mailto:x>; rel=next, <x>; rel='next'"}, Refresh: []string{"0;url=2"},
		Body: []byte("<a href=3><base href=/b/><a href=4>"),
	}
	t.Run("order and base", func(t *testing.T) {
		got, info := links(t, doc)
		if want := (page.Info{HTML: true, Links: 4, Invalid: 1}); got != "/dir/1 /dir/2 /b/3 /b/4" || info != want {
			t.Errorf("the links are %q with %+v", got, info)
		}
	})
	t.Run("nofollow of a meta element", func(t *testing.T) {
		doc := doc
		doc.Body = []byte("<meta name=robots content=nofollow>")
		if got, info := links(t, doc); got != "" || !info.NoFollow {
			t.Errorf("the links are %q, want none", got)
		}
	})
	t.Run("nofollow of a header", func(t *testing.T) {
		doc := doc
		doc.Body, doc.RobotsTags = nil, []string{"nofollow"}
		if got, info := links(t, doc); got != "" || !info.NoFollow {
			t.Errorf("the links are %q, want none", got)
		}
	})
}
