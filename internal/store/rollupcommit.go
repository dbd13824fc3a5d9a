package store

import (
	"context"
	"errors"

	"github.com/guregu/dynamo/v2"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/rollup"
	"github.com/inndx/runs/internal/run"
)

// Bounds of the pieces of a series that a worker keeps. A reader reads all of them.
const (
	// maxLastBytes bounds the piece in the progress item, unless one commit exceeds it. The item
	// stays below 1 KB, so a commit costs no more than without it.
	maxLastBytes = 480
	// maxRecentBytes bounds the recent piece, which is written each time the piece in the progress
	// item is full, and the records of one commit in the progress item.
	maxRecentBytes = 6 << 10
	// maxTotalBytes bounds the total. With the recent piece it takes 8 units, as that read is
	// eventually consistent, and with the run and its progress 10. The buckets of a run that would
	// need more are wider: that takes hundreds of buckets with latencies of all sizes.
	maxTotalBytes = 56 << 10
)

// addNumbers adds the records of new parts to the piece of the lease next, which is the lease l
// after the commit. If the piece is full without them, it becomes a part of the recent piece first.
func (s *Store) addNumbers(ctx context.Context, l, next *run.Lease, records []crawllog.Record) error {
	if records == nil {
		return nil
	}
	for {
		last := decodePiece(l.Rollup)
		empty := len(last.Parts) == 0
		last.AddRange(l.Seq+1, next.Seq, records)
		next.Rollup = last.Encode()
		if len(next.Rollup) <= maxLastBytes || empty {
			next.Rollup = last.EncodeWithin(maxRecentBytes)
			return nil
		}
		if err := s.emptyPiece(ctx, l); err != nil {
			return err
		}
	}
}

// emptyPiece merges the piece of the lease into the recent piece, and that, when it exceeds its
// bound, into the total. The transaction fails with Conflict if the lease is lost, so only an earlier
// attempt of this commit may change the pieces meanwhile. Then emptyPiece may do nothing, and the
// next call finds what that attempt did.
func (s *Store) emptyPiece(ctx context.Context, l *run.Lease) error {
	recent, at, err := s.piece(ctx, l, recentSort)
	switch {
	case err != nil:
		return err
	case at == l.Seq: // an earlier attempt succeeded, and its response was lost
		l.Rollup = recent.Follow().Encode()
		return nil
	}
	tx, progress := s.db.WriteTx(), s.leased(l)
	recent.Merge(decodePiece(l.Rollup))
	if len(recent.Encode()) > maxRecentBytes {
		total, at, err := s.piece(ctx, l, totalSort)
		if err != nil || at == l.Seq { // an earlier attempt arrived since the recent piece was read
			return err
		}
		total.Merge(recent)
		s.putPiece(tx, l, totalSort, total, maxTotalBytes)
		progress.Set("total_at", l.Seq)
		recent = total.Follow()
	}
	s.putPiece(tx, l, recentSort, recent, maxRecentBytes)
	rollup := recent.Follow().Encode()
	err = s.write(ctx, tx.Update(progress.Set("recent_at", l.Seq).Set("rollup", rollup)))
	if dynamo.IsCondCheckFailed(err) {
		return errLeaseLost()
	}
	if err == nil {
		l.Rollup = rollup
	}
	return classify(err, "write a rollup")
}

// decodePiece returns the piece of a series. A missing or damaged one is empty: readers fold its
// parts again.
func decodePiece(data []byte) *rollup.Series {
	s, err := rollup.DecodeSeries(data)
	if err != nil {
		return rollup.NewSeries()
	}
	return s
}

// piece reads the piece of the leased run, and At of its item, 0 without an item. The read is
// strongly consistent.
func (s *Store) piece(ctx context.Context, l *run.Lease, sort string) (piece *rollup.Series, at int64, err error) {
	var item rollupItem
	err = s.get(primaryKey{PK: runKey(l.Ref), SK: sort}).Consistent(true).One(ctx, &item)
	if err != nil && !errors.Is(err, dynamo.ErrNotFound) {
		return nil, 0, classify(err, "read a rollup")
	}
	if err != nil || item.Created != l.CreatedAt.UnixMicro() {
		return rollup.NewSeries(), 0, nil
	}
	return decodePiece(item.Data), item.At, nil
}

// putPiece adds the write of a piece, as at most so many bytes, to a transaction.
func (s *Store) putPiece(tx *dynamo.WriteTx, l *run.Lease, sort string, piece *rollup.Series, bytes int) {
	data := piece.EncodeWithin(bytes)
	if len(data) > MaxLogItemBytes {
		data = nil // the transaction must not fail because of it: readers fold the parts
	}
	tx.Put(s.table.Put(rollupItem{
		primaryKey: primaryKey{PK: runKey(l.Ref), SK: sort},
		Created:    l.CreatedAt.UnixMicro(), At: l.Seq, Data: data,
	}))
}
