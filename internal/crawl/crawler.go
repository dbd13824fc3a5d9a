// Package crawl executes runs.
//
// Everything that a crawl learns goes into the run's log (package crawllog). The state of the
// crawl, its frontier, is the fold of that log. A Crawler is woken for a run. It acquires the run's
// lease, folds the log, crawls, and releases the lease with the time of the next wake-up. Another
// crawler that is woken meanwhile finds the lease taken. If two ever crawl the same run, only one
// of them can write the next part of the log; the other one discards what it did.
//
// To follow one URL: admission.admit lets it join the frontier, frontier.pick picks it,
// fetcher.fetch fetches it, worker.complete handles the result, and committer.write records it.
package crawl

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/budget"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/fetch"
	"github.com/inndx/runs/internal/lru"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/wake"
	"github.com/inndx/runs/internal/watch"
)

// Function is the name of the crawl function in log lines and metrics.
const Function = "crawl"

// DefaultMaxIdle is about the longest wait that costs less than a release: a release takes messages
// and writes, and the run must be loaded again.
const DefaultMaxIdle = 3 * time.Second

const (
	// maxAttempts is how many leases in a row may end without any progress before the run is
	// abandoned.
	maxAttempts = 5
	// margin is the time at the end of an invocation that is kept for the last commit. It is at
	// most a quarter of the invocation.
	margin = 5 * time.Second
)

// Options configure a Crawler.
type Options struct {
	Store Store
	Queue Queue
	// Objects stores what runs keep of responses. If it is nil, a run whose configuration keeps
	// artifacts ends at once.
	Objects ObjectStore
	// Secrets returns the secrets that configurations refer to. If it is nil, a run that refers to
	// one ends at once.
	Secrets Secrets
	// NewClient returns the client of one run; nil for fetch.New.
	NewClient func(fetch.Options) Client
	// AllowPrivate lets runs fetch from addresses that are not public.
	AllowPrivate bool
	// MaxWork bounds the time for which the worker of one wake-up starts fetches; 0 for the
	// context's deadline alone.
	MaxWork time.Duration
	// MaxIdle is the longest wait for a host; 0 for DefaultMaxIdle. A longer wait ends the work on
	// the wake-up, and a delayed wake-up is sent.
	MaxIdle time.Duration
	// Period, if it is not 0, makes workers leave at multiples of it, if their deadlines allow that.
	// So the runs of several invocations are woken together, and one invocation gets them in a
	// batch. A worker that reads sitemaps leaves at its deadline.
	Period time.Duration
	// Budget is what the runs of this process share; nil for the default limits. A process has one
	// crawler, or one budget for all of them.
	Budget *budget.Budget
	// Logger receives what happens to runs; nil for slog.Default().
	Logger *slog.Logger
	// Observer is notified of what runs wait for; may be nil.
	Observer Observer
	// Hub publishes every change of a run's status, so that workers need not poll it. It must be nil
	// if other processes change runs too.
	Hub *watch.Hub
}

// A Crawler executes runs. It is safe for concurrent use.
type Crawler struct {
	Options
	snapshots *snapshotCache
	sizes     *lru.Cache[snapshotKey, knownSize] // of the runs that workers left
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
	if o.Budget == nil {
		o.Budget = budget.New(budget.Limits{})
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	return &Crawler{Options: o, snapshots: newSnapshotCache(o.Budget), sizes: newKnownSizes()}
}

// Crawl crawls a run until it ends, must wait for long, or ctx is about to end. It does nothing if
// the run has another owner, is paused, or does not exist. It returns run.ErrFinished or
// run.ErrDeleting if nothing is left to crawl. Any other error means that the run should be woken
// again. A panic in a goroutine of the run is such an error, and does not affect other runs.
func (c *Crawler) Crawl(ctx context.Context, ref run.Ref) (err error) {
	defer catch("crawling", &err)
	return c.crawl(ctx, ref)
}

func (c *Crawler) crawl(ctx context.Context, ref run.Ref) error {
	lease, err := c.Store.Acquire(ctx, ref, uuid.NewString(), leaseTTL)
	switch {
	case errors.Is(err, run.ErrDeleting), errors.Is(err, run.ErrFinished):
		return err
	case fault.Is(err, fault.NotFound), fault.Is(err, fault.Conflict):
		return nil // the sweep wakes a run that has another owner when that lease ends
	case err != nil:
		return fmt.Errorf("crawl: acquire: %w", err)
	}
	r, err := c.begin(ctx, lease)
	log := c.Logger.With("tenant", ref.Tenant, "run_id", ref.ID, "job_id", r.JobID)
	if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Conflict) {
		log.Debug("nothing to crawl", "reason", err)
		return c.release(ctx, lease, run.Handover{WakeAt: time.Now()}, log)
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
		log.Error("the run is abandoned: many attempts made no progress", "attempts", lease.Attempts)
		return c.leave(ctx, lease, exit{kind: exitFinished, reason: run.Unknown}, log)
	}
	return c.work(ctx, lease, r, log)
}

// begin reads the run, starts it if it is pending, and returns it.
func (c *Crawler) begin(ctx context.Context, lease *run.Lease) (run.Run, error) {
	r, err := c.Store.Run(ctx, lease.Ref)
	if err != nil || r.Status != run.Pending {
		return r, err
	}
	r, _, err = c.Store.Transition(ctx, lease.Ref, run.Start, nil)
	return r, err
}

// work folds the run's log, crawls, and leaves the run.
func (c *Crawler) work(ctx context.Context, lease *run.Lease, r run.Run, log *slog.Logger) error {
	settings, err := newSettings(r.Config)
	if err != nil {
		log.Error("the run is abandoned: its configuration cannot be used", "error", err)
		return c.leave(ctx, lease, exit{kind: exitFinished, reason: run.Unknown}, log)
	}
	if settings.pipelines.Keeps() && c.Objects == nil {
		log.Error("the run is abandoned: it keeps artifacts, and this crawler has no bucket for them")
		return c.leave(ctx, lease, exit{kind: exitFinished, reason: run.Unknown}, log)
	}
	switch err := c.setCredentials(ctx, lease.Ref.Tenant, settings); {
	case hopeless(err):
		log.Error("the run is abandoned: it cannot have its secrets", "error", err)
		return c.leave(ctx, lease, exit{kind: exitFinished, reason: run.Unknown}, log)
	case err != nil:
		return fmt.Errorf("crawl: secrets: %w", err)
	}
	settings.limits.maxMemory = int(c.Budget.Limits().Memory)
	key := snapshotKey{lease.Ref, r.CreatedAt}
	known, ok := c.snapshots.Take(key)
	size := runBytes + known.size()
	if !ok || known.seq > lease.Seq {
		known, size = newSnapshot(settings), c.expectedSize(key, lease)
	}
	share, ok := c.Budget.Join(size)
	if !ok {
		log.Info("handed back: there is no memory for the run beside the others")
		return c.release(ctx, lease, waitForMemory(time.Now()), log)
	}
	defer share.Leave()
	c.makeRoom()
	if err := (&loader{c.Store, lease, log, &known}).load(ctx); err != nil {
		if fault.Is(err, fault.Conflict) {
			return c.leave(ctx, lease, exit{kind: exitAborted}, log)
		}
		return fmt.Errorf("crawl: load: %w", err)
	}
	period := c.Period
	if !known.frontier.seedsRead && settings.readsSitemaps() {
		period = 0 // sitemaps that are unread when the worker leaves are left out
	}
	var deadline time.Time
	deadline, settings.fetch.Timeout = c.timing(ctx, settings.fetch.Timeout, period)
	ft, closeClient := c.newFetcher(settings, lease.Ref, known, share, log)
	defer closeClient()
	log.Info("crawling", "seq", lease.Seq, "queued", known.frontier.progress.URLsQueued)
	e := newWorker(workerOptions{
		store: c.Store, lease: lease, run: r, snapshot: known, fetcher: ft,
		deadline: deadline, maxIdle: c.MaxIdle, observer: c.Observer,
		objects: c.Objects, makeRoom: c.makeRoom, hub: c.Hub,
	}).work(ctx)
	share.Leave()
	c.remember(key, known, lease.Seq, e)
	return c.leave(ctx, lease, e, log)
}

// newFetcher returns the fetcher of a run, and a function that closes its client.
func (c *Crawler) newFetcher(s *settings, ref run.Ref, known snapshot, share *budget.Share, log *slog.Logger) (*fetcher, func()) {
	s.fetch.AllowPrivate, s.fetch.Resources = c.AllowPrivate, share
	var cookies *jar
	if s.cookies {
		cookies = known.frontier.cookies
		s.fetch.Jar = cookies
	}
	client := c.NewClient(s.fetch)
	share.OnIdle(client.Close)
	return &fetcher{
		settings: s, client: client, guard: newGuard(), robots: known.robots, jar: cookies,
		originals: &known.frontier.originals,
		run:       ref, gate: &c.gate, share: share, log: log,
	}, client.Close
}

// leave ends the work on a run as e says. If the run changed meanwhile, leave only releases the
// lease.
func (c *Crawler) leave(ctx context.Context, lease *run.Lease, e exit, log *slog.Logger) error {
	storeCtx, cancel := detached(ctx)
	defer cancel()
	switch e.kind {
	case exitFinished:
		r, err := c.Store.Finish(storeCtx, lease, e.reason)
		if err == nil {
			log.Info("the run is finished", "stop_reason", r.StopReason, "fetched", r.Progress.URLsFetched,
				"failed", r.Progress.URLsFailed, "excluded", r.Progress.URLsExcluded, "queued", r.Progress.URLsQueued)
		}
		return c.releaseOnConflict(ctx, lease, err, log)
	case exitPaused:
		err := c.Store.Park(storeCtx, lease)
		if err == nil {
			log.Info("the run is paused")
		}
		return c.releaseOnConflict(ctx, lease, err, log)
	case exitReleased:
		return c.release(ctx, lease, run.Handover{WakeAt: e.wakeAt, WaitingFor: e.waitingFor}, log)
	case exitStopped:
		log.Info("the run was stopped")
		return nil
	}
	if e.err != nil {
		return fmt.Errorf("crawl: %w", e.err)
	}
	log.Info("another worker wrote to the log, or the run was stopped")
	// Wait a second, in case another conflict would follow at once.
	return c.release(ctx, lease, run.Handover{WakeAt: time.Now().Add(time.Second)}, log)
}

// releaseOnConflict releases the lease if err says that the run changed meanwhile, so that the run
// is woken again. It returns any other error.
func (c *Crawler) releaseOnConflict(ctx context.Context, lease *run.Lease, err error, log *slog.Logger) error {
	switch {
	case fault.Is(err, fault.Conflict):
		log.Info("the run changed meanwhile", "conflict", err)
		return c.release(ctx, lease, run.Handover{WakeAt: time.Now()}, log)
	case fault.Is(err, fault.NotFound):
		return nil
	}
	return err
}

// release releases the lease and sends the next wake-up. If the wake-up is lost, or due later than
// a queue allows, the sweep sends another.
func (c *Crawler) release(ctx context.Context, lease *run.Lease, h run.Handover, log *slog.Logger) error {
	storeCtx, cancel := detached(ctx)
	defer cancel()
	err := c.Store.Release(storeCtx, lease, h)
	if fault.Is(err, fault.Conflict) || fault.Is(err, fault.NotFound) {
		log.Debug("the lease was lost", "reason", err)
		return nil // the run is finished or deleted, or has another owner
	}
	if err != nil {
		return fmt.Errorf("crawl: release: %w", err)
	}
	delay := max(0, time.Until(h.WakeAt))
	log.Debug("released", "wake_in", delay, "waiting_for", h.WaitingFor)
	if delay > wake.MaxDelay {
		return nil
	}
	if err := c.Queue.Send(storeCtx, lease.Ref, delay); err != nil {
		log.Warn("a wake-up could not be sent, the sweep will send one", "error", err)
	}
	return nil
}
