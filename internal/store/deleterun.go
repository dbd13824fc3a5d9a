package store

import (
	"context"

	"github.com/google/uuid"
	"github.com/guregu/dynamo/v2"

	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store/keys"
	"github.com/inndx/runs/internal/tenant"
)

// DeleteRun deletes the run in any status. Nothing is recorded for the run afterwards. Purge
// deletes its objects and its log. The check works like that of Transition. DeleteRun fails with
// NotFound if there is no such run.
func (s *Store) DeleteRun(ctx context.Context, ref run.Ref, check func(run.Run) error) error {
	return s.deleteRun(ctx, ref, preconditionOf(check))
}

// deleteRun deletes the run if the precondition holds.
func (s *Store) deleteRun(ctx context.Context, ref run.Ref, pre precondition) error {
	return retryRaces(ctx, func() error {
		items, err := s.readRun(ctx, ref)
		if err != nil {
			return err
		}
		if err := s.checkPrecondition(ctx, ref.Tenant, items, pre); err != nil {
			return err
		}
		progress := releaseLease(s.update(progressKey(ref))).
			If("attribute_exists(pk)").
			Set("deleting", true).
			Set("wake_shard", wakeShardOf(ref.ID)).
			Set("wake_at", keys.Stamp(s.clock()))
		if pre.exact {
			ifUnchanged(progress, items.progress)
		}
		if items.run.Status != run.Finished {
			s.settle(progress, items.progress, s.clock())
		}
		tx := s.db.WriteTx().
			Delete(s.delete(runItemKey(ref)).
				If("version = ? AND created_key = ?", items.run.Version, items.run.CreatedKey)).
			Update(progress)
		if items.run.Status != run.Finished {
			tx.Update(s.countFinished(job.Ref{Tenant: ref.Tenant, ID: uuid.MustParse(items.run.JobID)}))
		}
		s.deleteEntries(tx, allEntries(ref.Tenant, items.run)...)
		err = s.write(ctx, tx)
		s.hub.Changed(ref) // even after an error, since an attempt at the write may have succeeded
		if dynamo.IsCondCheckFailed(err) || isBusy(err) {
			return errRaced
		}
		return classify(err, "delete a run")
	})
}

// checkPrecondition calls the check of the precondition, if there is one. Only the check of an
// exact precondition gets the configuration and the job's name, which take another read.
func (s *Store) checkPrecondition(ctx context.Context, t tenant.ID, items runItems, pre precondition) error {
	if pre.check == nil {
		return nil
	}
	var found lookupResult
	if pre.exact {
		var err error
		if found, err = s.lookUpRun(ctx, t, items); err != nil {
			return err
		}
	}
	return pre.check(items, items.toRun(found))
}
