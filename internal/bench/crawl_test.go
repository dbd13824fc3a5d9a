package bench

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/uuid"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/wake"
)

// BenchmarkCrawlUnits crawls a generated site as fast as it goes, and counts the capacity
// units of all that the crawl reads and writes, from the first wake-up to the finished run,
// for each URL that its log records.
func BenchmarkCrawlUnits(b *testing.B) { crawlUnits(b, 10_000, 50, "0s", 16) }

// BenchmarkPoliteCrawlUnits does so at the default pace, a page a second: what most crawls
// of one site cost.
func BenchmarkPoliteCrawlUnits(b *testing.B) { crawlUnits(b, 30, 10, "1s", 1) }

func crawlUnits(b *testing.B, pages, links int, delay string, parallel int) {
	bed := newBed(b)
	site := sitetest.Start(b, sitetest.Generate(pages, links))
	cfg, err := config.Parse(fmt.Appendf(nil, `{
		"seeds": [{"kind": "static_list", "params": {"urls": [%q]}}],
		"policies": [{"kind": "robots_txt", "params": {"default_delay": %q}}],
		"speed": {"concurrency": %d, "per_host_concurrency": %d}
	}`, site.URL+"/", delay, parallel, parallel), "config")
	if err != nil {
		b.Fatal(err)
	}
	j, err := bed.store.CreateJob(b.Context(), tenant, job.Job{Name: "bench"}, cfg)
	if err != nil {
		b.Fatal(err)
	}
	crawler := crawl.New(crawl.Options{Ledger: bed.store, Queue: noQueue{}, AllowPrivate: true, Logger: discard()})
	var used store.Usage
	var stored int
	for b.Loop() {
		r, err := bed.store.CreateRun(b.Context(), tenant, j.ID, uuid.Nil)
		if err != nil {
			b.Fatal(err)
		}
		bed.meter.Reset()
		if res, err := crawler.HandleWake(b.Context(), wakeEvent(b, r.ID)); err != nil || len(res.BatchItemFailures) > 0 {
			b.Fatal(res, err)
		}
		usage := bed.meter.Reset()
		if r, err = bed.store.Run(b.Context(), tenant, r.ID); err != nil || r.Progress.URLsFetched != int64(pages) {
			b.Fatal(r, err)
		}
		used.Read, used.Write = used.Read+usage.Read, used.Write+usage.Write
		stored += logBytes(b, bed, r.ID)
	}
	urls := float64(pages * b.N)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(urls/b.Elapsed().Seconds(), "pages/s")
	b.ReportMetric(used.Write/urls, "WCU/url")
	b.ReportMetric(used.Read/urls, "RCU/url")
	b.ReportMetric(float64(stored)/urls, "log-B/url")
}

func logBytes(b *testing.B, bed *bed, id uuid.UUID) (size int) {
	for part, err := range bed.store.Log(b.Context(), tenant, id, 0) {
		if err != nil {
			b.Fatal(err)
		}
		size += len(part.Data)
	}
	return size
}

func wakeEvent(b *testing.B, id uuid.UUID) events.SQSEvent {
	body, err := json.Marshal(wake.Message{Tenant: tenant, RunID: id})
	if err != nil {
		b.Fatal(err)
	}
	return events.SQSEvent{Records: []events.SQSMessage{{MessageId: "bench", Body: string(body)}}}
}
