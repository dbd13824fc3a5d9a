package crawl

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/metrics"
	"github.com/inndx/runs/internal/run"
)

// A committer writes a worker's records to the run's log, in order, one commit at a time, and
// extends the lease with each.
//
// It belongs to the worker's goroutine. A commit in flight runs in a goroutine of its own, which
// owns the lease and the tail until its result is received from results and passed to complete.
type committer struct {
	store    LogStore
	frontier *frontier
	pending  pending
	log      *slog.Logger
	metrics  *metrics.Recorder
	group    *sync.WaitGroup // the worker's; it waits for the commit in flight

	lease      *run.Lease // owned by the commit in flight, if there is one
	tail       *tail      // owned like lease
	leaseUntil time.Time  // the end of the lease, as of the last commit
	inFlight   bool
	results    chan error
}

// record applies a record to the frontier and keeps it for the next commit.
func (c *committer) record(r crawllog.Record) {
	c.pending.add(r, c.frontier.progress)
	c.frontier.apply(r)
}

// due returns when the next commit is due: when enough was recorded, when the lease must be
// extended, or, if this is the last commit of the worker, as soon as there is something to record.
func (c *committer) due(last bool) time.Time {
	extend := c.leaseUntil.Add(-leaseTTL / 2).Add(time.Second)
	if last {
		return sooner(c.pending.since, extend)
	}
	return sooner(c.pending.due(), extend)
}

// start starts a commit. None may be in flight. The crawl continues meanwhile.
func (c *committer) start(ctx context.Context) {
	c.inFlight = true
	for _, cookie := range c.frontier.cookies.changes() {
		c.pending.add(cookie, c.frontier.progress)
	}
	b := c.pending.take(c.frontier.progress)
	c.group.Go(func() { c.results <- c.write(ctx, b) })
}

// complete ends the commit in flight, whose result was received from results.
func (c *committer) complete() {
	c.inFlight = false
	c.leaseUntil = c.lease.Until
}

// write writes one commit. It repeats a failed attempt while the store is unavailable and the lease
// lasts.
func (c *committer) write(ctx context.Context, b batch) error {
	commit := crawllog.Commit{Parts: crawllog.Encode(b.records), Progress: b.progress}
	before := c.lease.Progress.Processed()
	for wait := 100 * time.Millisecond; ; wait *= 2 {
		err := c.writeOnce(ctx, commit)
		if err == nil {
			c.metrics.Record(metrics.Function(Function),
				metrics.Count("Commits", 1), metrics.Count("PagesCrawled", commit.Progress.Processed()-before))
			c.log.Debug("committed", "seq", c.lease.Seq, "records", len(b.records), "parts", len(commit.Parts))
			c.addSegments(ctx, commit.Parts)
			return nil
		}
		mayRetry := fault.Is(err, fault.Unavailable) || fault.Is(err, fault.Throttled)
		if !mayRetry || time.Now().Add(wait).After(c.lease.Until) {
			return err
		}
		c.log.Warn("a commit failed and is attempted again", "error", err)
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
