package bench

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/uuid"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/run"
)

const knownURLs = 1_000_000

// BenchmarkColdLoad measures how long a worker that knows nothing of a run takes, from the
// wake-up to letting go of it again, to load a million known URLs, half of them fetched, and
// what a known URL takes of its memory: of a fast crawl that made them in 4,000 commits, and
// of a slow one that made each in one of its own. The first load of the slow one has no
// segments to read, and leaves them to the next.
func BenchmarkColdLoad(b *testing.B) {
	for _, commits := range []int{4000, knownURLs} {
		b.Run(fmt.Sprintf("commits=%d", commits), func(b *testing.B) {
			bed := newBed(b)
			id := bed.crawled(b, past{urls: knownURLs, commits: commits, queued: true}, config.Config{})
			for _, load := range []string{"first", "next"} {
				b.Run(load, func(b *testing.B) {
					var bytes uint64
					for b.Loop() {
						bytes = bed.load(b, id)
					}
					b.ReportMetric(0, "ns/op")
					b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s")
					b.ReportMetric(float64(bytes)/knownURLs, "B/url")
				})
			}
		})
	}
}

// load has a new crawler load the run, with no time to crawl, and returns the bytes of memory
// that it keeps afterwards.
func (bed *bed) load(b *testing.B, id uuid.UUID) uint64 {
	before := heap()
	crawler := crawl.New(crawl.Options{Store: bed.store, Queue: noQueue{}, Budget: time.Nanosecond, Logger: discard()})
	handle(b, crawler, id)
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

// A past is what a run has in its log.
type past struct {
	urls, commits int
	// queued says that half of the URLs are still to be fetched and all seeds were read.
	// Otherwise all are fetched, and the seeds are still to be read.
	queued bool
}

// crawled returns a running run with a past. Its items are what commits would have written.
func (bed *bed) crawled(b *testing.B, p past, cfg config.Config) uuid.UUID {
	b.Helper()
	_, r, err := bed.store.CreateJobAndRun(b.Context(), tenant, job.Job{Name: "bench"}, cfg, nil)
	if err != nil {
		b.Fatal(err)
	}
	if _, _, err := bed.store.Transition(b.Context(), run.Ref{Tenant: tenant, ID: r.ID}, run.Start, nil); err != nil {
		b.Fatal(err)
	}
	bed.put(b, p.commits, func(n int) map[string]types.AttributeValue {
		return map[string]types.AttributeValue{
			"pk":   text("T#" + tenant + "#RUN#" + r.ID.String()),
			"sk":   text(fmt.Sprintf("LOG#%010d", n+1)),
			"data": &types.AttributeValueMemberB{Value: p.part(n)},
		}
	})
	_, err = bed.client.UpdateItem(b.Context(), &dynamodb.UpdateItemInput{
		TableName:                 &bed.table,
		Key:                       map[string]types.AttributeValue{"pk": text("T#" + tenant + "#RUN#" + r.ID.String()), "sk": text("PROGRESS")},
		UpdateExpression:          aws.String("SET seq = :n"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":n": &types.AttributeValueMemberN{Value: fmt.Sprint(p.commits)}},
	})
	if err != nil {
		b.Fatal(err)
	}
	return r.ID
}

// part returns what the n-th commit recorded, counted from 0.
func (p past) part(n int) []byte {
	var records []crawllog.Record
	if n == 0 && p.queued {
		records = append(records, &crawllog.SeedsRead{})
	}
	each := p.urls / p.commits
	for i := n * each; i < (n+1)*each; i++ {
		records = append(records, &crawllog.Discovered{URL: p.url(i), Depth: 3})
		switch {
		case !p.queued:
			records = append(records, fetched(p.url(i), i))
		case i%2 == 0:
			records = append(records, fetched(p.url(i/2), i))
		}
	}
	return crawllog.Encode(records)[0]
}

func (p past) url(i int) string {
	return fmt.Sprintf("https://www.host-%d.example.com/some/section-%d/article-%08d.html", i%100, i%1000, i*7919%p.urls)
}

func fetched(url string, i int) *crawllog.Outcome {
	return &crawllog.Outcome{
		URL: url, Depth: 3, Step: crawllog.Fetch, Status: crawllog.OK, HTTPStatus: 200,
		Latency: time.Duration(i%100) * time.Millisecond, Bytes: int64(i * 31 % 100_000),
		OccurredAt: time.UnixMilli(1e12 + int64(i)).UTC(),
	}
}
