package rollup

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/weburl"
)

// numbers are what a bucket should show. The latencies are exact.
type numbers struct {
	At                               time.Time
	Fetched, Failed, Excluded, Bytes int64
	Responses                        [classes]int64
	Queued                           int64 // -1 if it is not known
	Latencies                        []int64
}

// expect adds up a log outcome by outcome, into buckets of the width.
func expect(log [][]crawllog.Record, width time.Duration, hosts ...string) []numbers {
	all := map[time.Time]*numbers{}
	bucket := func(at time.Time) *numbers {
		at = at.Truncate(width)
		if all[at] == nil {
			all[at] = &numbers{At: at, Queued: -1}
		}
		return all[at]
	}
	counts := func(url string) bool { return len(hosts) == 0 || slices.Contains(hosts, weburl.HostOf(url)) }
	var refused []time.Time
	joined := 0
	queuedAt := map[time.Time]time.Time{}
	for _, r := range slices.Concat(log...) {
		switch r := r.(type) {
		case *crawllog.Outcome:
			if r.Sitemap || !counts(r.URL) {
				continue
			}
			b := bucket(r.OccurredAt)
			switch {
			case r.Again:
				b.Bytes += r.Bytes
				continue
			case r.Status == crawllog.Excluded && r.ErrorReason == crawllog.ReasonSeedHosts:
				refused = append(refused, r.OccurredAt)
				continue
			case r.Status == crawllog.Excluded:
				b.Excluded++
				continue
			case r.HTTPStatus >= 200 && r.HTTPStatus < 400:
				b.Fetched++
			default:
				b.Failed++
			}
			b.Bytes += r.Bytes
			class := map[int]Class{2: Success, 3: Redirect, 4: ClientError, 5: ServerError}
			switch c, ok := class[r.HTTPStatus/100]; {
			case ok:
				b.Responses[c]++
			case r.HTTPStatus == 0:
				b.Responses[None]++
			default:
				b.Responses[Other]++
			}
			if r.HTTPStatus > 0 {
				b.Latencies = append(b.Latencies, r.Latency.Milliseconds())
			}
		case *crawllog.Discovered:
			if r.WasExcluded && counts(r.URL) {
				joined++
			}
		case *crawllog.QueueLength:
			if len(hosts) > 0 {
				continue
			}
			if b := bucket(r.At); !r.At.Before(queuedAt[b.At]) {
				b.Queued, queuedAt[b.At] = r.URLs, r.At
			}
		}
	}
	slices.SortFunc(refused, time.Time.Compare)
	for i, at := range refused { // those that were excluded first have joined
		if b := bucket(at); i >= joined {
			b.Excluded++
		}
	}
	return contiguous(all, width)
}

func contiguous(all map[time.Time]*numbers, width time.Duration) (list []numbers) {
	var first, last time.Time
	for at := range all {
		if first.IsZero() || at.Before(first) {
			first = at
		}
		if at.After(last) {
			last = at
		}
	}
	queued := int64(-1)
	for at := first; len(all) > 0 && !at.After(last); at = at.Add(width) {
		b := all[at]
		if b == nil {
			b = &numbers{At: at, Queued: -1}
		}
		if b.Queued < 0 {
			b.Queued = queued
		}
		queued = b.Queued
		slices.Sort(b.Latencies)
		list = append(list, *b)
	}
	return list
}

// check compares a series with a log, in every window that is possible.
func check(t *testing.T, s *Series, log [][]crawllog.Record, hosts ...string) {
	t.Helper()
	refusedFor := Window("10s") // the narrowest possible window
	for _, window := range Windows() {
		if _, used, ok := s.Buckets(window); !ok {
			refusedFor = used
		}
	}
	for _, window := range append(Windows(), "") {
		buckets, used, ok := s.Buckets(window)
		if !ok && used != refusedFor {
			t.Fatalf("window %s is refused, and %s named, not %s", window, used, refusedFor)
		}
		if !ok {
			continue
		}
		want := expect(log, used.Width(), hosts...)
		switch {
		case window == refusedFor && window != "10s" && len(expect(log, Windows()[slices.Index(Windows(), window)-1].Width(), hosts...)) <= MaxBuckets:
			t.Fatalf("window %s is the narrowest, but a narrower one is possible", window)
		case window == "" && len(want) > fewBuckets:
			t.Fatalf("%d buckets, want at most %d", len(want), fewBuckets)
		}
		got := []numbers{}
		for i, b := range buckets {
			queued, _ := b.Queued()
			got = append(got, numbers{
				At: b.StartedAt, Fetched: b.Fetched, Failed: b.Failed, Excluded: b.Excluded, Bytes: b.Bytes, Responses: b.Responses,
				Queued: queued,
			})
			if i < len(want) {
				checkLatency(t, &b.Latency, want[i].Latencies)
				want[i].Latencies = nil
			}
		}
		if want == nil {
			want = []numbers{}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("window %s (-want +got):\n%s", used, d)
		}
	}
}

// checkLatency compares a histogram with the latencies, which are sorted.
func checkLatency(t *testing.T, h *Histogram, exact []int64) {
	t.Helper()
	if h.Count() != int64(len(exact)) || len(exact) > 0 && h.Max() != exact[len(exact)-1] {
		t.Fatalf("%d latencies up to %d, want %d up to %v", h.Count(), h.Max(), len(exact), exact)
	}
	for _, q := range []float64{0, 0.5, 0.9, 0.99, 1} {
		if len(exact) == 0 {
			return
		}
		rank := 0 // nearest rank: the first of which at least q of all are not greater
		for float64(rank+1) < q*float64(len(exact)) {
			rank++
		}
		want := float64(exact[rank])
		if got := float64(h.Quantile(q)); got < want*(1-1./32) || got > want*(1+1./32) {
			t.Fatalf("the quantile %v is %v, want %v", q, got, want)
		}
	}
}

// A series is what the log adds up to, in one piece, in merged pieces, and after it was stored.
func TestSeries(t *testing.T) {
	for seed := range uint64(80) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 0))
			step := []time.Duration{20 * time.Millisecond, time.Second, time.Minute, 10 * time.Minute}[seed%4]
			log := newLogMaker(random, step).log(random.IntN(60), 30)
			whole, merged, piece := NewSeries(), NewSeries(), NewSeries()
			for i, records := range log {
				whole.Add(int64(i+1), records)
				piece.Add(int64(i+1), records)
				if random.IntN(5) == 0 {
					merged.Merge(stored(t, piece))
					piece = merged.Follow()
				}
			}
			merged.Merge(piece)
			check(t, whole, log)
			check(t, merged, log)
			if a, b := whole.Encode(), merged.Encode(); !bytes.Equal(a, b) {
				t.Errorf("the merged pieces are stored as %d bytes, the whole series as %d", len(b), len(a))
			}
			check(t, stored(t, merged), log)
			some := NewSeries("b.example:8443", "nowhere.example")
			for i, records := range log {
				some.Add(int64(i+1), records)
			}
			check(t, some, log, "b.example:8443", "nowhere.example")
		})
	}
}

// stored returns the series as it is read after it was stored.
func stored(t *testing.T, s *Series) *Series {
	t.Helper()
	got, err := DecodeSeries(s.Encode())
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// A series of times that no window covers counts everything.
func TestDistantTimes(t *testing.T) {
	s := NewSeries()
	n := int64(0)
	for _, at := range []time.Time{began, {}, time.UnixMilli(1 << 48), began.AddDate(1, 0, 0), began.AddDate(-20, 0, 0), began.AddDate(0, 0, 600)} {
		n++
		s.Add(n, []crawllog.Record{&crawllog.Outcome{HTTPStatus: 200, Status: crawllog.OK, OccurredAt: at}})
		if buckets, _, ok := s.Buckets("1d"); !ok || len(buckets) > MaxBuckets {
			t.Errorf("%d buckets after %v", len(buckets), at)
		}
		if total := s.Total(); total.Fetched != n {
			t.Errorf("%d outcomes after %v, want %d", total.Fetched, at, n)
		}
	}
	if _, _, ok := stored(t, s).Buckets("1d"); !ok {
		t.Error("it cannot be stored")
	}
}

func TestEncodeWithin(t *testing.T) {
	s := NewSeries()
	log := newLogMaker(rand.New(rand.NewPCG(1, 2)), time.Second).log(200, 40)
	for i, records := range log {
		s.Add(int64(i+1), records)
	}
	want := s.Total()
	all := len(s.Encode())
	data := s.EncodeWithin(all / 3)
	got, err := DecodeSeries(data)
	if err != nil || len(data) > all/3 {
		t.Fatalf("%d bytes of %d: %v", len(data), all, err)
	}
	if total := got.Total(); total.Counts != want.Counts {
		t.Errorf("%+v, want %+v", total.Counts, want.Counts)
	}
}

func TestWindowsDivideEachOther(t *testing.T) {
	for i, w := range windows[1:] {
		if w.width%windows[i].width != 0 {
			t.Errorf("%s is no multiple of %s", w.name, windows[i].name)
		}
		if d, err := time.ParseDuration(string(w.name)); err == nil && d != w.name.Width() {
			t.Errorf("%s has the width %s", w.name, w.name.Width())
		}
	}
}
