package crawl

import (
	"slices"
	"time"
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

// A turn is a user's place in the order of those that wait for a host.
type turn struct {
	usage  *usage
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

// expired reports whether the run loses its turn, because it did not use it for maxTurnAge.
func (t *turn) expired(now time.Time) bool { return now.After(t.due.Add(maxTurnAge)) }

// setTurn gives a user a turn behind all others, or updates the turn that it has.
func (h *gateHost) setTurn(u *usage, t turn) {
	if u.turn == nil {
		u.turn = new(turn)
		h.turns = append(h.turns, u.turn)
	}
	t.usage = u
	*u.turn = t
}

// removeTurn removes the turn of a user that has one.
func (h *gateHost) removeTurn(u *usage) {
	if u.turn == nil {
		return
	}
	i := slices.Index(h.turns, u.turn)
	h.turns = slices.Delete(h.turns, i, i+1)
	u.turn = nil
}

// due returns the earliest time at which a user may start a fetch, and whether the user is first:
// no other one has a turn before it. For the turns between the first one and the user's own, due
// considers only the spacing.
func (h *gateHost) due(u *usage, p pace, now time.Time) (due time.Time, first bool) {
	first = true
	expired := false
	var before pace
	for _, t := range h.turns {
		if t.usage == u {
			break
		}
		switch {
		case t.late(now):
			expired = expired || t.expired(now)
			continue
		case first:
			due = h.earliest(t.usage, t.pace, now)
		default:
			due = due.Add(spacing(before, t.pace))
		}
		before, first = t.pace, false
	}
	if expired {
		h.dropExpired(u, now)
	}
	at := h.earliest(u, p, now)
	if !first {
		at = later(at, due.Add(spacing(before, p)))
	}
	return at, first
}

// dropExpired drops the turns that expired, except that of a user.
func (h *gateHost) dropExpired(except *usage, now time.Time) {
	for _, t := range slices.Clone(h.turns) {
		if t.usage != except && t.expired(now) {
			h.removeTurn(t.usage)
			h.drop(t.usage)
		}
	}
}

// notify notifies the first run that is not late that its turn may have come. The runs behind it
// cannot start before it.
func (h *gateHost) notify(now time.Time) {
	for _, t := range h.turns {
		if t.late(now) {
			continue
		}
		if !t.away {
			t.waiter.notify(t.usage.name)
		}
		return
	}
}
