package page_test

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/net/html"

	"github.com/inndx/runs/internal/page"
)

func TestTitle(t *testing.T) {
	long := strings.Repeat("ä", 300)
	for _, tt := range []struct{ name, contentType, body, want string }{
		{"plain", "", "<!DOCTYPE html><title>A page</title>", "A page"},
		{"white space", "", "<title>\n\tA  page,\r\n of\fa site </title>", "A page, of a site"},
		{"a no-break space is no white space", "", "<title>\u00a0A\u00a0 </title>", "\u00a0A\u00a0"},
		{"references", "", "<title>A &amp; B &lt;i&gt; &#8211; &eacute;&notit;</title>", "A & B <i> – é¬it;"},
		{"tags are text", "", "<title>A <b>page</b><!-- x --></title>", "A <b>page</b><!-- x -->"},
		{"none", "", "<p>A page", ""},
		{"empty", "", "<title></title>", ""},
		{"the first one counts", "", "<title></title><title>B</title>", ""},
		{"no end", "", "<title>A page", "A page"},
		{"in the body", "", "<body><p><title>A page</title>", "A page"},
		{"of an image", "", "<svg><title>An image</title></svg><title>A page</title>", "A page"},
		{"in a template", "", "<template><title>Part</title></template><title>A page</title>", "A page"},
		{"after links", "", "<a href=1><base href=/b/><title>A page</title>", "A page"},
		{"before the encoding", "", "<title>\xe9t\xe9</title><meta charset=iso-8859-1>", "été"},
		{"another encoding", "text/html; charset=shift_jis", "<title>\x93\xfa\x96{</title>", "日本"},
		{"invalid", "text/html; charset=utf-8", "<title>a\xffb</title>", "a\ufffdb"},
		{"long", "text/html; charset=utf-8", "<title>" + long + "</title>", long[:200]},
		{"long, whole characters", "text/html; charset=utf-8", "<title>x" + long + "</title>", "x" + long[:198]},
		{"no space at the end", "text/html; charset=utf-8", "<title>" + long[:198] + "x y</title>", long[:198] + "x"},
		{"long white space", "", "<title>" + strings.Repeat(" ", 1000) + "A page</title>", "A page"},
		{"XHTML", "application/xhtml+xml", "<html><head><title>A &#38; B</title></head></html>", "A & B"},
		{"empty in XHTML", "application/xhtml+xml", "<html><head><title/><style/></head><body>text</body></html>", ""},
		{"links forbidden", "", "<meta name=robots content=nofollow><title>A page</title>", "A page"},
		{"no HTML", "text/plain", "<title>A page</title>", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.contentType == "" {
				tt.contentType = "text/html"
			}
			for _, tags := range [][]string{nil, {"nofollow"}} {
				_, info := links(t, page.Document{ContentType: tt.contentType, RobotsTags: tags, Body: []byte(tt.body)})
				if info.Title != tt.want || !utf8.ValidString(info.Title) || len(info.Title) > page.MaxTitleBytes {
					t.Errorf("the title is %q, want %q", info.Title, tt.want)
				}
			}
		})
	}
}

// treeTitle returns the title of a document by its tree: the text of the first title element of
// HTML.
func treeTitle(root *html.Node) string {
	for n := range root.Descendants() {
		if n.Type != html.ElementNode || n.Namespace != "" || n.Data != "title" || inTemplate(n) {
			continue
		}
		var text strings.Builder
		for c := range n.ChildNodes() {
			text.WriteString(c.Data)
		}
		words := strings.FieldsFunc(text.String(), func(r rune) bool { return strings.ContainsRune(" \t\n\f\r", r) })
		return strings.Join(words, " ")
	}
	return ""
}

func inTemplate(n *html.Node) bool {
	for p := range n.Ancestors() {
		if p.Type == html.ElementNode && p.Namespace == "" && p.Data == "template" {
			return true
		}
	}
	return false
}

// checkTitle compares the title of a document with that of its tree, as far as it is short.
func checkTitle(t interface {
	Fatal(...any)
	Errorf(string, ...any)
}, body []byte) {
	_, info := linkSet(t, body)
	root, err := html.ParseWithOptions(bytes.NewReader(body), html.ParseOptionEnableScripting(false))
	if err != nil || info.Truncated {
		return
	}
	want := string([]rune(treeTitle(root))) // invalid bytes become U+FFFD
	if got := info.Title; got != want && (len(want) <= page.MaxTitleBytes || !strings.HasPrefix(want, got)) {
		t.Errorf("%s\nhas the title %q, by the tree %q", body, got, want)
	}
}
