package store

import (
	"context"
	"time"

	"github.com/guregu/dynamo/v2"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store/keys"
)

// purgeItems bounds the items that one transaction deletes, so that it stays within 4 MB.
const purgeItems = 10

// purgePause is how long after a step of a purge the sweep does not wake the run.
const purgePause = 20 * time.Second

// Purge deletes the rest of a deleted run: its exports, its objects, the segments and rollups of its
// log, the tombstones of its artifacts, then the parts of its log, the last one first, and then its
// tombstone. It stops at the deadline and reports whether it is done. A later call continues. It
// fails with Conflict if the run is not deleted.
//
// A worker that was crawling the run, or making an export of it, may still write an object, and die
// before it deletes it, and so may a process that has a lock on an object. So the tombstone stays
// until none can. Until then Purge reports that it is done, and the sweep wakes the run again. A
// part of the log that a worker stores after the purge does no harm: the worker deletes it when it
// cannot publish it, and a new run with the same id ignores it.
//
// Each step is a transaction that checks the tombstone, so that a late purge cannot delete items of
// a new run with the same id.
func (s *Store) Purge(ctx context.Context, ref run.Ref, deadline time.Time) (done bool, err error) {
	for {
		item, err := s.progressItem(ctx, ref)
		switch {
		case fault.Is(err, fault.NotFound):
			return true, nil
		case err != nil:
			return false, err
		case !item.Deleting:
			return false, fault.New(fault.Conflict, "the run is not deleted")
		}
		item, err = s.purgeExports(ctx, ref, item)
		if dynamo.IsCondCheckFailed(err) || isBusy(err) {
			continue
		}
		if err != nil {
			return false, classify(err, "purge the exports of a run")
		}
		settlesAt, err := s.objectsSettleAt(ctx, ref, item)
		if err != nil {
			return false, err
		}
		wait := settlesAt > keys.Stamp(s.clock())
		if done, err := s.purgeObjects(ctx, ref, item, deadline); !done || err != nil {
			return false, err
		}
		done, err := s.purge(ctx, ref, item, deadline)
		if done && wait {
			err = s.waitToSettle(ctx, ref, item, settlesAt)
		} else if done {
			err = s.removeTombstone(ctx, ref)
		}
		if !dynamo.IsCondCheckFailed(err) && !isBusy(err) {
			return done, classify(err, "purge a run")
		}
		// Another purge is in progress. Read its state.
	}
}

// purge deletes the tombstones of artifacts, the copies and the parts up to the sequence number
// of the item, on the condition that exactly these parts are left.
func (s *Store) purge(ctx context.Context, ref run.Ref, item progressItem, deadline time.Time) (bool, error) {
	for s.clock().Before(deadline) {
		rest, err := s.copyKeys(ctx, ref)
		if err == nil && len(rest) == 0 && item.Objects {
			rest, err = s.tombstoneKeys(ctx, ref)
		}
		if err == nil && len(rest) == 0 {
			rest, err = s.unpublishedKeys(ctx, ref, item.Seq)
		}
		if err != nil {
			return false, err
		}
		if len(rest) == 0 { // and none is added, as that takes a lease or the run
			return s.purgeLog(ctx, ref, item.Seq, deadline)
		}
		if err := s.purgeStep(ctx, ref, rest, item.Seq, item.Seq); err != nil {
			return false, err
		}
	}
	return false, nil
}

// purgeLog is purge when only the log is left.
func (s *Store) purgeLog(ctx context.Context, ref run.Ref, seq int64, deadline time.Time) (bool, error) {
	for seq > 0 {
		if !s.clock().Before(deadline) {
			return false, nil
		}
		rest := max(seq-purgeItems, 0)
		var parts []primaryKey
		for n := seq; n > rest; n-- {
			parts = append(parts, primaryKey{PK: runKey(ref), SK: logSort(n)})
		}
		if err := s.purgeStep(ctx, ref, parts, seq, rest); err != nil {
			return false, err
		}
		seq = rest
	}
	return true, nil
}

// removeTombstone deletes the tombstone of a run whose log is purged.
func (s *Store) removeTombstone(ctx context.Context, ref run.Ref) error {
	tombstone := s.delete(progressKey(ref)).If("deleting = ? AND seq = ?", true, 0)
	return s.write(ctx, s.db.WriteTx().Delete(tombstone))
}

// objectsSettleAt returns when no process writes objects of the deleted run any more. It is empty,
// or in the past, if none does now.
func (s *Store) objectsSettleAt(ctx context.Context, ref run.Ref, item progressItem) (string, error) {
	if !item.Objects {
		return "", nil
	}
	locked, err := s.lockedUntil(ctx, ref)
	return max(item.SettlesAt, locked), err
}

// waitToSettle makes a run whose log is purged due when no process writes objects any more.
func (s *Store) waitToSettle(ctx context.Context, ref run.Ref, item progressItem, settlesAt string) error {
	return s.write(ctx, s.db.WriteTx().Update(s.update(progressKey(ref)).
		If("deleting = ? AND seq = ? AND created_at = ?", true, 0, item.CreatedAt).
		Set("wake_at", settlesAt)))
}

// purgeStep deletes items of a run whose log has seq parts, and rest parts afterwards.
func (s *Store) purgeStep(ctx context.Context, ref run.Ref, items []primaryKey, seq, rest int64) error {
	tx := s.db.WriteTx()
	for _, key := range items {
		tx.Delete(s.delete(key))
	}
	return s.write(ctx, tx.Update(s.update(progressKey(ref)).
		If("deleting = ? AND seq = ?", true, seq).
		Set("seq", rest).
		Set("wake_at", keys.Stamp(s.clock().Add(purgePause)))))
}

// unpublishedKeys returns the keys of at most purgeItems parts that are stored after the end of a
// log of seq parts.
func (s *Store) unpublishedKeys(ctx context.Context, ref run.Ref, seq int64) (parts []primaryKey, err error) {
	err = s.table.Get("pk", runKey(ref)).Range("sk", dynamo.Between, logSort(seq+1), logSort(maxSeq)).
		Project("pk", "sk").Consistent(true).Limit(purgeItems).All(ctx, &parts)
	return parts, err
}

// copyKeys returns the keys of at most purgeItems items that were made of the log of a run: rollups
// and segments.
func (s *Store) copyKeys(ctx context.Context, ref run.Ref) (copies []primaryKey, err error) {
	err = s.table.Get("pk", runKey(ref)).Range("sk", dynamo.Between, rollupPrefix, segmentSort(maxSeq)).
		Project("pk", "sk").Consistent(true).Limit(purgeItems).All(ctx, &copies)
	return copies, err
}
