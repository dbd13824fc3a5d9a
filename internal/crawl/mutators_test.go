package crawl_test

import (
	"testing"

	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/run"
)

// The queries of seeds, of links and of redirects are removed before anything else is done.
func TestStripQuery(t *testing.T) {
	t.Parallel()
	site := sitetest.Start(t, sitetest.Routes{
		"/":  sitetest.Page("/a?x=1", "/a?x=2#f", "/b", "/a"),
		"/a": sitetest.Page("/b?y", "/?z=1"),
		"/b": sitetest.Redirect("/c?z=1"),
		"/c": sitetest.Page(),
	})
	s := newStack(t)
	r := s.crawl(fastConfig(site.URL+"/?utm=1", `{'mutators': [{'kind': 'sanitize', 'params': {'strip_query': true}}]}`))
	s.expect(r, run.MaxEmptyEvaluations, 4, 0, 0, 0)
	for _, path := range []string{"/", "/a", "/b", "/c"} {
		if hits := site.Hits(path); len(hits) != 1 {
			t.Errorf("%s was fetched %d times", path, len(hits))
		}
	}
}
