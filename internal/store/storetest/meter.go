package storetest

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go/middleware"

	"github.com/inndx/runs/internal/meter"
)

// Metered returns an option of store.NewClient that makes m count every request of the client.
func Metered(m *meter.Meter) func(*dynamodb.Options) {
	meter := func(
		ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
	) (middleware.InitializeOutput, middleware.Metadata, error) {
		return next.HandleInitialize(meter.With(ctx, m), in)
	}
	return func(o *dynamodb.Options) {
		o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
			return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("ClientMeter", meter), middleware.Before)
		})
	}
}
