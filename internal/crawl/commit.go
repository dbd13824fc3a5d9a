package crawl

import (
	"context"
	"time"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/metrics"
	"github.com/inndx/runs/internal/run"
)

const (
	commitEvery    = time.Second
	commitOutcomes = 1000
	// commitBytes bounds a commit before compression, so that what does not compress is within
	// store.MaxCommitBytes still.
	commitBytes = 2 << 20
	// maxPending bounds the outcomes that wait for a commit: when the store is slow, the
	// crawl waits for it.
	maxPending = 5 * commitOutcomes
)

// A batch is what one commit records.
type batch struct {
	records  []crawllog.Record
	size     int
	progress run.Progress // as of the last record
}

// pending is what waits for its commit, in order.
type pending struct {
	sealed   []batch // full ones
	open     batch
	outcomes int
	since    time.Time // when the first record came
}

// add adds a record. progress is what it was before the record.
func (p *pending) add(r crawllog.Record, before run.Progress) {
	if p.empty() {
		p.since = time.Now()
	}
	size := crawllog.Size(r)
	if p.open.size+size > commitBytes {
		p.open.progress = before
		p.sealed = append(p.sealed, p.open)
		p.open = batch{}
	}
	p.open.records = append(p.open.records, r)
	p.open.size += size
	if _, ok := r.(*crawllog.Outcome); ok {
		p.outcomes++
	}
}

func (p *pending) empty() bool { return len(p.open.records) == 0 }

// full reports whether so much waits that nothing should be added.
func (p *pending) full() bool { return p.outcomes >= maxPending || len(p.sealed) > 0 }

// due returns when the next commit is due, zero for not before something is added.
func (p *pending) due() time.Time {
	switch {
	case p.empty():
		return time.Time{}
	case p.outcomes >= commitOutcomes, len(p.sealed) > 0:
		return p.since
	}
	return p.since.Add(commitEvery)
}

// take takes the first batch out. progress is the present one.
func (p *pending) take(progress run.Progress) batch {
	var b batch
	if len(p.sealed) > 0 {
		b, p.sealed = p.sealed[0], p.sealed[1:]
	} else {
		b, p.open = p.open, batch{}
		b.progress = progress
	}
	for _, r := range b.records {
		if _, ok := r.(*crawllog.Outcome); ok {
			p.outcomes--
		}
	}
	p.since = time.Now()
	return b
}

// nextCommit returns when the next commit is due: when enough was learned, or when the
// lease must be kept, or at once when the worker leaves with something to record.
func (w *worker) nextCommit() time.Time {
	keep := w.until.Add(-leaseTTL / 2).Add(time.Second)
	if w.exit != nil && w.idle() {
		return sooner(w.pending.since, keep)
	}
	return sooner(w.pending.due(), keep)
}

// commit starts a commit when one is due and none is under way. The crawl goes on meanwhile.
func (w *worker) commit(ctx context.Context, now time.Time) {
	if w.committing || now.Before(w.nextCommit()) {
		return
	}
	w.committing = true
	for _, c := range w.f.cookies.changes() { // before what was fetched with them
		w.pending.add(c, w.f.progress)
	}
	b := w.pending.take(w.f.progress)
	w.group.Go(func() { w.commits <- w.write(ctx, b) })
}

// write writes one commit. It tries again while the store is away and the lease lasts.
func (w *worker) write(ctx context.Context, b batch) error {
	c := crawllog.Commit{Parts: crawllog.Encode(b.records), Progress: b.progress}
	before := w.lease.Progress.Processed()
	for wait := 100 * time.Millisecond; ; wait *= 2 {
		err := w.writeOnce(ctx, c)
		if err == nil {
			w.metrics.Record(metrics.Function(Function),
				metrics.Count("Commits", 1), metrics.Count("PagesCrawled", c.Progress.Processed()-before))
			w.log.Debug("committed", "seq", w.lease.Seq, "records", len(b.records), "parts", len(c.Parts))
			w.addSegments(ctx, c.Parts)
			return nil
		}
		again := fault.Is(err, fault.Unavailable) || fault.Is(err, fault.Throttled)
		if !again || time.Now().Add(wait).After(w.lease.Until) {
			return err
		}
		w.log.Warn("a commit failed and is tried again", "error", err)
		time.Sleep(wait)
	}
}

// addSegments adds what was committed to the tail of the log, and stores segments when that
// has grown long. One that cannot be stored costs the next worker time, and no more.
func (w *worker) addSegments(ctx context.Context, parts [][]byte) {
	for _, part := range parts {
		w.tail.add(w.lease.Seq, part)
	}
	w.tail.store(context.WithoutCancel(ctx), w.store, w.lease, w.log)
}

func (w *worker) writeOnce(ctx context.Context, c crawllog.Commit) error {
	ctx, cancel := detached(ctx)
	defer cancel()
	return w.store.Commit(ctx, w.lease, c)
}

// committed takes in how a commit ended. When it was refused, what this worker knows is
// worth nothing any more: another one may have written to the log, or the run be stopped.
func (w *worker) committed(err error) {
	w.committing = false
	w.until = w.lease.Until
	if err == nil {
		return
	}
	e := exit{kind: lost}
	if !fault.Is(err, fault.Conflict) {
		e.err = err
	}
	w.leave(e)
}
