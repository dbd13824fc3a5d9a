// This file has all helpers of the benchmarks, and so exceeds 300 lines.

// Package bench measures lists, logs, state changes and crawls. Most results are ratios to a
// reference that is measured in the same run, or counts of capacity units, since these depend
// little on the machine, and times do.
package bench

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/inndx/runs/internal/api"
	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/dynamolocal/dynamotest"
	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/meter"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/store/storetest"
)

func TestMain(m *testing.M) {
	if os.Getenv(siteVariable) != "" {
		if err := serveSite(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	flag.Parse()
	if sites := os.Getenv(sitesVariable); sites != "" {
		if err := serveSites(sites); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if flag.Lookup("test.bench").Value.String() == "" {
		os.Exit(m.Run()) // the package has only benchmarks, so no database is needed
	}
	dynamotest.Main(m)
}

const tenant = "acme"

// A testbed is a table, with the API on it over HTTP, and a client that reaches it directly.
type testbed struct {
	config aws.Config
	client *dynamodb.Client
	table  string
	store  *store.Store
	meter  *meter.Meter
	url    string

	objects crawl.ObjectStore // nil unless crawls keep pages
}

// newTestbed returns a testbed with an empty table.
func newTestbed(b *testing.B) *testbed {
	b.Helper()
	bed := &testbed{config: dynamotest.Config(b), meter: new(meter.Meter), table: "bench-" + uuid.NewString()}
	bed.client = store.NewClient(bed.config)
	bed.serve(b)
	if err := bed.store.EnsureTable(b.Context()); err != nil {
		b.Fatal(err)
	}
	return bed
}

// serve puts a store and the API on the table. The options are those of the store's client.
func (bed *testbed) serve(b *testing.B, opts ...func(*dynamodb.Options)) {
	b.Helper()
	client := store.NewClient(bed.config, append(opts, storetest.Metered(bed.meter))...)
	bed.store = store.New(client, bed.table)
	handler := api.New(api.Options{Store: bed.store, Queue: noQueue{}, DefaultTenant: tenant, Logger: discard()}).Handler()
	server := httptest.NewServer(handler)
	b.Cleanup(server.Close)
	bed.url = server.URL
}

// A noQueue drops wake-ups.
type noQueue struct{}

func (noQueue) SendExport(context.Context, run.Ref, uuid.UUID, time.Duration) error { return nil }

func (noQueue) Send(context.Context, run.Ref, time.Duration) error { return nil }

// newJob creates a job and returns its id.
func (bed *testbed) newJob(b *testing.B) uuid.UUID {
	b.Helper()
	cfg, err := config.Parse([]byte(`{"seeds":[{"kind":"static_list","params":{"urls":["https://example.com/"]}}]}`), "config")
	if err != nil {
		b.Fatal(err)
	}
	j, err := bed.store.CreateJob(b.Context(), tenant, job.Job{Name: "bench", Labels: map[string]string{"team": "research"}}, cfg, nil)
	if err != nil {
		b.Fatal(err)
	}
	return j.ID
}

// fill creates n finished runs: one through the store, and the others as copies of its item. So all
// items are as the service writes them.
func (bed *testbed) fill(b *testing.B, n int) {
	b.Helper()
	first, err := bed.store.CreateRun(b.Context(), job.Ref{Tenant: tenant, ID: bed.newJob(b)}, uuid.Nil, nil)
	if err != nil {
		b.Fatal(err)
	}
	if _, _, err := bed.store.Transition(b.Context(), run.Ref{Tenant: tenant, ID: first.ID}, run.Stop, nil); err != nil {
		b.Fatal(err)
	}
	out, err := bed.client.GetItem(b.Context(), &dynamodb.GetItemInput{
		TableName: &bed.table,
		Key:       map[string]types.AttributeValue{"pk": text("T#" + tenant), "sk": text("RUN#" + first.ID.String())},
	})
	if err != nil {
		b.Fatal(err)
	}
	bed.put(b, n-1, func(i int) map[string]types.AttributeValue {
		return copyOf(out.Item, first.CreatedAt.Add(-time.Duration(i+1)*time.Second))
	})
}

// put writes n items. item returns the i-th one, counted from 0.
func (bed *testbed) put(b *testing.B, n int, item func(int) map[string]types.AttributeValue) {
	b.Helper()
	const batch = 25
	group, ctx := errgroup.WithContext(b.Context())
	group.SetLimit(8)
	for from := 0; from < n; from += batch {
		group.Go(func() error {
			var writes []types.WriteRequest
			for i := from; i < min(from+batch, n); i++ {
				writes = append(writes, types.WriteRequest{PutRequest: &types.PutRequest{Item: item(i)}})
			}
			return bed.write(ctx, writes)
		})
	}
	if err := group.Wait(); err != nil {
		b.Fatal(err)
	}
}

// write writes a batch, and repeats the writes that DynamoDB leaves unprocessed.
func (bed *testbed) write(ctx context.Context, writes []types.WriteRequest) error {
	for len(writes) > 0 {
		written, err := bed.client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{
			RequestItems: map[string][]types.WriteRequest{bed.table: writes},
		})
		if err != nil {
			return err
		}
		writes = written.UnprocessedItems[bed.table]
	}
	return nil
}

// copyOf returns a copy of a run's item with another creation time and id.
func copyOf(item map[string]types.AttributeValue, created time.Time) map[string]types.AttributeValue {
	id := uuid.NewSHA1(uuid.Nil, []byte(created.String())).String()
	item = maps.Clone(item)
	item["sk"] = text("RUN#" + id)
	item["id"] = text(id)
	item["created_at"] = text(created.Format(time.RFC3339Nano))
	item["created_key"] = text(created.Format(stampLayout) + "#" + id)
	return item
}

// stampLayout is the layout of the time at the start of a created_key.
const stampLayout = "2006-01-02T15:04:05.000000Z"

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

// get fetches a page through the API and returns the URL of the next one.
func (bed *testbed) get(b *testing.B, url string) (next string) {
	next, _ = bed.getPage(b, url)
	return next
}

// getPage is get, and returns the number of items as well.
func (bed *testbed) getPage(b *testing.B, url string) (next string, items int) {
	resp, err := http.Get(url)
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		b.Fatalf("GET %s: %s", url, resp.Status)
	}
	if link := resp.Header.Get("Link"); link != "" {
		var reference string
		if _, err := fmt.Sscanf(link, "<%s", &reference); err != nil {
			b.Fatal(err)
		}
		to, err := resp.Request.URL.Parse(reference[:len(reference)-2])
		if err != nil {
			b.Fatal(err)
		}
		next = to.String()
	}
	return next, bytes.Count(body, []byte(`"url_hash":`)) + bytes.Count(body, []byte(`"to_hash":`))
}

// discard returns a logger that drops everything.
func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

// compare runs two measurements in turns, so that other load on the machine affects both, and
// reports the ratio of their medians.
func compare(b *testing.B, measured, reference func()) {
	b.Helper()
	for range 50 { // warm up compilers and caches
		measured()
		reference()
	}
	var m, r []time.Duration
	for b.Loop() {
		m = append(m, timed(measured))
		r = append(r, timed(reference))
	}
	b.ReportMetric(0, "ns/op") // hides the time of both together
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

// units reports the read units of a page, and their ratio to those of a reference.
func units(b *testing.B, bed *testbed, url string, reference *testbed, referenceURL string) {
	bed.meter.Reset()
	bed.get(b, url)
	measured := bed.meter.Reset().Read
	reference.meter.Reset()
	reference.get(b, referenceURL)
	b.ReportMetric(measured, "RCU")
	b.ReportMetric(measured/reference.meter.Reset().Read, "RCU-ratio")
}

// A usage is the time and the resources that crawls took.
type usage struct {
	time  time.Duration
	units meter.Usage
	log   int // bytes
}

func (u *usage) add(more usage) {
	u.time += more.time
	u.units.Read += more.units.Read
	u.units.Write += more.units.Write
	u.log += more.log
}

// report reports the usage per URL, for the given number of URLs.
func (u usage) report(b *testing.B, urls int) {
	b.ReportMetric(u.units.Write/float64(urls), "WCU/url")
	b.ReportMetric(u.units.Read/float64(urls), "RCU/url")
	b.ReportMetric(float64(u.log)/float64(urls), "log-B/url")
}

// crawlRun has a crawler crawl a run.
func crawlRun(b *testing.B, c *crawl.Crawler, ref run.Ref) {
	b.Helper()
	if err := c.Crawl(b.Context(), ref); err != nil {
		b.Fatal(err)
	}
}

// parse returns the configuration of a JSON text.
func parse(b *testing.B, raw []byte) config.Config {
	b.Helper()
	cfg, err := config.Parse(raw, "config")
	if err != nil {
		b.Fatal(err)
	}
	return cfg
}
