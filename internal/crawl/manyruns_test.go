package crawl_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/inndx/runs/internal/budget"
	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/run"
)

// One process crawls sixty runs with a real store, sites and connections, by several wake-ups of
// each. One run is fast, and the others are polite. Each records all of its pages once, and keeps
// the delay of its host. Idle connections are few, and in the end nothing is in use.
func TestManyRunsInOneProcess(t *testing.T) {
	t.Parallel()
	const polite, few, many, delay, fetches = 59, 5, 300, 300 * time.Millisecond, 16
	b := budget.New(budget.Limits{Fetches: fetches, Parsers: 1, Commits: 4})
	s := &stack{t: t, store: sharedStore(t)}
	c := s.crawler(func(o *crawl.Options) { o.Queue, o.Budget, o.MaxWork = &recordingQueue{}, b, 2*time.Second })
	var (
		runs  []run.Run
		sites []*sitetest.Server
	)
	for i := range polite {
		sites = append(sites, sitetest.Start(t, sitetest.Generate(few, 3)))
		runs = append(runs, s.create(fastConfig(sites[i].URL+"/", fmt.Sprintf(delayConfig(delay.String()), 1))))
	}
	fast := sitetest.Start(t, sitetest.Generate(many, 20))
	runs = append(runs, s.create(fastConfig(fast.URL+"/", `{'speed': {'concurrency': 32, 'per_host_concurrency': 32}}`)))
	var group sync.WaitGroup
	for _, r := range runs {
		group.Go(func() {
			for n := 0; !isFinished(s.run(r.ID)); n++ {
				if n > 50 {
					t.Error("the run never ends")
					return
				}
				s.handle(c, r.ID)
			}
		})
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		group.Wait()
	}()
	connections := 0
	for watching := true; watching; {
		select {
		case <-done:
			watching = false
		case <-time.After(5 * time.Millisecond):
			connections = max(connections, b.Usage().Connections)
		}
	}
	// One fetch of each run, those of the fast one, and the idle connections.
	if limit := polite + fetches + fetches/2 + 1; connections == 0 || connections > limit {
		t.Errorf("%d connections were open, want at most %d", connections, limit)
	}
	var paths []string
	for i := range few {
		paths = append(paths, sitetest.Path(i))
	}
	for i, r := range runs {
		pages := few
		if i == polite {
			pages = many
		} else {
			checkDelay(t, sites[i], delay, paths...)
		}
		s.expectAllPages(s.run(r.ID), pages)
	}
	until(t, "nothing is in use", func() bool { return b.Usage() == budget.Usage{} })
}
