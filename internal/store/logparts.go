package store

import (
	"context"
	"fmt"
	"iter"

	"github.com/guregu/dynamo/v2"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/run"
)

// LogParts returns the parts of the run's log that follow the part after, in order. The reads are
// strongly consistent. An error ends the sequence. A gap in the log is an error. The sequence is
// empty if the run has no log.
func (s *Store) LogParts(ctx context.Context, ref run.Ref, after int64) iter.Seq2[crawllog.Part, error] {
	return func(yield func(crawllog.Part, error) bool) {
		seq := after
		for item, err := range queryBetween[logItem](ctx, s.table, runKey(ref), logSort(after+1), logSort(maxSeq), true) {
			if seq++; err == nil && item.SK != logSort(seq) {
				err = fmt.Errorf("found %s in place of %s", item.SK, logSort(seq))
			}
			if err != nil {
				yield(crawllog.Part{}, classify(err, "read the log"))
				return
			}
			if !yield(crawllog.Part{Seq: seq, Data: item.Data}, nil) {
				return
			}
		}
	}
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
