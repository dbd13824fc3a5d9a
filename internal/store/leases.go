package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/guregu/dynamo/v2"
	"golang.org/x/sync/errgroup"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store/keys"
)

// Bounds of a commit, from those of DynamoDB: an item has at most 400 KB, a transaction at
// most 100 items and 4 MB. A commit is well below 4 MB also as it travels, in Base64, which
// makes four bytes of three. See
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html.
const (
	MaxPartBytes   = 390 << 10  // of one part
	MaxCommitBytes = 2560 << 10 // of all parts of a commit
	MaxCommitParts = 90
)

// Acquire takes the lease of the run for ttl. The owner must be unique to the caller. It
// fails with kind Conflict when another owner has it, with ErrFinished and ErrDeleting when
// the run is finished or deleted, and with kind NotFound when nothing is left of it.
//
// Until the lease is released, the run's wake time is the lease's end: when the owner dies,
// the sweep finds another.
func (s *Store) Acquire(ctx context.Context, ref run.Ref, owner string, ttl time.Duration) (*run.Lease, error) {
	now := s.clock()
	until := now.Add(ttl)
	var item progressItem
	err := s.progress(ref).
		If("attribute_exists(pk) AND attribute_not_exists(finished) AND attribute_not_exists(deleting)").
		If("attribute_not_exists(lease_owner) OR lease_owner = ? OR lease_until < ?", owner, keys.Stamp(now)).
		Set("lease_owner", owner).
		Set("lease_until", keys.Stamp(until)).
		Set("wake_shard", wakeShardOf(ref.ID)).
		Set("wake_at", keys.Stamp(until)).
		Add("attempts", 1).
		Value(ctx, &item)
	if dynamo.IsCondCheckFailed(err) {
		return nil, s.whyNoLease(ctx, ref)
	}
	if err != nil {
		return nil, classify(err, "acquire a lease")
	}
	return &run.Lease{
		Ref:      ref,
		Owner:    owner,
		Until:    until,
		Seq:      item.Seq,
		Progress: run.Progress(item.Progress),
		Attempts: item.Attempts,
		TTL:      ttl,
	}, nil
}

func (s *Store) whyNoLease(ctx context.Context, ref run.Ref) error {
	item, err := s.progressItem(ctx, ref)
	switch {
	case err != nil:
		return err
	case item.Deleting:
		return run.ErrDeleting
	case item.Finished:
		return run.ErrFinished
	}
	return fault.New(fault.Conflict, "the run is leased to another until %s", item.LeaseUntil)
}

func (s *Store) progressItem(ctx context.Context, ref run.Ref) (progressItem, error) {
	var item progressItem
	err := s.table.Get("pk", runKey(ref)).Range("sk", dynamo.Equal, progressSort).
		Consistent(true).One(ctx, &item)
	if errors.Is(err, dynamo.ErrNotFound) {
		return item, noSuchRun()
	}
	return item, classify(err, "read progress")
}

func (s *Store) progress(ref run.Ref) *dynamo.Update {
	return s.table.Update("pk", runKey(ref)).Range("sk", progressSort)
}

// Commit appends the parts to the run's log and sets its progress, in one transaction, and
// extends the lease when less than half of it is left. It is a Conflict, and nothing is
// recorded, when the run is neither running nor paused, or the lease or the race for the
// next part is lost: the caller forgets what it did and reloads or leaves.
func (s *Store) Commit(ctx context.Context, l *run.Lease, c crawllog.Commit) error {
	if err := checkCommit(c); err != nil {
		return err
	}
	tx := s.db.WriteTx().Check(s.table.Check("pk", tenantKey(l.Ref.Tenant)).Range("sk", runPrefix+l.Ref.ID.String()).
		If("'status' IN (?, ?)", run.Running, run.Paused))
	for i, part := range c.Parts {
		tx.Put(s.table.Put(logItem{
			primaryKey: primaryKey{PK: runKey(l.Ref), SK: logSort(l.Seq + 1 + int64(i))},
			Data:       part,
		}).If("attribute_not_exists(pk)"))
	}
	next := *l
	next.Seq += int64(len(c.Parts))
	next.Progress = c.Progress
	progress := s.progress(l.Ref).
		If("seq = ? AND lease_owner = ?", l.Seq, l.Owner).
		Set("seq", next.Seq).
		Set("progress", counters(c.Progress))
	if len(c.Parts) > 0 { // who only keeps the lease has achieved nothing
		next.Attempts = 0
		progress.Remove("attempts")
	}
	if now := s.clock(); l.Until.Sub(now) < l.TTL/2 {
		next.Until = now.Add(l.TTL)
		progress.Set("lease_until", keys.Stamp(next.Until)).Set("wake_at", keys.Stamp(next.Until))
	}
	err := s.write(ctx, tx.Update(progress))
	if dynamo.IsCondCheckFailed(err) {
		return fault.New(fault.Conflict, "the run is stopped, or its lease is lost")
	}
	if err != nil {
		return classify(err, "commit")
	}
	*l = next
	return nil
}

// checkCommit reports parts that do not fit a transaction: a defect of the caller.
func checkCommit(c crawllog.Commit) error {
	size := 0
	for _, part := range c.Parts {
		size += len(part)
		if len(part) == 0 || len(part) > MaxPartBytes {
			return fmt.Errorf("store: a log part of %d bytes", len(part))
		}
	}
	if size > MaxCommitBytes || len(c.Parts) > MaxCommitParts {
		return fmt.Errorf("store: a commit of %d parts and %d bytes", len(c.Parts), size)
	}
	return nil
}

// Release lets go of the lease. The sweep wakes the run after wakeAt, when no message did
// before. It is a Conflict when the lease is lost already.
func (s *Store) Release(ctx context.Context, l *run.Lease, wakeAt time.Time) error {
	err := released(s.progress(l.Ref)).
		If("lease_owner = ?", l.Owner).
		Set("wake_at", keys.Stamp(wakeAt)).
		Run(ctx)
	if dynamo.IsCondCheckFailed(err) {
		return errLeaseLost()
	}
	return classify(err, "release a lease")
}

// Park lets go of the lease of a paused run and takes the run out of by_wake: it is for
// resume to wake it. It is a Conflict when the run is not paused any more or the lease is
// lost.
func (s *Store) Park(ctx context.Context, l *run.Lease) error {
	tx := s.db.WriteTx().
		Check(s.table.Check("pk", tenantKey(l.Ref.Tenant)).Range("sk", runPrefix+l.Ref.ID.String()).
			If("'status' = ?", run.Paused)).
		Update(quiet(s.progress(l.Ref).If("lease_owner = ?", l.Owner)))
	err := s.write(ctx, tx)
	if dynamo.IsCondCheckFailed(err) {
		return fault.New(fault.Conflict, "the run is not paused, or its lease is lost")
	}
	return classify(err, "park a run")
}

// Due returns at most limit wake-ups of unfinished and of deleted runs whose time has passed
// at now, the longest due first.
func (s *Store) Due(ctx context.Context, now time.Time, limit int) ([]run.Ref, error) {
	return s.due(ctx, now, limit, wakeShard)
}

// Expired is Due for finished runs, which are due when their retention is over.
func (s *Store) Expired(ctx context.Context, now time.Time, limit int) ([]run.Ref, error) {
	return s.due(ctx, now, limit, retireShard)
}

func (s *Store) due(ctx context.Context, now time.Time, limit int, shardName func(int) string) ([]run.Ref, error) {
	var due [wakeShards][]progressItem
	group, gctx := errgroup.WithContext(ctx)
	for shard := range due {
		group.Go(func() error {
			return s.table.Get("wake_shard", shardName(shard)).Index(byWake).
				Range("wake_at", dynamo.LessOrEqual, keys.Stamp(now)).
				SearchLimit(limit).RequestLimit(1).
				All(gctx, &due[shard])
		})
	}
	if err := group.Wait(); err != nil {
		return nil, classify(err, "read what is due")
	}
	all := slices.Concat(due[:]...)
	slices.SortFunc(all, func(a, b progressItem) int { return cmp.Compare(a.WakeAt, b.WakeAt) })
	messages := make([]run.Ref, 0, min(limit, len(all)))
	for _, item := range all[:min(limit, len(all))] {
		m, err := parseRunKey(item.PK)
		if err != nil {
			return nil, classify(err, "read what is due")
		}
		messages = append(messages, m)
	}
	return messages, nil
}

// FreeLeases takes every lease from its owner and makes the run due at once. It is for who
// knows that all owners are dead, as does a process that starts and has the table to itself:
// it need not wait for their leases to end. Attempts stay counted.
func (s *Store) FreeLeases(ctx context.Context) error {
	now := keys.Stamp(s.clock())
	group, gctx := errgroup.WithContext(ctx)
	for shard := range wakeShards {
		group.Go(func() error {
			// A resume makes a run due while its lease lasts: those that are due are looked at too.
			unfinished := s.table.Get("wake_shard", wakeShard(shard)).Index(byWake).Iter()
			for item := (progressItem{}); unfinished.Next(gctx, &item); item = (progressItem{}) {
				err := taken(s.table.Update("pk", item.PK).Range("sk", item.SK)).
					If("attribute_exists(lease_owner)").
					Set("wake_at", now).
					Run(gctx)
				if err != nil && !dynamo.IsCondCheckFailed(err) { // nobody's: the run waits for its time
					return err
				}
			}
			return unfinished.Err()
		})
	}
	return classify(group.Wait(), "free leases")
}
