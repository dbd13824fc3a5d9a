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

// Runs that earlier versions wrote have no entries, so one pass over all runs writes them. It
// begins when no function of an earlier version can write any more, and until it is complete
// lists do not read entries.

// DefaultBackfillGrace is how long the pass waits from the first step of this version: a
// deployment takes some minutes to replace all functions, and an invocation that began before
// may last 15 minutes more. See
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html.
const DefaultBackfillGrace = 30 * time.Minute

// WithBackfillGrace makes the pass of Backfill wait so long. 0 is for a process that has the
// table to itself.
func WithBackfillGrace(d time.Duration) Option {
	return func(s *Store) { s.backfillGrace = d }
}

// Bounds of a step. What the pass writes must leave room for the service's own writes: one
// partition takes 1,000 units a second, and the entries and checks of a run take some ten.
const (
	backfillChunk    = 100 // items that one scan reads
	backfillParallel = 4   // transactions at a time
)

// backfillItem is the state of the pass. Its partition is no tenant's, whose keys begin with
// tenantKey.
type backfillItem struct {
	primaryKey
	BegunAt string            `dynamo:"begun_at"` // of the first step of this version
	After   map[string]string `dynamo:"after"`    // the key that the pass came to, empty at first
	Steps   int64             `dynamo:"steps"`    // counts the writes of After
	Done    bool              `dynamo:"done"`
}

const systemKey = "SYSTEM"

// backfillSort names the pass. A later version that adds other entries has one of its own.
const backfillSort = "BACKFILL#ENTRIES"

// Backfill goes on with the pass until it is complete, some runs later, or at the deadline,
// whichever is first, and reports whether it is complete. It may be repeated and run twice at
// a time. Runs are counted in full chunks.
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

// backfillState returns the state of the pass, which it begins if need be.
func (s *Store) backfillState(ctx context.Context) (backfillItem, error) {
	state, found, err := s.readBackfill(ctx, true)
	if found || err != nil {
		return state, err
	}
	first := backfillItem{primaryKey: primaryKey{PK: systemKey, SK: backfillSort}, BegunAt: keys.Stamp(s.clock())}
	err = s.table.Put(first).If("attribute_not_exists(pk)").Run(ctx)
	if dynamo.IsCondCheckFailed(err) { // another process was faster
		first, _, err = s.readBackfill(ctx, true)
	}
	return first, classify(err, "begin the backfill")
}

// readBackfill returns the state of the pass, and whether there is one.
func (s *Store) readBackfill(ctx context.Context, consistent bool) (backfillItem, bool, error) {
	var states []backfillItem
	err := s.table.Batch("pk", "sk").Get(dynamo.Keys{systemKey, backfillSort}).Consistent(consistent).All(ctx, &states)
	if err != nil && !errors.Is(err, dynamo.ErrNotFound) {
		return backfillItem{}, false, classify(err, "read the state of the backfill")
	}
	if len(states) == 0 {
		return backfillItem{}, false, nil
	}
	return states[0], true, nil
}

// backfillStep writes the entries of the runs of one scan, and then how far the pass came: a
// step that is interrupted is done again.
func (s *Store) backfillStep(ctx context.Context, state *backfillItem) error {
	scan := s.table.Scan().Index(byCreated).SearchLimit(backfillChunk).RequestLimit(1)
	if len(state.After) > 0 {
		after, err := dynamo.MarshalItem(state.After)
		if err != nil {
			return classify(err, "backfill")
		}
		scan.StartFrom(dynamo.PagingKey(after))
	}
	var items []runItem // of jobs too
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
	return s.backfilled(ctx, state, next)
}

// backfillRun writes the entries of a run, unless it is gone: then its entries are deleted, and
// must not come back. An index may show a run that has just finished as it was before; then
// the process that finished it wrote its entry.
func (s *Store) backfillRun(ctx context.Context, item runItem) error {
	owner, ok := tenant.Parse(strings.TrimPrefix(item.PK, tenantKey("")))
	if !ok {
		return classify(fmt.Errorf("%q is not the key of a tenant", item.PK), "backfill")
	}
	entries := allEntries(owner, item)
	if len(entries) == 0 {
		return nil
	}
	err := race(ctx, func() error {
		tx := s.db.WriteTx().Check(s.table.Check("pk", item.PK).Range("sk", item.SK).If("created_key = ?", item.CreatedKey))
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

// backfilled records that the pass came to a key, or to its end when there is none. Another
// process may have been faster: then the state is as that one left it.
func (s *Store) backfilled(ctx context.Context, state *backfillItem, next dynamo.PagingKey) error {
	after := map[string]string{}
	if next != nil {
		if err := dynamo.UnmarshalItem(dynamo.Item(next), &after); err != nil {
			return classify(err, "backfill")
		}
	}
	err := s.table.Update("pk", state.PK).Range("sk", state.SK).
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

// How long a process relies on what it read of the pass. A pass that is complete is read again
// as well, so that it can be begun anew by deleting its state.
const (
	incompleteFor = 5 * time.Second
	completeFor   = time.Minute
)

// entryState is what a process knows of the pass.
type entryState struct {
	mu       sync.Mutex
	complete bool
	until    time.Time // when it is to be read again
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
