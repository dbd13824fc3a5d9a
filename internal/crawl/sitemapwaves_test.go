package crawl_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/run"
)

// Sitemaps are fetched at once, as many as the seed and the bound for their host allow, and their
// URLs keep their order: the limit is the same as for one after the other.
func TestSitemapConcurrency(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		params  string
		perHost int
		want    int // in flight at a time
	}{
		"of the seed":    {`, 'concurrency': 3`, 8, 3},
		"of the host":    {`, 'concurrency': 3`, 1, 1},
		"by default":     {``, 8, 1},
		"more than some": {`, 'concurrency': 16`, 2, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			inFlight, most := 0, 0
			reached := make(chan struct{})
			routes := sitetest.Routes{"/1": sitetest.Page(), "/2": sitetest.Page(), "/3": sitetest.Page()}
			var index strings.Builder
			for i := range 6 {
				fmt.Fprintf(&index, "<sitemap><loc>http://HOST/s%d.xml</loc></sitemap>", i)
				routes[fmt.Sprintf("/s%d.xml", i)] = func(w http.ResponseWriter, r *http.Request) {
					mu.Lock()
					if inFlight++; inFlight > most {
						if most = inFlight; most == tt.want {
							close(reached)
						}
					}
					mu.Unlock()
					select {
					case <-reached:
					case <-r.Context().Done():
					}
					mu.Lock()
					inFlight--
					mu.Unlock()
					sitetest.Body("application/xml", urlset(fmt.Sprintf("/%d", i+1)))(w, r)
				}
			}
			routes["/sitemap.xml"] = sitetest.Body("application/xml", "<sitemapindex>"+index.String()+"</sitemapindex>")
			site := sitetest.Start(t, withHost(routes))
			s := newStack(t)
			r := s.crawl(fastConfig("", strings.Replace(seedSitemap(site, tt.params+`, 'limit': 3`), `,
		'policies'`, fmt.Sprintf(`, 'speed': {'concurrency': 8, 'per_host_concurrency': %d}, 'policies'`, tt.perHost), 1)))
			s.expect(r, run.MaxEmptyEvaluations, 3, 0, 0, 0)
			for _, path := range []string{"/1", "/2", "/3"} {
				if len(site.Hits(path)) != 1 {
					t.Errorf("%s was fetched %d times", path, len(site.Hits(path)))
				}
			}
			mu.Lock()
			defer mu.Unlock()
			if most != tt.want {
				t.Errorf("%d sitemaps were in flight at a time, want %d", most, tt.want)
			}
		})
	}
}
