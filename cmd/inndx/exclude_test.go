package main_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
)

// A URL that --exclude matches is never requested, with no method and on no host, not even by the
// checks of links and of what pages need. A page on another host that is only checked redirects to
// one, too.
func TestExcludedIsNeverRequested(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var requests []string
	site := func(name string, body func() string) *httptest.Server {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			requests = append(requests, r.Method+" "+name+r.URL.Path)
			mu.Unlock()
			switch r.URL.Path {
			case "/", "/page":
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				fmt.Fprint(w, body())
			case "/moved":
				http.Redirect(w, r, "/private/moved", http.StatusFound)
			case "/style.css":
				w.Header().Set("Content-Type", "text/css")
				fmt.Fprint(w, "@import '/private/style.css'; body { background: url(/private/b.png) }")
			case "/robots.txt":
				http.NotFound(w, r)
			}
		}))
		t.Cleanup(s.Close)
		return s
	}
	other := site("other", func() string { return "<a href=/private/c>c</a>" })
	first := site("site", func() string {
		return fmt.Sprintf(`<link rel=stylesheet href=/style.css><img src=/image.png><img src=/private/image.png>
			<script src=%[1]s/private/x.js></script><a href=/page>a</a><a href=/private/page>b</a><a href=/moved>c</a>
			<a href=%[1]s/page>d</a><a href=%[1]s/private/page>e</a><a href=%[1]s/moved>f</a>`, other.URL)
	})
	command(t, []string{"DATA_DIR=" + t.TempDir()}, "crawl", first.URL, "--delay", "0s", "--external", "check", "--assets", "--exclude", "/private").start().wait(0)
	for _, r := range requests {
		if strings.Contains(r, "/private") {
			t.Errorf("the request %s was sent", r)
		}
	}
	for _, r := range []string{"GET site/page", "HEAD site/image.png", "GET site/style.css", "HEAD other/page", "HEAD other/moved"} {
		if !slices.Contains(requests, r) {
			t.Errorf("there is no request %s among %q", r, requests)
		}
	}
}
