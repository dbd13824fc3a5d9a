package store

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/guregu/dynamo/v2"
	"golang.org/x/sync/errgroup"

	"github.com/inndx/runs/internal/export"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store/keys"
)

// DueExports returns at most limit exports of all tenants that are to be worked on at now: pending
// ones, those whose worker died, and deleted ones. The one with the earliest wake time is first.
func (s *Store) DueExports(ctx context.Context, now time.Time, limit int) ([]export.Ref, error) {
	var due [wakeShards][]wokenItem
	group, gctx := errgroup.WithContext(ctx)
	for shard := range due {
		group.Go(func() error {
			return s.table.Get("wake_shard", exportShard(shard)).Index(byWake).
				Range("wake_at", dynamo.LessOrEqual, keys.Stamp(now)).
				SearchLimit(limit).RequestLimit(1).
				All(gctx, &due[shard])
		})
	}
	if err := group.Wait(); err != nil {
		return nil, classify(err, "read the exports that are due")
	}
	all := slices.Concat(due[:]...)
	slices.SortFunc(all, func(a, b wokenItem) int { return cmp.Compare(a.WakeAt, b.WakeAt) })
	refs := make([]export.Ref, 0, len(all))
	for _, item := range all[:min(limit, len(all))] {
		ref, err := parseExportKey(item.primaryKey)
		if err != nil {
			return nil, classify(err, "read the exports that are due")
		}
		refs = append(refs, ref)
	}
	return refs, nil
}

// A wokenItem is what by_wake has of an item.
type wokenItem struct {
	primaryKey
	WakeAt string `dynamo:"wake_at"`
}

// AcquireExport acquires the lease of the export for ttl. The owner must be unique to the caller.
// It fails with Conflict if another owner has the lease, or if nothing is to be done for the export
// now: it is finished or failed. It fails with NotFound if there is no such export, or if the run
// is deleted, whose purge deletes the objects of its exports, too.
//
// Until the lease is released, the wake time of the export is the lease's end, so that the sweep
// wakes it if its owner dies.
func (s *Store) AcquireExport(ctx context.Context, ref export.Ref, owner string, ttl time.Duration) (*export.Lease, error) {
	item, err := s.exportItem(ctx, ref)
	if err != nil {
		return nil, err
	}
	now := s.clock()
	if !item.Removed && (item.State == export.Finished || item.State == export.Failed) {
		return nil, fault.New(fault.Conflict, "the export is %s", item.State)
	}
	if item.LeaseOwner != "" && item.LeaseUntil >= keys.Stamp(now) {
		return nil, fault.New(fault.Conflict, "the export is leased to another until %s", item.LeaseUntil)
	}
	if item.Removed && item.SettlesAt > keys.Stamp(now) {
		return nil, s.postponeRemoval(ctx, ref, item)
	}
	until := now.Add(ttl)
	update := s.update(exportKey(ref)).
		If("attribute_exists(pk) AND 'state' = ?", item.State).
		Set("lease_owner", owner).Set("lease_until", keys.Stamp(until)).Add("attempts", 1).
		Set("wake_shard", exportShardOf(ref.ID)).Set("wake_at", keys.Stamp(until))
	if item.LeaseOwner == "" {
		update.If("attribute_not_exists(lease_owner)")
	} else {
		update.If("lease_owner = ? AND lease_until = ?", item.LeaseOwner, item.LeaseUntil)
	}
	if item.Removed {
		update.If("removed = ?", true)
	} else {
		item.State = export.Running
		if item.StartedAt.IsZero() {
			item.StartedAt = now
		}
		update.If("attribute_not_exists(removed)").
			Set("state", item.State).Set("started_at", item.StartedAt).
			Set("settles_at", keys.Stamp(now.Add(s.settleTime)))
	}
	err = s.write(ctx, s.db.WriteTx().
		Update(update).
		Check(s.check(progressKey(ref.Run)).If("attribute_exists(pk) AND attribute_not_exists(deleting)")))
	switch {
	case conditionFailed(err, 1):
		return nil, noSuchExport()
	case dynamo.IsCondCheckFailed(err), isBusy(err):
		return nil, fault.New(fault.Conflict, "another process works on the export")
	case err != nil:
		return nil, classify(err, "acquire the lease of an export")
	}
	e, err := item.export(ref.Run)
	return &export.Lease{Export: e, Owner: owner, Attempts: item.Attempts + 1, Removed: item.Removed}, err
}

// postponeRemoval makes a deleted export due when no process writes its objects any more.
func (s *Store) postponeRemoval(ctx context.Context, ref export.Ref, item exportItem) error {
	err := s.update(exportKey(ref)).If("removed = ? AND settles_at = ?", true, item.SettlesAt).
		Set("wake_at", item.SettlesAt).Run(ctx)
	if err := ignoreCondition(err, "postpone the removal of an export"); err != nil {
		return err
	}
	return fault.New(fault.Conflict, "a process may still write objects of the deleted export")
}

// PostponeExport makes an export that is due now due at a later time, and reports whether it did.
// It does nothing if another process works on the export or has postponed it, if the export needs
// no work, or if it does not exist.
func (s *Store) PostponeExport(ctx context.Context, ref export.Ref, until time.Time) (bool, error) {
	err := s.update(exportKey(ref)).
		If("attribute_exists(pk) AND wake_at <= ?", keys.Stamp(s.clock())).
		Set("wake_at", keys.Stamp(until)).Run(ctx)
	if dynamo.IsCondCheckFailed(err) {
		return false, nil
	}
	return err == nil, classify(err, "postpone an export")
}

// SaveExport records the progress of the leased export and extends the lease to ttl from now. It
// fails with Conflict if the lease is lost.
func (s *Store) SaveExport(ctx context.Context, l *export.Lease, p export.Progress, ttl time.Duration) error {
	data, err := json.Marshal(p)
	if err != nil {
		return classify(err, "encode the progress of an export")
	}
	until := keys.Stamp(s.clock().Add(ttl))
	return s.updateExport(ctx, l, func(u *dynamo.Update) {
		u.Set("progress", data).Set("lease_until", until).Set("wake_at", until).Set("attempts", 0)
	})
}

// ReleaseExport ends the lease and makes the export due at once. It fails with Conflict if the
// lease is lost.
func (s *Store) ReleaseExport(ctx context.Context, l *export.Lease) error {
	return s.updateExport(ctx, l, func(u *dynamo.Update) {
		removeLease(u).Set("wake_at", keys.Stamp(s.clock()))
	})
}

// FinishExport records that the file of the leased export is complete. It fails with Conflict if
// the lease is lost.
func (s *Store) FinishExport(ctx context.Context, l *export.Lease, size int64) error {
	return s.updateExport(ctx, l, func(u *dynamo.Update) {
		endExport(u, export.Finished, s.clock()).Set("size", size)
	})
}

// FailExport records that the leased export will not be made, and why. It fails with Conflict if
// the lease is lost.
func (s *Store) FailExport(ctx context.Context, l *export.Lease, reason string) error {
	return s.updateExport(ctx, l, func(u *dynamo.Update) {
		endExport(u, export.Failed, s.clock()).Set("error", reason)
	})
}

// AbandonExport fails an export because a message about it that was sent at the time could not be
// handled. It does nothing if the export is leased, was worked on since, or is deleted: the sweep
// wakes such an export. It reports whether the export failed.
func (s *Store) AbandonExport(ctx context.Context, ref export.Ref, sent time.Time, reason string) (bool, error) {
	now := s.clock()
	update := endExport(s.update(exportKey(ref)), export.Failed, now).Set("error", reason).
		If("attribute_exists(pk) AND attribute_not_exists(removed) AND wake_at < ?", keys.Stamp(earlier(sent, now))).
		If("'state' IN (?, ?)", export.Pending, export.Running)
	err := update.Run(ctx)
	if dynamo.IsCondCheckFailed(err) {
		return false, nil
	}
	return err == nil, classify(err, "abandon an export")
}

// endExport makes the update end the export in the state.
func endExport(u *dynamo.Update, state export.State, now time.Time) *dynamo.Update {
	return unschedule(u).Set("state", state).Set("finished_at", now)
}

// ForgetExport deletes the item of a leased export that is deleted, after its objects. It fails
// with Conflict if the lease is lost.
func (s *Store) ForgetExport(ctx context.Context, l *export.Lease) error {
	err := s.delete(exportKey(l.Ref())).If("lease_owner = ? AND removed = ?", l.Owner, true).Run(ctx)
	if dynamo.IsCondCheckFailed(err) {
		return errExportLeaseLost()
	}
	return classify(err, "delete an export")
}

// updateExport changes the leased export.
func (s *Store) updateExport(ctx context.Context, l *export.Lease, change func(*dynamo.Update)) error {
	u := s.update(exportKey(l.Ref())).If("lease_owner = ?", l.Owner)
	change(u)
	err := u.Run(ctx)
	if dynamo.IsCondCheckFailed(err) {
		return errExportLeaseLost()
	}
	return classify(err, "change an export")
}

func errExportLeaseLost() error {
	return fault.New(fault.Conflict, "the lease of the export is lost")
}

// purgeExports deletes the exports of a deleted run. It returns the progress of the run with the
// time at which no process writes objects of the exports any more: their leases cannot be acquired
// again, so that time is final.
func (s *Store) purgeExports(ctx context.Context, ref run.Ref, item progressItem) (progressItem, error) {
	if !item.Objects {
		return item, nil
	}
	exports, err := s.exportItems(ctx, ref)
	if err != nil {
		return item, err
	}
	for batch := range slices.Chunk(exports, purgeItems) {
		tx := s.db.WriteTx()
		for _, e := range batch {
			tx.Delete(s.delete(e.primaryKey))
			item.SettlesAt = max(item.SettlesAt, e.SettlesAt)
		}
		progress := s.update(progressKey(ref)).If("deleting = ? AND created_at = ?", true, item.CreatedAt)
		if item.SettlesAt != "" {
			progress.Set("settles_at", item.SettlesAt)
		}
		if err := s.write(ctx, tx.Update(progress.Set("wake_at", keys.Stamp(s.clock().Add(purgePause))))); err != nil {
			return item, err
		}
	}
	return item, nil
}
