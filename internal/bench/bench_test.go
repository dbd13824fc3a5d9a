// Package bench measures what the service promises of lists, logs and crawls: each figure is
// a ratio against a reference that is measured in the same run, or a count of capacity units.
// Times of one machine are not those of another; ratios and units are.
package bench

import (
	"context"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/inndx/runs/internal/api"
	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/dynamolocal/dynamotest"
	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/meter"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/store/storetest"
)

func TestMain(m *testing.M) {
	flag.Parse()
	if flag.Lookup("test.bench").Value.String() == "" {
		os.Exit(m.Run()) // nothing here but benchmarks: start no database for them
	}
	dynamotest.Main(m)
}

const tenant = "acme"

// A bed is a table, the API on top of it over HTTP, and a bare client beside it.
type bed struct {
	config aws.Config
	client *dynamodb.Client
	table  string
	store  *store.Store
	meter  *meter.Meter
	url    string
}

func newBed(b *testing.B) *bed {
	b.Helper()
	bed := &bed{config: dynamotest.Config(b), meter: new(meter.Meter), table: "bench-" + uuid.NewString()}
	bed.client = store.NewClient(bed.config)
	bed.serve(b)
	if err := bed.store.EnsureTable(b.Context()); err != nil {
		b.Fatal(err)
	}
	return bed
}

// serve puts a store and an API on top of the table, whose client has the options.
func (bed *bed) serve(b *testing.B, opts ...func(*dynamodb.Options)) {
	b.Helper()
	client := store.NewClient(bed.config, append(opts, storetest.Metered(bed.meter))...)
	bed.store = store.New(client, bed.table)
	handler := api.New(api.Options{Store: bed.store, Queue: noQueue{}, DefaultTenant: tenant, Logger: discard()}).Handler()
	server := httptest.NewServer(handler)
	b.Cleanup(server.Close)
	bed.url = server.URL
}

// noQueue takes wake-ups that nobody waits for.
type noQueue struct{}

func (noQueue) Send(context.Context, run.Ref, time.Duration) error { return nil }

// newJob creates a job to run.
func (bed *bed) newJob(b *testing.B) uuid.UUID {
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

// fill makes n finished runs: one through the store, the others as copies of its item, so
// that they are what the service itself would have written.
func (bed *bed) fill(b *testing.B, n int) {
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

// put stores n items, which item makes of their numbers from 0.
func (bed *bed) put(b *testing.B, n int, item func(int) map[string]types.AttributeValue) {
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

// write writes a batch, as often as it takes.
func (bed *bed) write(ctx context.Context, writes []types.WriteRequest) error {
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

func copyOf(item map[string]types.AttributeValue, created time.Time) map[string]types.AttributeValue {
	id := uuid.NewSHA1(uuid.Nil, []byte(created.String())).String()
	item = maps.Clone(item)
	item["sk"] = text("RUN#" + id)
	item["id"] = text(id)
	item["created_at"] = text(created.Format(time.RFC3339Nano))
	item["created_key"] = text(created.Format(stampLayout) + "#" + id)
	return item
}

// stampLayout is how created keys begin.
const stampLayout = "2006-01-02T15:04:05.000000Z"

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

// get fetches a page through the API and returns the URL of the next one.
func (bed *bed) get(b *testing.B, url string) (next string) {
	resp, err := http.Get(url)
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
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
	return next
}

// bareQuery asks DynamoDB for the items of the first page, and no more.
func (bed *bed) bareQuery(b *testing.B) {
	_, err := bed.client.Query(b.Context(), &dynamodb.QueryInput{
		TableName:                 &bed.table,
		IndexName:                 aws.String("by_created"),
		KeyConditionExpression:    aws.String("by_created = :p"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":p": text("T#" + tenant + "#RUN")},
		ScanIndexForward:          aws.Bool(false),
		Limit:                     aws.Int32(20),
	})
	if err != nil {
		b.Fatal(err)
	}
}
