package rollup

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/inndx/runs/internal/crawllog"
)

// BenchmarkAdd folds the records of commits of a fast crawl, as its worker does.
func BenchmarkAdd(b *testing.B) {
	m := newLogMaker(rand.New(rand.NewPCG(1, 2)), 2*time.Millisecond)
	var commits [][]crawllog.Record
	for range 100 {
		commits = append(commits, m.part(1000))
	}
	n := 0
	for b.Loop() {
		s := NewSeries()
		for i, records := range commits {
			s.Add(int64(i+1), records)
			n += len(records)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/record")
}

// BenchmarkStored encodes and decodes a series with as many buckets as there may be.
func BenchmarkStored(b *testing.B) {
	m := newLogMaker(rand.New(rand.NewPCG(1, 2)), 9*time.Second)
	s := NewSeries()
	s.Add(1, m.part(1000))
	for b.Loop() {
		if _, err := DecodeSeries(s.Encode()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(s.Encode())), "B")
}
