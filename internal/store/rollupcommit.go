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
	// maxLastBytes bounds the piece in the progress item. The item stays below 1 KB, so a commit
	// costs no more than without it.
	maxLastBytes = 480
	// maxRecentBytes bounds the recent piece, which is written each time the piece in the progress
	// item is full.
	maxRecentBytes = 6 << 10
	// maxTotalBytes bounds the total. With the recent piece it takes 8 units, as that read is
	// eventually consistent, and with the run and its progress 10. The buckets of a run that would
	// need more are wider: that takes hundreds of buckets with latencies of all sizes.
	maxTotalBytes = 56 << 10
)

// addNumbers adds the records of new parts to the run's numbers. The parts follow those of the
// lease l; next is the lease after the commit. The commit fails if another one came first, so the
// pieces are as they are read here.
func (s *Store) addNumbers(
	ctx context.Context, tx *dynamo.WriteTx, progress *dynamo.Update, l, next *run.Lease, records []crawllog.Record,
) error {
	if records == nil {
		return nil
	}
	last := decodePiece(l.Rollup)
	last.AddRange(l.Seq+1, next.Seq, records)
	next.Rollup = last.Encode()
	if len(next.Rollup) > maxLastBytes {
		recent, err := s.piece(ctx, l, recentSort)
		if err != nil {
			return err
		}
		recent.Merge(last)
		if len(recent.Encode()) > maxRecentBytes {
			total, err := s.piece(ctx, l, totalSort)
			if err != nil {
				return err
			}
			total.Merge(recent)
			s.putPiece(tx, l, next.Seq, totalSort, total, maxTotalBytes)
			progress.Set("total_at", next.Seq)
			recent = total.Follow()
		}
		s.putPiece(tx, l, next.Seq, recentSort, recent, maxRecentBytes)
		progress.Set("recent_at", next.Seq)
		next.Rollup = recent.Follow().Encode()
	}
	progress.Set("rollup", next.Rollup)
	return nil
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

// piece reads the piece of the leased run. The read is strongly consistent.
func (s *Store) piece(ctx context.Context, l *run.Lease, sort string) (*rollup.Series, error) {
	var item rollupItem
	err := s.get(primaryKey{PK: runKey(l.Ref), SK: sort}).Consistent(true).One(ctx, &item)
	if err != nil && !errors.Is(err, dynamo.ErrNotFound) {
		return nil, classify(err, "read a rollup")
	}
	if err != nil || item.Created != l.CreatedAt.UnixMicro() {
		return rollup.NewSeries(), nil
	}
	return decodePiece(item.Data), nil
}

// putPiece adds the write of a piece, as at most so many bytes, to the commit that leaves the log
// with seq parts.
func (s *Store) putPiece(tx *dynamo.WriteTx, l *run.Lease, seq int64, sort string, piece *rollup.Series, bytes int) {
	data := piece.EncodeWithin(bytes)
	if len(data) > MaxLogItemBytes {
		data = nil // the commit must not fail for it: readers fold the parts
	}
	tx.Put(s.table.Put(rollupItem{
		primaryKey: primaryKey{PK: runKey(l.Ref), SK: sort},
		Created:    l.CreatedAt.UnixMicro(), At: seq, Data: data,
	}))
}
