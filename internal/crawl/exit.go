package crawl

import (
	"context"
	"time"

	"github.com/inndx/runs/internal/run"
)

// An exit says how a worker leaves its run.
type exit struct {
	kind     exitKind
	reason   run.StopReason // of exitFinished
	wakeAt   time.Time      // of exitReleased: when the run continues
	cancelAt time.Time      // when fetches that are still in flight are canceled
	err      error          // of exitAborted, unless the cause is a conflict

	waitingFor run.WaitReason // of exitReleased: why the run could not be crawled on
}

type exitKind int

const (
	exitFinished exitKind = iota + 1 // a criterion is reached
	exitPaused                       // the run is paused
	exitReleased                     // the run continues later, in another invocation
	exitStopped                      // the run was stopped or deleted
	exitAborted                      // a commit was refused or failed
)

// decide determines whether there is a reason to leave. The first reason stands, unless the run
// turns out to be stopped or a commit fails.
func (w *worker) decide(ctx context.Context, now time.Time) {
	if w.exit != nil {
		return
	}
	if reason, ok := w.criteria.reached(now); ok {
		if reason == run.Unknown {
			w.fetcher.log.Error("the run is abandoned: what it knows exceeds the memory of a crawler, which can be raised",
				"bytes", w.frontier.size(), "max", w.settings.limits.maxMemory)
		}
		w.leave(exit{kind: exitFinished, reason: reason, cancelAt: now})
		return
	}
	if ctx.Err() != nil {
		w.leave(exit{kind: exitReleased, wakeAt: now, cancelAt: now})
		return
	}
	if !w.deadline.IsZero() && !now.Before(w.deadline) {
		w.leave(exit{kind: exitReleased, wakeAt: now, cancelAt: now.Add(w.settings.fetch.Timeout)})
		return
	}
	if w.share.MustLeave() {
		w.fetcher.log.Info("handed back: the runs of the process exceed its memory", "bytes", w.frontier.size())
		h := waitForMemory(now)
		w.leave(exit{kind: exitReleased, wakeAt: h.WakeAt, waitingFor: h.WaitingFor, cancelAt: now.Add(handBackTimeout)})
		return
	}
	next := w.nextWork()
	w.noteNext(next, now)
	if w.idle() && next.Sub(now) > w.maxIdle && !w.staysUntil(next, now) {
		w.leave(exit{kind: exitReleased, wakeAt: next, cancelAt: now})
	}
}

// nextWork returns when there will be something to do if nothing arrives.
func (w *worker) nextWork() time.Time {
	next := w.criteria.next()
	if w.frontier.seedsRead {
		if due, ok := w.frontier.nextDue(); ok {
			next = sooner(next, due)
		}
	}
	return next
}

// leave makes the worker leave. No fetch starts from then on.
func (w *worker) leave(e exit) {
	w.exit = &e
	w.fetcher.guard.close()
}

// leaving reports whether the worker can leave now. It cancels fetches after exit.cancelAt, and the
// reading of seeds at once.
func (w *worker) leaving(now time.Time) bool {
	if w.exit == nil {
		return false
	}
	if w.seeding.active || w.inFlight > 0 && !now.Before(w.exit.cancelAt) {
		w.cancel()
	}
	if w.exit.kind == exitStopped || w.exit.kind == exitAborted {
		w.cancel()
		w.drain()
		return true
	}
	return w.idle() && !w.committer.inFlight && w.committer.pending.empty()
}

// drain discards results until nothing is in flight.
func (w *worker) drain() {
	w.share.Forgo()
	for w.inFlight > 0 || w.seeding.active || w.committer.inFlight {
		select {
		case res := <-w.results:
			w.endFetch(&res) // before the commit in flight, which may take long
		case <-w.seeding.batches:
		case <-w.seeding.done:
			w.seeding.active = false
		case <-w.committer.results:
			w.committer.inFlight = false
		}
	}
}

// leaveGate ends the worker's use of the gate. The gate keeps the run's turns if another worker is
// to continue the run.
func (w *worker) leaveGate() {
	w.frontier.waiter = nil
	w.waiter.leave(w.exit != nil && w.exit.kind == exitReleased, time.Now())
}
