package store

import (
	"context"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"
)

// A Meter counts the requests and the capacity units that DynamoDB reports for them. A
// request that fails is not counted, though DynamoDB charges for a condition that does not
// hold: an error reports no units. The zero Meter counts nothing yet. It is safe for
// concurrent use.
type Meter struct {
	mu    sync.Mutex
	usage Usage
}

// Usage is what a Meter counted.
type Usage struct {
	Requests    int
	Read, Write float64 // capacity units, those of indexes included
}

// Usage returns what was counted since the last Reset.
func (m *Meter) Usage() Usage {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.usage
}

// Reset returns what was counted since the last Reset and starts again from zero.
func (m *Meter) Reset() Usage {
	m.mu.Lock()
	defer m.mu.Unlock()
	usage := m.usage
	m.usage = Usage{}
	return usage
}

func (m *Meter) add(u Usage) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.usage.Requests += u.Requests
	m.usage.Read += u.Read
	m.usage.Write += u.Write
}

type metersKey struct{}

// WithMeter returns a context whose requests, made by a client of NewClient, m counts,
// besides the meters that ctx has already.
func WithMeter(ctx context.Context, m *Meter) context.Context {
	return context.WithValue(ctx, metersKey{}, append(slices.Clip(metersOf(ctx)), m))
}

func metersOf(ctx context.Context) []*Meter {
	meters, _ := ctx.Value(metersKey{}).([]*Meter)
	return meters
}

// metered makes a client tell the meters of a request's context what the request used.
func metered(o *dynamodb.Options) {
	o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("Meter", measure), middleware.Before)
	})
}

func measure(
	ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
) (middleware.InitializeOutput, middleware.Metadata, error) {
	meters := metersOf(ctx)
	if len(meters) > 0 {
		report(in.Parameters)
	}
	out, metadata, err := next.HandleInitialize(ctx, in)
	if err == nil && len(meters) > 0 {
		usage := used(out.Result)
		for _, m := range meters {
			m.add(usage)
		}
	}
	return out, metadata, err
}

// report makes DynamoDB report the units of a request.
func report(input any) {
	// The total says the same, but DynamoDB Local leaves some indexes out of it.
	const level = types.ReturnConsumedCapacityIndexes
	switch in := input.(type) {
	case *dynamodb.GetItemInput:
		in.ReturnConsumedCapacity = level
	case *dynamodb.BatchGetItemInput:
		in.ReturnConsumedCapacity = level
	case *dynamodb.QueryInput:
		in.ReturnConsumedCapacity = level
	case *dynamodb.PutItemInput:
		in.ReturnConsumedCapacity = level
	case *dynamodb.UpdateItemInput:
		in.ReturnConsumedCapacity = level
	case *dynamodb.DeleteItemInput:
		in.ReturnConsumedCapacity = level
	case *dynamodb.BatchWriteItemInput:
		in.ReturnConsumedCapacity = level
	case *dynamodb.TransactWriteItemsInput:
		in.ReturnConsumedCapacity = level
	}
}

// used returns what the request with that answer used.
func used(output any) Usage {
	switch out := output.(type) {
	case *dynamodb.GetItemOutput:
		return reads(out.ConsumedCapacity)
	case *dynamodb.BatchGetItemOutput:
		return reads(each(out.ConsumedCapacity)...)
	case *dynamodb.QueryOutput:
		return reads(out.ConsumedCapacity)
	case *dynamodb.PutItemOutput:
		return writes(out.ConsumedCapacity)
	case *dynamodb.UpdateItemOutput:
		return writes(out.ConsumedCapacity)
	case *dynamodb.DeleteItemOutput:
		return writes(out.ConsumedCapacity)
	case *dynamodb.BatchWriteItemOutput:
		return writes(each(out.ConsumedCapacity)...)
	case *dynamodb.TransactWriteItemsOutput:
		return writes(each(out.ConsumedCapacity)...)
	}
	return Usage{Requests: 1}
}

func reads(all ...*types.ConsumedCapacity) Usage { return Usage{Requests: 1, Read: sum(all)} }

func writes(all ...*types.ConsumedCapacity) Usage { return Usage{Requests: 1, Write: sum(all)} }

func each(all []types.ConsumedCapacity) []*types.ConsumedCapacity {
	pointers := make([]*types.ConsumedCapacity, len(all))
	for i := range all {
		pointers[i] = &all[i]
	}
	return pointers
}

func sum(all []*types.ConsumedCapacity) float64 {
	total := 0.0
	for _, c := range all {
		if c != nil && c.CapacityUnits != nil {
			total += *c.CapacityUnits
		}
	}
	return total
}
