// Package store keeps jobs, runs and what runs record in one DynamoDB table.
//
// Every method acts for one tenant and reaches only keys that begin with the tenant. The methods
// that serve all tenants, such as Due, say so. Errors are faults: NotFound for what the tenant does
// not have, Conflict if the present state refuses, Throttled and Unavailable if DynamoDB refuses,
// Invalid for input.
package store

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/guregu/dynamo/v2"
)

// A Store is the service's state. It is safe for concurrent use.
type Store struct {
	client *dynamodb.Client
	db     *dynamo.DB
	table  dynamo.Table
	name   string
	now    func() time.Time

	retention     time.Duration // of finished runs; 0 keeps them forever
	backfillGrace time.Duration

	configs *configCache
	entries entryState
}

// An Option configures a Store.
type Option func(*Store)

// WithClock makes the store use now instead of time.Now.
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

// clock returns the present time, to the microsecond, as items hold it.
func (s *Store) clock() time.Time { return s.now().UTC().Truncate(time.Microsecond) }
