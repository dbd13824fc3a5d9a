package store

import (
	"context"
	"fmt"
	"iter"

	"github.com/google/uuid"
	"github.com/guregu/dynamo/v2"

	"github.com/inndx/runs/internal/tenant"
)

// A LogPart is one part of a run's log.
type LogPart struct {
	Seq  int64  // 1 for the first part, and so on without gaps
	Data []byte // as it was committed, at most MaxPartBytes
}

// Log returns the parts of the run's log that follow the part after, in order. The reads
// are strongly consistent. An error ends the sequence, and a gap is one; a run without a log
// has an empty one.
func (s *Store) Log(ctx context.Context, t tenant.ID, id uuid.UUID, after int64) iter.Seq2[LogPart, error] {
	return func(yield func(LogPart, error) bool) {
		seq := after
		for item, err := range items[logItem](ctx, s.table, runKey(t, id), logSort(after+1), logSort(maxSeq), true) {
			if seq++; err == nil && item.SK != logSort(seq) {
				err = fmt.Errorf("%s where %s should be", item.SK, logSort(seq))
			}
			if err != nil {
				yield(LogPart{}, classify(err, "read the log"))
				return
			}
			if !yield(LogPart{Seq: seq, Data: item.Data}, nil) {
				return
			}
		}
	}
}

// itemsPerQuery bounds the items of one query, which ends at 1 MB in any case.
const itemsPerQuery = 4096

// items returns the items of a partition between two sort keys, both included, in order.
//
// Each query has a key range of its own, rather than to begin where the one before ended,
// and a limit. That is the same to DynamoDB; DynamoDB Local reads, for a query that is
// continued, all that comes before once more, and for one without a limit all that follows.
func items[I interface{ sortKey() string }](
	ctx context.Context, table dynamo.Table, pk, low, high string, consistent bool,
) iter.Seq2[I, error] {
	return func(yield func(I, error) bool) {
		for more := true; more; {
			var page []I
			next, err := table.Get("pk", pk).Range("sk", dynamo.Between, low, high).
				Consistent(consistent).SearchLimit(itemsPerQuery).RequestLimit(1).AllWithLastEvaluatedKey(ctx, &page)
			if err != nil {
				var none I
				yield(none, err)
				return
			}
			for _, item := range page {
				if !yield(item, nil) {
					return
				}
				low = item.sortKey() + "\x00" // the next key there can be
			}
			more = next != nil
		}
	}
}

// A Segment is a copy of many small parts of a log in one item. It makes a log of many
// commits quick to read and holds nothing that the log does not: one that is missing or
// damaged costs time alone. Segments may overlap when several workers wrote them.
type Segment struct {
	First, Last int64  // the parts that it copies, both included
	Data        []byte // what they record, at most MaxPartBytes
}

// AddSegment stores a segment of the log of the run that l is a lease of. It is a Conflict
// when the lease is lost: the run may be deleted, and another one have its id. A segment that
// is empty, too long, or of parts that the log has not is a defect of the caller.
func (s *Store) AddSegment(ctx context.Context, l *Lease, seg Segment) error {
	if seg.First < 1 || seg.Last < seg.First || seg.Last > l.Seq || len(seg.Data) == 0 || len(seg.Data) > MaxPartBytes {
		return fmt.Errorf("store: a segment of parts %d to %d of %d, and %d bytes", seg.First, seg.Last, l.Seq, len(seg.Data))
	}
	tx := s.db.WriteTx().
		Check(s.table.Check("pk", runKey(l.Tenant, l.RunID)).Range("sk", progressSort).
			If("lease_owner = ?", l.Owner)).
		Put(s.table.Put(segmentItem{
			primaryKey: primaryKey{PK: runKey(l.Tenant, l.RunID), SK: segmentSort(seg.First)},
			First:      seg.First,
			Last:       seg.Last,
			Data:       seg.Data,
		}))
	err := s.write(ctx, tx)
	if dynamo.IsCondCheckFailed(err) {
		return errLeaseLost()
	}
	return classify(err, "add a segment")
}

// Segments returns the segments of the run's log that begin behind the part after, in the
// order of their first parts. One that was added a moment ago may be missing. An
// error ends the sequence.
func (s *Store) Segments(ctx context.Context, t tenant.ID, id uuid.UUID, after int64) iter.Seq2[Segment, error] {
	return func(yield func(Segment, error) bool) {
		for item, err := range items[segmentItem](ctx, s.table, runKey(t, id), segmentSort(after+1), segmentSort(maxSeq), false) {
			if err != nil {
				yield(Segment{}, classify(err, "read segments"))
				return
			}
			if !yield(Segment{First: item.First, Last: item.Last, Data: item.Data}, nil) {
				return
			}
		}
	}
}
