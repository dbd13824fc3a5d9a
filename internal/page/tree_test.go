package page_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"pgregory.net/rapid"

	"github.com/inndx/runs/internal/page"
	"github.com/inndx/runs/internal/weburl"
)

// The links of a page are those of the tree that the HTML standard makes of it, but for these
// deliberate differences, each of which TestNotLikeTree shows. The documents that are made here
// have none of them.
//
//   - Links does not know what is open around svg and math elements. The end tag of an HTML
//     element that is not open in them is taken to end one around, and so the foreign content.
//   - HTML elements that are left open in foreignObject, title and the like do not keep its end
//     tag from ending it, and neither does a table there end one around.
//   - A frame is a link outside of a frameset, too, and so is a link in a frameset: a page that
//     no browser shows rightly is of use nevertheless.
//
// The tree builder that is compared with ignores everything behind an HTML template element in
// foreign content, so that there is none.

// treeLinks returns the links of a document by its tree: it writes the elements of the tree that
// may be links one after the other, without anything around them, and returns the links of that.
func treeLinks(t interface{ Fatal(...any) }, body []byte) (links map[weburl.URL]bool, info page.Info, ok bool) {
	root, err := html.ParseWithOptions(bytes.NewReader(body), html.ParseOptionEnableScripting(false))
	if err != nil {
		return nil, page.Info{}, false // elements nest too deep
	}
	var flat strings.Builder
	var walk func(n *html.Node)
	walk = func(n *html.Node) {
		isHTML := n.Namespace == ""
		switch {
		case n.Type != html.ElementNode:
		case isHTML && n.Data == "template" && !slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == "shadowrootmode" }):
			return
		case isHTML && slices.Contains([]string{"a", "area", "link", "iframe", "frame", "base", "meta"}, n.Data):
			writeTag(&flat, n)
			if n.Data == "iframe" {
				flat.WriteString("</iframe>")
			}
		case !isHTML && n.Data == "a":
			flat.WriteString("<" + n.Namespace + ">")
			writeTag(&flat, n)
			flat.WriteString("</a></" + n.Namespace + ">")
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(root)
	links, info = linkSet(t, []byte(flat.String()))
	return links, info, true
}

func writeTag(b *strings.Builder, n *html.Node) {
	tag := html.Token{Type: html.StartTagToken, Data: n.Data}
	for _, a := range n.Attr {
		if a.Namespace != "" {
			a.Key = a.Namespace + ":" + a.Key
		}
		if slices.Contains([]string{"href", "xlink:href", "src", "rel", "type", "name", "content", "http-equiv"}, a.Key) {
			tag.Attr = append(tag.Attr, html.Attribute{Key: a.Key, Val: a.Val})
		}
	}
	b.WriteString(tag.String())
}

func linkSet(t interface{ Fatal(...any) }, body []byte) (map[weburl.URL]bool, page.Info) {
	set := map[weburl.URL]bool{}
	info := page.Links(page.Document{URL: parseURL(t, "http://h/dir/page"), ContentType: "text/html; charset=utf-8", Body: body},
		func(u weburl.URL) { set[u] = true })
	return set, info
}

// checkLikeTree compares the links of a document with those of its tree. That has links twice
// where it repeats elements that were not closed, so what is compared are the different ones.
func checkLikeTree(t interface {
	Fatal(...any)
	Errorf(string, ...any)
}, body []byte) {
	got, info := linkSet(t, body)
	want, wantInfo, ok := treeLinks(t, body)
	if !ok || info.Truncated {
		return
	}
	for u := range want {
		if !got[u] {
			t.Errorf("%s\nlacks the link %v", body, u)
		}
	}
	for u := range got {
		if !want[u] {
			t.Errorf("%s\nhas the link %v, which is not in the tree", body, u)
		}
	}
	if info.NoFollow != wantInfo.NoFollow {
		t.Errorf("%s\nforbids to follow: %v, by the tree %v", body, info.NoFollow, wantInfo.NoFollow)
	}
}

// htmlPieces are what a document is made of outside of foreign content, in any order. # stands
// for a new number.
var htmlPieces = []string{
	"<a href=#>", "</a>", "<area href=#>", "<iframe src=#></iframe>", "<link rel=next href=#>", "<a xlink:href=#>", "text", " ",
	"<meta http-equiv=refresh content='0;#'>", "<base href=/#/>", "<p>", "</p>", "<div>", "</div>", "<b>", "</b>", "<span/>", "</span>", "<br>", "</br>",
	"<ul><li>", "</ul>", "<table>", "<tr><td>", "</td>", "<caption>", "<colgroup>", "<col>", "</table>", "<select><option>", "</select>", "<button>", "</button>",
	"<!-- <a href=#> -->", "<!-->", "<![CDATA[<a href=#>]]>", "<?x <a href=#>?>", "</ x>", "</>", "<form>", "</form>", "<h1>", "</h1>", "<object>", "</object>",
	"<script>'<a href=#>'</script>", "<style/><a href=#></style>", "<title><a href=#></title>", "<title/><a href=#></title>", "<textarea><a href=#></textarea>",
	"<xmp><a href=#></xmp>", "<noembed><a href=#></noembed>", "<noframes><a href=#></noframes>", "<noscript>", "</noscript>", "<template>", "</template>",
	"<head>", "</head>", "<body>", "</body>", "</html>", "<svg/>", "<math/>", "<desc>", "<foreignObject>", "<mi>", "</svg>", "</math>", "</title>", "<font color=x>", "</font>",
}

// nestedPieces are what is at an integration point.
var nestedPieces = [][2]string{
	{"<a href=#>text</a>", ""}, {"<p>", "</p>"}, {"<div>", "</div>"}, {"<b>", "</b>"}, {"<span/>", "</span>"}, {"<ul><li>", "</li></ul>"},
	{"<noscript>", "</noscript>"}, {"<font size=1>", "</font>"}, {"<my-element>", "</my-element>"},
	{"<title><a href=#></title>", ""}, {"<style/><a href=#></style>", ""}, {"<textarea><a href=#></textarea>", ""}, {"<script>'<a href=#>'</script>", ""},
	{"<br>", ""}, {"<img>", ""}, {"<area href=#>", ""}, {"text", ""}, {"<![CDATA[<a href=#>]]>", ""}, {"</rect>", ""}, {"</br>", ""},
	{"<meta http-equiv=refresh content='0;#'>", ""}, {"<iframe src=#></iframe>", ""},
}

// foreignNames are elements of SVG and MathML, and what is none of HTML's there.
var foreignNames = []string{
	"a href=#", "a xlink:href=#", "g", "path", "style", "script", "textarea", "iframe src=#", "xmp", "noembed", "noframes", "noscript", "plaintext", "template",
	"desc", "title", "foreignObject", "ForeignObject", "mi", "mtext", "annotation-xml", "annotation-xml encoding='text/HTML'", "mglyph", "mrow",
	"svg", "SVG", "math", "area href=#", "link rel=next href=#", "base href=/#/", "font", "select", "td", "form", "tr", "option", "frameset", "frame src=#", "input", "button",
}

// breakouts end foreign content.
var breakouts = []string{"<p>", "<div>", "<br>", "</p>", "</br>", "<span>", "<table>", "<font face=x>", "<meta http-equiv=refresh content='0;#'>", "<img>", "<h1>", "<li>"}

// A writer writes a random document.
type writer struct {
	*rapid.T
	strings.Builder
	links int
}

func (w *writer) write(s string) {
	for i, part := range strings.Split(s, "#") {
		if i > 0 {
			w.links++
			fmt.Fprint(w, w.links)
		}
		w.WriteString(part)
	}
}

func (w *writer) one(of int) bool { return rapid.IntRange(1, of).Draw(w.T, "one of") == 1 }

// html writes HTML that need not be well-formed, around foreign content.
func (w *writer) html() {
	for range rapid.IntRange(1, 12).Draw(w.T, "pieces") {
		if w.one(3) {
			w.foreignRoot(3, true)
		} else {
			w.write(rapid.SampledFrom(htmlPieces).Draw(w.T, "HTML"))
		}
	}
}

// point writes what is at an integration point.
func (w *writer) point(depth int) {
	for range rapid.IntRange(0, 3).Draw(w.T, "pieces") {
		if depth > 0 && w.one(4) {
			w.foreignRoot(depth-1, false)
			continue
		}
		piece := rapid.SampledFrom(nestedPieces).Draw(w.T, "nested")
		w.write(piece[0])
		if piece[1] != "" && depth > 0 {
			w.point(depth - 1)
		}
		w.write(piece[1])
	}
}

func (w *writer) foreignRoot(depth int, outermost bool) {
	root := rapid.SampledFrom([]string{"svg", "math", "SVG"}).Draw(w.T, "root")
	w.write("<" + root + ">")
	if w.foreign(strings.ToLower(root), depth, outermost) {
		w.write("</" + root + ">")
	}
}

// foreign writes the content of an element of SVG or MathML. It reports whether that element
// is still open. Outermost says that no integration point is around.
func (w *writer) foreign(in string, depth int, outermost bool) (open bool) {
	for range rapid.IntRange(0, 4).Draw(w.T, "pieces") {
		switch rapid.IntRange(0, 9).Draw(w.T, "kind") {
		case 0:
			w.write(rapid.SampledFrom([]string{"text", "<![CDATA[<a href=#></svg>]]>", "<!-- <a href=#> -->", "</rect>", "</mn>", "</p2>"}).Draw(w.T, "text"))
			continue
		case 1:
			if outermost && w.one(3) {
				w.write(rapid.SampledFrom(breakouts).Draw(w.T, "breakout"))
				return false
			}
			continue
		}
		tag := rapid.SampledFrom(foreignNames).Draw(w.T, "name")
		name, _, _ := strings.Cut(tag, " ")
		w.write("<" + tag)
		if depth == 0 || w.one(3) {
			w.write(" />")
			continue
		}
		w.write(">")
		switch isPoint, isSVG := pointOf(in, tag), in == "annotation-xml" && strings.EqualFold(tag, "svg"); {
		case isPoint:
			w.point(depth - 1)
		default:
			inner := in
			if inner = strings.TrimPrefix(inner, "annotation-xml"); inner == "" {
				inner = "math"
			}
			if isSVG {
				inner = "svg"
			} else if inner == "math" && name == "annotation-xml" {
				inner = name
			}
			if !w.foreign(inner, depth-1, outermost) {
				return false
			}
			if outermost && !strings.EqualFold(name, "svg") && name != "math" && w.one(8) { // its end tag is missing
				in = inner
				continue
			}
		}
		w.write("</" + name + ">")
	}
	return true
}

// pointOf reports whether an element of SVG or MathML is an integration point.
func pointOf(in, tag string) bool {
	if in == "svg" {
		return slices.Contains([]string{"desc", "title", "foreignobject"}, strings.ToLower(tag))
	}
	return slices.Contains([]string{"mi", "mtext", "annotation-xml encoding='text/HTML'"}, tag)
}

// FuzzLinksAgainstTree compares documents with much foreign content.
func FuzzLinksAgainstTree(f *testing.F) { f.Fuzz(rapid.MakeFuzz(likeTree)) }

func TestLinksLikeTree(t *testing.T) { rapid.Check(t, likeTree) }

func likeTree(t *rapid.T) {
	w := &writer{T: t}
	w.html()
	checkLikeTree(t, []byte(w.String()))
}

// FuzzBytesAgainstTree compares any documents without foreign content and frames.
func FuzzBytesAgainstTree(f *testing.F) {
	f.Add([]byte(strings.Join(htmlPieces, "")))
	for _, piece := range htmlPieces {
		f.Add([]byte(piece + "<a href=1>"))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		lower := bytes.ToLower(body)
		for _, tag := range []string{"<svg", "<math", "<frame"} {
			if bytes.Contains(lower, []byte(tag)) {
				return
			}
		}
		checkLikeTree(t, body)
	})
}

// TestGoDocuments compares the documents that come with Go.
func TestGoDocuments(t *testing.T) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(root)), "doc", "*.html"))
	if err != nil || len(files) == 0 {
		t.Skip("this Go comes without documents")
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		checkLikeTree(t, body)
	}
}

func TestNotLikeTree(t *testing.T) {
	for _, c := range []struct{ body, links, tree string }{
		{"<svg></b><style><a href=1></style>", "", "1"},
		{"<svg><foreignObject><div></foreignObject><style><a href=1></style>", "1", ""},
		{"<table><svg><desc><table></table></desc><style><a href=1></style>", "1", ""},
		{"<p><frame src=1>", "1", ""},
		{"<frameset><a href=1>", "1", ""},
	} {
		links, _ := linkSet(t, []byte(c.body))
		tree, _, _ := treeLinks(t, []byte(c.body))
		if len(links) != len(c.links) || len(tree) != len(c.tree) {
			t.Errorf("%s has the links %v, the tree has %v", c.body, links, tree)
		}
	}
}
