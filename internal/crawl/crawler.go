// Package crawl executes runs.
//
// All that a crawl learns goes into the run's log (package crawllog), and all that it knows
// is the fold of that log: the frontier. A Crawler is woken for a run by a message, takes
// the run's lease, folds the log, crawls, and lets go of the lease with the next wake-up
// booked. Whoever else is woken meanwhile finds the lease taken; if two should ever crawl
// the same run, only one of them gets the next part of the log written, and the other one
// forgets what it did.
//
// To follow one URL: worker.find lets it join the frontier, frontier.next picks it,
// visitor.visit fetches it, worker.land takes the result in, worker.commit records it.
package crawl

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/fetch"
	"github.com/inndx/runs/internal/metrics"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/wake"
)

const (
	// maxAttempts is how many leases are taken in a row without anything achieved before
	// the run is given up.
	maxAttempts = 5
	// DefaultMaxIdle is the time for which waiting costs less than handing a run over: loading it
	// again, with the messages and writes for that.
	DefaultMaxIdle = 3 * time.Second
	// margin is what is left of an invocation for the last commit, or a quarter of it.
	margin = 5 * time.Second
)

// A RunStore reads runs and moves them on. A *store.Store is one, as of the other stores, and
// says what the methods do.
type RunStore interface {
	Run(ctx context.Context, ref run.Ref) (run.Run, error)
	Status(ctx context.Context, ref run.Ref) (run.Status, error)
	Transition(ctx context.Context, ref run.Ref, a run.Action, check func(run.Run) error) (run.Run, bool, error)
	Finish(ctx context.Context, l *run.Lease, reason run.StopReason) (run.Run, error)
}

// A LeaseStore grants the right to crawl a run.
type LeaseStore interface {
	Acquire(ctx context.Context, ref run.Ref, owner string, ttl time.Duration) (*run.Lease, error)
	Release(ctx context.Context, l *run.Lease, wakeAt time.Time) error
	Park(ctx context.Context, l *run.Lease) error
}

// A LogStore keeps the logs of runs.
type LogStore interface {
	LogParts(ctx context.Context, ref run.Ref, after int64) iter.Seq2[crawllog.Part, error]
	Segments(ctx context.Context, ref run.Ref, after int64) iter.Seq2[crawllog.Segment, error]
	Commit(ctx context.Context, l *run.Lease, c crawllog.Commit) error
	AddSegment(ctx context.Context, l *run.Lease, seg crawllog.Segment) error
}

// A Store is everything that the crawler reads and writes.
type Store interface {
	RunStore
	LeaseStore
	LogStore
}

// A Queue sends wake-ups: a *lambdafn.SQS or a *wake.Local.
type Queue interface {
	Send(ctx context.Context, ref run.Ref, delay time.Duration) error
}

// Options configure a Crawler.
type Options struct {
	Store Store
	Queue Queue
	// NewClient makes the client of one run; nil means fetch.New.
	NewClient func(fetch.Options) Client
	// AllowPrivate lets runs fetch from addresses that are not public.
	AllowPrivate bool
	// Budget bounds how long one wake-up starts fetches for a run, whatever its context's
	// deadline; 0 means that the deadline alone does.
	Budget time.Duration
	// MaxIdle is how long a worker waits for a host that is not due yet, DefaultMaxIdle when 0. A
	// longer wait ends the work on the wake-up, and a delayed one is sent.
	MaxIdle time.Duration
	// Logger gets what happens to runs; slog.Default() by default.
	Logger *slog.Logger
	// Metrics gets what was crawled, and what that used; nil for nowhere.
	Metrics *metrics.Recorder
	// Observer is told what runs wait for; it may be nil.
	Observer Observer
}

// A Crawler executes runs. It is safe for concurrent use.
type Crawler struct {
	Options
	snapshots *snapshotCache
	gate      hostGate
}

// New returns a crawler.
func New(o Options) *Crawler {
	if o.NewClient == nil {
		o.NewClient = func(o fetch.Options) Client { return fetch.New(o) }
	}
	if o.MaxIdle == 0 {
		o.MaxIdle = DefaultMaxIdle
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	return &Crawler{Options: o, snapshots: newSnapshotCache()}
}

// Function is the name of the crawl function, under which metrics know the crawler.
const Function = "crawl"

// Crawl crawls a run until it ends, must wait for long, or ctx is about to end. It does nothing
// when the run has another owner, is paused, or does not exist. It returns run.ErrFinished or
// run.ErrDeleting when nothing is left to crawl; any other error means that the run should be
// woken again.
func (c *Crawler) Crawl(ctx context.Context, ref run.Ref) error {
	lease, err := c.Store.Acquire(ctx, ref, uuid.NewString(), leaseTTL)
	switch {
	case errors.Is(err, run.ErrDeleting), errors.Is(err, run.ErrFinished):
		return err
	case fault.Is(err, fault.NotFound), fault.Is(err, fault.Conflict):
		return nil // over, or another's: the sweep knows when that one's lease ends
	case err != nil:
		return fmt.Errorf("crawl: acquire: %w", err)
	}
	r, err := c.begin(ctx, lease)
	log := withRun(c.Logger, r, lease)
	if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Conflict) {
		log.Debug("nothing to crawl", "reason", err)
		return c.release(ctx, lease, time.Now(), log)
	}
	if err != nil {
		return fmt.Errorf("crawl: begin: %w", err)
	}
	switch {
	case r.Status == run.Finished:
		return nil
	case r.Status == run.Paused:
		return c.leave(ctx, lease, exit{kind: exitPaused}, log)
	case lease.Attempts > maxAttempts:
		log.Error("the run is given up: nothing was achieved in many attempts", "attempts", lease.Attempts)
		return c.leave(ctx, lease, exit{kind: exitFinished, reason: run.Unknown}, log)
	}
	return c.work(ctx, lease, r, log)
}

// begin returns the run, which it starts when that was still to be done.
func (c *Crawler) begin(ctx context.Context, lease *run.Lease) (run.Run, error) {
	r, err := c.Store.Run(ctx, lease.Ref)
	if err != nil || r.Status != run.Pending {
		return r, err
	}
	r, _, err = c.Store.Transition(ctx, lease.Ref, run.Start, nil)
	return r, err
}

// work folds the run's log, crawls, and leaves.
func (c *Crawler) work(ctx context.Context, lease *run.Lease, r run.Run, log *slog.Logger) error {
	plan, err := newSettings(r.Config)
	if err != nil {
		log.Error("the run is given up: its configuration cannot be used", "error", err)
		return c.leave(ctx, lease, exit{kind: exitFinished, reason: run.Unknown}, log)
	}
	key := snapshotKey{lease.Ref.Tenant, lease.Ref.ID, r.CreatedAt}
	known, ok := c.snapshots.Take(key)
	if !ok || known.seq > lease.Seq {
		known = newSnapshot(plan)
	}
	if err := (&loader{c.Store, lease, log, &known}).load(ctx); err != nil {
		if fault.Is(err, fault.Conflict) {
			return c.leave(ctx, lease, exit{kind: exitAborted}, log)
		}
		return fmt.Errorf("crawl: load: %w", err)
	}
	var deadline time.Time
	deadline, plan.fetch.Timeout = c.timing(ctx, plan.fetch.Timeout)
	plan.fetch.AllowPrivate = c.AllowPrivate
	var cookies *jar
	if plan.cookies {
		cookies = known.frontier.cookies
		plan.fetch.Jar = cookies
	}
	client := c.NewClient(plan.fetch)
	defer client.Close()
	v := fetcher{
		settings: plan, client: client, guard: newGuard(), robots: known.robots, jar: cookies,
		run: lease.Ref, gate: &c.gate, log: log,
	}
	log.Info("crawling", "seq", lease.Seq, "queued", known.frontier.progress.URLsQueued)
	e := newWorker(workerOptions{
		store: c.Store, lease: lease, run: r, snapshot: known, fetcher: &v,
		deadline: deadline, maxIdle: c.MaxIdle, metrics: c.Metrics, observer: c.Observer,
	}).work(ctx)
	if e.kind == exitReleased || e.kind == exitPaused {
		known.seq = lease.Seq
		c.snapshots.Put(key, known)
	}
	return c.leave(ctx, lease, e, log)
}

// timing returns when work must begin to leave, zero for never, and how long a fetch may
// take. What is under way when it begins to leave has the time to end, and the last commit
// after it: so a slow page, which every invocation would have to fetch from its beginning,
// is fetched by one of them or times out, and does not keep the run from ending.
func (c *Crawler) timing(ctx context.Context, timeout time.Duration) (leave time.Time, fetch time.Duration) {
	now := time.Now()
	if end, ok := ctx.Deadline(); ok {
		left := end.Sub(now)
		left -= min(margin, left/4)
		timeout = min(timeout, left/2)
		leave = now.Add(left - timeout)
	}
	if c.Budget > 0 {
		leave = sooner(leave, now.Add(c.Budget))
	}
	return leave, timeout
}

// leave ends the work on a run in the way that e says. When another writer came first it
// is theirs.
func (c *Crawler) leave(ctx context.Context, lease *run.Lease, e exit, log *slog.Logger) error {
	storing, cancel := detached(ctx)
	defer cancel()
	switch e.kind {
	case exitFinished:
		r, err := c.Store.Finish(storing, lease, e.reason)
		if err == nil {
			log.Info("the run is finished", "stop_reason", r.StopReason, "fetched", r.Progress.URLsFetched,
				"failed", r.Progress.URLsFailed, "excluded", r.Progress.URLsExcluded, "queued", r.Progress.URLsQueued)
		}
		return c.ifConflict(ctx, lease, err, log)
	case exitPaused:
		err := c.Store.Park(storing, lease)
		if err == nil {
			log.Info("the run is paused")
		}
		return c.ifConflict(ctx, lease, err, log)
	case exitReleased:
		return c.release(ctx, lease, e.wakeAt, log)
	case exitStopped:
		log.Info("the run was stopped")
		return nil
	}
	if e.err != nil {
		return fmt.Errorf("crawl: commit: %w", e.err)
	}
	log.Info("the log was written by another, or the run stopped")
	return c.release(ctx, lease, time.Now().Add(time.Second), log) // not at once, should it go on so
}

// ifConflict lets go of the lease when the run changed meanwhile, so that somebody looks at
// it again.
func (c *Crawler) ifConflict(ctx context.Context, lease *run.Lease, err error, log *slog.Logger) error {
	switch {
	case fault.Is(err, fault.Conflict):
		log.Info("the run changed meanwhile", "conflict", err)
		return c.release(ctx, lease, time.Now(), log)
	case fault.Is(err, fault.NotFound):
		return nil
	}
	return err
}

// release lets go of the lease and sends the wake-up that comes next. If it is lost, or
// would have to wait too long in the queue, the sweep sends another.
func (c *Crawler) release(ctx context.Context, lease *run.Lease, wakeAt time.Time, log *slog.Logger) error {
	storing, cancel := detached(ctx)
	defer cancel()
	err := c.Store.Release(storing, lease, wakeAt)
	if fault.Is(err, fault.Conflict) || fault.Is(err, fault.NotFound) {
		log.Debug("the lease was lost", "reason", err)
		return nil // the run is finished or deleted, or another's
	}
	if err != nil {
		return fmt.Errorf("crawl: release: %w", err)
	}
	delay := max(0, time.Until(wakeAt))
	log.Debug("released", "wake_in", delay)
	if delay > wake.MaxDelay {
		return nil
	}
	if err := c.Queue.Send(storing, lease.Ref, delay); err != nil {
		log.Warn("a wake-up could not be sent, the sweep will", "error", err)
	}
	return nil
}
