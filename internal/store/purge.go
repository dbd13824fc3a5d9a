package store

import (
	"context"
	"time"

	"github.com/guregu/dynamo/v2"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store/keys"
)

// purgeItems bounds the items that one transaction deletes, so that it keeps within 4 MB.
const purgeItems = 10

// purgeRest is how long the sweep leaves a tombstone alone that is being purged.
const purgeRest = 20 * time.Second

// Purge deletes all that a deleted run left: the segments of its log, its log, the last part
// first, and then its tombstone. It stops at the deadline, and reports whether it is done; a
// later call goes on. A run that is not deleted is a Conflict.
//
// Each step is a transaction that checks the tombstone: a purger that is late cannot touch
// what belongs to a new run with the same id.
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
		done, err := s.purge(ctx, ref, item.Seq, deadline)
		if !dynamo.IsCondCheckFailed(err) && !isBusy(err) {
			return done, classify(err, "purge a run")
		}
		// Another purger is at work: see how far it came.
	}
}

// purge deletes the segments, the parts up to seq and the tombstone, on the condition that
// these parts are what is left.
func (s *Store) purge(ctx context.Context, ref run.Ref, seq int64, deadline time.Time) (bool, error) {
	pk := runKey(ref)
	for s.clock().Before(deadline) {
		segments, err := s.someSegments(ctx, pk)
		if err != nil {
			return false, err
		}
		if len(segments) == 0 { // and nobody adds one any more: that takes a lease
			return s.purgeLog(ctx, ref, seq, deadline)
		}
		if err := s.purgeStep(ctx, ref, segments, seq, seq); err != nil {
			return false, err
		}
	}
	return false, nil
}

// purgeLog is purge when no segment is left.
func (s *Store) purgeLog(ctx context.Context, ref run.Ref, seq int64, deadline time.Time) (bool, error) {
	for seq > 0 {
		if !s.clock().Before(deadline) {
			return false, nil
		}
		rest := max(seq-purgeItems, 0)
		var parts []string
		for n := seq; n > rest; n-- {
			parts = append(parts, logSort(n))
		}
		if err := s.purgeStep(ctx, ref, parts, seq, rest); err != nil {
			return false, err
		}
		seq = rest
	}
	tombstone := s.table.Delete("pk", runKey(ref)).Range("sk", progressSort).
		If("deleting = ? AND seq = ?", true, 0)
	return true, s.write(ctx, s.db.WriteTx().Delete(tombstone))
}

// purgeStep deletes items of a run of whose log seq parts are left, and rest afterwards.
func (s *Store) purgeStep(ctx context.Context, ref run.Ref, sortKeys []string, seq, rest int64) error {
	tx := s.db.WriteTx()
	for _, sk := range sortKeys {
		tx.Delete(s.table.Delete("pk", runKey(ref)).Range("sk", sk))
	}
	return s.write(ctx, tx.Update(s.progress(ref).
		If("deleting = ? AND seq = ?", true, seq).
		Set("seq", rest).
		Set("wake_at", keys.Stamp(s.clock().Add(purgeRest)))))
}

// someSegments returns the sort keys of segments of a run, none when there are none.
func (s *Store) someSegments(ctx context.Context, pk string) (sortKeys []string, err error) {
	var segments []primaryKey
	err = s.table.Get("pk", pk).Range("sk", dynamo.BeginsWith, segmentPrefix).
		Project("pk", "sk").Consistent(true).Limit(purgeItems).All(ctx, &segments)
	for _, key := range segments {
		sortKeys = append(sortKeys, key.SK)
	}
	return sortKeys, err
}
