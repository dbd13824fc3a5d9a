package crawl_test

import (
	"fmt"
	"maps"
	"path"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/run"
)

// A run on a site without end ends after a known number of pages.
func TestTraps(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		links    func() func(uri string) []string
		more     string // of the configuration
		fetched  int64
		excluded map[string]int64 // by reason
	}{
		{
			name: "calendar by path",
			links: always(func(uri string) []string {
				n := number(uri)
				return []string{fmt.Sprint("/month/", n-1), fmt.Sprint("/month/", n+1)}
			}),
			// The seed, month 0, and 256 to either side of it.
			fetched: 2 + 2*256, excluded: map[string]int64{"trap_depth": 2},
		},
		{
			name: "calendar by query",
			links: always(func(uri string) []string {
				n := number(uri)
				return []string{fmt.Sprint("/calendar?month=", 2*n+1), fmt.Sprint("/calendar?month=", 2*n+2)}
			}),
			more:    `'traps': {'max_url_variants': 50}`,
			fetched: 1 + 50, excluded: map[string]int64{"trap_variants": 2*51 - 50},
		},
		{
			name:    "one growing path",
			links:   always(func(uri string) []string { return []string{strings.TrimSuffix(uri, "/") + "/next/"} }),
			fetched: 1 + 3, excluded: map[string]int64{"trap_path": 1},
		},
		{
			name: "many growing paths",
			links: always(func(uri string) []string {
				uri = strings.TrimSuffix(uri, "/")
				return []string{uri + "/a", uri + "/b"}
			}),
			// All paths with at most three of each, and their children with four.
			fetched: 69, excluded: map[string]int64{"trap_path": 2*69 - 68},
		},
		{
			name: "a path that grows and repeats nothing",
			links: always(func(uri string) []string {
				return []string{strings.TrimSuffix(uri, "/") + fmt.Sprint("/", number(uri)+1)}
			}),
			fetched: 1 + 32, excluded: map[string]int64{"trap_path": 1},
		},
		{
			name: "a path that grows by slashes",
			links: always(func(uri string) []string {
				return []string{"/a" + strings.Repeat("/", strings.Count(uri, "/")) + "/b"}
			}),
			// Paths with no, one and three empty segments, but not with five.
			fetched: 1 + 2, excluded: map[string]int64{"trap_path": 1},
		},
		{
			name: "session ids in the query", links: newSession("?id=1&PHPSESSID=%d"),
			fetched: 1 + 4*10, excluded: map[string]int64{"trap_variants": 4*41 - 40},
		},
		{
			name: "session ids in a path parameter", links: newSession(";jsessionid=%d"),
			fetched: 1 + 4*10, excluded: map[string]int64{"trap_variants": 4*41 - 40},
		},
		{
			name: "session ids in the path", links: newSession("(S(%d))"),
			fetched: 1 + 4*10, excluded: map[string]int64{"trap_variants": 4*41 - 40},
		},
		{
			name: "session ids with a name of their own", links: newSession("?ticket=%d"),
			more:    `'traps': {'max_url_variants': 20}`,
			fetched: 1 + 4*20, excluded: map[string]int64{"trap_variants": 4*81 - 80},
		},
		{
			name: "new paths without end",
			links: always(func(uri string) []string {
				n := number(uri)
				return []string{fmt.Sprint("/", 2*n+1), fmt.Sprint("/", 2*n+2)}
			}),
			more:    `'traps': {'max_host_urls': 100}`,
			fetched: 100, excluded: map[string]int64{"trap_host": 2*100 - 99},
		},
		{
			name: "paths that double",
			links: always(func(uri string) []string {
				dir := "/" + strings.Repeat("x", len(uri))
				return []string{dir + path.Clean(uri)}
			}),
			// Paths of 1, 3, 6, 13, 27, …, 1791 bytes fit a URL, one of 3583 does not.
			fetched: 11, excluded: map[string]int64{"url_too_long": 1},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			site := sitetest.Start(t, linkedSite(test.links()))
			s := newStack(t)
			r := s.crawl(fastConfig(site.URL+"/", "{"+test.more+"}"))
			excluded := map[string]int64{}
			var sum int64
			for _, what := range outcomesByPath(site, s.history(r)) {
				if reason, ok := strings.CutPrefix(what, "excluded "); ok {
					excluded[reason]++
					sum++
				}
			}
			if diff := cmp.Diff(test.excluded, excluded); diff != "" {
				t.Errorf("excluded (-want +got):\n%s", diff)
			}
			s.expect(r, run.MaxEmptyEvaluations, test.fetched, 0, sum, 0)
			all := maps.Clone(site.All())
			delete(all, "/robots.txt")
			if int64(len(all)) != test.fetched {
				t.Errorf("%d URLs were requested, want %d", len(all), test.fetched)
			}
		})
	}
}
