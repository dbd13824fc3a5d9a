package crawl

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/inndx/runs/internal/budget"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/meter"
	"github.com/inndx/runs/internal/run"
)

// A committer writes a worker's records to the run's log, in order, one commit at a time, and
// extends the lease with each.
//
// It belongs to the worker's goroutine. A commit in flight runs in a goroutine of its own, which
// owns the lease and the tail until its result is received from results and passed to complete.
type committer struct {
	store    LogStore
	objects  ObjectStore // nil if the run keeps nothing
	prefix   string      // of the names of the run's objects
	share    *budget.Share
	frontier *frontier
	pending  pending
	log      *slog.Logger
	group    *sync.WaitGroup // the worker's; it waits for the commit in flight

	lease      *run.Lease // owned by the commit in flight, if there is one
	tail       *tail      // owned like lease
	leaseUntil time.Time  // the end of the lease, as of the last commit
	inFlight   bool
	writing    int64 // bytes of the pages of the commit in flight
	results    chan error
}

// record applies a record to the frontier and keeps it for the next commit.
func (c *committer) record(r crawllog.Record) {
	c.pending.add(r, c.frontier.progress)
	c.frontier.apply(r)
}

// keep keeps a page for the commit of its outcome, which was recorded last.
func (c *committer) keep(k *keptPage) {
	c.frontier.originals.record(k)
	c.pending.keep(k)
	c.share.Keep(k.size())
}

// due returns when the next commit is due: when enough was recorded, when the lease must be
// extended, or, if this is the last commit of the worker, as soon as there is something to record.
// The first commit of a run is due soon, because users watch a run when it starts. No commit may be
// in flight.
func (c *committer) due(last bool) time.Time {
	extend := c.leaseUntil.Add(-leaseTTL / 2).Add(time.Second)
	due := c.pending.due()
	switch {
	case c.pending.empty():
	case last, c.pending.kept > 0 && c.share.KeptFull():
		due = c.pending.since()
	case c.lease.Seq == 0:
		due = sooner(due, c.pending.since().Add(commitInterval))
	}
	return sooner(due, extend)
}

// start starts a commit. None may be in flight. The crawl continues meanwhile.
func (c *committer) start(ctx context.Context) {
	c.inFlight = true
	for _, cookie := range c.frontier.cookies.changes() {
		c.pending.add(cookie, c.frontier.progress)
	}
	b := c.pending.take(c.frontier.progress)
	if len(b.records) > 0 {
		b.records = append(b.records, &crawllog.QueueLength{URLs: b.progress.URLsQueued, At: stamp(time.Now())})
	}
	c.writing = b.kept
	object := newObject(b.pages, c.lease)
	c.group.Go(func() { c.results <- c.writeInTurn(ctx, b, object) })
}

// complete ends the commit in flight, whose result was received from results.
func (c *committer) complete() {
	c.inFlight = false
	c.leaseUntil = c.lease.Until
	c.share.Unkeep(c.writing)
	c.writing = 0
}

// close discards the pages that still wait.
func (c *committer) close() { c.share.Unkeep(c.pending.kept + c.writing) }

// write writes the parts of the log of one commit, whose object is stored.
func (c *committer) write(ctx context.Context, b batch, object *object) error {
	commit := crawllog.Commit{Parts: crawllog.Encode(b.records), Progress: b.progress, Records: b.records}
	before := c.lease.Progress.Processed()
	if err := c.repeat("a commit", func() error { return c.writeOnce(ctx, commit) }); err != nil {
		if fault.Is(err, fault.Conflict) {
			c.discardObject(ctx, object, commit, err)
		}
		return err
	}
	meter.Count(ctx, meter.Usage{Commits: 1, Pages: commit.Progress.Processed() - before})
	c.log.Debug("committed", "seq", c.lease.Seq, "records", len(b.records), "parts", len(commit.Parts))
	c.addSegments(ctx, commit.Parts)
	return nil
}

// repeat repeats a failed write while the store is unavailable and the lease lasts.
func (c *committer) repeat(what string, write func() error) error {
	for wait := 100 * time.Millisecond; ; wait *= 2 {
		err := write()
		mayRetry := fault.Is(err, fault.Unavailable) || fault.Is(err, fault.Throttled)
		if !mayRetry || time.Now().Add(wait).After(c.lease.Until) {
			return err
		}
		c.log.Warn(what+" failed and is attempted again", "error", err)
		time.Sleep(wait)
	}
}

func (c *committer) writeOnce(ctx context.Context, commit crawllog.Commit) error {
	ctx, cancel := detached(ctx)
	defer cancel()
	return c.store.Commit(ctx, c.lease, commit)
}

// addSegments adds committed parts to the tail of the log, and stores segments if it has grown
// long.
func (c *committer) addSegments(ctx context.Context, parts [][]byte) {
	for _, part := range parts {
		c.tail.add(c.lease.Seq, part)
	}
	c.tail.store(context.WithoutCancel(ctx), c.store, c.lease, c.log)
}
