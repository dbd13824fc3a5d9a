package crawl

import (
	"fmt"
	"testing"
	"time"

	"github.com/inndx/runs/internal/crawllog"
)

// BenchmarkPick picks, fetches and records one URL of a large frontier. The cost must not grow with
// the URLs, and hardly with the hosts.
func BenchmarkPick(b *testing.B) {
	for _, size := range []struct{ urls, hosts int }{{10_000, 100}, {10_000, 10_000}, {1_000_000, 100}, {1_000_000, 10_000}} {
		b.Run(fmt.Sprintf("urls=%d/hosts=%d", size.urls, size.hosts), func(b *testing.B) {
			f := newFrontier(1, time.Second, -1)
			admit := func(i int) {
				f.apply(&crawllog.Discovered{URL: fmt.Sprintf("https://host-%d.example/page/%d", i%size.hosts, i), Depth: 1})
			}
			for i := range size.urls {
				admit(i)
			}
			now := time.UnixMilli(1e12)
			next := size.urls
			for b.Loop() {
				req, ok := f.pick(now)
				for !ok {
					now = now.Add(time.Second / 2)
					req, ok = f.pick(now)
				}
				admit(next) // one URL is discovered for each outcome
				next++
				f.apply(&crawllog.Outcome{URL: req.url, Step: crawllog.Fetch, Status: crawllog.OK, HTTPStatus: 200, OccurredAt: now})
				f.complete(req, true)
			}
		})
	}
}
