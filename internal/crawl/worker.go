package crawl

import (
	"context"
	"sync"
	"time"

	"github.com/inndx/runs/internal/budget"
	"github.com/inndx/runs/internal/objects"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/watch"
)

const (
	// leaseTTL is the time after which another worker may take over the run of a worker that died.
	leaseTTL = 20 * time.Second
	// pauseTimeout is how long fetches that are in flight when a run is paused may take.
	pauseTimeout = 10 * time.Second
	// otherRunsInterval is how often a worker that waits for the commits of other runs checks
	// whether it still must.
	otherRunsInterval = 50 * time.Millisecond
)

// A worker crawls one run for as long as it holds the run's lease.
//
// The goroutine that calls work owns the worker, its parts and the frontier. Other goroutines
// fetch, read the seeds, read the status and commit. They send their results on channels, from
// which wait receives. group waits for all of them.
type worker struct {
	run      run.Ref
	settings *settings
	fetcher  *fetcher
	frontier *frontier
	waiter   *waiter
	criteria stopCriteria
	deadline time.Time     // when to start leaving, zero for never
	maxIdle  time.Duration // the longest wait for a host
	sharing  sharing
	share    *budget.Share

	hub       *watch.Hub
	status    statusWatch
	committer committer
	admission admission
	seeding   seeding
	observer  waitObserver

	requests chan request // buffered for all fetches that may be in flight
	results  chan result
	inFlight int                // fetches
	fetchers int                // goroutines that fetch
	refused  bool               // the budget refused a fetch, which must wait
	cancel   context.CancelFunc // of fetches and seeds
	group    sync.WaitGroup
	exit     *exit // nil until there is a reason to leave
}

// workerOptions are what a worker needs to crawl a run.
type workerOptions struct {
	store    Store
	lease    *run.Lease
	run      run.Run
	snapshot snapshot // at the end of the log
	fetcher  *fetcher
	deadline time.Time // when to start leaving, zero for never
	maxIdle  time.Duration
	observer Observer
	hub      *watch.Hub // may be nil
	objects  ObjectStore
	makeRoom func() // evicts snapshots if the runs need their memory
}

func newWorker(o workerOptions) *worker {
	ft, f, settings := o.fetcher, o.snapshot.frontier, o.fetcher.settings
	w := &worker{
		run: o.lease.Ref, settings: settings, fetcher: ft, frontier: f, waiter: ft.newWaiter(),
		criteria: stopCriteria{limits: settings.limits, frontier: f, began: o.run.StartedAt.Add(o.run.PausedFor)},
		deadline: o.deadline, maxIdle: o.maxIdle, hub: o.hub,
		share: ft.share, sharing: sharing{makeRoom: o.makeRoom, snapshot: o.snapshot},
		seeding:  newSeeding(),
		observer: waitObserver{observe: o.observer},
		requests: make(chan request, settings.concurrency),
		results:  make(chan result, settings.concurrency),
	}
	w.status = statusWatch{
		store: o.store, run: o.lease.Ref, guard: ft.guard, log: ft.log, group: &w.group,
		results: make(chan statusResult, 1),
	}
	w.committer = committer{
		store: o.store, frontier: f, log: ft.log, group: &w.group,
		objects: o.objects, prefix: objects.Prefix(o.lease.Ref, o.run.CreatedAt), share: ft.share,
		lease: o.lease, tail: o.snapshot.tail, leaseUntil: o.lease.Until, results: make(chan error, 1),
	}
	w.admission = admission{settings: settings, frontier: f, record: w.committer.record}
	f.waiter = w.waiter
	return w
}

// work crawls until there is a reason to leave, and returns it. By then nothing is in flight and,
// unless the run was stopped or the worker aborted, everything is committed.
func (w *worker) work(ctx context.Context) exit {
	fetchCtx, cancel := context.WithCancel(ctx)
	w.cancel = cancel
	defer w.status.subscribe(w.hub)()
	defer w.leaveGate()
	defer w.committer.close()
	defer w.group.Wait()
	defer close(w.requests)
	defer w.fetcher.guard.close()
	defer cancel()
	if !w.frontier.seedsRead {
		w.seeding.start(fetchCtx, &w.group, w.fetcher, w.deadline, w.maxIdle)
	}
	for {
		now := time.Now()
		w.resize()
		w.decide(ctx, now)
		if w.leaving(now) {
			return *w.exit
		}
		w.startFetches(fetchCtx, now)
		w.startRead(ctx, now)
		w.startCommit(ctx, now)
		w.wait(ctx)
	}
}

// startFetches starts as many fetches as may start. ctx is that of fetches.
func (w *worker) startFetches(ctx context.Context, now time.Time) {
	w.refused = false
	for w.mayFetch() {
		if due, ok := w.frontier.nextDue(); !ok || due.After(later(now, w.frontier.now)) {
			break
		}
		if w.refused = !w.share.TryFetch(); w.refused {
			return
		}
		req, ok := w.frontier.pick(now)
		if !ok {
			w.share.EndFetch()
			break
		}
		w.startFetch(ctx, req)
	}
	w.share.Forgo()
}

// startFetch passes a request to a goroutine. Goroutines are started as they are needed, because
// most runs never have as many fetches in flight as they may.
func (w *worker) startFetch(ctx context.Context, req request) {
	if w.inFlight++; w.inFlight > w.fetchers {
		w.fetchers++
		w.group.Go(func() {
			for req := range w.requests {
				w.results <- w.fetcher.fetch(ctx, req)
			}
		})
	}
	w.observer.lastHost = req.host.name
	w.requests <- req
}

func (w *worker) mayFetch() bool {
	maxURLs := w.settings.limits.maxURLs
	return w.exit == nil && w.frontier.seedsRead && w.inFlight < w.settings.concurrency &&
		!w.committer.pending.full() && !w.mustWaitForOthers() && w.fetcher.guard.ok() &&
		(maxURLs == 0 || w.frontier.progress.Processed()+int64(w.inFlight) < maxURLs)
}

// mustWaitForOthers reports whether the run must not fetch because the runs of the process keep too
// much that waits for commits.
func (w *worker) mustWaitForOthers() bool {
	return w.settings.pipelines.Keeps() && w.share.KeptFull()
}

// startRead starts a read of the run's status if one is due and none is in flight.
func (w *worker) startRead(ctx context.Context, now time.Time) {
	if !w.status.inFlight && !now.Before(w.status.due(w.nextFetch(now))) {
		w.status.start(ctx, now)
	}
}

// startCommit starts a commit if one is due and none is in flight.
func (w *worker) startCommit(ctx context.Context, now time.Time) {
	if !w.committer.inFlight && !now.Before(w.nextCommit()) {
		w.committer.start(ctx)
	}
}

// wait waits for the next event and handles it. It handles all results of fetches that have
// arrived.
func (w *worker) wait(ctx context.Context) {
	w.observe()
	timer := time.NewTimer(time.Until(w.nextEvent()))
	defer timer.Stop()
	done := ctx.Done()
	if w.exit != nil {
		done = nil
	}
	select {
	case res := <-w.results:
		w.complete(res)
		for range len(w.results) {
			w.complete(<-w.results)
		}
	case batch := <-w.seeding.batches:
		w.addSeeds(batch)
	case err := <-w.seeding.done:
		w.completeSeeding(err)
	case <-w.status.news.Ready():
		w.status.changed()
	case r := <-w.status.results:
		w.completeRead(r)
	case err := <-w.committer.results:
		w.completeCommit(err)
	case <-w.waiter.notified:
		for _, name := range w.waiter.takeReady() {
			w.frontier.clearTurn(name)
		}
	case <-w.share.FetchReady():
	case <-timer.C:
	case <-done:
	}
}

// nextEvent returns when the worker must act again if nothing arrives.
func (w *worker) nextEvent() time.Time {
	now := time.Now()
	next := now.Add(time.Second)
	if !w.committer.inFlight {
		next = sooner(next, w.nextCommit())
	}
	if w.exit != nil {
		if w.exit.cancelAt.After(now) {
			next = sooner(next, w.exit.cancelAt)
		}
		return next
	}
	next = sooner(next, w.deadline)
	next = sooner(next, w.criteria.next())
	if !w.status.inFlight {
		next = sooner(next, w.status.due(w.nextFetch(now)))
	}
	if w.mustWaitForOthers() {
		next = sooner(next, now.Add(otherRunsInterval))
	}
	if due, ok := w.frontier.nextDue(); ok && !w.refused && w.mayFetch() {
		next = sooner(next, due)
	}
	return next
}

// nextFetch returns when a fetch may start if nothing else happens, zero for never.
func (w *worker) nextFetch(now time.Time) time.Time {
	if w.seeding.active {
		return now
	}
	due, _ := w.frontier.nextDue()
	return due
}

// nextCommit returns when the next commit is due.
func (w *worker) nextCommit() time.Time { return w.committer.due(w.exit != nil && w.idle()) }

// idle reports whether nothing is in flight except, possibly, a commit or a status read.
func (w *worker) idle() bool { return w.inFlight == 0 && !w.seeding.active }
