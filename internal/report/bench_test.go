package report

import (
	"fmt"
	"io"
	"iter"
	"runtime"
	"testing"

	"github.com/inndx/runs/internal/crawllog"
)

// generated returns the log of a site of that many pages, each with ten links, in which one page of
// a hundred is missing. It makes the records as they are read, as a log of a store does.
func generated(pages int) Log {
	return func() iter.Seq2[crawllog.Record, error] {
		return func(yield func(crawllog.Record, error) bool) {
			for i := range pages {
				page := fmt.Sprintf("/section/%d/page-%d.html", i%1000, i)
				links := make([]string, 10)
				for j := range links {
					to := (i*7919 + j*104_729) % pages
					links[j] = fmt.Sprintf("/section/%d/page-%d.html", to%1000, to)
				}
				status := 200
				if i%100 == 99 {
					status = 404
				}
				if !yield(edges(page, links...), nil) || !yield(outcome(page, status, i%300), nil) {
					return
				}
			}
		}
	}
}

// BenchmarkReport measures the report of a crawl per URL: its time, and the memory that it holds.
func BenchmarkReport(b *testing.B) {
	for _, format := range Formats() {
		b.Run(string(format), func(b *testing.B) {
			const pages = 100_000
			before := heap()
			var held uint64
			for b.Loop() {
				r, err := Read(generated(pages), finished(), Options{All: format != Text, MaxReferrers: 5})
				if err != nil {
					b.Fatal(err)
				}
				if err := r.Write(io.Discard, format); err != nil {
					b.Fatal(err)
				}
				held = heap() - before
				runtime.KeepAlive(r)
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/pages, "ns/url")
			b.ReportMetric(float64(held)/pages, "B-held/url")
		})
	}
}

// heap returns the bytes of live objects.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
