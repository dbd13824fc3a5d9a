package rollup

import (
	"slices"
	"time"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/weburl"
)

// A Series is the fold of some parts of a log over time. It has at most MaxBuckets buckets of the
// narrowest window that allows that, so its size has a bound, and its window grows with the run.
//
// The widest window covers 500 days. What is recorded as earlier or later than that counts in the
// first or last bucket.
type Series struct {
	Parts Parts
	// hosts are the hosts whose outcomes count; nil for all.
	hosts []string

	level   int // of windows
	buckets map[int64]*Bucket
	joined  int64 // URLs that joined although seed_hosts excluded them; see exclude
}

// NewSeries returns the series of no parts. If hosts are given, only their outcomes count, and no
// length of the queue is known.
func NewSeries(hosts ...string) *Series {
	return &Series{hosts: hosts, buckets: map[int64]*Bucket{}}
}

// Add adds a part of the log with the given number, which must not have been added.
func (s *Series) Add(part int64, records []crawllog.Record) {
	s.AddRange(part, part, records)
}

// AddRange adds the parts from first to last, which have the records and must not have been added.
func (s *Series) AddRange(first, last int64, records []crawllog.Record) {
	s.Parts.Add(first, last)
	for _, r := range records {
		switch r := r.(type) {
		case *crawllog.Outcome:
			if !r.Sitemap && s.counts(r.URL) {
				s.outcome(r)
			}
		case *crawllog.Discovered:
			if r.WasExcluded && s.counts(r.URL) {
				s.joined++
			}
		case *crawllog.QueueLength:
			if s.hosts == nil {
				s.bucket(millis(r.At)).setQueue(1+r.URLs, millis(r.At))
			}
		}
	}
}

// counts reports whether outcomes of the URL count.
func (s *Series) counts(url string) bool {
	return s.hosts == nil || slices.Contains(s.hosts, weburl.HostOf(url))
}

func (s *Series) outcome(o *crawllog.Outcome) {
	b := s.bucket(millis(o.OccurredAt))
	b.Counts.add(o)
	if responded(o) && !o.Again {
		b.Latency.add(o.Latency.Milliseconds())
	}
}

// millis returns a time in Unix milliseconds, at least 0.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return max(0, t.UnixMilli())
}

// bucket returns the bucket of a time in Unix milliseconds. It creates a missing one.
func (s *Series) bucket(at int64) *Bucket {
	if b := s.buckets[at/windows[s.level].width]; b != nil {
		return b
	}
	at = s.makeRoom(at)
	i := at / windows[s.level].width
	b := s.buckets[i]
	if b == nil {
		b = new(Bucket)
		s.buckets[i] = b
	}
	return b
}

// makeRoom makes the buckets so wide that there may be one for the time. It returns the time, or
// the nearest one for which there may be a bucket.
func (s *Series) makeRoom(at int64) int64 {
	if len(s.buckets) == 0 {
		return at
	}
	first, last := s.bounds()
	level := s.level
	for level < len(windows)-1 && span(min(first, at), max(last, at), level) > MaxBuckets {
		level++
	}
	s.widen(level)
	most := (MaxBuckets - 1) * windows[level].width
	return min(max(at, last-most), first+most)
}

// bounds returns times in the first and the last bucket. There must be one.
func (s *Series) bounds() (first, last int64) {
	first, last = 1<<62, 0
	for i := range s.buckets {
		first, last = min(first, i), max(last, i)
	}
	width := windows[s.level].width
	return first * width, last * width
}

// widen joins buckets to those of the level, if it is wider than the series'.
func (s *Series) widen(level int) {
	if level > s.level {
		s.buckets = s.at(level)
		s.level = level
	}
}

// at returns the buckets joined to those of a level that is not narrower.
func (s *Series) at(level int) map[int64]*Bucket {
	if level == s.level {
		return s.buckets
	}
	factor := windows[level].width / windows[s.level].width
	joined := map[int64]*Bucket{}
	for _, i := range s.indexes() {
		b := joined[i/factor]
		if b == nil {
			b = new(Bucket)
			joined[i/factor] = b
		}
		b.join(s.buckets[i])
	}
	return joined
}

// Merge adds the parts of t, which s must not have.
func (s *Series) Merge(t *Series) {
	s.Parts.AddAll(t.Parts)
	s.joined += t.joined
	s.widen(t.level)
	width := windows[t.level].width
	for _, i := range t.indexes() {
		s.bucket(i * width).join(t.buckets[i])
	}
}

// Follow returns an empty series for the parts that follow those of s. Its window is that of s, so
// it takes no more room than it must.
func (s *Series) Follow() *Series {
	next := NewSeries()
	next.level = s.level
	return next
}

// WithoutQueue returns the series without the length of the queue, as one of chosen hosts is. It
// shares nothing with s.
func (s *Series) WithoutQueue() *Series {
	t := NewSeries()
	t.Merge(s)
	for i, b := range t.buckets {
		if b.queue, b.queueAt = 0, 0; b.Counts == (Counts{}) && b.Latency.Count() == 0 {
			delete(t.buckets, i)
		}
	}
	return t
}

// Size returns about how many bytes of memory the series takes.
func (s *Series) Size() int {
	const perBucket, perBin = 250, 8
	n := 0
	for _, b := range s.buckets {
		n += perBucket + perBin*len(b.Latency.bins)
	}
	return n
}
