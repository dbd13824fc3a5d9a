package store

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"

	"github.com/inndx/runs/internal/meter"
)

// metered makes a client count its requests in the meters of their contexts.
func metered(o *dynamodb.Options) {
	o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("Meter", measure), middleware.Before)
	})
}

func measure(
	ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
) (middleware.InitializeOutput, middleware.Metadata, error) {
	meters := meter.From(ctx)
	if len(meters) > 0 {
		requestUnits(in.Parameters)
	}
	out, metadata, err := next.HandleInitialize(ctx, in)
	if err == nil && len(meters) > 0 {
		meter.Count(ctx, used(out.Result))
	}
	return out, metadata, err
}

// requestUnits makes DynamoDB report the units of a request.
func requestUnits(input any) {
	// The level for the total is enough on AWS, but DynamoDB Local leaves some indexes out of it.
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

// used returns the usage of the request with the output.
func used(output any) meter.Usage {
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
	return meter.Usage{Requests: 1}
}

func reads(all ...*types.ConsumedCapacity) meter.Usage {
	return meter.Usage{Requests: 1, Read: sum(all)}
}

func writes(all ...*types.ConsumedCapacity) meter.Usage {
	return meter.Usage{Requests: 1, Write: sum(all)}
}

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
