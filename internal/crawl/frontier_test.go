package crawl

import (
	"fmt"
	"testing"
	"time"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/weburl"
)

// A queue frees the space of popped URLs, and keeps the others in order, each with its referrer.
func TestQueue(t *testing.T) {
	type entry struct{ url, referrer string }
	var q queue
	var want []entry
	bytes, size := 0, 0 // of all strings, and of the queue
	pop := func() {
		url, referrer, n := q.pop()
		if got := (entry{string(url), referrer}); got != want[0] {
			t.Fatalf("popped %v, want %v", got, want[0])
		}
		want = want[1:]
		size -= n
	}
	for i := range 10_000 {
		e := entry{fmt.Sprint("https://a.example/", i*i), fmt.Sprint("https://a.example/page/", i/7*i/1000)}
		if i%100 < 3 {
			e.referrer = ""
		}
		size += q.push(e.url, e.referrer)
		bytes += len(e.url) + len(e.referrer)
		want = append(want, e)
		if i%3 > 0 {
			pop()
		}
	}
	for range want {
		pop()
	}
	if !q.empty() || size != 0 {
		t.Errorf("empty in the end: %t, with %d bytes", q.empty(), size)
	}
	if cap(q.buf) > bytes/4 {
		t.Errorf("the queue took %d bytes for %d bytes of strings, most of which were popped", cap(q.buf), bytes)
	}
}

// The worker before had a clock that was ahead. Its records make this worker wait as long as that
// worker would have waited, not until the recorded time.
func TestRecordsFromTheFuture(t *testing.T) {
	now := time.UnixMilli(1e12).UTC()
	ahead := now.Add(7 * time.Minute)
	for name, tc := range map[string]struct {
		record crawllog.Record
		want   time.Duration // until a fetch from the host may start
	}{
		"outcome": {&crawllog.Outcome{URL: "https://a.example/0", Step: crawllog.Fetch, Status: crawllog.OK, HTTPStatus: 200, OccurredAt: ahead}, 10 * time.Second},
		"hold":    {&crawllog.Retry{URL: "https://a.example/0", Attempt: 1, HoldHost: true, OccurredAt: ahead, Due: ahead.Add(time.Minute)}, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFrontier(1, 10*time.Second, -1)
			for i := range 2 {
				f.replay(&crawllog.Discovered{URL: fmt.Sprint("https://a.example/", i), Seed: true}, now)
			}
			f.replay(tc.record, now)
			f.resume(now)
			if due, ok := f.nextDue(); !ok || due.Sub(now) != tc.want {
				t.Errorf("due in %v, want %v", due.Sub(now), tc.want)
			}
			if f.last.After(now) {
				t.Error("the last outcome is in the future")
			}
		})
	}
	t.Run("retry", func(t *testing.T) {
		f := newTestFrontier()
		f.replay(&crawllog.Discovered{URL: "https://a.example/", Seed: true}, now)
		f.replay(&crawllog.Retry{URL: "https://a.example/", Attempt: 1, OccurredAt: ahead, Due: ahead.Add(2 * time.Second)}, now)
		f.resume(now)
		if _, ok := f.pick(now.Add(2*time.Second - time.Millisecond)); ok {
			t.Error("the URL gets another attempt too early")
		}
		if _, ok := f.pick(now.Add(2 * time.Second)); !ok {
			t.Error("the URL gets no other attempt when it is due")
		}
	})
}

// A URL that an earlier version spelled differently is the same URL.
func TestFrontierKnowsEarlierSpellings(t *testing.T) {
	const earlier, now = "http://h.example/it's?q=it's", "http://h.example/it's?q=it%27s"
	f := newTestFrontier()
	f.apply(&crawllog.Discovered{URL: earlier, Seed: true})
	if f.changes(&crawllog.Discovered{URL: now, Depth: 1}) {
		t.Errorf("%s joins in addition to %s", now, earlier)
	}
	req, ok := f.pick(time.Now())
	if !ok || req.url != earlier {
		t.Fatalf("picked %q, %v; want %q", req.url, ok, earlier)
	}
	f.apply(&crawllog.Outcome{URL: earlier, Status: crawllog.OK, HTTPStatus: 200})
	f.complete(req, true)
	if f.changes(&crawllog.Discovered{URL: now}) || f.progress.URLsQueued != 0 || f.progress.URLsFetched != 1 {
		t.Errorf("%s joins after the outcome of %s; progress %+v", now, earlier, f.progress)
	}
}

// The outcome of a sitemap ends no page of the same URL and is not counted. It is remembered until
// the seeds are read.
func TestFrontierDistinguishesSitemapsFromPages(t *testing.T) {
	const url = "http://h.example/sitemap.xml"
	f := newTestFrontier()
	f.apply(&crawllog.Discovered{URL: url, Seed: true})
	before := f.progress
	f.apply(&crawllog.Outcome{URL: url, Step: crawllog.Fetch, Status: crawllog.Error, HTTPStatus: 404, Sitemap: true})
	if f.progress != before || f.known[weburl.KeyOf(url)].state() != queued || !f.sitemaps[weburl.KeyOf(url)] {
		t.Errorf("progress %+v, state %v, remembered %v", f.progress, f.known[weburl.KeyOf(url)].state(), f.sitemaps[weburl.KeyOf(url)])
	}
	f.apply(&crawllog.SeedsRead{})
	f.apply(&crawllog.Outcome{URL: url, Step: crawllog.Fetch, Status: crawllog.Error, HTTPStatus: 404, Sitemap: true})
	if len(f.sitemaps) != 0 {
		t.Error("sitemaps are remembered after the seeds are read")
	}
}

// Pages that robots.txt forbids are not requested, so they do not delay the next fetch.
func TestOnlyRequestsDelayTheNextFetch(t *testing.T) {
	f := newFrontier(1, time.Minute, -1)
	for i := range 3 {
		f.apply(&crawllog.Discovered{URL: fmt.Sprint("https://a.example/", i), Seed: true})
	}
	now := time.Now()
	for range 2 {
		req, ok := f.pick(now)
		if !ok {
			t.Fatal("nothing to fetch")
		}
		f.apply(&crawllog.Outcome{URL: req.url, Step: crawllog.Fetch, Status: crawllog.Excluded, ErrorReason: reasonRobots, OccurredAt: now})
		f.complete(req, false)
	}
	req, _ := f.pick(now)
	f.requeue(req, true)
	if _, ok := f.pick(now); ok {
		t.Error("a request was followed by another at once")
	}
	if _, ok := f.pick(now.Add(time.Minute)); !ok {
		t.Error("nothing to fetch after the delay")
	}
}

// The bytes of queued URLs are counted while URLs are picked, requeued, discovered again at a
// smaller depth, or ended while queued.
func TestQueuedBytesAreCounted(t *testing.T) {
	f := newTestFrontier()
	now := time.Now()
	url := func(i int) string { return fmt.Sprintf("https://host-%d.example/%d", i%3, i) }
	for i := range 30 {
		f.apply(&crawllog.Discovered{URL: url(i), Depth: 2})
	}
	for i := range 10 {
		f.apply(&crawllog.Discovered{URL: url(i), Depth: 1})
	}
	check := func() {
		want := 0
		for _, h := range f.hosts {
			for _, q := range h.queues {
				want += len(q.buf) - q.start
			}
		}
		if f.queuedBytes != want {
			t.Fatalf("%d bytes are counted for queues of %d bytes", f.queuedBytes, want)
		}
	}
	check()
	for n := 0; f.progress.URLsQueued > 0; n++ {
		req, ok := f.pick(now)
		if !ok {
			t.Fatal("nothing to fetch")
		}
		check()
		if n%4 == 0 {
			f.requeue(req, true)
			check()
			continue
		}
		f.apply(&crawllog.Outcome{URL: req.url, Step: crawllog.Fetch, Status: crawllog.OK, HTTPStatus: 200, OccurredAt: now})
		f.complete(req, true)
	}
	if f.queuedBytes != 0 {
		t.Errorf("%d bytes are counted when nothing is queued", f.queuedBytes)
	}
}
