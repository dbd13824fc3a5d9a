package crawl

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/weburl"
)

const (
	// leaseTTL is how long a worker that died keeps others from its run.
	leaseTTL = 20 * time.Second

	// A fetch may start only for so long after a status read that found the run running was
	// begun: a pause is obeyed within a second however slow the store is.
	statusLife  = 900 * time.Millisecond
	statusEvery = 400 * time.Millisecond // while there is something to start
	statusIdle  = 2 * time.Second        // while there is not
	statusAhead = 100 * time.Millisecond // before there is
	statusAgain = 100 * time.Millisecond // after a read that failed
	// statusTimeout bounds a read. One that takes longer than statusLife lets nothing start.
	statusTimeout = 2 * time.Second

	// pausePatience is how long fetches that are under way may take when a run is paused.
	pausePatience = 10 * time.Second
	// storeTimeout bounds one call of the store.
	storeTimeout = 15 * time.Second
)

// An exit says how a worker leaves its run.
type exit struct {
	kind   exitKind
	reason run.StopReason // when finished
	wakeAt time.Time      // when released
	// patience is until when fetches that are under way may end; then they are cancelled.
	patience time.Time
	err      error // when lost for another cause than a conflict
}

type exitKind int

const (
	finished exitKind = iota + 1 // a criterion is reached
	parked                       // the run is paused
	released                     // the run goes on later, in another invocation
	gone                         // the run was stopped or deleted
	lost                         // a commit was refused, or could not be written
)

// A worker crawls one run for as long as it has its lease. One goroutine, that of work,
// owns everything here. Others fetch, read the seeds, read the status and commit, one
// commit at a time; they get what they need and send what they found.
type worker struct {
	fetcher
	store    Store
	message  run.Ref    // names the run
	lease    *run.Lease // the commit's while one is under way
	tail     *tail      // so too
	until    time.Time  // of the lease, as of the last commit
	f        *frontier
	caller   *caller
	view     view
	deadline time.Time     // when to begin to leave, zero for never
	maxIdle  time.Duration // how long to wait for something to do
	pending  pending

	requests chan request
	results  chan result
	seeds    chan []link
	seeded   chan error
	reads    chan statusRead
	commits  chan error

	inFlight   int
	seeding    bool
	seeder     *seeder // while seeding, not to be touched
	reading    bool
	committing bool
	readAt     time.Time // start of the last status read
	readFailed bool
	exit       *exit
	cancel     context.CancelFunc // of fetches and seeds
	group      sync.WaitGroup

	observer Observer        // may be nil
	lastHost string          // of the last fetch that started
	asked    map[string]bool // the hosts that asked for a wait, for the observer
}

type statusRead struct {
	began  time.Time
	status run.Status
	err    error
}

func newWorker(
	v fetcher, store Store, lease *run.Lease, r run.Run, known snapshot, deadline time.Time, maxIdle time.Duration,
) *worker {
	w := &worker{
		fetcher: v, store: store, message: v.run, caller: v.newCaller(),
		lease: lease, tail: known.tail, until: lease.Until, f: known.f, deadline: deadline, maxIdle: maxIdle,
		view:     view{limits: v.limits, f: known.f, began: r.StartedAt.Add(r.PausedFor)},
		requests: make(chan request, v.concurrency),
		results:  make(chan result, v.concurrency),
		seeds:    make(chan []link),
		seeded:   make(chan error, 1),
		reads:    make(chan statusRead, 1),
		commits:  make(chan error, 1),
	}
	w.f.caller = w.caller
	return w
}

// work crawls until there is a reason to leave, which it returns when nothing is under way
// any more and, unless the run is gone or lost, everything is committed.
func (w *worker) work(ctx context.Context) exit {
	fetching, cancel := context.WithCancel(ctx)
	w.cancel = cancel
	defer w.leaveGate()
	defer w.group.Wait()
	defer close(w.requests)
	defer w.guard.open(time.Time{})
	defer cancel()
	for range w.concurrency {
		w.group.Go(func() {
			for req := range w.requests {
				w.results <- w.fetch(fetching, req)
			}
		})
	}
	if !w.f.seedsRead {
		w.seeding, w.seeder = true, w.newSeeder(fetching, time.Now())
		w.group.Go(func() { w.seeded <- w.seed(fetching) })
	}
	for {
		now := time.Now()
		w.decide(ctx, now)
		if w.over(now) {
			return *w.exit
		}
		w.start(now)
		w.read(ctx, now)
		w.commit(ctx, now)
		w.wait(ctx)
	}
}

// decide finds out whether there is a reason to leave. The first one stands, unless the run
// turns out to be gone or lost.
func (w *worker) decide(ctx context.Context, now time.Time) {
	if w.exit != nil {
		return
	}
	if reason, ok := w.view.reached(now); ok {
		w.leave(exit{kind: finished, reason: reason, patience: now})
		return
	}
	if ctx.Err() != nil {
		w.leave(exit{kind: released, wakeAt: now, patience: now})
		return
	}
	if !w.deadline.IsZero() && !now.Before(w.deadline) {
		w.leave(exit{kind: released, wakeAt: now, patience: now.Add(w.settings.fetch.Timeout)})
		return
	}
	if next := w.nextWork(); w.idle() && next.Sub(now) > w.maxIdle {
		w.leave(exit{kind: released, wakeAt: next, patience: now})
	}
}

// leave makes the worker leave: nothing starts any more.
func (w *worker) leave(e exit) {
	w.exit = &e
	w.guard.open(time.Time{})
}

// leaveGate says that the worker is over. Its turns wait for the next one when there will be one
// in time.
func (w *worker) leaveGate() {
	w.f.caller = nil
	w.caller.leave(w.exit != nil && w.exit.kind == released, time.Now())
}

// idle reports whether nothing is under way but, maybe, a commit.
func (w *worker) idle() bool { return w.inFlight == 0 && !w.seeding }

// nextWork returns when there will be something to do, if nothing comes in.
func (w *worker) nextWork() time.Time {
	next := w.view.next()
	if w.f.seedsRead {
		if due, ok := w.f.nextDue(); ok {
			next = sooner(next, due)
		}
	}
	return next
}

// over reports whether the worker can leave now. It cancels what takes too long.
func (w *worker) over(now time.Time) bool {
	if w.exit == nil {
		return false
	}
	if w.seeding || w.inFlight > 0 && !now.Before(w.exit.patience) {
		w.cancel()
	}
	if w.exit.kind == gone || w.exit.kind == lost {
		w.cancel()
		w.discard()
		return true
	}
	return w.idle() && !w.committing && w.pending.empty()
}

// discard takes what comes in for nothing, until nothing is under way.
func (w *worker) discard() {
	for w.inFlight > 0 || w.seeding || w.committing {
		select {
		case <-w.results:
			w.inFlight--
		case <-w.seeds:
		case <-w.seeded:
			w.seeding = false
		case <-w.commits:
			w.committing = false
		}
	}
}

// start starts as many fetches as may start.
func (w *worker) start(now time.Time) {
	for w.mayStart() {
		req, ok := w.f.next(now)
		if !ok {
			return
		}
		w.inFlight++
		w.lastHost = req.host.name
		w.requests <- req // has room for all that may be flying
	}
}

func (w *worker) mayStart() bool {
	return w.exit == nil && w.f.seedsRead && w.inFlight < w.concurrency && !w.pending.full() && w.guard.ok() &&
		(w.maxURLs == 0 || w.f.progress.Processed()+int64(w.inFlight) < w.maxURLs)
}

// read starts a read of the run's status when one is due.
func (w *worker) read(ctx context.Context, now time.Time) {
	if w.reading || now.Before(w.nextRead()) {
		return
	}
	w.reading, w.readAt = true, now
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), statusTimeout)
	w.group.Go(func() {
		defer cancel()
		status, err := w.store.Status(ctx, w.message)
		w.reads <- statusRead{now, status, err}
	})
}

// detached returns a context for a call of the store that is to come to its end even when
// the invocation is about to.
func detached(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
}

// nextRead returns when the status is to be read: often while there is something to start,
// and just before there is.
func (w *worker) nextRead() time.Time {
	soon, late := w.readAt.Add(statusEvery), w.readAt.Add(statusIdle)
	due, ok := w.f.nextDue()
	switch {
	case w.readFailed:
		return w.readAt.Add(statusAgain)
	case w.seeding:
		return soon
	case ok:
		return sooner(late, later(soon, due.Add(-statusAhead)))
	}
	return late
}

// wait waits for something to happen and takes it in, with whatever else happened.
func (w *worker) wait(ctx context.Context) {
	w.observe()
	timer := time.NewTimer(time.Until(w.nextEvent()))
	defer timer.Stop()
	done := ctx.Done()
	if w.exit != nil {
		done = nil
	}
	select {
	case v := <-w.results:
		w.complete(v)
		for range len(w.results) {
			w.complete(<-w.results)
		}
	case batch := <-w.seeds:
		w.addSeeds(batch)
	case err := <-w.seeded:
		w.seedsRead(err)
	case r := <-w.reads:
		w.readStatus(r)
	case err := <-w.commits:
		w.committed(err)
	case <-w.caller.called:
		for _, name := range w.caller.heard() {
			w.f.called(name)
		}
	case <-timer.C:
	case <-done:
	}
}

// nextEvent returns when there is something to do at the latest, if nothing comes in.
func (w *worker) nextEvent() time.Time {
	now := time.Now()
	next := now.Add(time.Second)
	if !w.committing {
		next = sooner(next, w.nextCommit())
	}
	if w.exit != nil {
		if w.exit.patience.After(now) {
			next = sooner(next, w.exit.patience)
		}
		return next
	}
	next = sooner(next, w.deadline)
	next = sooner(next, w.view.next())
	if !w.reading {
		next = sooner(next, w.nextRead())
	}
	if due, ok := w.f.nextDue(); ok && w.mayStart() {
		next = sooner(next, due)
	}
	return next
}

func (w *worker) readStatus(r statusRead) {
	w.reading = false
	w.readFailed = r.err != nil && !fault.Is(r.err, fault.NotFound)
	switch {
	case w.readFailed:
		w.log.Warn("the run's status could not be read", "error", r.err)
	case r.err != nil || r.status == run.Finished:
		w.leave(exit{kind: gone})
	case w.exit != nil:
	case r.status == run.Paused:
		w.leave(exit{kind: parked, patience: time.Now().Add(pausePatience)})
	default:
		w.guard.open(sooner(r.began.Add(statusLife), w.until))
	}
}

// complete takes in what came of a flight.
func (w *worker) complete(v result) {
	w.inFlight--
	w.noteHold(v)
	if v.delayed {
		w.f.setDelay(v.host, v.delay, v.stated)
	}
	w.caller.done(v.host.name, v.contacted, w.f.pace(v.host), v.hold(), time.Now())
	dropped := w.exit != nil && w.exit.kind == finished
	if dropped || v.outcome == nil && v.retry == nil {
		w.f.requeue(v.request, v.contacted)
		return
	}
	if v.retry != nil {
		w.retry(v)
	} else {
		w.recordOutcome(v)
	}
	w.f.complete(v.request, v.contacted)
}

// retry records that a visit is retried. One that closed a loop of redirects goes on with the
// URL that it leads back to, see redirects.go.
func (w *worker) retry(v result) {
	if !v.redirect {
		w.record(v.retry)
		return
	}
	e := w.f.known[v.key]
	w.record(&crawllog.Discovered{URL: v.links[0].url, Depth: e.depth(), Redirects: e.redirects() + 1, Seed: e.seed()})
	w.record(v.retry)
	w.f.sentTo(v.url, v.sent)
	if v.host.name != weburl.HostOf(v.url) {
		w.f.hold(v.host, time.Now().Add(v.host.delay)) // the records date the URL's own host
	}
}

// recordOutcome records the outcome of a visit, behind what was found: if the worker dies between
// two commits, the page is visited again and nothing is lost.
func (w *worker) recordOutcome(v result) {
	e := w.f.known[v.key] // its depth may be smaller by now than when the flight began
	for _, l := range v.links {
		if v.redirect {
			w.redirectedTo(l, e)
		} else {
			w.admit(l, e.depth()+1, 0, false)
		}
	}
	v.outcome.Depth = e.depth()
	w.record(v.outcome)
	if v.redirect {
		w.f.sentTo(v.links[0].url, v.sent)
	}
}

// redirectedTo lets the target of a redirect join the frontier, or records that it was found
// although it is there, so that the log says where the redirect leads.
func (w *worker) redirectedTo(l link, e entry) {
	w.admit(l, e.depth(), e.redirects()+1, e.seed())
	if w.f.via != l.url && w.f.known[l.key].state().unfinished() {
		w.record(&crawllog.Discovered{URL: l.url, Depth: e.depth(), Redirects: e.redirects() + 1, Seed: e.seed()})
	}
}

// admit lets a URL join the frontier, or records why it does not, if it is new.
func (w *worker) admit(l link, depth, hops int, seed bool) {
	e := w.f.known[l.key]
	isNew := e.state() == unknown || e.state() == skippedHost
	if !isNew && !seed && (!e.state().unfinished() || e.depth() <= depth) {
		return // the fate of most links
	}
	found := &crawllog.Discovered{URL: l.url, Depth: depth, Redirects: hops, Seed: seed}
	reason := l.refused
	if reason == "" && isNew {
		reason = w.refuse(found)
	}
	switch {
	case reason == "" && w.f.changes(found):
		w.record(found)
	case reason != "" && e.state() == unknown:
		w.record(&crawllog.Outcome{
			URL: l.url, Depth: depth, Step: crawllog.Schedule, Status: crawllog.Excluded,
			ErrorReason: reason, OccurredAt: stamp(time.Now()),
		})
	}
}

// refuse returns why a URL that is new must not join the frontier, or "".
func (w *worker) refuse(found *crawllog.Discovered) string {
	if found.Redirects > w.maxRedirects {
		return reasonMaxRedirects
	}
	h := w.f.hosts[weburl.HostOf(found.URL)]
	if reason := w.filters.refuseHost(h, found.Seed); reason != "" {
		return reason
	}
	if !found.Seed {
		if reason := w.traps.refuse(w.f, h, found); reason != "" {
			return reason
		}
	}
	if w.f.progress.URLsQueued >= w.maxQueued || w.f.waits >= maxWaiting {
		return reasonQueueFull
	}
	return ""
}

// record applies a record and keeps it for the next commit.
func (w *worker) record(r crawllog.Record) {
	w.pending.add(r, w.f.progress)
	w.f.apply(r)
}

// seed reads the seeds.
func (w *worker) seed(ctx context.Context) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("crawl: panic while reading seeds: %v\n%s", p, debug.Stack())
		}
	}()
	return w.seeder.run(ctx)
}

// newSeeder returns what reads the run's seeds and hands them over. It takes three quarters
// of the worker's time at most.
func (w *worker) newSeeder(ctx context.Context, now time.Time) *seeder {
	var until time.Time
	if !w.deadline.IsZero() {
		until = w.deadline.Add(-w.deadline.Sub(now) / 4)
	}
	return newSeeder(&w.fetcher, until, w.maxIdle, func(batch []link) error {
		select {
		case w.seeds <- batch:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
}

// addSeeds takes in seeds.
func (w *worker) addSeeds(batch []link) {
	for _, l := range batch {
		w.admit(l, 0, 0, true)
	}
}

// seedsRead takes in that the seeds have been read. An error means that it was interrupted: the
// next worker reads them again, when the run has its turn at the host of the first sitemap.
func (w *worker) seedsRead(err error) {
	w.seeding = false
	var turn *turnError
	switch {
	case err == nil:
		for _, o := range w.seeder.unread { // with Seeded: until then they are read again
			if !w.f.sitemaps[weburl.KeyOf(o.URL)] {
				w.record(o)
			}
		}
		w.record(&crawllog.SeedsRead{})
		for name, due := range w.seeder.due { // a sitemap is a fetch from its host, too
			w.f.hold(w.f.host(name), due)
		}
	case errors.As(err, &turn):
		w.leave(exit{kind: released, wakeAt: turn.due, patience: time.Now()})
	case !errors.Is(err, context.Canceled):
		w.leave(exit{kind: lost, err: err})
	}
}

// withRun returns a logger that names the run.
func withRun(log *slog.Logger, r run.Run, lease *run.Lease) *slog.Logger {
	return log.With("tenant", lease.Ref.Tenant, "run_id", lease.Ref.ID, "job_id", r.JobID)
}
