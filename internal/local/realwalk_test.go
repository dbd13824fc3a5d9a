//go:build real

package local_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// statuses holds the HTTP status of each URL.
type statuses map[string]int

// tally counts the URLs of each status.
func tally(s statuses) string {
	counts := map[int]int{}
	for _, status := range s {
		counts[status]++
	}
	return fmt.Sprint(counts)
}

// walk returns the status of each URL of the site that links lead to from start. It reads the files
// with net/url and a full HTML parser.
func walk(t *testing.T, root *os.Root, start string) statuses {
	t.Helper()
	first, err := url.Parse(start)
	if err != nil {
		t.Fatal(err)
	}
	known := statuses{}
	queue := []*url.URL{first}
	add := func(from *url.URL, ref string) {
		// Browsers trim whitespace around a reference, see
		// https://url.spec.whatwg.org/#concept-basic-url-parser.
		u, err := from.Parse(strings.Trim(ref, " \t\r\n\f"))
		if err != nil || u.Scheme != "http" || u.Host != first.Host {
			return
		}
		if u.Fragment = ""; u.Path == "" {
			u.Path = "/"
		}
		if _, ok := known[spelling(u)]; !ok {
			known[spelling(u)] = 0
			queue = append(queue, u)
		}
	}
	known[spelling(first)] = 0
	for ; len(queue) > 0; queue = queue[1:] {
		u := queue[0]
		status, target := resolve(root, u.Path)
		known[spelling(u)] = status
		switch {
		case status == http.StatusMovedPermanently:
			add(u, (&url.URL{Path: target, RawQuery: u.RawQuery}).String())
		case status == http.StatusOK && isHTML(target):
			data, err := fs.ReadFile(root.FS(), target)
			if err != nil {
				t.Fatal(err)
			}
			document, err := html.Parse(bytes.NewReader(data))
			if err != nil {
				t.Fatalf("%s: %v", target, err)
			}
			links(document, u, add)
		}
	}
	return known
}

// spelling returns one form for all URLs that differ only in needless escapes.
func spelling(u *url.URL) string {
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
