package bench

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"
)

// BenchmarkPageOf10000000Runs counts the read units of pages of a table that is too large to fill.
// It simulates the index that a list reads, and uses DynamoDB Local for everything else. A table of
// 1000 runs, once simulated and once real, shows that the simulation counts units as DynamoDB does.
// The count does not depend on the machine.
func BenchmarkPageOf10000000Runs(b *testing.B) {
	real, small := newTestbed(b), newTestbed(b)
	real.fill(b, 1000)
	small.simulate(b, 1000)
	for _, page := range []string{page20, "/v1/runs?per_page=100", "/v1/runs?per_page=20&labels[team]=nobody"} {
		if got, want := small.pageUnits(b, page), real.pageUnits(b, page); math.Abs(got-want) > max(0.5, 0.02*want) { // units come in halves
			b.Fatalf("%s takes %v read units in the simulation, and %v in DynamoDB", page, got, want)
		}
	}
	const runs = 10_000_000
	many := newTestbed(b)
	newest := many.simulate(b, runs)
	before := func(n int) string { // the page that starts with the n-th run
		return page20 + "&created_before=" + newest.Add(-time.Duration(n-1)*time.Second).Format(time.RFC3339Nano)
	}
	for _, page := range []struct{ name, path string }{
		{"first", page20},
		{"middle", before(runs / 2)},
		{"last", before(runs - 20)},
		{"no matches", page20 + "&labels[team]=nobody"},
	} {
		used := many.pageUnits(b, page.path)
		b.Run(page.name, func(b *testing.B) {
			for b.Loop() {
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(used, "RCU")
		})
	}
}

// pageUnits returns the read units of the page after the one at the path. When that is the last
// page, it returns the page's own read units.
func (bed *testbed) pageUnits(b *testing.B, path string) float64 {
	url := bed.url + path
	if next := bed.get(b, url); next != "" {
		url = next
	}
	bed.meter.Reset()
	bed.get(b, url)
	return bed.meter.Reset().Read
}

// simulate replaces the index by_created with a simulation of n finished runs, created a second
// apart, and returns the creation time of the newest. The runs are copies of one that the service
// wrote.
func (bed *testbed) simulate(b *testing.B, n int) time.Time {
	bed.fill(b, 1)
	written, err := bed.client.Scan(b.Context(), &dynamodb.ScanInput{TableName: &bed.table, IndexName: aws.String("by_job")})
	if err != nil || len(written.Items) != 1 {
		b.Fatalf("the run to copy: %v, %v", written, err)
	}
	x := &index{runs: n, item: written.Items[0]}
	x.newest = created(x.item["created_key"])
	bed.serve(b, func(o *dynamodb.Options) {
		o.APIOptions = append(o.APIOptions, func(s *middleware.Stack) error {
			return s.Initialize.Add(middleware.InitializeMiddlewareFunc("simulate", x.handle), middleware.After)
		})
	})
	return x.newest
}

// An index simulates by_created. The n-th item, counted from 0, is a copy of item that was created
// n seconds before newest.
type index struct {
	runs   int
	item   map[string]types.AttributeValue
	newest time.Time
}

// handle responds to queries, and passes on all other requests.
func (x *index) handle(
	ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
) (middleware.InitializeOutput, middleware.Metadata, error) {
	if query, ok := in.Parameters.(*dynamodb.QueryInput); ok {
		return middleware.InitializeOutput{Result: x.query(query)}, middleware.Metadata{}, nil
	}
	return next.HandleInitialize(ctx, in)
}

// query responds as DynamoDB does. It reads from the start key, or else from the upper bound of the
// range, up to the limit or 1 MB. It charges half a unit per 4 KB read, also for items that the
// filter drops. The filters in these benchmarks drop every item.
func (x *index) query(in *dynamodb.QueryInput) *dynamodb.QueryOutput {
	out := &dynamodb.QueryOutput{}
	size, read := 0, 0
	for n := x.start(in); n < x.runs; n++ {
		item := copyOf(x.item, x.newest.Add(-time.Duration(n)*time.Second))
		if in.FilterExpression == nil {
			out.Items = append(out.Items, item)
		}
		size += itemSize(item)
		if read++; read == int(*in.Limit) || size > 1<<20 {
			out.LastEvaluatedKey = map[string]types.AttributeValue{}
			for _, key := range []string{"pk", "sk", "by_created", "created_key"} {
				out.LastEvaluatedKey[key] = item[key]
			}
			break
		}
	}
	out.ConsumedCapacity = &types.ConsumedCapacity{CapacityUnits: aws.Float64(0.5 * math.Ceil(float64(size)/4096))}
	return out
}

// start returns the index of the first item that the query reads.
func (x *index) start(in *dynamodb.QueryInput) int {
	if in.ExclusiveStartKey != nil {
		return x.after(in.ExclusiveStartKey["created_key"])
	}
	if bound, ok := in.KeyConditions["created_key"]; ok {
		return x.after(bound.AttributeValueList[0])
	}
	return 0
}

// after returns the index of the newest item that is older than the created_key.
func (x *index) after(key types.AttributeValue) int {
	return int(x.newest.Sub(created(key))/time.Second) + 1
}

// created returns the time at the start of a created_key.
func created(key types.AttributeValue) time.Time {
	stamp, _, _ := strings.Cut(key.(*types.AttributeValueMemberS).Value, "#")
	at, err := time.Parse(stampLayout, stamp)
	if err != nil {
		panic(err)
	}
	return at
}

// itemSize returns the size in bytes that DynamoDB charges for, see
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html.
func itemSize(item map[string]types.AttributeValue) (size int) {
	for name, value := range item {
		size += len(name) + valueSize(value)
	}
	return size
}

func valueSize(value types.AttributeValue) int {
	switch v := value.(type) {
	case *types.AttributeValueMemberS:
		return len(v.Value)
	case *types.AttributeValueMemberN:
		return (len(v.Value)+1)/2 + 1
	case *types.AttributeValueMemberM:
		return 3 + len(v.Value) + itemSize(v.Value)
	case *types.AttributeValueMemberBOOL, *types.AttributeValueMemberNULL:
		return 1
	}
	panic(fmt.Sprintf("the size of a %T is not known", value))
}
