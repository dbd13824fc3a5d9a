package store

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go/logging"
	"github.com/guregu/dynamo/v2"
)

// NewClient returns a DynamoDB client that retries as the store needs, and that counts its requests
// in the meters of their contexts. Endpoint, region and credentials are those of cfg.
func NewClient(cfg aws.Config, opts ...func(*dynamodb.Options)) *dynamodb.Client {
	ours := func(o *dynamodb.Options) {
		o.Retryer = retry.NewStandard(dynamo.RetryTxConflicts, func(o *retry.StandardOptions) {
			o.MaxAttempts = 8
			o.Backoff = retry.BackoffDelayerFunc(backoff)
			// The response to a plain write while a transaction holds the item.
			o.Retryables = append(o.Retryables, retry.RetryableErrorCode{
				Codes: map[string]struct{}{"TransactionConflictException": {}},
			})
		})
		// The check fails and logs a warning for every error response, because the SDK reads the
		// body before the check does. TLS protects the responses too.
		o.DisableValidateResponseChecksum = true
		o.Logger = logging.LoggerFunc(func(_ logging.Classification, format string, args ...any) {
			slog.Debug("AWS SDK: " + fmt.Sprintf(format, args...))
		})
	}
	return dynamodb.NewFromConfig(cfg, append([]func(*dynamodb.Options){ours, metered}, opts...)...)
}

// backoff returns a random wait before another attempt. All waits of a request take about two
// seconds together.
func backoff(attempt int, _ error) (time.Duration, error) {
	return rand.N(min(25*time.Millisecond<<attempt, time.Second)), nil
}
