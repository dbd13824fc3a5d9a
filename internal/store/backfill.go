package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/guregu/dynamo/v2"
	"golang.org/x/sync/errgroup"

	"github.com/inndx/runs/internal/store/keys"
	"github.com/inndx/runs/internal/tenant"
)

// Runs that earlier versions wrote have no entries; see entryItem. The backfill writes them in one
// pass over all runs. It begins when no function of an earlier version can still write. Lists do
// not read entries until the backfill is complete.

// DefaultBackfillGrace is how long the backfill waits after the first call of Backfill by this
// version: a deployment takes some minutes to replace all functions, and an invocation that began
// before may last 15 minutes more. See
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html.
const DefaultBackfillGrace = 30 * time.Minute

// WithBackfillGrace makes the backfill wait for d instead of DefaultBackfillGrace. 0 is for a
// process that is the only user of the table.
func WithBackfillGrace(d time.Duration) Option {
	return func(s *Store) { s.backfillGrace = d }
}

// Bounds of a step. The writes of the backfill must leave room for those of the service: a
// partition takes 1,000 units a second, and the entries and the check of a run take about ten. See
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html.
const (
	backfillChunk    = 100 // items that one scan reads
	backfillParallel = 4   // concurrent transactions
)

// A backfillItem is the state of the backfill. Its partition belongs to no tenant.
type backfillItem struct {
	primaryKey
	BegunAt string            `dynamo:"begun_at"` // time of the first step of this version
	After   map[string]string `dynamo:"after"`    // the last key that was processed; empty at first
	Steps   int64             `dynamo:"steps"`    // number of writes of After
	Done    bool              `dynamo:"done"`
}

// backfillKey is the key of the backfill's state. A later version that adds other entries needs a
// backfill, and so a key, of its own.
var backfillKey = primaryKey{PK: "SYSTEM", SK: "BACKFILL#ENTRIES"}

// Backfill continues the backfill until it is complete, has read the given number of runs, rounded
// up to full chunks, or reaches the deadline. It reports whether the backfill is complete. It may
// be repeated, and may run concurrently.
func (s *Store) Backfill(ctx context.Context, runs int, deadline time.Time) (done bool, err error) {
	state, err := s.backfillState(ctx)
	if err != nil {
		return false, err
	}
	begun, err := keys.ParseStamp(state.BegunAt)
	if err != nil {
		return false, classify(err, "read the state of the backfill")
	}
	if !state.Done && s.clock().Before(begun.Add(s.backfillGrace)) {
		return false, nil
	}
	for n := 0; n < runs && !state.Done && s.clock().Before(deadline); n += backfillChunk {
		if err := s.backfillStep(ctx, &state); err != nil {
			return false, err
		}
	}
	if state.Done {
		s.entries.set(true, s.now())
	}
	return state.Done, nil
}

// backfillState returns the state of the backfill. It begins the backfill if that has no state yet.
func (s *Store) backfillState(ctx context.Context) (backfillItem, error) {
	state, found, err := s.readBackfill(ctx, true)
	if found || err != nil {
		return state, err
	}
	first := backfillItem{primaryKey: backfillKey, BegunAt: keys.Stamp(s.clock())}
	err = s.table.Put(first).If("attribute_not_exists(pk)").Run(ctx)
	if dynamo.IsCondCheckFailed(err) { // another process has begun it
		first, _, err = s.readBackfill(ctx, true)
	}
	return first, classify(err, "begin the backfill")
}

// readBackfill returns the state of the backfill, and whether there is one.
func (s *Store) readBackfill(ctx context.Context, consistent bool) (backfillItem, bool, error) {
	var states []backfillItem
	err := s.table.Batch("pk", "sk").Get(dynamo.Keys{backfillKey.PK, backfillKey.SK}).Consistent(consistent).All(ctx, &states)
	if err != nil && !errors.Is(err, dynamo.ErrNotFound) {
		return backfillItem{}, false, classify(err, "read the state of the backfill")
	}
	if len(states) == 0 {
		return backfillItem{}, false, nil
	}
	return states[0], true, nil
}

// backfillStep writes the entries of the runs of one scan, and then the key that the scan reached.
// A step that is interrupted is repeated.
func (s *Store) backfillStep(ctx context.Context, state *backfillItem) error {
	scan := s.table.Scan().Index(byCreated).SearchLimit(backfillChunk).RequestLimit(1)
	if len(state.After) > 0 {
		after, err := dynamo.MarshalItem(state.After)
		if err != nil {
			return classify(err, "backfill")
		}
		scan.StartFrom(dynamo.PagingKey(after))
	}
	var items []runItem // and jobs, which are skipped
	next, err := scan.AllWithLastEvaluatedKey(ctx, &items)
	if err != nil {
		return classify(err, "backfill: scan")
	}
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(backfillParallel)
	for _, item := range items {
		if strings.HasPrefix(item.SK, runPrefix) {
			group.Go(func() error { return s.backfillRun(gctx, item) })
		}
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return s.saveBackfill(ctx, state, next)
}

// backfillRun writes the entries of a run, unless the run was deleted, since its entries were
// deleted with it. The item comes from an index, which may show a run that has just finished as it
// was before. Then the process that finished the run has written the entry for the stop reason.
func (s *Store) backfillRun(ctx context.Context, item runItem) error {
	t, ok := tenant.Parse(strings.TrimPrefix(item.PK, tenantKey("")))
	if !ok {
		return classify(fmt.Errorf("%q is not the key of a tenant", item.PK), "backfill")
	}
	entries := allEntries(t, item)
	if len(entries) == 0 {
		return nil
	}
	err := retryRaces(ctx, func() error {
		tx := s.db.WriteTx().Check(s.check(item.primaryKey).If("created_key = ?", item.CreatedKey))
		s.putEntries(tx, entries...)
		err := s.write(ctx, tx)
		if isBusy(err) {
			return errRaced
		}
		return err
	})
	if dynamo.IsCondCheckFailed(err) {
		return nil
	}
	return classify(err, "backfill: write entries")
}

// saveBackfill records that the backfill has reached the key next, or its end if next is nil. If
// another process was faster, the state becomes what that process recorded.
func (s *Store) saveBackfill(ctx context.Context, state *backfillItem, next dynamo.PagingKey) error {
	after := map[string]string{}
	if next != nil {
		if err := dynamo.UnmarshalItem(dynamo.Item(next), &after); err != nil {
			return classify(err, "backfill")
		}
	}
	err := s.update(state.primaryKey).
		If("steps = ?", state.Steps).
		Set("after", after).
		Set("done", next == nil).
		Add("steps", 1).
		Value(ctx, state)
	if dynamo.IsCondCheckFailed(err) {
		*state, err = s.backfillState(ctx)
	}
	return classify(err, "record the backfill")
}

// How long a process caches the state of the backfill. A complete one expires too, so that deleting
// the state begins the backfill again.
const (
	incompleteFor = 5 * time.Second
	completeFor   = time.Minute
)

// An entryState caches whether the backfill is complete.
type entryState struct {
	mu       sync.Mutex
	complete bool
	until    time.Time // when it must be read again
}

func (e *entryState) set(complete bool, now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.complete, e.until = complete, now.Add(incompleteFor)
	if complete {
		e.until = now.Add(completeFor)
	}
}

func (e *entryState) get(now time.Time) (complete, known bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.complete, now.Before(e.until)
}

// entriesAreComplete reports whether every run has its entries.
func (s *Store) entriesAreComplete(ctx context.Context) (bool, error) {
	complete, known := s.entries.get(s.now())
	if known {
		return complete, nil
	}
	state, _, err := s.readBackfill(ctx, false)
	if err != nil {
		return false, err
	}
	s.entries.set(state.Done, s.now())
	return state.Done, nil
}
