package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/guregu/dynamo/v2"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store/keys"
	"github.com/inndx/runs/internal/watch"
)

// Bounds of a commit. An item has at most 400 KB; see
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html. A purge deletes
// parts in transactions, which have at most 100 items and 4 MB.
const (
	MaxLogItemBytes = 390 << 10  // of one part
	MaxCommitBytes  = 2560 << 10 // of all parts of a commit
	MaxCommitParts  = 90
)

// Commit appends the parts to the run's log, adds their records to the run's numbers, sets the
// run's progress, and extends the lease if less than half of it is left. The run must have been
// started. Commit fails with Conflict, and nothing is recorded, if the run is finished
// (run.ErrFinished) or deleted, or if another worker stored the next part. It also fails with
// Conflict if the lease is lost; then the next worker may adopt the parts. In each case the caller
// must discard what it did, and reload the run or stop. Parts beyond MaxLogItemBytes,
// MaxCommitBytes and MaxCommitParts are a bug of the caller.
//
// A commit is not a transaction, which would cost twice as much. Its parts are stored first, each
// on the condition that no part has its number, so a part never changes. Then one conditional write
// of the progress item publishes them: only the parts up to its seq are in the log. If the worker
// dies in between, the next one finds the parts with Unpublished and commits them.
func (s *Store) Commit(ctx context.Context, l *run.Lease, c crawllog.Commit) error {
	if err := checkCommit(c); err != nil {
		return err
	}
	next := *l
	next.Progress = c.Progress
	if len(c.Parts) > 0 { // a commit that only extends the lease makes no progress
		next.Seq += int64(len(c.Parts))
		next.Attempts = 0
	}
	if err := s.addNumbers(ctx, l, &next, c.Records); err != nil {
		return err
	}
	if now := s.clock(); l.Until.Sub(now) < l.TTL/2 {
		next.Until = now.Add(l.TTL)
	}
	for i, part := range c.Parts[c.Stored:] {
		if err := s.putPart(ctx, l, l.Seq+1+int64(c.Stored+i), part); err != nil {
			return err
		}
	}
	var committed *watch.Commit
	done := s.hub.Committing(l.Ref)
	defer func() { done(committed) }()
	if err := s.publish(ctx, l, &next); err != nil {
		return err
	}
	committed = s.watched(l.Ref, l.Seq, c)
	*l = next
	return nil
}

// putPart stores a part of the log of the leased run. It succeeds if the part is stored already, as
// it is when the response to an earlier attempt was lost.
func (s *Store) putPart(ctx context.Context, l *run.Lease, seq int64, data []byte) error {
	item := logItem{primaryKey: primaryKey{PK: runKey(l.Ref), SK: logSort(seq)}, Created: createdTag(l), Data: data}
	for {
		err := s.table.Put(item).If("attribute_not_exists(pk)").Run(ctx)
		if !dynamo.IsCondCheckFailed(err) {
			return classify(err, "store a part of a log")
		}
		var other logItem
		err = s.get(item.primaryKey).Consistent(true).One(ctx, &other)
		switch {
		case errors.Is(err, dynamo.ErrNotFound):
			continue
		case err != nil:
			return classify(err, "read a part of a log")
		case bytes.Equal(other.Data, data):
			return nil
		case other.Created == item.Created:
			return fault.New(fault.Conflict, "another worker stored the next part of the log")
		}
		if err := s.checkLease(ctx, l, seq-1); err != nil {
			return err
		}
		// A late worker stored it for a deleted run with the same id.
		late := s.delete(item.primaryKey)
		if other.Created == 0 {
			late.If("attribute_not_exists(created)")
		} else {
			late.If("created = ?", other.Created)
		}
		if err := late.Run(ctx); err != nil && !dynamo.IsCondCheckFailed(err) {
			return classify(err, "delete a part of a log")
		}
	}
}

// checkLease fails with Conflict if the lease is lost or its run is deleted. Of a deleted run it
// deletes what was stored of the commit, the parts up to last: a new run may have its id.
func (s *Store) checkLease(ctx context.Context, l *run.Lease, last int64) error {
	item, err := s.progressItem(ctx, l.Ref)
	switch {
	case gone(item, err, l):
		return s.deleteParts(ctx, l, last)
	case err != nil:
		return err
	case item.Seq != l.Seq, item.LeaseOwner != l.Owner:
		return errLeaseLost()
	}
	return nil
}

// gone reports whether the leased run is deleted, by the progress item, or the error, that was read.
func gone(item progressItem, err error, l *run.Lease) bool {
	return fault.Is(err, fault.NotFound) || err == nil && (item.Deleting || !item.CreatedAt.Equal(l.CreatedAt))
}

// createdTag returns what distinguishes the parts of the leased run from those of a deleted run
// with the same id.
func createdTag(l *run.Lease) int64 {
	if l.CreatedAt.IsZero() {
		return 0
	}
	return l.CreatedAt.UnixMicro()
}

// publish sets the progress item of the leased run to what the lease next has, which adds the parts
// up to next.Seq to the log.
func (s *Store) publish(ctx context.Context, l, next *run.Lease) error {
	progress := s.leased(l).
		Set("seq", next.Seq).
		Set("progress", counters(next.Progress))
	if next.Seq > l.Seq {
		progress.Remove("attempts")
	}
	if !bytes.Equal(next.Rollup, l.Rollup) {
		progress.Set("rollup", next.Rollup)
	}
	if next.Until.After(l.Until) {
		progress.Set("lease_until", keys.Stamp(next.Until)).Set("wake_at", keys.Stamp(next.Until))
	}
	err := progress.Run(ctx)
	if dynamo.IsCondCheckFailed(err) {
		return s.whyNotPublished(ctx, l, next)
	}
	return classify(err, "commit")
}

// whyNotPublished returns why the progress could not be set. It returns nil if an earlier attempt
// set it and the response was lost. Then the lease ends when that attempt said, not when next says.
func (s *Store) whyNotPublished(ctx context.Context, l, next *run.Lease) error {
	item, err := s.progressItem(ctx, l.Ref)
	switch {
	case gone(item, err, l): // and the purge may have passed the parts
		return s.deleteParts(ctx, l, next.Seq)
	case err != nil:
		return err
	case next.Seq > l.Seq && item.Seq == next.Seq && (item.LeaseOwner == l.Owner || item.Finished):
		if until, err := keys.ParseStamp(item.LeaseUntil); err == nil { // the run has a lease
			next.Until = until
		}
		return nil // the parts are those of this commit
	case item.Finished:
		return run.ErrFinished
	}
	return errLeaseLost()
}

// deleteParts deletes what was stored of the commit of a deleted run, the parts up to last, and says
// that the run is deleted.
func (s *Store) deleteParts(ctx context.Context, l *run.Lease, last int64) error {
	for seq := l.Seq + 1; seq <= last; seq++ {
		part := s.delete(primaryKey{PK: runKey(l.Ref), SK: logSort(seq)}).If("created = ?", createdTag(l))
		if err := part.Run(ctx); err != nil && !dynamo.IsCondCheckFailed(err) {
			return classify(err, "delete a part of a log")
		}
	}
	return errDeleted()
}

func errDeleted() error { return fault.New(fault.Conflict, "the run is deleted") }

// leased returns an update of the progress of the leased run, on the condition that the lease is
// not lost, the log is as the lease says, and the run is neither finished nor deleted.
func (s *Store) leased(l *run.Lease) *dynamo.Update {
	return s.update(progressKey(l.Ref)).
		If("seq = ? AND lease_owner = ?", l.Seq, l.Owner).
		If("attribute_not_exists(finished) AND attribute_not_exists(deleting)")
}

// checkCommit returns an error if the parts are beyond the bounds, which is a bug of the caller.
func checkCommit(c crawllog.Commit) error {
	size := 0
	for _, part := range c.Parts {
		size += len(part)
		if len(part) == 0 || len(part) > MaxLogItemBytes {
			return fmt.Errorf("store: a log part of %d bytes; it must have 1 to %d", len(part), MaxLogItemBytes)
		}
	}
	if size > MaxCommitBytes || len(c.Parts) > MaxCommitParts {
		return fmt.Errorf("store: a commit of %d parts and %d bytes; it may have %d parts and %d bytes",
			len(c.Parts), size, MaxCommitParts, MaxCommitBytes)
	}
	return nil
}
