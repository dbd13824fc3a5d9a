// Package store keeps jobs, runs and what runs record in one DynamoDB table.
//
// Every method takes the tenant it acts for, and reaches only keys that begin with it.
// Errors are faults: NotFound for what this tenant does not have, Conflict when the present
// state refuses, Throttled and Unavailable when DynamoDB does, Invalid for input.
package store

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go/logging"
	"github.com/guregu/dynamo/v2"

	"github.com/inndx/runs/internal/fault"
)

// A Store is the service's state. It is safe for concurrent use.
type Store struct {
	client *dynamodb.Client
	db     *dynamo.DB
	table  dynamo.Table
	name   string
	now    func() time.Time
	// retention is how long finished runs are kept, 0 for ever.
	retention     time.Duration
	backfillGrace time.Duration

	configs *configCache
	entries entryState
}

// An Option changes a Store that New makes.
type Option func(*Store)

// WithClock makes the store tell the time by now instead of time.Now.
func WithClock(now func() time.Time) Option {
	return func(s *Store) { s.now = now }
}

// New returns a store on the named table.
func New(client *dynamodb.Client, table string, opts ...Option) *Store {
	db := dynamo.NewFromIface(client)
	s := &Store{client: client, db: db, table: db.Table(table), name: table, now: time.Now,
		backfillGrace: DefaultBackfillGrace, configs: newConfigCache()}
	for _, opt := range opts {
		opt(s)
	}
	return s
}

// NewClient returns a DynamoDB client that retries as the store needs it and tells meters
// what it uses. Endpoint, region
// and credentials are those of cfg.
func NewClient(cfg aws.Config, opts ...func(*dynamodb.Options)) *dynamodb.Client {
	ours := func(o *dynamodb.Options) {
		o.Retryer = retry.NewStandard(dynamo.RetryTxConflicts, func(o *retry.StandardOptions) {
			o.MaxAttempts = 8
			o.Backoff = retry.BackoffDelayerFunc(backoff)
			// The answer to a plain write that meets a transaction on its item.
			o.Retryables = append(o.Retryables, retry.RetryableErrorCode{
				Codes: map[string]struct{}{"TransactionConflictException": {}},
			})
		})
		// The check fails, and warns, for every error answer, whose body the SDK reads before
		// the check does. TLS guards the answers as well.
		o.DisableValidateResponseChecksum = true
		o.Logger = logging.LoggerFunc(func(_ logging.Classification, format string, args ...any) {
			slog.Debug("AWS SDK: " + fmt.Sprintf(format, args...))
		})
	}
	return dynamodb.NewFromConfig(cfg, append([]func(*dynamodb.Options){ours, metered}, opts...)...)
}

// backoff returns a random wait before another attempt, in all about two seconds.
func backoff(attempt int, _ error) (time.Duration, error) {
	return rand.N(min(25*time.Millisecond<<attempt, time.Second)), nil
}

// clock returns the present time as it is stored.
func (s *Store) clock() time.Time { return s.now().UTC().Truncate(time.Microsecond) }

// maxRaces bounds how often a write is tried again because another writer came first.
const maxRaces = 20

// errRaced makes race try again.
var errRaced = fault.New(fault.Conflict, "another writer came first")

// race calls try until it returns something else than errRaced. Try reads, decides and
// writes on the condition that nothing changed since the read.
func race(ctx context.Context, try func() error) error {
	wait := 5 * time.Millisecond
	for range maxRaces {
		if err := try(); err != error(errRaced) {
			return err
		}
		select {
		case <-ctx.Done():
			return classify(ctx.Err(), "wait for other writers")
		case <-time.After(rand.N(wait)):
		}
		wait = min(2*wait, 250*time.Millisecond)
	}
	return &fault.Error{
		Kind:       fault.Unavailable,
		Reason:     fault.ReasonStoreBusy,
		Message:    "too many writers at once, try again",
		RetryAfter: retryAfter,
	}
}

// write runs a transaction. The SDK gives each a token, so that one whose answer was lost
// and that is sent again counts once.
func (s *Store) write(ctx context.Context, tx *dynamo.WriteTx) error {
	return tx.Idempotent(true).Run(ctx)
}
