package store

import (
	"context"
	"fmt"
	"iter"

	"github.com/guregu/dynamo/v2"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/run"
)

// LogParts returns the parts of the run's log that follow the part after, in order, up to the part
// that is the last one now. The reads are strongly consistent. An error ends the sequence. A gap in
// the log is an error. The sequence is empty if the run has no log.
func (s *Store) LogParts(ctx context.Context, ref run.Ref, after int64) iter.Seq2[crawllog.Part, error] {
	return func(yield func(crawllog.Part, error) bool) {
		item, err := s.progressItem(ctx, ref)
		if err != nil {
			if !fault.Is(err, fault.NotFound) {
				yield(crawllog.Part{}, err)
			}
			return
		}
		for part, err := range s.storedParts(ctx, ref, after+1, item.Seq) {
			if err == nil && part.SK != logSort(after+1) {
				err = fmt.Errorf("found %s in place of %s", part.SK, logSort(after+1))
			}
			if err != nil {
				yield(crawllog.Part{}, classify(err, "read the log"))
				return
			}
			after++
			if !yield(crawllog.Part{Seq: after, Data: part.Data}, nil) {
				return
			}
		}
	}
}

// Unpublished returns the parts that a worker stored for the leased run and did not publish,
// because it died or lost the lease. They continue the log, so the owner of the lease must commit
// them in order before it commits anything else. The reads are strongly consistent. An error ends
// the sequence.
func (s *Store) Unpublished(ctx context.Context, l *run.Lease) iter.Seq2[crawllog.Part, error] {
	ref, seq, created := l.Ref, l.Seq, createdTag(l)
	return func(yield func(crawllog.Part, error) bool) {
		for part, err := range s.storedParts(ctx, ref, seq+1, maxSeq) {
			if err != nil {
				yield(crawllog.Part{}, classify(err, "read the log"))
				return
			}
			if seq++; part.SK != logSort(seq) || part.Created != created {
				return // of a deleted run with the same id
			}
			if !yield(crawllog.Part{Seq: seq, Data: part.Data}, nil) {
				return
			}
		}
	}
}

// storedParts returns the stored parts from first to last, both included, whether they are
// published or not.
func (s *Store) storedParts(ctx context.Context, ref run.Ref, first, last int64) iter.Seq2[logItem, error] {
	if first > last {
		return func(func(logItem, error) bool) {}
	}
	return queryBetween[logItem](ctx, s.table, runKey(ref), logSort(first), logSort(last), true)
}

// itemsPerQuery bounds the items of one query, which ends at 1 MB in any case.
const itemsPerQuery = 4096

// queryBetween returns the items of a partition between two sort keys, both included, in order.
//
// Each query has a key range of its own, instead of the LastEvaluatedKey of the query before, and a
// limit. For DynamoDB this makes no difference. DynamoDB Local reads everything before the start of
// a query that is continued, and everything after the end of a query without a limit.
func queryBetween[I interface{ sortKey() string }](
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
				low = item.sortKey() + "\x00" // the next possible key
			}
			more = next != nil
		}
	}
}

// AddSegment stores a segment of the log of the leased run. It fails with Conflict if the lease is
// lost, because the run may then be deleted and another run may have its id. A segment that is
// empty, too long, or of parts that the log lacks is a bug of the caller.
func (s *Store) AddSegment(ctx context.Context, l *run.Lease, seg crawllog.Segment) error {
	if seg.First < 1 || seg.Last < seg.First || seg.Last > l.Seq || len(seg.Data) == 0 || len(seg.Data) > MaxLogItemBytes {
		return fmt.Errorf("store: a segment of parts %d to %d of %d, and %d bytes", seg.First, seg.Last, l.Seq, len(seg.Data))
	}
	tx := s.db.WriteTx().
		Check(s.check(progressKey(l.Ref)).If("lease_owner = ?", l.Owner)).
		Put(s.table.Put(segmentItem{
			primaryKey: primaryKey{PK: runKey(l.Ref), SK: segmentSort(seg.First)},
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

// Segments returns the segments of the run's log that begin after the part after, in the order of
// their first parts. A segment that was added a moment ago may be missing, as the reads are
// eventually consistent. An error ends the sequence.
func (s *Store) Segments(ctx context.Context, ref run.Ref, after int64) iter.Seq2[crawllog.Segment, error] {
	return func(yield func(crawllog.Segment, error) bool) {
		for item, err := range queryBetween[segmentItem](ctx, s.table, runKey(ref), segmentSort(after+1), segmentSort(maxSeq), false) {
			if err != nil {
				yield(crawllog.Segment{}, classify(err, "read segments"))
				return
			}
			if !yield(crawllog.Segment{First: item.First, Last: item.Last, Data: item.Data}, nil) {
				return
			}
		}
	}
}
