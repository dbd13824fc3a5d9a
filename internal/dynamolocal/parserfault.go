package dynamolocal

import (
	"context"
	"errors"
	"regexp"

	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
)

// parserFault matches the message of an error that DynamoDB Local 3 rarely returns while it parses its
// first expressions at the same time: the parser fails on tables that its threads share. The
// expression is valid, and nothing was written.
var parserFault = regexp.MustCompile(`Index \d+ out of bounds for length \d+`)

// maxParses bounds the attempts at a request.
const maxParses = 5

// reparse repeats requests whose expressions were not parsed for that reason.
func reparse(stack *middleware.Stack) error {
	repeat := func(
		ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
	) (out middleware.InitializeOutput, metadata middleware.Metadata, err error) {
		for range maxParses {
			out, metadata, err = next.HandleInitialize(ctx, in)
			var refused smithy.APIError
			if !errors.As(err, &refused) || !parserFault.MatchString(refused.ErrorMessage()) {
				break
			}
		}
		return out, metadata, err
	}
	return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("Reparse", repeat), middleware.Before)
}
