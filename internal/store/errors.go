package store

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/inndx/runs/internal/fault"
)

// retryAfter is how long a client should wait after an error that another attempt may avoid.
const retryAfter = time.Second

func noSuchJob() error { return fault.Because(fault.ReasonNoSuchJob, "no such job") }

func noSuchRun() error { return fault.Because(fault.ReasonNoSuchRun, "no such run") }

// classify returns a *fault.Error for an error of DynamoDB, or nil for nil. Its message, which
// clients see, contains no keys. action, which logs show, says what failed.
func classify(err error, action string) error {
	if err == nil {
		return nil
	}
	reason, message := fault.ReasonInternal, "internal error"
	switch {
	case isThrottled(err):
		reason, message = fault.ReasonStoreThrottled, "too many requests for the store, try again"
	case isBusy(err):
		reason, message = fault.ReasonStoreBusy, "too many writers at once, try again"
	case isUnavailable(err):
		reason, message = fault.ReasonStoreUnavailable, "the store does not respond, try again"
	}
	e := &fault.Error{Kind: reason.Kind(), Reason: reason, Message: message, Err: fmt.Errorf("store: %s: %w", action, err)}
	if e.Kind != fault.Internal {
		e.RetryAfter = retryAfter
	}
	return e
}

// isThrottled reports whether DynamoDB refuses a request because there are too many.
func isThrottled(err error) bool {
	if reasons := cancellation(err); reasons != nil {
		return slices.Contains(reasons, "ThrottlingError") || slices.Contains(reasons, "ProvisionedThroughputExceeded")
	}
	var api smithy.APIError
	if !errors.As(err, &api) {
		return false
	}
	_, ok := retry.DefaultThrottleErrorCodes[api.ErrorCode()]
	return ok
}

// isUnavailable reports whether DynamoDB did not respond, or failed.
func isUnavailable(err error) bool {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return true
	}
	var response *awshttp.ResponseError
	if errors.As(err, &response) && response.HTTPStatusCode() >= http.StatusInternalServerError {
		return true
	}
	var send *smithyhttp.RequestSendError
	var attempts *retry.MaxAttemptsError
	return errors.As(err, &send) || errors.As(err, &attempts)
}

// isBusy reports whether another transaction was in progress on the same items.
func isBusy(err error) bool {
	if reasons := cancellation(err); reasons != nil {
		return slices.Contains(reasons, "TransactionConflict")
	}
	var conflict *types.TransactionConflictException
	return errors.As(err, &conflict)
}

// cancellation returns the codes of a cancelled transaction, one for each of its items, or nil if
// err is another error.
func cancellation(err error) []string {
	var cancelled *types.TransactionCanceledException
	if !errors.As(err, &cancelled) {
		return nil
	}
	codes := make([]string, len(cancelled.CancellationReasons))
	for i, reason := range cancelled.CancellationReasons {
		if reason.Code != nil {
			codes[i] = *reason.Code
		}
	}
	return codes
}

// conditionFailed reports whether a transaction was cancelled because the condition of its n-th
// item, counted from 0, did not hold.
func conditionFailed(err error, n int) bool {
	codes := cancellation(err)
	return n < len(codes) && codes[n] == "ConditionalCheckFailed"
}
