package store

import (
	"context"
	"time"

	"github.com/guregu/dynamo/v2"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store/keys"
)

// What happens next to a run in each state, and when the run is due. Messages only save time: the
// sweep wakes every run whose wake time has passed.
//
//	pending           a worker starts it; due from its creation
//	running, leased   its worker; due when the lease ends
//	running, released the next worker that is woken; due at the WakeAt of Release
//	paused, leased    its worker parks it; due when the lease ends
//	paused, parked    a client resumes or stops it; not due until then
//	finished          Tidy deletes objects that its log does not name; due when no worker writes any
//	finished, tidy    Expire deletes it; due at the end of its retention, if it has one
//	deleted           Purge deletes its objects and its log; due from the delete, then from the last
//	                  step of Purge, and last when no worker writes objects any more

// Transition applies the action to the run and reports whether the run changed. Stop records the
// stop reason manual. It fails with Conflict if the run's status refuses the action.
//
// A check that is not nil gets the run as Run returns it. Its error stops the transition and is
// returned. Otherwise the transition is made only while the run, including its progress, is as it
// was checked.
func (s *Store) Transition(
	ctx context.Context, ref run.Ref, a run.Action, check func(run.Run) error,
) (r run.Run, changed bool, err error) {
	return s.applyAction(ctx, ref, a, run.Manual, preconditionOf(check))
}

// A precondition must hold when a run changes. The zero precondition always holds.
type precondition struct {
	// check is called with the items each time they are read. Its error stops the change. The write
	// fails if the run has changed since the check or, for the end of a run, if its lease has.
	check func(items runItems, current run.Run) error
	// exact means that the write also fails if the progress has changed since the check, and that
	// check is called even if the action changes nothing.
	exact bool
}

// preconditionOf returns the exact precondition with the check, or the zero one if check is nil.
func preconditionOf(check func(run.Run) error) precondition {
	if check == nil {
		return precondition{}
	}
	return precondition{exact: true, check: func(_ runItems, current run.Run) error { return check(current) }}
}

// Finish ends the run of the lease and returns it. It returns a run that is already finished
// unchanged. It fails with Conflict if the lease is lost or if another commit was made since, as
// then the reason may no longer hold.
func (s *Store) Finish(ctx context.Context, l *run.Lease, reason run.StopReason) (run.Run, error) {
	r, _, err := s.applyAction(ctx, l.Ref, run.Finish, reason, precondition{check: func(items runItems, _ run.Run) error {
		if items.progress.LeaseOwner != l.Owner || items.progress.Seq != l.Seq {
			return errLeaseLost()
		}
		return nil
	}})
	return r, err
}

// Abandon ends the run with the reason unknown, because a message about it that was sent at the
// given time could not be handled, and reports whether that changed the run. A finished run stays
// as it is. It fails with Conflict, and nothing is written, if the run is leased, waits for a time
// in the future or needs no worker, or if it was created, leased, released or changed since the
// message was sent: the sweep wakes such a run.
//
// On AWS a message is abandoned hours after it was sent, so clocks that differ by minutes do no
// harm. One machine abandons a message sooner, and has one clock.
func (s *Store) Abandon(ctx context.Context, ref run.Ref, sent time.Time) (run.Run, bool, error) {
	return s.applyAction(ctx, ref, run.Finish, run.Unknown, precondition{check: func(items runItems, _ run.Run) error {
		// Every lease, commit, release and resume sets a wake time that is not before the present
		// time, in earlier versions too. So a wake time before sent means that none of them
		// happened since.
		since := earlier(sent, s.clock())
		if wake := items.progress.WakeAt; wake == "" || wake >= keys.Stamp(since) || !items.run.UpdatedAt.Before(since) {
			return fault.New(fault.Conflict, "the run was worked on since the message was sent")
		}
		return nil
	}})
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// revokeAfter is how many races against a worker's commits the end of a run may lose before it
// revokes the worker's lease.
const revokeAfter = 3

// applyAction reads the run, applies the action, and writes the result if the run has not changed
// since the read. If the run has changed, it starts again.
func (s *Store) applyAction(
	ctx context.Context, ref run.Ref, a run.Action, reason run.StopReason, pre precondition,
) (r run.Run, changed bool, err error) {
	var found *lookupResult
	lost := 0
	err = retryRaces(ctx, func() error {
		items, err := s.readRun(ctx, ref)
		if err != nil {
			return err
		}
		if found == nil { // the values never change, so read them once
			result, err := s.lookUpRun(ctx, ref.Tenant, items)
			if err != nil {
				return err
			}
			found = &result
		}
		current := items.toRun(*found)
		r, changed, err = run.Apply(current, a, reason, s.clock())
		if err != nil || !changed && !pre.exact {
			return err
		}
		if pre.check != nil {
			if err := pre.check(items, current); err != nil {
				return err
			}
		}
		if !changed {
			return nil
		}
		err = s.write(ctx, s.transitionTx(ref, items, r, pre))
		s.hub.Changed(ref) // even after an error, since an attempt at the write may have succeeded
		if !dynamo.IsCondCheckFailed(err) && !isBusy(err) {
			return classify(err, "change a run")
		}
		if lost++; lost%revokeAfter == 0 && r.Status == run.Finished && pre.check == nil {
			if err := s.revokeLease(ctx, ref); err != nil {
				return err
			}
		}
		return errRaced
	})
	if err != nil {
		return run.Run{}, false, err
	}
	return r, changed, nil
}

// transitionTx returns the transaction that changes the items to those of r. It fails if the run
// has changed since the read, or if the precondition may no longer hold.
func (s *Store) transitionTx(ref run.Ref, items runItems, r run.Run, pre precondition) *dynamo.WriteTx {
	item := items.run.with(ref.Tenant, r)
	tx := s.db.WriteTx()
	progress := s.update(progressKey(ref))
	switch {
	case r.Status == run.Finished:
		final := items.progress.Progress
		item.Progress = &final
		// The write fails if a part was committed since the read, so the copied progress is final.
		progress.If("seq = ?", items.progress.Seq).Set("finished", true)
		switch {
		case pre.exact:
			ifUnchanged(progress, items.progress)
		case pre.check != nil:
			// The lease was not acquired, extended or released since the read.
			progress.If("wake_at = ?", items.progress.WakeAt)
		}
		tx.Update(s.scheduleEnd(progress, r, s.settle(progress, items.progress, r.FinishedAt)))
		tx.Update(s.countFinished(job.Ref{Tenant: ref.Tenant, ID: r.JobID}))
		s.putEntries(tx, reasonEntry(ref.Tenant, item))
	case items.run.Status == run.Paused: // the run is resumed, and may be parked
		if pre.exact {
			ifUnchanged(progress, items.progress)
		}
		progress.If("attribute_exists(pk)").
			Set("wake_shard", wakeShardOf(r.ID)).
			Set("wake_at", keys.Stamp(s.clock())). // UpdatedAt may come from a clock that is ahead
			Remove("waiting_for")
		tx.Update(progress)
	case pre.exact:
		tx.Check(ifUnchanged(s.check(progressKey(ref)), items.progress))
	}
	return tx.Put(s.table.Put(item).If("version = ? AND created_key = ?", items.run.Version, items.run.CreatedKey))
}

// countFinished returns the update that subtracts a run from the job's unfinished runs. A job with
// unfinished runs cannot be deleted.
func (s *Store) countFinished(ref job.Ref) *dynamo.Update {
	return s.update(jobItemKey(ref)).
		If("unfinished > ?", 0).
		Add("unfinished", -1)
}
