package crawl

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/run"
)

const (
	// segmentParts is how many small parts are copied into segments together.
	segmentParts = 1000
	// tailBytes bounds the parts that wait to be copied. When so few of them have so many
	// bytes, they are as quick to read one by one, and are left alone.
	tailBytes = 1 << 20
	// segmentTimeout bounds the time in which the segments of a tail are stored: the next
	// commit waits for it, and with it the lease.
	segmentTimeout = 2 * time.Second
)

// A loader brings what is known of a run to the end of its log.
type loader struct {
	store Store
	lease *run.Lease
	log   *slog.Logger
	known *snapshot
}

// load reads segments where there are some, the log everywhere else, and gets the frontier
// ready for the present.
func (l *loader) load(ctx context.Context) error {
	if l.lease.Seq-l.known.seq >= segmentParts {
		if err := l.segments(ctx); err != nil {
			return err
		}
	}
	if err := l.parts(ctx, l.lease.Seq); err != nil {
		return err
	}
	l.known.f.settle(time.Now())
	return nil
}

// segments reads all segments that continue what is known, and the parts between them.
func (l *loader) segments(ctx context.Context) error {
	for seg, err := range l.store.Segments(ctx, l.lease.Ref, l.known.seq) {
		if err != nil {
			return err
		}
		if seg.First <= l.known.seq || seg.Last > l.lease.Seq {
			continue
		}
		records, err := crawllog.DecodeAll(seg.Data)
		if err != nil {
			l.log.Warn("a segment is damaged, the log is read instead", "first", seg.First, "last", seg.Last, "error", err)
			continue
		}
		if err := l.parts(ctx, seg.First-1); err != nil {
			return err
		}
		l.recall(records)
		l.known.seq = seg.Last
		*l.known.tail = tail{}
		if err := l.keepLease(ctx); err != nil {
			return err
		}
	}
	return nil
}

// parts reads the parts of the log up to the given one.
func (l *loader) parts(ctx context.Context, last int64) error {
	if l.known.seq == last {
		return nil
	}
	for part, err := range l.store.LogParts(ctx, l.lease.Ref, l.known.seq) {
		if err != nil {
			return err
		}
		records, err := crawllog.DecodeAll(part.Data)
		if err != nil {
			return fmt.Errorf("part %d: %w", part.Seq, err)
		}
		l.recall(records)
		l.known.seq = part.Seq
		l.known.tail.add(part.Seq, part.Data)
		l.known.tail.store(ctx, l.store, l.lease, l.log)
		if err := l.keepLease(ctx); err != nil {
			return err
		}
		if part.Seq == last {
			return nil
		}
	}
	return fmt.Errorf("the log ends at part %d, not %d", l.known.seq, last)
}

func (l *loader) recall(records []crawllog.Record) {
	now := time.Now()
	for _, r := range records {
		l.known.f.recall(r, now)
	}
}

// keepLease extends the lease in time: the log may be long.
func (l *loader) keepLease(ctx context.Context) error {
	if time.Until(l.lease.Until) >= leaseTTL/2 {
		return nil
	}
	return l.store.Commit(ctx, l.lease, crawllog.Commit{Progress: l.lease.Progress})
}

// A tail is the end of a run's log that no segment holds, as far as it is worth one.
type tail struct {
	parts [][]byte
	last  int64 // the number of the last one
	bytes int
}

// add adds the next part of the log.
func (t *tail) add(seq int64, part []byte) {
	t.parts = append(t.parts, part)
	t.last = seq
	t.bytes += len(part)
	if t.bytes > tailBytes {
		*t = tail{}
	}
}

// store stores segments of the tail when it is long, and empties it.
func (t *tail) store(ctx context.Context, store Store, lease *run.Lease, log *slog.Logger) {
	if len(t.parts) < segmentParts {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, segmentTimeout)
	defer cancel()
	segments, err := join(t.last-int64(len(t.parts))+1, t.parts)
	for _, seg := range segments {
		if err == nil {
			err = store.AddSegment(ctx, lease, seg)
		}
	}
	if err != nil {
		log.Warn("a segment of the log could not be stored", "error", err)
	}
	*t = tail{}
}

// join returns as few segments as the parts fit, the first of which has the given number.
func join(first int64, parts [][]byte) ([]crawllog.Segment, error) {
	data, fits, err := crawllog.Join(parts)
	switch {
	case err != nil:
		return nil, err
	case fits:
		return []crawllog.Segment{{First: first, Last: first + int64(len(parts)) - 1, Data: data}}, nil
	case len(parts) == 1:
		return nil, nil // no smaller than the part itself
	}
	half := len(parts) / 2
	left, err := join(first, parts[:half])
	if err != nil {
		return nil, err
	}
	right, err := join(first+int64(half), parts[half:])
	return append(left, right...), err
}
