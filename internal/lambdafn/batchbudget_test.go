package lambdafn

import (
	"testing"
	"time"

	"github.com/inndx/runs/internal/run"
)

// The frontier of a run outgrows what it shares with its neighbors. It is handed back, which is not a
// failure, and another invocation crawls it.
func testHandBackForMemory(t *testing.T, dir string) {
	c := newBatchCloud(t, dir, 20)
	// About 6 MB for all frontiers.
	c.tmpl.set("CrawlMemory", 343)
	large := c.startRun(40, 20_000, 50*time.Millisecond)
	runs := []*batchRun{large}
	for range 9 {
		runs = append(runs, c.startRun(40, 2500, 50*time.Millisecond))
	}
	c.deliver(c.finished(runs...))
	for i, b := range runs {
		if got := c.run(b.ref.ID); got.StopReason != run.MaxURLs || got.Progress.URLsFetched != 40 {
			t.Errorf("run %d is %s %s with %d pages", i, got.Status, got.StopReason, got.Progress.URLsFetched)
		}
	}
	if n := c.batchesWith(large.body); n < 2 || len(c.failures) > 0 {
		t.Errorf("%d invocations had the large run, failures: %v", n, c.failures)
	}
}

// Two runs are in two invocations, which begin at different times. They leave at a multiple of the
// period, so that one invocation has both.
func testRunsMeet(t *testing.T, dir string) {
	c := newBatchCloud(t, dir, 6)
	c.env = append(c.env, "CRAWL_PERIOD=2s")
	c.second = 20 * time.Millisecond // so that no window has both messages by chance
	const pages = 10_000             // more than there is time for
	first, second := c.startRun(pages, 2, 100*time.Millisecond), c.newRun(pages, 2, 100*time.Millisecond)
	c.send("WakeQueue", second.body, 700*time.Millisecond, "")
	met := func() bool { return c.batchesWith(first.body, second.body) > 0 }
	c.deliver(func() bool { return met() || c.batchesWith(first.body) > 6 })
	if !met() {
		t.Error("no invocation had both runs")
	}
	if c.invoked["CrawlFunction"] < 3 || len(c.failures) > 0 {
		t.Errorf("%d invocations, failures: %v", c.invoked["CrawlFunction"], c.failures)
	}
}
