package bench

import (
	"crypto/sha256"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/run"
)

const knownURLs = 1_000_000

// BenchmarkColdLoad measures how long a worker without a snapshot takes to load a run that knows a
// million URLs, half of them fetched, from the wake-up to the release of the lease. It also
// measures the memory that a known URL takes. The log is that of a fast crawl, with 4,000 commits,
// or of a slow one, with a commit per URL. The first load of the slow crawl's log finds no segments
// and writes them. The next load reads them.
func BenchmarkColdLoad(b *testing.B) {
	for _, commits := range []int{4000, knownURLs} {
		b.Run(fmt.Sprintf("commits=%d", commits), func(b *testing.B) {
			bed := newTestbed(b)
			ref := bed.createCrawledRun(b, history{urls: knownURLs, commits: commits, queued: true}, config.Config{})
			for _, load := range []string{"first", "next"} {
				b.Run(load, func(b *testing.B) {
					var bytes uint64
					for b.Loop() {
						bytes = bed.load(b, ref)
					}
					b.ReportMetric(0, "ns/op")
					b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s")
					b.ReportMetric(float64(bytes)/knownURLs, "B/url")
				})
			}
		})
	}
}

// load has a new crawler load the run, without time to crawl, and returns the bytes of memory that
// the crawler keeps.
func (bed *testbed) load(b *testing.B, ref run.Ref) uint64 {
	before := heap()
	crawler := crawl.New(crawl.Options{Store: bed.store, Queue: noQueue{}, MaxWork: time.Nanosecond, Logger: discard()})
	crawlRun(b, crawler, ref)
	b.StopTimer()
	defer b.StartTimer()
	after := heap()
	runtime.KeepAlive(crawler)
	return after - before
}

// heap returns the bytes of memory in use.
func heap() uint64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// A history describes the log of a run.
type history struct {
	urls, commits int
	// queued says that half of the URLs are still to be fetched and that all seeds were read.
	// Otherwise all URLs were fetched, and the seeds are still to be read.
	queued bool
}

// createCrawledRun creates a running run with a history. Its items are as commits write them.
func (bed *testbed) createCrawledRun(b *testing.B, h history, cfg config.Config) run.Ref {
	b.Helper()
	_, r, err := bed.store.CreateJobAndRun(b.Context(), tenant, job.Job{Name: "bench"}, cfg, nil)
	if err != nil {
		b.Fatal(err)
	}
	ref := run.Ref{Tenant: tenant, ID: r.ID}
	if _, _, err := bed.store.Transition(b.Context(), ref, run.Start, nil); err != nil {
		b.Fatal(err)
	}
	bed.put(b, h.commits, func(n int) map[string]types.AttributeValue {
		return map[string]types.AttributeValue{
			"pk":   text("T#" + tenant + "#RUN#" + r.ID.String()),
			"sk":   text(fmt.Sprintf("LOG#%010d", n+1)),
			"data": &types.AttributeValueMemberB{Value: h.part(n)},
		}
	})
	_, err = bed.client.UpdateItem(b.Context(), &dynamodb.UpdateItemInput{
		TableName:                 &bed.table,
		Key:                       map[string]types.AttributeValue{"pk": text("T#" + tenant + "#RUN#" + r.ID.String()), "sk": text("PROGRESS")},
		UpdateExpression:          aws.String("SET seq = :n"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":n": &types.AttributeValueMemberN{Value: fmt.Sprint(h.commits)}},
	})
	if err != nil {
		b.Fatal(err)
	}
	return ref
}

// part returns the log part of the n-th commit, counted from 0.
func (h history) part(n int) []byte {
	var records []crawllog.Record
	if n == 0 && h.queued {
		records = append(records, &crawllog.SeedsRead{})
	}
	each := h.urls / h.commits
	for i := n * each; i < (n+1)*each; i++ {
		// Each page leads to two new URLs.
		records = append(records, &crawllog.Discovered{URL: h.url(i), Depth: 3, Referrer: h.url(i / 2)})
		switch {
		case !h.queued:
			records = append(records, fetched(h.url(i), i))
		case i%2 == 0:
			records = append(records, fetched(h.url(i/2), i))
		}
	}
	return crawllog.Encode(records)[0]
}

// url returns the i-th URL.
func (h history) url(i int) string {
	return fmt.Sprintf("https://www.host-%d.example.com/some/section-%d/article-%08d.html", i%100, i%1000, i*7919%h.urls)
}

// fetched returns the outcome of a URL, with the facts of a page.
func fetched(url string, i int) *crawllog.Outcome {
	return &crawllog.Outcome{
		URL: url, Depth: 3, Step: crawllog.Fetch, Status: crawllog.OK, HTTPStatus: 200,
		Latency: time.Duration(i%100) * time.Millisecond, Bytes: int64(i * 31 % 100_000),
		OccurredAt: time.UnixMilli(1e12 + int64(i)).UTC(),
		Referrer:   url[:len(url)-len("0.html")], ContentType: "text/html; charset=utf-8",
		Title: fmt.Sprintf("Article %d", i), Attempt: 1, Digest: sha256.Sum256([]byte(url)),
	}
}
