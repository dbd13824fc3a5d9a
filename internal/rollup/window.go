package rollup

import (
	"slices"
	"time"
)

// A Window is the width of the buckets of a series: 10s, 30s, 1m, and so on up to 1d.
type Window string

// windows are the windows from the narrowest to the widest, with their widths in milliseconds. Each
// width divides the next one, so buckets can be joined exactly. The list is part of the encoding:
// new windows are appended.
var windows = []struct {
	name  Window
	width int64
}{
	{"10s", 10_000}, {"30s", 30_000}, {"1m", 60_000}, {"5m", 300_000}, {"10m", 600_000}, {"30m", 1_800_000},
	{"1h", 3_600_000}, {"3h", 10_800_000}, {"6h", 21_600_000}, {"12h", 43_200_000}, {"1d", 86_400_000},
}

// Windows returns every window, the narrowest first.
func Windows() []Window {
	all := make([]Window, len(windows))
	for i, w := range windows {
		all[i] = w.name
	}
	return all
}

// Width returns the width of the window's buckets. It is 0 if there is no such window.
func (w Window) Width() time.Duration {
	if i := w.level(); i >= 0 {
		return time.Duration(windows[i].width) * time.Millisecond
	}
	return 0
}

// level returns the window's place in windows, or -1.
func (w Window) level() int {
	for i := range windows {
		if windows[i].name == w {
			return i
		}
	}
	return -1
}

const (
	// MaxBuckets bounds the buckets of a series, empty ones included.
	MaxBuckets = 500
	// fewBuckets bounds the buckets of a series whose window is chosen for it.
	fewBuckets = 120
)

// span returns how many buckets of the level there are from the one of the time first to the one of
// the time last, in Unix milliseconds.
func span(first, last int64, level int) int64 {
	width := windows[level].width
	return last/width - first/width + 1
}

// Buckets returns the series as buckets of the window, from the first one with an outcome to the
// last one, empty ones included, and their window. If the window is empty, it is the narrowest one
// that gives at most 120 buckets. ok is false, and the window is the narrowest possible one, if
// there would be more than MaxBuckets.
func (s *Series) Buckets(window Window) (buckets []Bucket, used Window, ok bool) {
	level, most := s.level, int64(fewBuckets)
	if window != "" {
		level, most = window.level(), MaxBuckets
		if level < s.level {
			return nil, windows[s.level].name, false
		}
	}
	if len(s.buckets) == 0 {
		return nil, windows[level].name, true
	}
	first, last := s.bounds()
	for window == "" && level < len(windows)-1 && span(first, last, level) > most {
		level++
	}
	width := windows[level].width
	buckets = make([]Bucket, span(first, last, level))
	for i := range buckets {
		buckets[i].StartedAt = time.UnixMilli((first/width + int64(i)) * width).UTC()
	}
	joined := s.at(level)
	for i, b := range joined {
		b := *b
		b.StartedAt = buckets[i-first/width].StartedAt
		buckets[i-first/width] = b
	}
	exclude(buckets, s.joined)
	carryQueue(buckets)
	return buckets, windows[level].name, true
}

// exclude subtracts n URLs that seed_hosts excluded, and that joined the frontier later, from the
// first buckets that excluded such URLs. Which of them it was is not known: a fold that knew would
// have to remember every URL. So the sum over all buckets is exact.
func exclude(buckets []Bucket, n int64) {
	for i := range buckets {
		k := min(n, buckets[i].refused)
		buckets[i].Excluded -= k
		n -= k
	}
}

// carryQueue sets the length of the queue in buckets without a commit to that of the bucket before.
func carryQueue(buckets []Bucket) {
	for i := 1; i < len(buckets); i++ {
		if !buckets[i].queueKnown() {
			buckets[i].queue, buckets[i].queueAt = buckets[i-1].queue, buckets[i-1].queueAt
		}
	}
}

// Total returns the whole series as one bucket, without a time.
func (s *Series) Total() Bucket {
	var total Bucket
	for _, i := range s.indexes() {
		total.join(s.buckets[i])
	}
	total.Excluded -= s.joined
	return total
}

// indexes returns the keys of the buckets in order.
func (s *Series) indexes() []int64 {
	all := make([]int64, 0, len(s.buckets))
	for i := range s.buckets {
		all = append(all, i)
	}
	slices.Sort(all)
	return all
}
