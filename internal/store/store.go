// Package store keeps jobs, runs and the logs of runs in one DynamoDB table.
//
// Every method acts for one tenant and reaches only keys that begin with the tenant. The methods
// that serve all tenants, such as Due, say so. Errors are *fault.Error: NotFound if the tenant does
// not have the job or run, Conflict if the present state does not allow the operation, Throttled
// and Unavailable if DynamoDB refuses or does not respond, Invalid for wrong input. A method that
// "fails with Conflict" returns an error of that kind.
package store

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/guregu/dynamo/v2"

	"github.com/inndx/runs/internal/watch"
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
	objects       Objects // nil in a process that deletes no objects
	settleTime    time.Duration

	configs *configCache
	entries entryState
	links   *linkIndexes
	folds   *foldCache
	hub     *watch.Hub // nil if nobody subscribes
}

// An Option configures a Store.
type Option func(*Store)

// WithClock makes the store use now instead of time.Now.
func WithClock(now func() time.Time) Option {
	return func(s *Store) { s.now = now }
}

// WithHub makes the store publish to h what happens to runs, after each write that succeeded.
func WithHub(h *watch.Hub) Option {
	return func(s *Store) { s.hub = h }
}

// New returns a store on the named table.
func New(client *dynamodb.Client, table string, opts ...Option) *Store {
	db := dynamo.NewFromIface(client)
	s := &Store{client: client, db: db, table: db.Table(table), name: table, now: time.Now,
		backfillGrace: DefaultBackfillGrace, settleTime: SettleTime, configs: newConfigCache(), folds: newFoldCache()}
	for _, opt := range opts {
		opt(s)
	}
	s.links = newLinkIndexes(s.now)
	return s
}

// clock returns the present time, to the microsecond, as items hold it.
func (s *Store) clock() time.Time { return s.now().UTC().Truncate(time.Microsecond) }
