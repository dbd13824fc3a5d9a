package crawl

import (
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/weburl"
)

// A Wait says what a run waits for.
type Wait struct {
	For  WaitReason
	Host string // the host and port that is waited for; "" for WaitSeeds
	// Until is when the wait is over; zero when that is not known.
	Until time.Time
}

// A WaitReason is what a run waits for. It is a phrase that goes before a host.
type WaitReason string

// The reasons to wait.
const (
	WaitSeeds      WaitReason = "the seeds"          // a sitemap is being read
	WaitAnswer     WaitReason = "an answer from"     // a request is in flight; robots.txt and DNS are part of it
	WaitDelay      WaitReason = "the crawl delay of" // the time between two fetches from a host
	WaitRetryAfter WaitReason = "Retry-After of"     // the time that a server asked for
	WaitAttempt    WaitReason = "another attempt at" // the back-off after an attempt that failed
)

// An Observer is told what a run waits for whenever its worker waits. It must return at once.
type Observer func(runID uuid.UUID, w Wait)

// observe tells the observer what the worker waits for.
func (w *worker) observe() {
	if w.observer == nil || w.exit != nil && w.exit.kind != released {
		return
	}
	switch {
	case w.seeding:
		w.observer(w.message.ID, Wait{For: WaitSeeds})
	case w.inFlight > 0:
		w.observer(w.message.ID, Wait{For: WaitAnswer, Host: w.lastHost})
	default:
		if wait, ok := w.f.waitsFor(); ok {
			if wait.For == WaitAttempt && w.asked[wait.Host] {
				wait.For = WaitRetryAfter
			}
			w.observer(w.message.ID, wait)
		}
	}
}

// noteHold remembers whether a server asked for the wait before another attempt. A back-off alone
// is at most half as long again as its base.
func (w *worker) noteHold(v result) {
	if w.observer == nil || v.retry == nil {
		return
	}
	if w.asked == nil {
		w.asked = map[string]bool{}
	}
	base := min(firstBackOff<<v.attempt, maxBackOff)
	w.asked[v.host.name] = v.retry.HoldHost && v.retry.Due.Sub(v.retry.OccurredAt) > base+base/2
}

// waitsFor returns what has to come before next picks something: the wait whose end nextDue
// returns.
func (f *frontier) waitsFor() (Wait, bool) {
	due, ok := f.nextDue()
	if !ok || f.ready.Len() > 0 {
		return Wait{}, false
	}
	if f.waiting.Len() > 0 && f.waiting.hosts[0].due.Equal(due) {
		h := f.waiting.hosts[0]
		if h.hold.Before(due) {
			return Wait{For: WaitDelay, Host: h.name, Until: due}, true
		}
		return Wait{For: WaitAttempt, Host: h.name, Until: due}, true
	}
	return Wait{For: WaitAttempt, Host: weburl.HostOf(f.retries[0].url), Until: due}, true
}
