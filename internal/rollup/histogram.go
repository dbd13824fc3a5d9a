package rollup

import (
	"math"
	"math/bits"
)

// A Histogram counts latencies. Latencies of less than 32 ms are exact. Greater ones share a bin
// with those that differ by less than a sixteenth, so a quantile is off by at most 1/32 of itself:
// 3.2 %. The maximum is exact. See docs/adr/0014.
type Histogram struct {
	first int     // the bin of counts[0]
	bins  []int64 // how many latencies each bin has
	max   int64   // in milliseconds
}

const (
	// subBins is how many bins each power of two has.
	subBins = 16
	// maxLatency bounds latencies, in milliseconds: more than a day.
	maxLatency = 1 << 27
)

// bin returns the bin of a latency in milliseconds.
func bin(ms int64) int {
	if ms < 2*subBins {
		return int(ms)
	}
	shift := bits.Len64(uint64(ms)) - bits.Len(subBins)
	return subBins*shift + int(ms>>shift)
}

var maxBin = bin(maxLatency)

// middle returns the latency that stands for those of a bin, in milliseconds.
func middle(bin int) int64 {
	if bin < 2*subBins {
		return int64(bin)
	}
	shift := bin/subBins - 1
	return int64(bin-subBins*shift)<<shift + (1<<shift-1)/2
}

// add counts a latency in milliseconds.
func (h *Histogram) add(ms int64) {
	ms = min(max(ms, 0), maxLatency)
	h.addBin(bin(ms), 1)
	h.max = max(h.max, ms)
}

func (h *Histogram) addBin(i int, n int64) {
	if n == 0 {
		return
	}
	if len(h.bins) == 0 {
		h.first = i
	}
	if i < h.first {
		h.bins = append(make([]int64, h.first-i, h.first-i+len(h.bins)), h.bins...)
		h.first = i
	}
	for i >= h.first+len(h.bins) {
		h.bins = append(h.bins, 0)
	}
	h.bins[i-h.first] += n
}

func (h *Histogram) join(g *Histogram) {
	for i, n := range g.bins {
		h.addBin(g.first+i, n)
	}
	h.max = max(h.max, g.max)
}

// Count returns how many latencies were counted.
func (h *Histogram) Count() int64 {
	var n int64
	for _, c := range h.bins {
		n += c
	}
	return n
}

// Max returns the greatest latency in milliseconds, 0 without latencies.
func (h *Histogram) Max() int64 { return h.max }

// Quantile returns the latency in milliseconds that at least the given part of all latencies do not
// exceed, by the nearest rank: within 1/32 of the true one. It is 0 without latencies.
func (h *Histogram) Quantile(q float64) int64 {
	rank := max(1, int64(math.Ceil(q*float64(h.Count()))))
	for i, n := range h.bins {
		if rank -= n; rank <= 0 {
			return min(middle(h.first+i), h.max)
		}
	}
	return 0
}
