package bench

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/run"
)

const knownURLs = 1_000_000

// BenchmarkColdLoad measures how long a worker that knows nothing of a run takes, from the
// wake-up to letting go of it again, to load a million known URLs, half of them fetched: of a
// fast crawl that made them in 4,000 commits, and of a slow one that made each in one of its
// own. The first load of the slow one has no segments to read, and leaves them to the next.
func BenchmarkColdLoad(b *testing.B) {
	for _, commits := range []int{4000, knownURLs} {
		bed := newBed(b)
		id := bed.crawled(b, commits)
		for _, load := range []string{"first", "next"} {
			b.Run(fmt.Sprintf("commits=%d/%s", commits, load), func(b *testing.B) {
				for b.Loop() {
					bed.load(b, id)
				}
				b.ReportMetric(b.Elapsed().Seconds()/float64(b.N), "s")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}

// load has a new crawler load the run, with no time to crawl.
func (bed *bed) load(b *testing.B, id uuid.UUID) {
	crawler := crawl.New(crawl.Options{Ledger: bed.store, Queue: noQueue{}, Budget: time.Nanosecond, Logger: discard()})
	if res, err := crawler.HandleWake(b.Context(), wakeEvent(b, id)); err != nil || len(res.BatchItemFailures) > 0 {
		b.Fatal(res, err)
	}
}

// crawled returns a running run with knownURLs in its log, half of them fetched, in so many
// commits. Its items are what commits would have written.
func (bed *bed) crawled(b *testing.B, commits int) uuid.UUID {
	b.Helper()
	cfg, err := config.Parse([]byte(`{"filters": []}`), "config")
	if err != nil {
		b.Fatal(err)
	}
	_, r, err := bed.store.CreateJobAndRun(b.Context(), tenant, job.Job{Name: "bench"}, cfg)
	if err != nil {
		b.Fatal(err)
	}
	if _, _, err := bed.store.Change(b.Context(), tenant, r.ID, run.Start); err != nil {
		b.Fatal(err)
	}
	const batch = 25
	group, ctx := errgroup.WithContext(b.Context())
	group.SetLimit(8)
	for from := 0; from < commits; from += batch {
		group.Go(func() error {
			var writes []types.WriteRequest
			for n := from; n < min(from+batch, commits); n++ {
				writes = append(writes, types.WriteRequest{PutRequest: &types.PutRequest{Item: map[string]types.AttributeValue{
					"pk":   text("T#" + tenant + "#RUN#" + r.ID.String()),
					"sk":   text(fmt.Sprintf("LOG#%010d", n+1)),
					"data": &types.AttributeValueMemberB{Value: crawledPart(n, commits)},
				}}})
			}
			return bed.write(ctx, writes)
		})
	}
	if err := group.Wait(); err != nil {
		b.Fatal(err)
	}
	_, err = bed.client.UpdateItem(b.Context(), &dynamodb.UpdateItemInput{
		TableName:                 &bed.table,
		Key:                       map[string]types.AttributeValue{"pk": text("T#" + tenant + "#RUN#" + r.ID.String()), "sk": text("PROGRESS")},
		UpdateExpression:          aws.String("SET seq = :n"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":n": &types.AttributeValueMemberN{Value: fmt.Sprint(commits)}},
	})
	if err != nil {
		b.Fatal(err)
	}
	return r.ID
}

// crawledPart returns what the n-th of so many commits recorded, counted from 0.
func crawledPart(n, commits int) []byte {
	url := func(i int) string {
		return fmt.Sprintf("https://www.host-%d.example.com/some/section-%d/article-%08d.html", i%100, i%1000, i*7919%knownURLs)
	}
	each := knownURLs / commits
	var records []crawllog.Record
	if n == 0 {
		records = append(records, &crawllog.Seeded{})
	}
	for i := n * each; i < (n+1)*each; i++ {
		records = append(records, &crawllog.Found{URL: url(i), Depth: 3})
		if i%2 == 0 {
			records = append(records, &crawllog.Outcome{
				URL: url(i / 2), Depth: 3, Step: crawllog.Fetch, Status: crawllog.OK, HTTPStatus: 200,
				Latency: time.Duration(i%100) * time.Millisecond, Bytes: int64(i * 31 % 100_000),
				OccurredAt: time.UnixMilli(1e12 + int64(i)).UTC(),
			})
		}
	}
	return crawllog.Encode(records)[0]
}
