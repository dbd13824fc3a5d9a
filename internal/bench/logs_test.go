package bench

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/run"
)

const (
	logOutcomes = 200_000
	logPart     = 500 // outcomes per part, as in the log of a fast crawl
)

// BenchmarkLogPageDeepOverFirst compares a page in the middle of a log of 200,000 URLs with the
// first page.
func BenchmarkLogPageDeepOverFirst(b *testing.B) {
	bed := newTestbed(b)
	logs := bed.recordLog(b)
	first, deep := logs+"?per_page=20", logs+"?per_page=100"
	for range logOutcomes/2/100 + 1 {
		deep = bed.get(b, deep)
	}
	deep = strings.Replace(deep, "per_page=100", "per_page=20", 1)
	compare(b, func() { bed.get(b, deep) }, func() { bed.get(b, first) })
	units(b, bed, deep, bed, first)
}

// BenchmarkLogUnits counts the read units of pages of such a log, and measures their time.
func BenchmarkLogUnits(b *testing.B) {
	bed := newTestbed(b)
	logs := bed.recordLog(b)
	for _, page := range []struct{ name, query string }{
		{"20", ""}, {"100", "?per_page=100"}, {"20 of one in ten", "?statuses=error"}, {"nothing matches", "?hosts=other.example"},
	} {
		bed.meter.Reset()
		bed.get(b, logs+page.query)
		usage := bed.meter.Reset()
		b.Run(page.name, func(b *testing.B) {
			for b.Loop() {
				bed.get(b, logs+page.query)
			}
			b.ReportMetric(usage.Read, "RCU")
		})
	}
}

// recordLog creates a run with the log of a fast crawl, and returns the log's URL.
func (bed *testbed) recordLog(b *testing.B) string {
	b.Helper()
	r, err := bed.store.CreateRun(b.Context(), job.Ref{Tenant: tenant, ID: bed.newJob(b)}, uuid.Nil, nil)
	if err != nil {
		b.Fatal(err)
	}
	ref := run.Ref{Tenant: tenant, ID: r.ID}
	if _, _, err := bed.store.Transition(b.Context(), ref, run.Start, nil); err != nil {
		b.Fatal(err)
	}
	lease, err := bed.store.Acquire(b.Context(), ref, "bench", time.Hour)
	if err != nil {
		b.Fatal(err)
	}
	at := time.UnixMilli(1e12).UTC()
	for n := 0; n < logOutcomes; {
		var c crawllog.Commit
		for range 20 {
			var records []crawllog.Record
			for range logPart {
				url := fmt.Sprintf("https://www.host-%d.example.com/some/section-%d/article-%08d.html", n%10, n%1000, n*7919%logOutcomes)
				o := &crawllog.Outcome{
					URL: url, Depth: 3, Step: crawllog.Fetch, Status: crawllog.OK, HTTPStatus: 200,
					Latency: time.Duration(n%100) * time.Millisecond, Bytes: int64(n * 31 % 100_000), OccurredAt: at.Add(time.Duration(n) * time.Millisecond),
				}
				if n%10 == 9 {
					o.Status, o.HTTPStatus, o.ErrorReason = crawllog.Error, 404, "http_status"
				}
				records = append(records, &crawllog.Discovered{URL: url, Depth: 3}, o)
				n++
			}
			c.Parts = append(c.Parts, crawllog.Encode(records)...)
		}
		if err := bed.store.Commit(b.Context(), lease, c); err != nil {
			b.Fatal(err)
		}
	}
	return fmt.Sprintf("%s/v1/runs/%s/logs", bed.url, r.ID)
}
