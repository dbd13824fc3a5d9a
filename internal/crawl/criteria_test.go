package crawl

import (
	"fmt"
	"testing"
	"time"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/run"
)

// A run that knows more than a worker's memory holds must end, and say that it was not its
// own criteria that ended it.
func TestRunThatKnowsTooMuchEnds(t *testing.T) {
	f := newFrontier(1, 0, -1)
	v := view{limits: limits{maxMemory: 2200, looks: 1}, f: f}
	for i := range 10 {
		if reason, ok := v.reached(time.Now()); ok {
			t.Fatalf("ended as %s with %d URLs", reason, i)
		}
		f.apply(&crawllog.Discovered{URL: fmt.Sprintf("https://a.example/%055d", i), Seed: true})
	}
	if reason, ok := v.reached(time.Now()); !ok || reason != run.Unknown {
		t.Errorf("reached %t, %q", ok, reason)
	}
}

// The bytes of queued URLs are counted whatever becomes of them: picked, put back, found
// again at a smaller depth, ended while they were queued.
func TestQueuedBytesAreCounted(t *testing.T) {
	f := newFrontier(1, 0, -1)
	now := time.Now()
	url := func(i int) string { return fmt.Sprintf("https://host-%d.example/%d", i%3, i) }
	for i := range 30 {
		f.apply(&crawllog.Discovered{URL: url(i), Depth: 2})
	}
	for i := range 10 {
		f.apply(&crawllog.Discovered{URL: url(i), Depth: 1})
	}
	if f.waits < 40*len(url(0)) {
		t.Errorf("%d bytes wait", f.waits)
	}
	for n := 0; f.progress.URLsQueued > 0; n++ {
		req, ok := f.next(now)
		if !ok {
			t.Fatal("nothing to fetch")
		}
		if n%4 == 0 {
			f.requeue(req, true)
			continue
		}
		f.apply(&crawllog.Outcome{URL: req.url, Step: crawllog.Fetch, Status: crawllog.OK, HTTPStatus: 200, OccurredAt: now})
		f.complete(req, true)
	}
	if f.waits != 0 {
		t.Errorf("%d bytes wait when nothing is queued", f.waits)
	}
}

func TestQueueIsFullOfBytes(t *testing.T) {
	f := newFrontier(1, 0, -1)
	f.waits = maxWaiting
	w := worker{fetcher: fetcher{settings: &settings{maxQueued: 10}}, f: f}
	if reason := w.refuse(&crawllog.Discovered{URL: "https://a.example/", Seed: true}); reason != reasonQueueFull {
		t.Errorf("reason %q", reason)
	}
}
