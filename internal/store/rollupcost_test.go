package store_test

import (
	"bytes"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/rollup"
	"github.com/inndx/runs/internal/store/storetest"
)

// A worker folds what it commits without writing much more.
func TestCostOfNumbers(t *testing.T) {
	s, used := storetest.NewMetered(t)
	m, without := newNumbersModel(t, s, 1), newNumbersModel(t, s, 1)
	for _, tt := range []struct {
		name           string
		commits, pages int
		step           time.Duration
		most           float64 // of the units without numbers
	}{{"a polite crawl", 140, 5, time.Second, 1.15}, {"a fast crawl", 100, 1000, 3 * time.Millisecond, 1.15}} {
		t.Run(tt.name, func(t *testing.T) {
			m.step, without.step = tt.step, tt.step
			units := func(m *numbersModel, earlier bool) float64 {
				used.Reset()
				for range tt.commits {
					m.commit(earlier, m.records(tt.pages, false))
				}
				return used.Usage().Write
			}
			with, plain := units(m, false), units(without, true)
			t.Logf("%.0f units, and %.0f without numbers: %.4f", with, plain, with/plain)
			if most := tt.most * plain; with > most {
				t.Errorf("%.0f units, want at most %.0f", with, most)
			}
		})
	}
	if !slices.Equal(m.lease.Rollup, m.store.LeaseRollup(t.Context(), m.lease.Ref)) {
		t.Error("the lease does not have what is stored")
	}
}

// The numbers of a run of a million URLs, in as many buckets as there may be and with latencies of
// all sizes, are read with at most 10 units, while the run crawls and after it.
func TestNumbersOfAMillionURLs(t *testing.T) {
	s, used := storetest.NewMetered(t)
	m := newNumbersModel(t, s, 1)
	m.step = 5300 * time.Microsecond
	want := rollup.NewSeries()
	most := 0.0
	const commits, urls = 500, 1_000_000
	for i := range commits {
		records := m.records(urls/commits, false)
		for _, r := range records {
			if o, ok := r.(*crawllog.Outcome); ok && m.random.IntN(3) == 0 {
				o.Latency = time.Duration(math.Exp(m.random.Float64()*10.3)) * time.Millisecond // up to 30 s
			}
		}
		// The log itself is not read: all of its parts are folded.
		c := crawllog.Commit{Parts: [][]byte{[]byte("not a part")}, Records: records}
		if err := s.Commit(t.Context(), m.lease, c); err != nil {
			t.Fatal(err)
		}
		want.Add(int64(i+1), records)
		if i%10 == 0 || i == commits-1 {
			used.Reset()
			got, searched, err := s.WithIndexOf(100).RunSeries(t.Context(), m.lease.Ref, nil)
			if err != nil || searched != nil {
				t.Fatalf("after %d commits: %+v, %v", i+1, searched, err)
			}
			wider := got.Follow() // its buckets may be wider
			wider.Merge(want)
			if !bytes.Equal(got.Encode(), wider.Encode()) {
				t.Fatalf("after %d commits the numbers are %+v, want %+v", i+1, got.Total(), want.Total())
			}
			most = max(most, used.Usage().Read)
		}
	}
	buckets, window, _ := want.Buckets("10s")
	t.Logf("at most %v units; %d buckets of %s, %d bytes", most, len(buckets), window, len(want.Encode()))
	if total := want.Total(); total.Fetched+total.Failed != urls || len(buckets) < 480 || most > 10 {
		t.Errorf("%d URLs in %d buckets are read with up to %v units, want at most 10", total.Fetched+total.Failed, len(buckets), most)
	}
}
