package crawl

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/inndx/runs/internal/robots"
	"github.com/inndx/runs/internal/run"
)

const (
	// lateAfter is how long after its time a waiting run keeps its turn from the runs behind it,
	// and absentAfter is that of a run whose worker has left and is waked for its turn.
	lateAfter   = 100 * time.Millisecond
	absentAfter = 3 * time.Second
	// forgetTurn is how long after its time a turn that no run takes is kept.
	forgetTurn = time.Minute
	// busyWait is how long a run waits for the end of other runs' fetches before it asks again.
	// Usually it is told before.
	busyWait = time.Second
	// A gate that knows minGateHosts, or twice as many as the last time, forgets the idle ones. If
	// that leaves more than half of maxGateHosts, it forgets others without a fetch under way.
	minGateHosts = 1 << 10
	maxGateHosts = 1 << 16
)

// A pace is how a run fetches from a host.
type pace struct {
	delay   time.Duration // between two fetches
	stated  bool          // the delay is the host's own Crawl-delay, not the run's configuration
	perHost int           // fetches under way at a time
	product string        // see caller; the gate fills it in
}

// spacing returns the time between a fetch of one run and the next one, of another. A Crawl-delay
// is the host's wish, which all runs respect that learn of it, unless they obey robots.txt by
// another product, for which the host may have another wish. A delay that is configured is the
// run's own: between two runs the smaller one holds, so the host is fetched from as often as the
// faster run alone would, and no tenant can slow another one down by its configuration.
func spacing(a, b pace) time.Duration {
	d := min(a.delay, b.delay)
	if a.product != b.product && a.product != "" && b.product != "" {
		return d
	}
	if a.stated {
		d = max(d, a.delay)
	}
	if b.stated {
		d = max(d, b.delay)
	}
	return d
}

// A gate spaces the fetches from each host over all runs of a process. What it adds to the
// frontiers of the runs, each of which spaces its own fetches, is what runs must know of each
// other: when another one fetched, how many fetches are under way, and until when the host wants
// to be left alone. A run that must wait has a turn: those of a host are served in their order,
// unless a run is not there when its time comes.
//
// A run that is alone at a host pays for a lock and two look-ups. A gate may be used by many
// goroutines at once.
type gate struct {
	mu    sync.Mutex
	hosts map[string]*gateHost
	sweep int // hosts at which the idle ones are forgotten
}

// A gateHost is what a gate knows of a host, named by host and port.
type gateHost struct {
	hold  time.Time // nothing is fetched before
	uses  []*use
	turns []*turn // the run that waits longest first
}

// A use is a run's fetching from a host.
type use struct {
	run      run.Ref
	pace     pace
	inFlight int
	last     time.Time // end of the last fetch, start of one under way
	before   time.Time // last, before the fetch under way
}

// A turn is a run's place in the order of those that wait for a host.
type turn struct {
	by     *caller
	pace   pace
	due    time.Time // when to come
	absent bool      // the caller has left, and is expected back
}

// late reports whether a run did not come in time, so that others need not wait for it.
func (t *turn) late(now time.Time) bool {
	after := lateAfter
	if t.absent {
		after = absentAfter
	}
	return now.After(t.due.Add(after))
}

// A caller asks a gate for one run: it is the run's worker or its seeder.
type caller struct {
	gate    *gate
	run     run.Ref
	product string        // by which the run obeys robots.txt, empty if it does not
	called  chan struct{} // has an element when names is not empty

	// Guarded by the gate.
	names    []string        // hosts whose turn may have come
	waits    map[string]bool // hosts with a turn of the caller
	inFlight map[string]int  // fetches under way
}

func (g *gate) caller(run run.Ref, product string) *caller {
	return &caller{gate: g, run: run, product: product, called: make(chan struct{}, 1), waits: map[string]bool{}, inFlight: map[string]int{}}
}

// take asks for a fetch from a host. If it may begin now it is under way, and done must follow.
// Otherwise the caller has a turn and should ask again at due, or when it is called.
func (c *caller) take(name string, p pace, now time.Time) (due time.Time, ok bool) {
	p.product = c.product
	g := c.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	h := g.host(name, now)
	due, first := h.ask(c, p, now)
	if !first || due.After(now) {
		if !due.After(now) { // the run before it is about to come
			due = now.Add(lateAfter)
		}
		h.wait(c, p, due)
		c.waits[name] = true
		return due, false
	}
	h.leave(c)
	delete(c.waits, name)
	u := h.use(c.run)
	u.pace = p
	if u.inFlight == 0 {
		u.before = u.last
	}
	u.inFlight++
	u.last = now
	c.inFlight[name]++
	h.call(name, now)
	return now, true
}

// done says that a fetch is over, whether something was requested for it, what its pace is by
// now, and until when the host wants to be left alone, zero for no such wish.
func (c *caller) done(name string, requested bool, p pace, hold, now time.Time) {
	p.product = c.product
	g := c.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	if c.inFlight[name]--; c.inFlight[name] <= 0 {
		delete(c.inFlight, name)
	}
	h := g.host(name, now)
	u := h.use(c.run)
	u.pace = p
	u.inFlight--
	switch {
	case requested:
		u.last = now
	case u.inFlight == 0:
		u.last = u.before
	}
	h.hold = later(h.hold, hold)
	h.call(name, now)
}

// A turnError says that a run has to wait for its turn at a host until due.
type turnError struct{ due time.Time }

func (e *turnError) Error() string { return "the run waits for its turn at a host" }

// wait returns when a fetch from the host is under way for the caller, or with the context's
// error when it is done. It returns a *turnError, and the caller keeps its turn, when that takes
// longer than most.
func (c *caller) wait(ctx context.Context, name string, p pace, most time.Duration) error {
	for {
		due, ok := c.take(name, p, time.Now())
		switch {
		case ok:
			return nil
		case time.Until(due) > most:
			return &turnError{due}
		}
		timer := time.NewTimer(time.Until(due))
		select {
		case <-timer.C:
		case <-c.called:
			c.heard()
		case <-ctx.Done():
		}
		timer.Stop()
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// heard returns the hosts whose turn may have come.
func (c *caller) heard() []string {
	c.gate.mu.Lock()
	defer c.gate.mu.Unlock()
	names := c.names
	c.names = nil
	return names
}

// leave says that the caller asks no more. Its turns are kept when it will be back for them; what
// it still has under way is over.
func (c *caller) leave(back bool, now time.Time) {
	g := c.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	for name, n := range c.inFlight {
		h := g.host(name, now)
		u := h.use(c.run)
		u.inFlight -= n
		u.last = now
		h.call(name, now)
	}
	for name := range c.waits {
		h := g.host(name, now)
		if i := h.turn(c.run); back && i >= 0 {
			h.turns[i].absent = true
		} else {
			h.leave(c)
		}
		h.call(name, now)
	}
	clear(c.inFlight)
	clear(c.waits)
}

// host returns what is known of a host. From time to time it forgets hosts that no run fetches
// from.
func (g *gate) host(name string, now time.Time) *gateHost {
	h := g.hosts[name]
	if h != nil {
		return h
	}
	if g.hosts == nil {
		g.hosts, g.sweep = map[string]*gateHost{}, minGateHosts
	}
	if len(g.hosts) >= g.sweep {
		for name, h := range g.hosts {
			if h.idle(now) {
				delete(g.hosts, name)
			}
		}
		for name, h := range g.hosts {
			if len(g.hosts) <= maxGateHosts/2 {
				break
			}
			if !h.inFlight() {
				delete(g.hosts, name)
			}
		}
		g.sweep = max(minGateHosts, 2*len(g.hosts))
	}
	h = new(gateHost)
	g.hosts[name] = h
	return h
}

// idle reports whether nothing known of the host can matter any more.
func (h *gateHost) idle(now time.Time) bool {
	return len(h.turns) == 0 && !h.hold.After(now) && !slices.ContainsFunc(h.uses, func(u *use) bool { return !u.past(now) })
}

func (h *gateHost) inFlight() bool {
	return slices.ContainsFunc(h.uses, func(u *use) bool { return u.inFlight > 0 })
}

// past reports whether the use can delay no other run any more: another one's Crawl-delay may be
// longer than the run's own delay.
func (u *use) past(now time.Time) bool {
	return u.inFlight == 0 && now.Sub(u.last) > max(u.pace.delay, robots.MaxCrawlDelay)
}

// use returns the use of a run. It makes a missing one.
func (h *gateHost) use(run run.Ref) *use {
	for _, u := range h.uses {
		if u.run == run {
			return u
		}
	}
	u := &use{run: run}
	h.uses = append(h.uses, u)
	return u
}

// turn returns the place of a run among those that wait, -1 when it does not wait.
func (h *gateHost) turn(run run.Ref) int {
	return slices.IndexFunc(h.turns, func(t *turn) bool { return t.by.run == run })
}

// wait gives the caller a turn, behind all others, unless its run has one.
func (h *gateHost) wait(c *caller, p pace, due time.Time) {
	if i := h.turn(c.run); i >= 0 {
		*h.turns[i] = turn{by: c, pace: p, due: due}
		return
	}
	h.turns = append(h.turns, &turn{by: c, pace: p, due: due})
}

// leave takes the turn of the caller's run away.
func (h *gateHost) leave(c *caller) {
	if i := h.turn(c.run); i >= 0 {
		h.turns = slices.Delete(h.turns, i, i+1)
	}
}

// ask returns when a fetch may begin by what is known at now, and whether no other run is to
// begin one before.
func (h *gateHost) ask(c *caller, p pace, now time.Time) (due time.Time, first bool) {
	if len(h.turns) == 0 {
		return h.free(c.run, p, now), true
	}
	h.turns = slices.DeleteFunc(h.turns, func(t *turn) bool { return now.After(t.due.Add(forgetTurn)) && t.by.run != c.run })
	first = true
	var before pace
	for _, t := range h.turns {
		if t.by.run == c.run {
			break
		}
		if t.late(now) {
			continue
		}
		at := h.free(t.by.run, t.pace, now)
		if !first {
			at = later(at, due.Add(spacing(before, t.pace)))
		}
		due, before, first = at, t.pace, false
	}
	at := h.free(c.run, p, now)
	if !first {
		at = later(at, due.Add(spacing(before, p)))
	}
	return at, first
}

// free returns when a run may begin a fetch as far as the host and the other runs' fetches are
// concerned. Together the runs have no more fetches under way than each of them may have.
func (h *gateHost) free(run run.Ref, p pace, now time.Time) time.Time {
	at := h.hold
	if len(h.uses) == 0 || len(h.uses) == 1 && h.uses[0].run == run {
		return at
	}
	h.uses = slices.DeleteFunc(h.uses, func(u *use) bool { return u.past(now) && u.run != run })
	inFlight, limit := 0, p.perHost
	var most time.Duration
	for _, u := range h.uses {
		if inFlight += u.inFlight; u.inFlight > 0 {
			limit = min(limit, u.pace.perHost)
		}
		if u.run != run && !u.last.IsZero() {
			apart := spacing(u.pace, p)
			most = max(most, apart)
			at = later(at, u.last.Add(apart))
		}
	}
	if inFlight >= limit {
		at = later(at, now.Add(max(most, busyWait)))
	}
	return at
}

// call tells the run whose turn is next to ask, when its time may have come.
func (h *gateHost) call(name string, now time.Time) {
	for _, t := range h.turns {
		if t.absent || t.late(now) {
			continue
		}
		if !slices.Contains(t.by.names, name) {
			t.by.names = append(t.by.names, name)
		}
		select {
		case t.by.called <- struct{}{}:
		default:
		}
		return
	}
}
