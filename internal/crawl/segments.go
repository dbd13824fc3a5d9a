package crawl

import (
	"context"
	"log/slog"
	"time"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/run"
)

const (
	// segmentParts is how many small parts are copied into segments together.
	segmentParts = 1000
	// tailBytes bounds the bytes of the parts that wait to be copied. Fewer than segmentParts parts
	// with that many bytes are as quick to read one by one, and are not copied.
	tailBytes = 1 << 20
	// segmentTimeout bounds the time in which the segments of a tail are stored: the next commit
	// waits for it, and the lease depends on that commit.
	segmentTimeout = 2 * time.Second
)

// A tail holds the last parts of a run's log, which no segment copies yet. It is empty if copying
// them would not help. It belongs to one goroutine at a time: the loader's, and then that of the
// commit in flight.
type tail struct {
	parts [][]byte
	last  int64 // the number of the last part
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

// store stores the tail as segments and empties it, if it is long enough. A segment that cannot be
// stored only makes the next load slower.
func (t *tail) store(ctx context.Context, store LogStore, lease *run.Lease, log *slog.Logger) {
	if len(t.parts) < segmentParts {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, segmentTimeout)
	defer cancel()
	segments, err := joinParts(t.last-int64(len(t.parts))+1, t.parts)
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

// joinParts copies parts, of which the first one has the given number, into as few segments as
// possible.
func joinParts(first int64, parts [][]byte) ([]crawllog.Segment, error) {
	data, fits, err := crawllog.Join(parts)
	switch {
	case err != nil:
		return nil, err
	case fits:
		return []crawllog.Segment{{First: first, Last: first + int64(len(parts)) - 1, Data: data}}, nil
	case len(parts) == 1:
		return nil, nil // the segment would be no smaller than the part
	}
	half := len(parts) / 2
	left, err := joinParts(first, parts[:half])
	if err != nil {
		return nil, err
	}
	right, err := joinParts(first+int64(half), parts[half:])
	return append(left, right...), err
}
