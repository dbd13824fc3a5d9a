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

func testLink(url string) link { return link{url: url, key: keyOf(url)} }

// What would be too much is recorded as excluded, never dropped.
func TestQueueIsFull(t *testing.T) {
	f := newFrontier(1, 0, -1)
	f.joined = maxQueued
	w := worker{visitor: visitor{plan: &plan{}}, f: f}
	for range 2 {
		w.find(testLink("https://a.example/"), 1, 0, false)
	}
	if len(w.pending.open.records) != 1 || f.progress != (run.Progress{URLsExcluded: 1}) {
		t.Fatalf("%d records, %+v", len(w.pending.open.records), f.progress)
	}
	if o, ok := w.pending.open.records[0].(*crawllog.Outcome); !ok || o.ErrorReason != reasonQueueFull {
		t.Errorf("recorded %+v", w.pending.open.records[0])
	}
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
	v := visitor{plan: &plan{}, log: slog.New(slog.DiscardHandler)}
	links, reason := v.read(u, &fetch.Response{Status: 200, Header: http.Header{}, ContentType: "text/html", Body: []byte(body.String())})
	if len(links) != maxPageLinks || reason != reasonTooManyLinks {
		t.Errorf("%d links, reason %q", len(links), reason)
	}
}

// Pages that robots.txt forbids, of which nothing is requested, must not take a delay each.
func TestDelayIsForRequestsOnly(t *testing.T) {
	f := newFrontier(1, time.Minute, -1)
	for i := range 3 {
		f.apply(&crawllog.Found{URL: fmt.Sprint("https://a.example/", i), Seed: true})
	}
	now := time.Now()
	for range 2 {
		fl, ok := f.next(now)
		if !ok {
			t.Fatal("nothing to fetch")
		}
		f.apply(&crawllog.Outcome{URL: fl.url, Step: crawllog.Fetch, Status: crawllog.Excluded, ErrorReason: reasonRobots, OccurredAt: now})
		f.land(fl, false)
	}
	fl, _ := f.next(now)
	f.putBack(fl, true)
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
	w := worker{visitor: visitor{plan: &plan{}}, f: f}
	long := strings.Repeat("x", 2000)
	const urls = 4000
	for i := range urls {
		w.find(testLink(fmt.Sprintf("https://a.example/%d%s", i, long)), 0, 0, true)
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

// The key of a URL is its public hash: it may be stored.
func TestKeyIsTheURLsHash(t *testing.T) {
	u, err := weburl.Parse("https://a.example/x?y")
	if err != nil {
		t.Fatal(err)
	}
	if keyOf(u.String()) != u.Hash() || keyOf([]byte(u.String())) != u.Hash() {
		t.Error("the key differs from weburl.URL.Hash")
	}
	if hostOf(u.String()) != u.Host() {
		t.Error("the host differs from weburl.URL.Host")
	}
}

func TestMemoriesAreBounded(t *testing.T) {
	var ms memories
	key := func(i int) warmKey { return warmKey{tenant: "acme", createdAt: time.UnixMilli(int64(i))} }
	for i := range maxWarmRuns + 5 {
		ms.put(key(i), memory{f: newFrontier(1, 0, -1), seq: int64(i)})
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
