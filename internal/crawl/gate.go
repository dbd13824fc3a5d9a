package crawl

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/inndx/runs/internal/run"
)

const (
	// A gate that has minGateHosts hosts, or twice as many as after its last cleanup, drops the
	// idle ones. If more than half of maxGateHosts remain, it also drops hosts that have no fetch
	// in flight.
	minGateHosts = 1 << 10
	maxGateHosts = 1 << 16
)

// A hostGate spaces the fetches from each host over all runs of a process. Each run's frontier
// already spaces the run's own fetches. The gate adds what a run cannot see: when other runs
// fetched from the host, how many of their fetches are in flight, and whether the host asked
// another run to wait. A run that must wait gets a turn. The turns of a host are served in order,
// except that a run that is late for its turn loses it to the runs behind it.
//
// A run learns only when it may fetch, and nothing else about other runs.
//
// A run that is alone at a host pays for a lock and some map lookups. A run that must wait also
// pays for each turn before its own. A gate may be used by many goroutines at once.
type hostGate struct {
	mu        sync.Mutex
	hosts     map[string]*gateHost // by waiter.key
	cleanupAt int                  // the number of hosts at which idle ones are dropped
}

// A waiter is one run's access to a gate, for the run's worker or its seed reader. Only one
// goroutine may use it.
type waiter struct {
	gate     *hostGate
	run      run.Ref
	product  string        // robots.txt product token that the run obeys; empty if it obeys none
	proxy    string        // through which the run fetches; empty for none
	notified chan struct{} // has an element when ready is not empty

	// Guarded by the gate's mutex.
	ready    []string        // hosts whose turn may have come
	turns    map[string]bool // hosts at which the waiter has a turn
	inFlight map[string]int  // fetches in flight, by host
}

// newWaiter returns a waiter for a run that obeys robots.txt under the token product, and that
// fetches through a proxy. If product is empty, the run does not obey robots.txt.
func (g *hostGate) newWaiter(ref run.Ref, product, proxy string) *waiter {
	return &waiter{
		gate: g, run: ref, product: product, proxy: proxy, notified: make(chan struct{}, 1),
		turns: map[string]bool{}, inFlight: map[string]int{},
	}
}

// key returns the key of a host in the gate.
//
// Runs share a host only if they use the same proxy or none. The author of a configuration chooses
// the proxy, which can respond in the name of any host. So its Retry-After, its Crawl-delay and its
// slow responses must not delay the runs of others.
func (w *waiter) key(name string) string {
	if w.proxy == "" {
		return serverOf(name)
	}
	return w.proxy + " " + serverOf(name)
}

// tryStart starts a fetch from a host if one may start now; finish must follow. Otherwise the
// waiter gets a turn, and should call tryStart again at due or when it is notified.
func (w *waiter) tryStart(name string, p pace, now time.Time) (due time.Time, ok bool) {
	p.product = w.product
	g := w.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	h := g.host(w.key(name), now)
	u := h.usage(user{w.run, name})
	due, first := h.due(u, p, now)
	if !first || due.After(now) {
		if !due.After(now) { // the run before it may come any moment
			due = now.Add(lateAfter)
		}
		h.setTurn(u, turn{waiter: w, pace: p, due: due})
		w.turns[name] = true
		return due, false
	}
	h.removeTurn(u)
	delete(w.turns, name)
	h.start(u, p, now)
	w.inFlight[name]++
	h.notify(now)
	return now, true
}

// finish ends a fetch that tryStart started. requested says whether a request was sent, p is the
// present pace, and hold is the time before which the server wants no requests, or zero.
func (w *waiter) finish(name string, requested bool, p pace, hold, now time.Time) {
	p.product = w.product
	g := w.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	if w.inFlight[name]--; w.inFlight[name] <= 0 {
		delete(w.inFlight, name)
	}
	h := g.host(w.key(name), now)
	h.finish(h.usage(user{w.run, name}), requested, p, now)
	h.holdUntil = later(h.holdUntil, hold)
	h.notify(now)
}

// notify notifies the waiter that its turn at a host may have come. The gate's mutex must be held.
func (w *waiter) notify(name string) {
	if !slices.Contains(w.ready, name) {
		w.ready = append(w.ready, name)
	}
	select {
	case w.notified <- struct{}{}:
	default:
	}
}

// A turnError says that a run has to wait for its turn at a host until due.
type turnError struct{ due time.Time }

func (e *turnError) Error() string { return "the run waits for its turn at a host" }

// wait starts a fetch from a host as soon as one may start; finish must follow. If that would take
// longer than maxWait, it returns a *turnError, and the waiter keeps its turn. It returns the
// context's error when the context is done.
func (w *waiter) wait(ctx context.Context, name string, p pace, maxWait time.Duration) error {
	for {
		due, ok := w.tryStart(name, p, time.Now())
		switch {
		case ok:
			return nil
		case time.Until(due) > maxWait:
			return &turnError{due}
		}
		timer := time.NewTimer(time.Until(due))
		select {
		case <-timer.C:
		case <-w.notified:
			w.takeReady()
		case <-ctx.Done():
		}
		timer.Stop()
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// takeReady returns the hosts whose turn may have come since the last call.
func (w *waiter) takeReady() []string {
	w.gate.mu.Lock()
	defer w.gate.mu.Unlock()
	ready := w.ready
	w.ready = nil
	return ready
}

// leave ends the waiter's use of the gate and its fetches in flight. It keeps the turns if
// returning, that is, if the run will be woken for them.
func (w *waiter) leave(returning bool, now time.Time) {
	g := w.gate
	g.mu.Lock()
	defer g.mu.Unlock()
	for name, n := range w.inFlight {
		h := g.host(w.key(name), now)
		h.abandon(h.usage(user{w.run, name}), n, now)
		h.notify(now)
	}
	for name := range w.turns {
		h := g.host(w.key(name), now)
		if u := h.usage(user{w.run, name}); returning && u.turn != nil {
			u.turn.away = true
		} else {
			h.removeTurn(u)
			h.drop(u)
		}
		h.notify(now)
	}
	clear(w.inFlight)
	clear(w.turns)
}

// host returns the host of a key. It creates a missing one, and drops hosts that are no longer
// needed when there are too many.
func (g *hostGate) host(key string, now time.Time) *gateHost {
	if h := g.hosts[key]; h != nil {
		return h
	}
	if g.hosts == nil {
		g.hosts, g.cleanupAt = map[string]*gateHost{}, minGateHosts
	}
	if len(g.hosts) >= g.cleanupAt {
		g.cleanUp(now)
	}
	h := &gateHost{usages: map[user]*usage{}}
	g.hosts[key] = h
	return h
}

func (g *hostGate) cleanUp(now time.Time) {
	for key, h := range g.hosts {
		if h.idle(now) {
			delete(g.hosts, key)
		}
	}
	for key, h := range g.hosts {
		if len(g.hosts) <= maxGateHosts/2 {
			break
		}
		if h.inFlight == 0 {
			delete(g.hosts, key)
		}
	}
	g.cleanupAt = max(minGateHosts, 2*len(g.hosts))
}
