//go:build real

package realsite

import (
	"bytes"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// A Statuses has the HTTP status of each URL, in the spelling of Spelling.
type Statuses map[string]int

// String counts the URLs of each status.
func (s Statuses) String() string {
	counts := map[int]int{}
	for _, status := range s {
		counts[status]++
	}
	return fmt.Sprint(counts)
}

// A Walk is what a walk through a site finds.
type Walk struct {
	Statuses Statuses
	// Targets are the URLs that a URL links or redirects to.
	Targets map[string][]string
}

// Walk returns what links lead to from start, below the URL prefix. It reads the files with net/url
// and a full HTML parser, and shares no code with the crawler.
func (s *Site) Walk(t testing.TB, start, prefix string) Walk {
	t.Helper()
	first, err := url.Parse(start)
	if err != nil {
		t.Fatal(err)
	}
	w := Walk{Statuses{Spelling(first): 0}, map[string][]string{}}
	for queue := []*url.URL{first}; len(queue) > 0; queue = queue[1:] {
		u := queue[0]
		add := func(from *url.URL, ref string) {
			// Browsers trim whitespace around a reference, see
			// https://url.spec.whatwg.org/#concept-basic-url-parser.
			to, err := from.Parse(strings.Trim(ref, " \t\r\n\f"))
			if err != nil || to.Scheme != "http" || to.Host != first.Host {
				return
			}
			if to.Fragment = ""; to.Path == "" {
				to.Path = "/"
			}
			spelled := Spelling(to)
			if !strings.HasPrefix(spelled, prefix) {
				return
			}
			if from := Spelling(u); !slices.Contains(w.Targets[from], spelled) {
				w.Targets[from] = append(w.Targets[from], spelled)
			}
			if _, ok := w.Statuses[spelled]; !ok {
				w.Statuses[spelled] = 0
				queue = append(queue, to)
			}
		}
		w.Statuses[Spelling(u)] = s.visit(t, u, add)
	}
	return w
}

// visit calls add with each link or redirect of a URL, and returns its status.
func (s *Site) visit(t testing.TB, u *url.URL, add func(from *url.URL, ref string)) int {
	t.Helper()
	status, target := s.resolve(u.Path)
	switch {
	case status == http.StatusMovedPermanently:
		add(u, (&url.URL{Path: target, RawQuery: u.RawQuery}).String())
	case status == http.StatusOK && isHTML(target):
		data, err := fs.ReadFile(s.root.FS(), target)
		if err != nil {
			t.Fatal(err)
		}
		document, err := html.Parse(bytes.NewReader(data))
		if err != nil {
			t.Fatalf("%s: %v", target, err)
		}
		links(document, u, add)
	}
	return status
}

// Spelling returns one form for all URLs that differ only in needless escapes.
func Spelling(u *url.URL) string {
	s := u.Scheme + "://" + u.Host + (&url.URL{Path: u.Path}).EscapedPath()
	if u.RawQuery != "" {
		s += "?" + u.RawQuery
	}
	return s
}

// links calls add with each link of the document, and with the URL that the link is relative to.
func links(document *html.Node, from *url.URL, add func(from *url.URL, ref string)) {
	var refs []string
	base := from
	for n := range document.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		a := map[string]string{}
		for _, attribute := range n.Attr {
			a[attribute.Key] = attribute.Val
		}
		rel := strings.Fields(strings.ToLower(a["rel"]))
		switch n.Data {
		case "base":
			if u, err := from.Parse(a["href"]); err == nil && base == from {
				base = u
			}
		case "a", "area":
			if href, ok := a["href"]; ok && !slices.Contains(rel, "nofollow") {
				refs = append(refs, href)
			}
		case "link":
			alternate := slices.Contains(rel, "alternate") && !slices.Contains(rel, "stylesheet") && (a["type"] == "" || a["type"] == "text/html")
			if alternate || slices.Contains(rel, "canonical") || slices.Contains(rel, "next") || slices.Contains(rel, "prev") {
				refs = append(refs, a["href"])
			}
		case "frame", "iframe":
			if src, ok := a["src"]; ok {
				refs = append(refs, src)
			}
		case "meta":
			if _, ref, ok := strings.Cut(a["content"], "url="); ok && strings.EqualFold(a["http-equiv"], "refresh") {
				refs = append(refs, ref)
			}
		}
	}
	for _, ref := range refs {
		add(base, ref)
	}
}
