package store

import (
	"context"
	"errors"
	"time"

	"github.com/guregu/dynamo/v2"
	"golang.org/x/sync/errgroup"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store/keys"
)

// Acquire acquires the lease of the run for ttl. The owner must be unique to the caller. It fails
// with Conflict if another owner has the lease. It fails with run.ErrFinished if the run is
// finished, with run.ErrDeleting if the run is deleted, and with NotFound if nothing is left of the
// run.
//
// Until the lease is released, the run's wake time is the lease's end, so that the sweep wakes the
// run if its owner dies.
func (s *Store) Acquire(ctx context.Context, ref run.Ref, owner string, ttl time.Duration) (*run.Lease, error) {
	now := s.clock()
	until := now.Add(ttl)
	var item progressItem
	err := s.update(progressKey(ref)).
		If("attribute_exists(pk) AND attribute_not_exists(finished) AND attribute_not_exists(deleting)").
		If("attribute_not_exists(lease_owner) OR lease_owner = ? OR lease_until < ?", owner, keys.Stamp(now)).
		Set("lease_owner", owner).
		Set("lease_until", keys.Stamp(until)).
		Set("wake_shard", wakeShardOf(ref.ID)).
		Set("wake_at", keys.Stamp(until)).
		Remove("waiting_for").
		Add("attempts", 1).
		Value(ctx, &item)
	if dynamo.IsCondCheckFailed(err) {
		return nil, s.leaseRefusal(ctx, ref)
	}
	if err != nil {
		return nil, classify(err, "acquire a lease")
	}
	return &run.Lease{
		Ref:       ref,
		CreatedAt: item.CreatedAt,
		Owner:     owner,
		Until:     until,
		Seq:       item.Seq,
		Progress:  run.Progress(item.Progress),
		Rollup:    item.Rollup,
		Attempts:  item.Attempts,
		TTL:       ttl,
	}, nil
}

// leaseRefusal returns why the lease of the run cannot be acquired.
func (s *Store) leaseRefusal(ctx context.Context, ref run.Ref) error {
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

// progressItem reads the run's progress and lease. The read is strongly consistent.
func (s *Store) progressItem(ctx context.Context, ref run.Ref) (progressItem, error) {
	var item progressItem
	err := s.get(progressKey(ref)).Consistent(true).One(ctx, &item)
	if errors.Is(err, dynamo.ErrNotFound) {
		return item, noSuchRun()
	}
	return item, classify(err, "read progress")
}

// Release ends the lease and records what follows. It fails with Conflict if the lease is lost
// already.
func (s *Store) Release(ctx context.Context, l *run.Lease, h run.Handover) error {
	update := removeLease(s.update(progressKey(l.Ref))).
		If("lease_owner = ?", l.Owner).
		Remove("attempts").
		Set("wake_at", keys.Stamp(h.WakeAt))
	if h.WaitingFor == "" {
		update.Remove("waiting_for")
	} else {
		update.Set("waiting_for", h.WaitingFor)
	}
	err := update.Run(ctx)
	if dynamo.IsCondCheckFailed(err) {
		if err = s.whyNotReleased(ctx, l, h); err != nil {
			return err
		}
	}
	if h.WaitingFor != "" {
		s.hub.Changed(l.Ref) // no commit says so
	}
	return classify(err, "release a lease")
}

// whyNotReleased returns why the lease could not be released. It returns nil if an earlier attempt
// released it and the response was lost.
func (s *Store) whyNotReleased(ctx context.Context, l *run.Lease, h run.Handover) error {
	item, err := s.progressItem(ctx, l.Ref)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	if item.LeaseOwner != "" || item.WakeAt != keys.Stamp(h.WakeAt) { // no other owner chose the same time
		return errLeaseLost()
	}
	return nil
}

// Park ends the lease of a paused run and removes the run from by_wake, until a client resumes or
// stops it. It fails with Conflict if the run is no longer paused or the lease is lost.
func (s *Store) Park(ctx context.Context, l *run.Lease) error {
	tx := s.db.WriteTx().
		Check(s.check(runItemKey(l.Ref)).If("'status' = ?", run.Paused)).
		Update(unschedule(s.update(progressKey(l.Ref)).If("lease_owner = ?", l.Owner)))
	err := s.write(ctx, tx)
	if dynamo.IsCondCheckFailed(err) {
		return fault.New(fault.Conflict, "the run is not paused, or its lease is lost")
	}
	return classify(err, "park a run")
}

// FreeLeases removes every lease of every tenant and makes the runs and exports due at once, so
// that they need not wait for their leases to end. All owners must be dead, as they are when the
// only process that uses the table starts. The counts of attempts stay.
func (s *Store) FreeLeases(ctx context.Context) error {
	now := keys.Stamp(s.clock())
	group, gctx := errgroup.WithContext(ctx)
	var shards []string
	for n := range wakeShards {
		shards = append(shards, wakeShard(n), exportShard(n))
	}
	for _, shard := range shards {
		group.Go(func() error {
			// Resuming a run makes it due even during a lease, so runs that are due may have leases
			// too.
			unfinished := s.table.Get("wake_shard", shard).Index(byWake).Iter()
			for item := (wokenItem{}); unfinished.Next(gctx, &item); item = (wokenItem{}) {
				err := removeLease(s.update(item.primaryKey)).
					If("attribute_exists(lease_owner)").
					Set("wake_at", now).
					Run(gctx)
				if err != nil && !dynamo.IsCondCheckFailed(err) { // a run without a lease keeps its wake time
					return err
				}
			}
			return unfinished.Err()
		})
	}
	return classify(group.Wait(), "free leases")
}

// revokeLease removes the lease, so that its owner's commits fail. The wake time stays, so that the
// sweep wakes the run if the caller fails to end it.
func (s *Store) revokeLease(ctx context.Context, ref run.Ref) error {
	err := removeLease(s.update(progressKey(ref))).If("attribute_exists(pk)").Run(ctx)
	if dynamo.IsCondCheckFailed(err) {
		return errRaced // the run is gone
	}
	return classify(err, "revoke a lease")
}

// unschedule releases the lease and removes the run from by_wake.
func unschedule(progress *dynamo.Update) *dynamo.Update {
	return releaseLease(progress).Remove("wake_shard", "wake_at")
}

// releaseLease removes the lease, resets the attempts, and removes what the run waits for.
func releaseLease(progress *dynamo.Update) *dynamo.Update {
	return removeLease(progress).Remove("attempts", "waiting_for")
}

// removeLease removes the lease. The count of attempts stays.
func removeLease(progress *dynamo.Update) *dynamo.Update {
	return progress.Remove("lease_owner", "lease_until")
}

func errLeaseLost() error {
	return fault.New(fault.Conflict, "the lease of the run is lost")
}
