package store

import (
	"context"
	"fmt"

	"github.com/guregu/dynamo/v2"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store/keys"
	"github.com/inndx/runs/internal/watch"
)

// Bounds of a commit, derived from those of DynamoDB: an item has at most 400 KB, a transaction at
// most 100 items and 4 MB. A commit stays well below 4 MB even as it is sent, in Base64, which
// turns three bytes into four. See
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html.
const (
	MaxLogItemBytes = 390 << 10  // of one part
	MaxCommitBytes  = 2560 << 10 // of all parts of a commit
	MaxCommitParts  = 90
)

// Commit appends the parts to the run's log, adds their records to the run's numbers, sets the run's
// progress, and extends the lease if less than half of it is left, all in one transaction. It fails with Conflict, and nothing is recorded,
// if the run is neither running nor paused, if the lease is lost, or if another commit has written
// the next part. Then the caller must discard what it did, and reload the run or stop. Parts beyond
// MaxLogItemBytes, MaxCommitBytes and MaxCommitParts are a bug of the caller.
func (s *Store) Commit(ctx context.Context, l *run.Lease, c crawllog.Commit) error {
	if err := checkCommit(c); err != nil {
		return err
	}
	tx := s.db.WriteTx().Check(s.check(runItemKey(l.Ref)).If("'status' IN (?, ?)", run.Running, run.Paused))
	for i, part := range c.Parts {
		tx.Put(s.table.Put(logItem{
			primaryKey: primaryKey{PK: runKey(l.Ref), SK: logSort(l.Seq + 1 + int64(i))},
			Data:       part,
		}).If("attribute_not_exists(pk)"))
	}
	next := *l
	next.Seq += int64(len(c.Parts))
	next.Progress = c.Progress
	progress := s.update(progressKey(l.Ref)).
		If("seq = ? AND lease_owner = ?", l.Seq, l.Owner).
		Set("seq", next.Seq).
		Set("progress", counters(c.Progress))
	if len(c.Parts) > 0 { // a commit that only extends the lease makes no progress
		next.Attempts = 0
		progress.Remove("attempts")
		if err := s.addNumbers(ctx, tx, progress, l, &next, c.Records); err != nil {
			return err
		}
	}
	if now := s.clock(); l.Until.Sub(now) < l.TTL/2 {
		next.Until = now.Add(l.TTL)
		progress.Set("lease_until", keys.Stamp(next.Until)).Set("wake_at", keys.Stamp(next.Until))
	}
	var committed *watch.Commit
	done := s.hub.Committing(l.Ref)
	defer func() { done(committed) }()
	err := s.write(ctx, tx.Update(progress))
	if dynamo.IsCondCheckFailed(err) {
		return fault.New(fault.Conflict, "the run is stopped, or its lease is lost")
	}
	if err != nil {
		return classify(err, "commit")
	}
	committed = s.watched(l.Ref, l.Seq, c)
	*l = next
	return nil
}

// checkCommit returns an error if the parts do not fit a transaction, which is a bug of the caller.
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
