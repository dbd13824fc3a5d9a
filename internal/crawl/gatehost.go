package crawl

import (
	"slices"
	"time"

	"github.com/inndx/runs/internal/robots"
	"github.com/inndx/runs/internal/run"
)

const (
	// lateAfter is how late a waiting run may be for its turn before the runs behind it go first.
	lateAfter = 100 * time.Millisecond
	// awayAfter is like lateAfter for a run whose worker has left and that is woken for its turn.
	awayAfter = 3 * time.Second
	// maxTurnAge is how long after its time an unused turn is kept.
	maxTurnAge = time.Minute
	// busyWait is how long a run waits for the end of other runs' fetches before it tries again.
	// Usually it is notified earlier.
	busyWait = time.Second
)

// A pace is how a run fetches from a host.
type pace struct {
	delay      time.Duration // between two fetches
	crawlDelay bool          // delay is the host's own Crawl-delay, not the run's configuration
	perHost    int           // fetches in flight at a time
	product    string        // see waiter; the gate sets it
}

// spacing returns the time between a fetch of one run and the next fetch of another. A Crawl-delay
// is the host's rule. It holds for every run that is active on the host, except between runs that
// obey robots.txt under different products, for which the host may have different rules. A
// configured delay is the run's own. Between two runs the smaller one holds: the host is fetched
// from as often as the faster run alone would, and no tenant can slow another one down by its
// configuration.
func spacing(a, b pace) time.Duration {
	d := min(a.delay, b.delay)
	if a.product != b.product && a.product != "" && b.product != "" {
		return d
	}
	if a.crawlDelay {
		d = max(d, a.delay)
	}
	if b.crawlDelay {
		d = max(d, b.delay)
	}
	return d
}

// A gateHost is the state of one host and port in a gate. The gate's mutex guards it.
type gateHost struct {
	holdUntil time.Time // nothing is fetched before
	usages    []*usage
	turns     []*turn // the run that has waited longest comes first
}

// A usage is one run's use of a host.
type usage struct {
	run      run.Ref
	pace     pace
	inFlight int
	last     time.Time // end of the last fetch, or start of one in flight
	before   time.Time // last, as it was before the fetch in flight
}

// past reports whether the usage can no longer delay another run, whose Crawl-delay may be longer
// than this run's own delay.
func (u *usage) past(now time.Time) bool {
	return u.inFlight == 0 && now.Sub(u.last) > max(u.pace.delay, robots.MaxCrawlDelay)
}

// A turn is a run's place in the order of those that wait for a host.
type turn struct {
	waiter *waiter
	pace   pace
	due    time.Time // when to try again
	away   bool      // the waiter has left, and its run is expected back
}

// late reports whether the run is late for its turn, so that the runs behind it need not wait.
func (t *turn) late(now time.Time) bool {
	after := lateAfter
	if t.away {
		after = awayAfter
	}
	return now.After(t.due.Add(after))
}

// idle reports whether the state of the host no longer affects any run.
func (h *gateHost) idle(now time.Time) bool {
	return len(h.turns) == 0 && !h.holdUntil.After(now) &&
		!slices.ContainsFunc(h.usages, func(u *usage) bool { return !u.past(now) })
}

func (h *gateHost) inFlight() bool {
	return slices.ContainsFunc(h.usages, func(u *usage) bool { return u.inFlight > 0 })
}

// usage returns a run's usage of the host. It creates a missing one.
func (h *gateHost) usage(ref run.Ref) *usage {
	for _, u := range h.usages {
		if u.run == ref {
			return u
		}
	}
	u := &usage{run: ref}
	h.usages = append(h.usages, u)
	return u
}

// turnOf returns the index of a run's turn, or -1 if it has none.
func (h *gateHost) turnOf(ref run.Ref) int {
	return slices.IndexFunc(h.turns, func(t *turn) bool { return t.waiter.run == ref })
}

// addTurn gives a run a turn behind all others, or updates the turn that it has.
func (h *gateHost) addTurn(w *waiter, p pace, due time.Time) {
	if i := h.turnOf(w.run); i >= 0 {
		*h.turns[i] = turn{waiter: w, pace: p, due: due}
		return
	}
	h.turns = append(h.turns, &turn{waiter: w, pace: p, due: due})
}

func (h *gateHost) removeTurn(ref run.Ref) {
	if i := h.turnOf(ref); i >= 0 {
		h.turns = slices.Delete(h.turns, i, i+1)
	}
}

// due returns the time at which a run may start a fetch, as far as is known now, and whether the
// run is first: no other run has a turn before it.
func (h *gateHost) due(ref run.Ref, p pace, now time.Time) (due time.Time, first bool) {
	if len(h.turns) == 0 {
		return h.earliest(ref, p, now), true
	}
	h.turns = slices.DeleteFunc(h.turns, func(t *turn) bool {
		return now.After(t.due.Add(maxTurnAge)) && t.waiter.run != ref
	})
	first = true
	var before pace
	for _, t := range h.turns {
		if t.waiter.run == ref {
			break
		}
		if t.late(now) {
			continue
		}
		at := h.earliest(t.waiter.run, t.pace, now)
		if !first {
			at = later(at, due.Add(spacing(before, t.pace)))
		}
		due, before, first = at, t.pace, false
	}
	at := h.earliest(ref, p, now)
	if !first {
		at = later(at, due.Add(spacing(before, p)))
	}
	return at, first
}

// earliest returns when a run may start a fetch, considering the host and the fetches of other runs
// but not their turns. Together the runs have no more fetches in flight than each of them may have.
func (h *gateHost) earliest(ref run.Ref, p pace, now time.Time) time.Time {
	at := h.holdUntil
	if len(h.usages) == 0 || len(h.usages) == 1 && h.usages[0].run == ref {
		return at
	}
	h.usages = slices.DeleteFunc(h.usages, func(u *usage) bool { return u.past(now) && u.run != ref })
	inFlight, limit := 0, p.perHost
	var maxSpacing time.Duration
	for _, u := range h.usages {
		if inFlight += u.inFlight; u.inFlight > 0 {
			limit = min(limit, u.pace.perHost)
		}
		if u.run != ref && !u.last.IsZero() {
			apart := spacing(u.pace, p)
			maxSpacing = max(maxSpacing, apart)
			at = later(at, u.last.Add(apart))
		}
	}
	if inFlight >= limit {
		at = later(at, now.Add(max(maxSpacing, busyWait)))
	}
	return at
}

// notify notifies the first run that is neither away nor late that its turn may have come.
func (h *gateHost) notify(name string, now time.Time) {
	for _, t := range h.turns {
		if t.away || t.late(now) {
			continue
		}
		if !slices.Contains(t.waiter.ready, name) {
			t.waiter.ready = append(t.waiter.ready, name)
		}
		select {
		case t.waiter.notified <- struct{}{}:
		default:
		}
		return
	}
}
