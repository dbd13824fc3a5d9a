package crawl_test

import (
	"net/http"
	"sync"
	"testing"

	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/run"
)

// Middleware changes requests and responses in its order.
func TestMiddleware(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var got http.Header
	site := sitetest.Start(t, sitetest.Routes{
		"/": func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			got = r.Header.Clone()
			mu.Unlock()
			sitetest.Body("application/octet-stream", `<!DOCTYPE html><a href="/a">a</a>`)(w, r)
		},
		"/a": sitetest.Page(),
	})
	s := newStack(t)
	r := s.crawl(fastConfig(site.URL+"/", `{'fetcher': {'middleware': [
		{'kind': 'set_language', 'params': {'languages': [['en-US', 1.0], ['de', 0.5]]}},
		{'kind': 'mutate_headers', 'params': {'on': 'request', 'headers': [['X-Team', 'docs'], ['Accept', 'text/html']]}},
		{'kind': 'mutate_headers', 'params': {'on': 'request', 'headers': [['X-Team', 'last']]}},
		{'kind': 'mutate_headers', 'params': {'on': 'response', 'headers': [['Content-Type', 'text/html']]}}]}}`))
	s.expect(r, run.MaxEmptyEvaluations, 2, 0, 0, 0) // the link is found: the response is a page
	mu.Lock()
	defer mu.Unlock()
	for name, want := range map[string]string{"Accept-Language": "en-US,de;q=0.5", "X-Team": "last", "Accept": "text/html"} {
		if values := got.Values(name); len(values) != 1 || values[0] != want {
			t.Errorf("%s: %q, want %q", name, values, want)
		}
	}
}
