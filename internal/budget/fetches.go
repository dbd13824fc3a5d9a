package budget

import (
	"context"
	"slices"
)

// A fetchWaiter waits for a fetch that was refused. The budget's mutex guards its place among those
// that wait.
type fetchWaiter struct {
	share *Share
	ready chan struct{} // buffered; has an element when the fetch may be tried again
}

func (w *fetchWaiter) notify() {
	select {
	case w.ready <- struct{}{}:
	default:
	}
}

// TryFetch begins a fetch if one may begin now; EndFetch must follow. A run that has none in flight
// may always begin one. Otherwise there must be fewer in flight than the limit, and no run with
// fewer may wait: when connections are scarce, all runs that want more have equally many.
//
// After a refusal the run should try again when FetchReady has an element, or say by Forgo that it
// no longer wants to.
func (s *Share) TryFetch() bool {
	b := s.budget
	b.mu.Lock()
	defer b.mu.Unlock()
	ok := b.tryFetch(&s.waiter)
	s.waits.Store(!ok)
	return ok
}

// FetchReady has an element when TryFetch may succeed after a refusal.
func (s *Share) FetchReady() <-chan struct{} { return s.waiter.ready }

// Forgo says that the run no longer wants the fetch that was refused, so that no other run waits
// for it.
func (s *Share) Forgo() {
	if !s.waits.Load() { // as it usually is
		return
	}
	s.budget.mu.Lock()
	defer s.budget.mu.Unlock()
	s.budget.forgo(s)
}

func (b *Budget) forgo(s *Share) {
	s.waits.Store(false)
	b.stopWaiting(&s.waiter)
	b.notifyNext()
}

// Fetch waits until a fetch may begin; EndFetch must follow. It is TryFetch for other goroutines
// than the one that calls TryFetch. It returns the context's error if ctx ends before.
func (s *Share) Fetch(ctx context.Context) error {
	w := &fetchWaiter{share: s, ready: make(chan struct{}, 1)}
	b := s.budget
	for {
		b.mu.Lock()
		ok := b.tryFetch(w)
		b.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-w.ready:
		case <-ctx.Done():
			b.mu.Lock()
			defer b.mu.Unlock()
			b.stopWaiting(w)
			b.notifyNext()
			return ctx.Err()
		}
	}
}

// tryFetch begins a fetch, or adds w to those that wait.
func (b *Budget) tryFetch(w *fetchWaiter) bool {
	if !b.mayFetch(w.share) {
		if !slices.Contains(b.waiting, w) {
			b.waiting = append(b.waiting, w)
		}
		b.notifyNext()
		return false
	}
	b.stopWaiting(w)
	w.share.fetches++
	b.fetches++
	b.notifyNext() // two fetches may have ended since w was notified
	return true
}

func (b *Budget) mayFetch(s *Share) bool {
	if s.fetches == 0 {
		return true
	}
	return b.fetches < b.limits.Fetches &&
		!slices.ContainsFunc(b.waiting, func(w *fetchWaiter) bool { return w.share.fetches < s.fetches })
}

func (b *Budget) stopWaiting(w *fetchWaiter) {
	if i := slices.Index(b.waiting, w); i >= 0 {
		b.waiting = slices.Delete(b.waiting, i, i+1)
	}
}

// notifyNext notifies the next one that may fetch, if there is one: of those that wait the one
// whose run has the fewest fetches in flight, and of these the one that has waited longest. A run
// that has none left may fetch although the limit is reached.
func (b *Budget) notifyNext() {
	if len(b.waiting) == 0 {
		return
	}
	next := slices.MinFunc(b.waiting, func(v, w *fetchWaiter) int { return v.share.fetches - w.share.fetches })
	if next.share.fetches == 0 || b.fetches < b.limits.Fetches {
		next.notify()
	}
}

// EndFetch ends a fetch.
func (s *Share) EndFetch() {
	b := s.budget
	b.mu.Lock()
	defer b.mu.Unlock()
	if s.fetches == 0 { // the run has left
		return
	}
	s.fetches--
	b.fetches--
	b.notifyNext()
}

// OnIdle sets the function that closes the run's idle connections. It is called when the process
// has too many connections, and must not use the share before it has closed them.
func (s *Share) OnIdle(closeIdle func()) {
	s.budget.mu.Lock()
	defer s.budget.mu.Unlock()
	s.closeIdle = closeIdle
}

// ConnOpened counts a connection of the run. If the process has too many, it closes the idle ones
// of the runs that have the most of them.
func (s *Share) ConnOpened() {
	b := s.budget
	b.mu.Lock()
	s.connections++
	b.connections++
	b.mu.Unlock()
	var asked []*Share
	for {
		most, closeIdle := b.mostIdle(asked)
		if most == nil {
			return
		}
		closeIdle()
		asked = append(asked, most) // it may still have connections that are being made
	}
}

// ConnClosed ends what ConnOpened began.
func (s *Share) ConnClosed() {
	s.budget.mu.Lock()
	defer s.budget.mu.Unlock()
	s.connections--
	s.budget.connections--
}

// mostIdle returns the run that has the most idle connections, except those that were asked, and the
// function that closes them. The run is nil if the process does not have too many connections, or
// none is idle.
func (b *Budget) mostIdle(asked []*Share) (run *Share, closeIdle func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.connections <= b.limits.Fetches+b.limits.Fetches/2 {
		return nil, nil
	}
	most := 0
	for s := range b.shares {
		if idle := s.connections - s.fetches; idle > most && s.closeIdle != nil && !slices.Contains(asked, s) {
			most, run, closeIdle = idle, s, s.closeIdle
		}
	}
	return run, closeIdle
}
