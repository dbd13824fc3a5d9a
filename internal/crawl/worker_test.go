package crawl

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fetch"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/weburl"
)

func testLink(url string) link { return link{url: url, key: weburl.KeyOf(url)} }

// What would be too much is recorded as excluded, never dropped.
func TestQueueIsFull(t *testing.T) {
	f := newFrontier(1, 0, -1)
	w := worker{fetcher: fetcher{settings: openPlan()}, f: f}
	w.maxQueued = 3
	find := func(n int) {
		for i := range n {
			w.admit(testLink(fmt.Sprint("https://a.example/", i)), 0, 0, i%2 == 0) // seeds as well as links
		}
	}
	find(5)
	find(5) // what was excluded is not recorded again
	if want := (run.Progress{URLsQueued: 3, URLsExcluded: 2}); f.progress != want || len(w.pending.open.records) != 5 {
		t.Fatalf("%+v in %d records, want %+v in 5", f.progress, len(w.pending.open.records), want)
	}
	for _, r := range w.pending.open.records[3:] {
		if o, ok := r.(*crawllog.Outcome); !ok || o.ErrorReason != reasonQueueFull || o.Status != crawllog.Excluded {
			t.Errorf("recorded %+v", r)
		}
	}
	// A URL that ends makes room for one, and what is under way still takes its place.
	req, _ := f.next(time.Now())
	find(6)
	f.apply(&crawllog.Outcome{URL: req.url, Step: crawllog.Fetch, Status: crawllog.OK, HTTPStatus: 200})
	f.complete(req, true)
	find(8)
	if want := (run.Progress{URLsQueued: 3, URLsFetched: 1, URLsExcluded: 4}); f.progress != want {
		t.Errorf("%+v, want %+v", f.progress, want)
	}
}

// openPlan returns a plan that refuses nothing.
func openPlan() *settings {
	p, err := newSettings([]byte(`{"filters":[],"policies":[]}`))
	if err != nil {
		panic(err)
	}
	return p
}

func TestLinksOfOnePageAreBounded(t *testing.T) {
	var body strings.Builder
	for i := range maxPageLinks + 10 {
		fmt.Fprintf(&body, "<a href=/%d></a><a href=/%d></a>", i, i)
	}
	u, err := weburl.Parse("https://a.example/")
	if err != nil {
		t.Fatal(err)
	}
	v := fetcher{settings: &settings{}, log: slog.New(slog.DiscardHandler)}
	links, reason := v.read(newWork(t.Context(), pageBudget), u, &fetch.Response{Status: 200, Header: http.Header{}, ContentType: "text/html", Body: []byte(body.String())})
	if len(links) != maxPageLinks || reason != reasonTooManyLinks {
		t.Errorf("%d links, reason %q", len(links), reason)
	}
}

// Pages that robots.txt forbids, of which nothing is requested, must not take a delay each.
func TestDelayIsForRequestsOnly(t *testing.T) {
	f := newFrontier(1, time.Minute, -1)
	for i := range 3 {
		f.apply(&crawllog.Discovered{URL: fmt.Sprint("https://a.example/", i), Seed: true})
	}
	now := time.Now()
	for range 2 {
		req, ok := f.next(now)
		if !ok {
			t.Fatal("nothing to fetch")
		}
		f.apply(&crawllog.Outcome{URL: req.url, Step: crawllog.Fetch, Status: crawllog.Excluded, ErrorReason: reasonRobots, OccurredAt: now})
		f.complete(req, false)
	}
	req, _ := f.next(now)
	f.requeue(req, true)
	if _, ok := f.next(now); ok {
		t.Error("a request was followed by another at once")
	}
	if _, ok := f.next(now.Add(time.Minute)); !ok {
		t.Error("nothing to fetch after the delay")
	}
}

// Batches are cut where they get too large for a commit, and each has the counters as of
// its last record.
func TestPendingIsCutIntoBatches(t *testing.T) {
	f := newFrontier(1, 0, -1)
	w := worker{fetcher: fetcher{settings: openPlan()}, f: f}
	long := strings.Repeat("x", 2000)
	const urls = 4000
	for i := range urls {
		w.admit(testLink(fmt.Sprintf("https://a.example/%d%s", i, long)), 0, 0, true)
	}
	if !w.pending.full() {
		t.Error("8 MB wait for a commit, and more may come")
	}
	var queued int64
	for !w.pending.empty() || len(w.pending.sealed) > 0 {
		b := w.pending.take(f.progress)
		if b.size > commitBytes {
			t.Errorf("a batch of %d bytes", b.size)
		}
		queued += int64(len(b.records))
		if b.progress.URLsQueued != queued {
			t.Errorf("counters say %d queued after %d", b.progress.URLsQueued, queued)
		}
	}
	if queued != urls {
		t.Errorf("%d records, want %d", queued, urls)
	}
}

// The back-off doubles up to a bound, is spread to half as much to either side, and gives
// way to what the server wishes.
func TestBackOff(t *testing.T) {
	for attempt, middle := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 32 * time.Second, time.Minute, time.Minute} {
		least, most := time.Hour, time.Duration(0)
		for range 1000 {
			wait := backOff(attempt, 0)
			least, most = min(least, wait), max(most, wait)
		}
		if least < middle/2 || least > middle*3/5 || most > middle*3/2 || most < middle*7/5 {
			t.Errorf("after %d tries the wait is between %v and %v, want it spread around %v", attempt, least, most, middle)
		}
		if got := backOff(attempt, time.Hour); got != time.Hour {
			t.Errorf("a wish for an hour makes it %v", got)
		}
	}
}

func TestMemoriesAreBounded(t *testing.T) {
	var ms snapshotCache
	key := func(i int) snapshotKey { return snapshotKey{tenant: "acme", createdAt: time.UnixMilli(int64(i))} }
	for i := range maxWarmRuns + 5 {
		ms.put(key(i), snapshot{f: newFrontier(1, 0, -1), seq: int64(i)})
	}
	if ms.take(key(4)).f != nil || len(ms.of) != maxWarmRuns {
		t.Errorf("%d runs are kept, among them the oldest", len(ms.of))
	}
	m := ms.take(key(50))
	if m.f == nil || m.seq != 50 {
		t.Errorf("taken: %+v", m)
	}
	if ms.take(key(50)).f != nil {
		t.Error("one frontier was taken twice")
	}
}
