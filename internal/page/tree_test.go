package page_test

import (
	"bytes"
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

// The links of a page are those of the tree that the HTML standard builds from it, with these
// deliberate differences, which TestDifferencesFromTree shows. Generated documents have none of
// them.
//
//   - Links does not know the open elements around svg and math elements. The end tag of an HTML
//     element that is not open inside is assumed to end one around, and so the foreign content.
//   - HTML elements left open in foreignObject, title and the like do not prevent its end tag from
//     ending it, and a table there does not end a table around it.
//   - A frame is also a link outside of a frameset, and links in a frameset count, because even
//     pages that no browser renders correctly have useful links.
//
// The other tree builder ignores everything after an HTML template element in foreign content, so
// generated documents have no such element.

// treeLinks returns the links of a document by its tree: it writes all elements of the tree that
// may be links one after the other, without the elements around them, and returns the links of
// that.
func treeLinks(t interface{ Fatal(...any) }, body []byte) (links map[weburl.URL]bool, info page.Info, ok bool) {
	root, err := html.ParseWithOptions(bytes.NewReader(body), html.ParseOptionEnableScripting(false))
	if err != nil {
		return nil, page.Info{}, false // elements are nested too deeply
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

// checkLikeTree compares the links of a document with those of its tree. The tree repeats elements
// that were not closed, so repetitions of links do not count.
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
			t.Errorf("%s\nhas the link %v, which the tree lacks", body, u)
		}
	}
	if info.NoFollow != wantInfo.NoFollow {
		t.Errorf("%s\nforbids following links: %v, by the tree %v", body, info.NoFollow, wantInfo.NoFollow)
	}
}

func likeTree(t *rapid.T) {
	w := &writer{T: t}
	w.html()
	checkLikeTree(t, []byte(w.String()))
	checkTitle(t, []byte(w.String()))
	checkAssetsLikeTree(t, []byte(w.String()))
}

func TestLinksLikeTree(t *testing.T) { rapid.Check(t, likeTree) }

// FuzzLinksAgainstTree compares generated documents with much foreign content.
func FuzzLinksAgainstTree(f *testing.F) { f.Fuzz(rapid.MakeFuzz(likeTree)) }

// FuzzBytesAgainstTree compares arbitrary documents without foreign content and frames.
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
		checkTitle(t, body)
	})
}

// TestGoDocuments compares the HTML documents of the Go distribution.
func TestGoDocuments(t *testing.T) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(root)), "doc", "*.html"))
	if err != nil || len(files) == 0 {
		t.Skip("this Go distribution has no documents")
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		checkLikeTree(t, body)
		checkTitle(t, body)
		checkAssetsLikeTree(t, body)
	}
}

func TestDifferencesFromTree(t *testing.T) {
	for _, tt := range []struct{ name, body, links, tree string }{
		{"end tag of a surrounding element", "<svg></b><style><a href=1></style>", "", "1"},
		{"open element at an integration point", "<svg><foreignObject><div></foreignObject><style><a href=1></style>", "1", ""},
		{"table at an integration point", "<table><svg><desc><table></table></desc><style><a href=1></style>", "1", ""},
		{"frame without frameset", "<p><frame src=1>", "1", ""},
		{"link in a frameset", "<frameset><a href=1>", "1", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			links, _ := linkSet(t, []byte(tt.body))
			tree, _, _ := treeLinks(t, []byte(tt.body))
			if len(links) != len(tt.links) || len(tree) != len(tt.tree) {
				t.Errorf("%s has the links %v, the tree has %v", tt.body, links, tree)
			}
		})
	}
}
