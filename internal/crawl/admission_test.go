package crawl

import (
	"fmt"
	"testing"
	"time"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/run"
)

// URLs that do not fit the queue are recorded as excluded, never dropped.
func TestQueueIsFull(t *testing.T) {
	s := openSettings()
	s.maxQueued = 3
	a, c := newTestAdmission(s)
	f := c.frontier
	admit := func(n int) {
		for i := range n {
			a.admit(testLink(fmt.Sprint("https://a.example/", i)), crawllog.Discovered{Seed: i%2 == 0}) // seeds as well as links
		}
	}
	admit(5)
	admit(5) // the exclusions are not recorded again
	if want := (run.Progress{URLsQueued: 3, URLsExcluded: 2}); f.progress != want || len(c.pending.open.records) != 5 {
		t.Fatalf("%+v in %d records, want %+v in 5", f.progress, len(c.pending.open.records), want)
	}
	for _, r := range c.pending.open.records[3:] {
		if o, ok := r.(*crawllog.Outcome); !ok || o.ErrorReason != reasonQueueFull || o.Status != crawllog.Excluded {
			t.Errorf("recorded %+v", r)
		}
	}
	// An outcome makes room for one URL. A URL in flight still takes its place.
	req, _ := f.pick(time.Now())
	admit(6)
	f.apply(&crawllog.Outcome{URL: req.url, Step: crawllog.Fetch, Status: crawllog.OK, HTTPStatus: 200})
	f.complete(req, true)
	admit(8)
	if want := (run.Progress{URLsQueued: 3, URLsFetched: 1, URLsExcluded: 4}); f.progress != want {
		t.Errorf("%+v, want %+v", f.progress, want)
	}
}

func TestQueueIsFullOfBytes(t *testing.T) {
	a, c := newTestAdmission(&settings{maxQueued: 10})
	c.frontier.queuedBytes = maxQueuedBytes
	if reason := a.refuse(&crawllog.Discovered{URL: "https://a.example/", Seed: true}); reason != reasonQueueFull {
		t.Errorf("reason %q", reason)
	}
}
