package store

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/guregu/dynamo/v2"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store/keys"
	"github.com/inndx/runs/internal/tenant"
)

// Who moves a run on. Messages are hints; what counts is wake_at, which the sweep obeys.
//
//	pending           a worker starts it; due from its creation
//	running, leased   the worker; due when the lease ends
//	running, released whoever is woken next; due at the wakeAt of Release
//	paused, leased    the worker parks it; due when the lease ends
//	paused, parked    a client resumes or stops it; not due until then
//	finished          nobody, or whoever expires it; due at the end of its retention
//	deleted           whoever purges it; due from the delete, then from the last step of Purge

// Transition applies the action to the run and reports whether the run changed. Stop records
// the stop reason manual. It is a Conflict when the run's status refuses the action.
//
// A check that is not nil gets the run as Run returns it. Its error stops the transition and is
// returned; otherwise the transition is made only while the run, its progress included, is as
// it was checked.
func (s *Store) Transition(
	ctx context.Context, ref run.Ref, a run.Action, check func(run.Run) error,
) (r run.Run, changed bool, err error) {
	return s.move(ctx, ref, a, run.Manual, exactly(check))
}

// A requirement is what must hold for a change of a run: check, which is asked for each record
// that is read, may be nil. Until the change is written, the run stays as it was checked and, if
// exact, its progress; otherwise its lease.
type requirement struct {
	check func(rec record, shown run.Run) error
	exact bool
}

// exactly returns the requirement that the check of a run, if there is one, does not fail.
func exactly(check func(run.Run) error) requirement {
	if check == nil {
		return requirement{}
	}
	return requirement{exact: true, check: func(_ record, shown run.Run) error { return check(shown) }}
}

// Finish ends the run that l is a lease of. A run that is finished already is returned
// unchanged. It is a Conflict when the lease is lost, or others wrote to the log since: the
// reason may not hold any more.
func (s *Store) Finish(ctx context.Context, l *run.Lease, reason run.StopReason) (run.Run, error) {
	r, _, err := s.move(ctx, l.Ref, run.Finish, reason, requirement{check: func(rec record, _ run.Run) error {
		if rec.progress.LeaseOwner != l.Owner || rec.progress.Seq != l.Seq {
			return errLeaseLost()
		}
		return nil
	}})
	return r, err
}

// Abandon ends the run with the reason unknown, because a message about it that was sent at the
// given time could not be handled, and reports whether that changed it: a finished run stays as it
// is. It is a Conflict, and nothing is written, when the run is leased, waits for a time that is
// still to come, or needs no worker, or when it was created, leased, released or changed since the
// message was sent: the sweep moves such a run on.
//
// A message is given up hours after it was sent, so clocks that are minutes apart do no harm. One
// machine gives up sooner, and has one clock.
func (s *Store) Abandon(ctx context.Context, ref run.Ref, sent time.Time) (run.Run, bool, error) {
	return s.move(ctx, ref, run.Finish, run.Unknown, requirement{check: func(rec record, _ run.Run) error {
		// Every lease, commit, release and resume leaves a wake time that is not before it, those of
		// earlier versions included. So a wake time before sent means that there was none since.
		since := earlier(sent, s.clock())
		if wake := rec.progress.WakeAt; wake == "" || wake >= keys.Stamp(since) || !rec.run.UpdatedAt.Before(since) {
			return fault.New(fault.Conflict, "the run was moved on since the message was sent")
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

// move reads the run, applies the action and writes the outcome if the run is unchanged
// since the read, and begins again if it is not. A check that fails stops it, also when an exact
// one is of an action that would change nothing; what it may check holds when the outcome is
// written, too.
func (s *Store) move(
	ctx context.Context, ref run.Ref, a run.Action, reason run.StopReason, c requirement,
) (r run.Run, changed bool, err error) {
	var fixed *details
	lost := 0
	err = race(ctx, func() error {
		rec, err := s.record(ctx, ref)
		if err != nil {
			return err
		}
		if fixed == nil {
			found, err := s.fixed(ctx, ref.Tenant, rec)
			if err != nil {
				return err
			}
			fixed = &found
		}
		shown := rec.show(*fixed)
		r, changed, err = run.Apply(shown, a, reason, s.clock())
		if err != nil || !changed && !c.exact {
			return err
		}
		if c.check != nil {
			if err := c.check(rec, shown); err != nil {
				return err
			}
		}
		if !changed {
			return nil
		}
		err = s.write(ctx, s.moved(ref, rec, r, c))
		if !dynamo.IsCondCheckFailed(err) && !isBusy(err) {
			return classify(err, "change a run")
		}
		if lost++; lost%fenceAfter == 0 && r.Status == run.Finished && c.check == nil {
			if err := s.fence(ctx, ref); err != nil {
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

// fenceAfter is how many races in a row an end of a run may lose to a worker's commits.
const fenceAfter = 3

// fence takes the lease from whoever has it, so that its commits fail and it has to begin
// again. The wake time stays: a run that is not ended after all goes on by then.
func (s *Store) fence(ctx context.Context, ref run.Ref) error {
	err := taken(s.progress(ref)).If("attribute_exists(pk)").Run(ctx)
	if dynamo.IsCondCheckFailed(err) {
		return errRaced // it is gone
	}
	return classify(err, "fence a run")
}

// moved returns the transaction that turns rec into r. Of an exact requirement it fails when the
// progress moved since it was read; of another check, when somebody took the run's lease, kept it,
// or let go of it.
func (s *Store) moved(ref run.Ref, rec record, r run.Run, c requirement) *dynamo.WriteTx {
	item := rec.run.with(ref.Tenant, r)
	tx := s.db.WriteTx()
	progress := s.progress(ref)
	switch {
	case r.Status == run.Finished:
		final := rec.progress.Progress
		item.Progress = &final
		// No part was committed since the read: the progress copied is the last.
		progress.If("seq = ?", rec.progress.Seq).Set("finished", true)
		if c.check != nil && !c.exact {
			progress.If("wake_at = ?", rec.progress.WakeAt)
		}
		tx.Update(s.retire(progress, r))
		tx.Update(s.oneFinished(ref.Tenant, r.JobID))
		s.putEntries(tx, reasonEntry(ref.Tenant, item))
	case rec.run.Status == run.Paused: // and running now: who had it may have parked it
		if c.exact {
			progress.If("seq = ?", rec.progress.Seq)
		}
		progress.If("attribute_exists(pk)").
			Set("wake_shard", wakeShardOf(r.ID)).
			Set("wake_at", keys.Stamp(s.clock())) // UpdatedAt may be of a clock that is ahead
		tx.Update(progress)
	case c.exact: // and the progress stays as it is
		tx.Check(s.table.Check("pk", runKey(ref)).Range("sk", progressSort).If("seq = ?", rec.progress.Seq))
	}
	return tx.Put(s.table.Put(item).If("version = ? AND created_key = ?", rec.run.Version, rec.run.CreatedKey))
}

// quiet lets go of the lease and takes the run out of by_wake.
func quiet(progress *dynamo.Update) *dynamo.Update {
	return released(progress).Remove("wake_shard", "wake_at")
}

// released lets go of the lease.
func released(progress *dynamo.Update) *dynamo.Update {
	return taken(progress).Remove("attempts")
}

// taken takes the lease from its owner. That the owner achieved nothing stays counted.
func taken(progress *dynamo.Update) *dynamo.Update {
	return progress.Remove("lease_owner", "lease_until")
}

// oneFinished counts one unfinished run less. A job with unfinished runs cannot be deleted.
func (s *Store) oneFinished(t tenant.ID, jobID uuid.UUID) *dynamo.Update {
	return s.table.Update("pk", tenantKey(t)).Range("sk", jobPrefix+jobID.String()).
		If("unfinished > ?", 0).
		Add("unfinished", -1)
}

// DeleteRun deletes the run, whatever its status. Nothing is recorded for it afterwards; its
// log is left to Purge. The check is as that of Transition.
func (s *Store) DeleteRun(ctx context.Context, ref run.Ref, check func(run.Run) error) error {
	return s.deleteRun(ctx, ref, exactly(check))
}

// deleteRun deletes the run if the requirement holds.
func (s *Store) deleteRun(ctx context.Context, ref run.Ref, c requirement) error {
	return race(ctx, func() error {
		rec, err := s.record(ctx, ref)
		if err != nil {
			return err
		}
		if err := s.checkRecord(ctx, ref.Tenant, rec, c); err != nil {
			return err
		}
		progress := released(s.progress(ref)).
			If("attribute_exists(pk)").
			Set("deleting", true).
			Set("wake_shard", wakeShardOf(ref.ID)).
			Set("wake_at", keys.Stamp(s.clock()))
		if c.exact {
			progress.If("seq = ?", rec.progress.Seq)
		}
		tx := s.db.WriteTx().
			Delete(s.table.Delete("pk", rec.run.PK).Range("sk", rec.run.SK).
				If("version = ? AND created_key = ?", rec.run.Version, rec.run.CreatedKey)).
			Update(progress)
		if rec.run.Status != run.Finished {
			tx.Update(s.oneFinished(ref.Tenant, uuid.MustParse(rec.run.JobID)))
		}
		s.deleteEntries(tx, allEntries(ref.Tenant, rec.run)...)
		err = s.write(ctx, tx)
		if dynamo.IsCondCheckFailed(err) || isBusy(err) {
			return errRaced
		}
		return classify(err, "delete a run")
	})
}

// checkRecord asks the check of the requirement. What does not change is read only for an exact one,
// which is shown the run.
func (s *Store) checkRecord(ctx context.Context, t tenant.ID, rec record, c requirement) error {
	if c.check == nil {
		return nil
	}
	var fixed details
	if c.exact {
		var err error
		if fixed, err = s.fixed(ctx, t, rec); err != nil {
			return err
		}
	}
	return c.check(rec, rec.show(fixed))
}

func errLeaseLost() error {
	return fault.New(fault.Conflict, "the lease of the run is lost")
}
