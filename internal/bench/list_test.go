package bench

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

const page20 = "/v1/runs?per_page=20"

// BenchmarkPageOverBareQuery compares GET /v1/runs?per_page=20 over HTTP with the bare SDK
// query for the same items.
func BenchmarkPageOverBareQuery(b *testing.B) {
	bed := newTestbed(b)
	bed.fill(b, 1000)
	compare(b, func() { bed.get(b, bed.url+page20) }, func() { bed.bareQuery(b) })
}

// bareQuery queries DynamoDB for the items of the first page.
func (bed *testbed) bareQuery(b *testing.B) {
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

// BenchmarkPageOf100000RunsOver1000 compares the first page of 100,000 runs with that of 1,000.
func BenchmarkPageOf100000RunsOver1000(b *testing.B) {
	few, many := newTestbed(b), newTestbed(b)
	few.fill(b, 1000)
	many.fill(b, 100_000)
	compare(b, func() { many.get(b, many.url+page20) }, func() { few.get(b, few.url+page20) })
	units(b, many, many.url+page20, few, few.url+page20)
}

// BenchmarkPage1000DeepOverFirst compares the thousandth page of a walk with the first.
func BenchmarkPage1000DeepOverFirst(b *testing.B) {
	bed := newTestbed(b)
	bed.fill(b, 30_000)
	first := bed.url + page20
	deep := first
	for range 999 {
		deep = bed.get(b, deep)
	}
	compare(b, func() { bed.get(b, deep) }, func() { bed.get(b, first) })
	units(b, bed, deep, bed, first)
}
