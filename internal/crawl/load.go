package crawl

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/meter"
	"github.com/inndx/runs/internal/run"
)

// A loader brings a snapshot up to the end of the run's log.
type loader struct {
	store    LogStore
	lease    *run.Lease
	log      *slog.Logger
	snapshot *snapshot
}

// load reads the log from segments where they exist, and otherwise from parts. It commits the parts
// that an earlier worker stored and did not publish. Then it prepares the frontier for a worker.
func (l *loader) load(ctx context.Context) error {
	if l.lease.Seq-l.snapshot.seq >= segmentParts {
		if err := l.readSegments(ctx); err != nil {
			return err
		}
	}
	if err := l.readParts(ctx, l.lease.Seq); err != nil {
		return err
	}
	if err := l.adopt(ctx); err != nil {
		return err
	}
	l.snapshot.frontier.resume(time.Now())
	return nil
}

// readSegments reads all segments that continue the snapshot, and the parts between them.
func (l *loader) readSegments(ctx context.Context) error {
	for seg, err := range l.store.Segments(ctx, l.lease.Ref, l.snapshot.seq) {
		if err != nil {
			return err
		}
		if seg.First <= l.snapshot.seq || seg.Last > l.lease.Seq {
			continue
		}
		records, err := crawllog.DecodeAll(seg.Data)
		if err != nil {
			l.log.Warn("a segment is damaged, the parts of the log are read instead",
				"first", seg.First, "last", seg.Last, "error", err)
			continue
		}
		if err := l.readParts(ctx, seg.First-1); err != nil {
			return err
		}
		l.replay(records)
		l.snapshot.seq = seg.Last
		*l.snapshot.tail = tail{}
		if err := l.extendLease(ctx); err != nil {
			return err
		}
	}
	return nil
}

// readParts reads the parts of the log up to the given number.
func (l *loader) readParts(ctx context.Context, last int64) error {
	if l.snapshot.seq >= last {
		return nil
	}
	for part, err := range l.store.LogParts(ctx, l.lease.Ref, l.snapshot.seq) {
		if err != nil {
			return err
		}
		records, err := crawllog.DecodeAll(part.Data)
		if err != nil {
			return fmt.Errorf("part %d: %w", part.Seq, err)
		}
		l.replay(records)
		l.add(ctx, part)
		if err := l.extendLease(ctx); err != nil {
			return err
		}
		if part.Seq == last {
			return nil
		}
	}
	return fmt.Errorf("the log ends at part %d, not %d", l.snapshot.seq, last)
}

// adopt commits the parts that a worker stored and did not publish, because it died in between or
// lost the lease. They continue the log.
func (l *loader) adopt(ctx context.Context) error {
	for part, err := range l.store.Unpublished(ctx, l.lease) {
		if err != nil {
			return err
		}
		records, err := crawllog.DecodeAll(part.Data)
		if err != nil {
			return fmt.Errorf("part %d: %w", part.Seq, err)
		}
		l.replay(records)
		commit := crawllog.Commit{
			Parts: [][]byte{part.Data}, Stored: 1, Progress: l.snapshot.frontier.progress, Records: records,
		}
		before := l.lease.Progress.Processed()
		if err := l.store.Commit(ctx, l.lease, commit); err != nil {
			return err
		}
		meter.Count(ctx, meter.Usage{Commits: 1, Pages: commit.Progress.Processed() - before})
		l.add(ctx, part)
	}
	return nil
}

// add notes that the snapshot has a part.
func (l *loader) add(ctx context.Context, part crawllog.Part) {
	l.snapshot.seq = part.Seq
	l.snapshot.tail.add(part.Seq, part.Data)
	l.snapshot.tail.store(ctx, l.store, l.lease, l.log)
}

func (l *loader) replay(records []crawllog.Record) {
	now := time.Now()
	for _, r := range records {
		l.snapshot.frontier.replay(r, now)
	}
}

// extendLease extends the lease when half of it is over: reading a long log may outlast it.
func (l *loader) extendLease(ctx context.Context) error {
	if time.Until(l.lease.Until) >= leaseTTL/2 {
		return nil
	}
	return l.store.Commit(ctx, l.lease, crawllog.Commit{Progress: l.lease.Progress})
}
