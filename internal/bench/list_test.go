package bench

import (
	"log/slog"
	"slices"
	"testing"
	"time"
)

const page20 = "/v1/runs?per_page=20"

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

// compare runs two measurements by turns, so that whatever else the machine does meets both,
// and reports the ratio of their medians.
func compare(b *testing.B, measured, reference func()) {
	b.Helper()
	for range 50 { // let compilers and caches settle
		measured()
		reference()
	}
	var m, r []time.Duration
	for b.Loop() {
		m = append(m, timed(measured))
		r = append(r, timed(reference))
	}
	b.ReportMetric(0, "ns/op") // of both together: means nothing
	b.ReportMetric(float64(median(m))/float64(median(r)), "ratio")
	b.ReportMetric(float64(median(m).Microseconds()), "µs")
	b.ReportMetric(float64(median(r).Microseconds()), "reference-µs")
}

func timed(f func()) time.Duration {
	start := time.Now()
	f()
	return time.Since(start)
}

func median(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/2]
}

// BenchmarkPageOverBareQuery compares GET /v1/runs?per_page=20 over HTTP with the bare SDK
// query for the same items.
func BenchmarkPageOverBareQuery(b *testing.B) {
	bed := newBed(b)
	bed.fill(b, 1000)
	compare(b, func() { bed.get(b, bed.url+page20) }, func() { bed.bareQuery(b) })
}

// BenchmarkPageOf100000RunsOver1000 compares the first page of many runs with that of few.
func BenchmarkPageOf100000RunsOver1000(b *testing.B) {
	few, many := newBed(b), newBed(b)
	few.fill(b, 1000)
	many.fill(b, 100_000)
	compare(b, func() { many.get(b, many.url+page20) }, func() { few.get(b, few.url+page20) })
	units(b, many, many.url+page20, few, few.url+page20)
}

// BenchmarkPage1000DeepOverFirst compares the thousandth page of a walk with the first.
func BenchmarkPage1000DeepOverFirst(b *testing.B) {
	bed := newBed(b)
	bed.fill(b, 30_000)
	first := bed.url + page20
	deep := first
	for range 999 {
		deep = bed.get(b, deep)
	}
	compare(b, func() { bed.get(b, deep) }, func() { bed.get(b, first) })
	units(b, bed, deep, bed, first)
}

// units reports the read units of a page, and their ratio to those of a reference.
func units(b *testing.B, bed *bed, url string, reference *bed, referenceURL string) {
	bed.meter.Reset()
	bed.get(b, url)
	measured := bed.meter.Reset().Read
	reference.meter.Reset()
	reference.get(b, referenceURL)
	b.ReportMetric(measured, "RCU")
	b.ReportMetric(measured/reference.meter.Reset().Read, "RCU-ratio")
}
