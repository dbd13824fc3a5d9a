package crawl

import (
	"slices"
	"time"

	"github.com/inndx/runs/internal/robots"
	"github.com/inndx/runs/internal/run"
)

// A gateHost is the state of one host and port in a gate. The gate's mutex guards it.
type gateHost struct {
	holdUntil time.Time // nothing is fetched before
	usages    map[user]*usage
	turns     []*turn // the run that has waited longest comes first

	inFlight      int
	busy          []*usage      // those with fetches in flight
	maxCrawlDelay time.Duration // of all runs so far
	// The usages that may delay another run are linked by their last fetch.
	newest, oldest *usage
}

// A user is a run with the spelling of the host that it uses. A run that uses two spellings of one
// server counts as two users, because its frontier spaces the fetches of each spelling by itself.
type user struct {
	run  run.Ref
	name string
}

// A usage is one user's use of a host.
type usage struct {
	user
	pace     pace
	inFlight int
	last     time.Time // end of the last fetch, or start of one in flight
	before   time.Time // last, without the fetches in flight
	turn     *turn     // nil if the user does not wait

	linked       bool
	newer, older *usage
}

// past reports whether the last fetch can no longer delay another run, whose Crawl-delay may be
// longer than this run's own delay.
func (u *usage) past(now time.Time) bool {
	return u.inFlight == 0 && now.Sub(u.last) > max(u.pace.delay, robots.MaxCrawlDelay)
}

// idle reports whether the state of the host no longer affects any run.
func (h *gateHost) idle(now time.Time) bool {
	for _, u := range h.usages {
		if !u.past(now) || u.turn != nil && !u.turn.expired(now) {
			return false
		}
	}
	return !h.holdUntil.After(now)
}

// usage returns a user's usage of the host. It creates a missing one.
func (h *gateHost) usage(by user) *usage {
	u := h.usages[by]
	if u == nil {
		u = &usage{user: by}
		h.usages[by] = u
	}
	return u
}

// drop drops a usage that no longer matters.
func (h *gateHost) drop(u *usage) {
	if u.turn == nil && u.inFlight == 0 && !u.linked {
		delete(h.usages, u.user)
	}
}

// start starts a fetch.
func (h *gateHost) start(u *usage, p pace, now time.Time) {
	h.setPace(u, p)
	if u.inFlight == 0 {
		u.before = u.last
		h.busy = append(h.busy, u)
	}
	u.inFlight++
	h.inFlight++
	h.setLast(u, now)
}

// finish ends a fetch. One that sent no request does not delay the next.
func (h *gateHost) finish(u *usage, requested bool, p pace, now time.Time) {
	h.setPace(u, p)
	h.end(u, 1)
	switch {
	case requested:
		h.setLast(u, now)
		u.before = now
	case u.inFlight == 0:
		h.setLast(u, u.before)
	}
	h.drop(u)
}

// abandon ends n fetches that may or may not have sent a request.
func (h *gateHost) abandon(u *usage, n int, now time.Time) {
	h.end(u, n)
	h.setLast(u, now)
}

// end counts n fetches as ended.
func (h *gateHost) end(u *usage, n int) {
	u.inFlight -= n
	h.inFlight -= n
	if u.inFlight == 0 {
		h.busy = slices.DeleteFunc(h.busy, func(b *usage) bool { return b == u })
	}
}

func (h *gateHost) setPace(u *usage, p pace) {
	u.pace = p
	if p.crawlDelay {
		h.maxCrawlDelay = max(h.maxCrawlDelay, p.delay)
	}
}

// setLast sets the time of a user's last fetch, and keeps the usages in order. Nearly always the
// time is the latest one.
func (h *gateHost) setLast(u *usage, at time.Time) {
	h.unlink(u)
	u.last = at
	if at.IsZero() {
		return
	}
	newer, older := (*usage)(nil), h.newest
	for older != nil && older.last.After(at) {
		newer, older = older, older.older
	}
	u.newer, u.older, u.linked = newer, older, true
	*h.olderOf(newer), *h.newerOf(older) = u, u
}

// unlink takes a usage out of the order of last fetches.
func (h *gateHost) unlink(u *usage) {
	if !u.linked {
		return
	}
	*h.olderOf(u.newer), *h.newerOf(u.older) = u.older, u.newer
	u.newer, u.older, u.linked = nil, nil, false
}

// olderOf returns the link from a usage to the one before it, from nil to the newest one.
func (h *gateHost) olderOf(u *usage) **usage {
	if u == nil {
		return &h.newest
	}
	return &u.older
}

// newerOf returns the link from a usage to the one after it, from nil to the oldest one.
func (h *gateHost) newerOf(u *usage) **usage {
	if u == nil {
		return &h.oldest
	}
	return &u.newer
}

// earliest returns when a user may start a fetch, considering the host and the fetches of others but
// not their turns. Together the runs have no more fetches in flight than each of them may have.
func (h *gateHost) earliest(u *usage, p pace, now time.Time) time.Time {
	at := h.holdUntil
	h.dropPast(u, now)
	if h.oldest == h.newest && (h.newest == nil || h.newest == u) {
		return at // the run's frontier knows the rest
	}
	var maxSpacing time.Duration
	bound := max(p.delay, h.maxCrawlDelay) // of every spacing
	for o := h.newest; o != nil && o.last.Add(bound).After(at); o = o.older {
		if o != u {
			apart := spacing(o.pace, p)
			maxSpacing = max(maxSpacing, apart)
			at = later(at, o.last.Add(apart))
		}
	}
	limit := p.perHost
	for _, o := range h.busy {
		limit = min(limit, o.pace.perHost)
	}
	if h.inFlight >= limit {
		at = later(at, now.Add(max(maxSpacing, busyWait)))
	}
	return at
}

// dropPast unlinks the usages that no longer delay others, from the oldest on, except a user's.
func (h *gateHost) dropPast(except *usage, now time.Time) {
	for o := h.oldest; o != nil && o != except && o.past(now); o = h.oldest {
		h.unlink(o)
		h.drop(o)
	}
}
