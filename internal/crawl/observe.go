package crawl

import (
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/weburl"
)

// A Wait says what a run waits for.
type Wait struct {
	For   WaitReason
	Host  string    // host and port; "" for WaitSeeds
	Until time.Time // when the wait is over; zero if that is not known
}

// A WaitReason is what a run waits for. It is a phrase that precedes a host.
type WaitReason string

// The reasons to wait.
const (
	WaitSeeds      WaitReason = "the seeds"          // a sitemap is being read
	WaitResponse   WaitReason = "a response from"    // a request is in flight, or DNS or robots.txt
	WaitDelay      WaitReason = "the crawl delay of" // the time between two fetches from a host
	WaitRetryAfter WaitReason = "Retry-After of"     // the time that a server asked for
	WaitAttempt    WaitReason = "another attempt at" // the back-off after a failed attempt
)

// An Observer is called whenever a run's worker waits, with what it waits for. It must return at
// once.
type Observer func(runID uuid.UUID, w Wait)

// A waitObserver holds an Observer and what the frontier does not keep of the run's waits.
type waitObserver struct {
	observe    Observer        // may be nil
	lastHost   string          // of the last fetch that started
	retryAfter map[string]bool // hosts whose server asked for the present wait
}

// noteHold notes whether a server asked for the wait before another attempt. A back-off without
// Retry-After is at most one and a half times its base.
func (o *waitObserver) noteHold(res result) {
	if o.observe == nil || res.retry == nil {
		return
	}
	if o.retryAfter == nil {
		o.retryAfter = map[string]bool{}
	}
	base := min(firstBackOff<<res.attempt, maxBackOff)
	o.retryAfter[res.host.name] = res.retry.HoldHost && res.retry.Due.Sub(res.retry.OccurredAt) > base+base/2
}

// observe calls the observer with what the worker waits for.
func (w *worker) observe() {
	o := &w.observer
	if o.observe == nil || w.exit != nil && w.exit.kind != exitReleased {
		return
	}
	switch {
	case w.seeding.active:
		o.observe(w.run.ID, Wait{For: WaitSeeds})
	case w.inFlight > 0:
		o.observe(w.run.ID, Wait{For: WaitResponse, Host: o.lastHost})
	default:
		if wait, ok := w.frontier.waitsFor(); ok {
			if wait.For == WaitAttempt && o.retryAfter[wait.Host] {
				wait.For = WaitRetryAfter
			}
			o.observe(w.run.ID, wait)
		}
	}
}

// waitsFor returns the wait that ends at the time that nextDue returns, or false if pick has a URL
// now or never will.
func (f *frontier) waitsFor() (Wait, bool) {
	due, ok := f.nextDue()
	if !ok || f.ready.Len() > 0 {
		return Wait{}, false
	}
	if f.delayed.Len() > 0 && f.delayed.hosts[0].due.Equal(due) {
		h := f.delayed.hosts[0]
		if h.holdUntil.Before(due) {
			return Wait{For: WaitDelay, Host: h.name, Until: due}, true
		}
		return Wait{For: WaitAttempt, Host: h.name, Until: due}, true
	}
	return Wait{For: WaitAttempt, Host: weburl.HostOf(f.retries[0].url), Until: due}, true
}
