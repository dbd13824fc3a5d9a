package budget

import (
	"context"
	"slices"
	"sync"
)

// reservations divide a number of bytes among holders. While holders wait, they get their next
// reservation in turn, except those that have at least their equal part: they wait for the others.
// The one whose turn it is keeps the turn until its reservation fits, so a large one does not
// starve. The reservations of one holder are first come, first served.
type reservations struct {
	limit int64

	mu      sync.Mutex
	free    int64
	holding int       // holders that have bytes
	waiting []*holder // that wait, the next one first
}

// A holder is one run's use of reservations. Their mutex guards it.
type holder struct {
	bytes   int64 // that it has
	waiting []*reservation
}

type reservation struct {
	bytes int64
	ready chan struct{} // closed when the bytes are reserved
}

// reserve waits until h has n more bytes. n must not exceed the limit. It returns the context's
// error if ctx ends before.
func (r *reservations) reserve(ctx context.Context, h *holder, n int64) error {
	r.mu.Lock()
	if len(r.waiting) == 0 && n <= r.free {
		r.give(h, n)
		r.mu.Unlock()
		return nil
	}
	w := &reservation{n, make(chan struct{})}
	if h.waiting = append(h.waiting, w); len(h.waiting) == 1 {
		r.waiting = append(r.waiting, h)
		r.next() // those that wait already may have their part
	}
	r.mu.Unlock()
	select {
	case <-w.ready:
	case <-ctx.Done():
		if r.cancel(h, w) {
			return ctx.Err()
		}
	}
	return nil
}

// cancel ends a wait. It reports false if the bytes were reserved at the same time.
func (r *reservations) cancel(h *holder, w *reservation) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := slices.Index(h.waiting, w)
	if i < 0 {
		return false
	}
	if h.waiting = slices.Delete(h.waiting, i, i+1); len(h.waiting) == 0 {
		i := slices.Index(r.waiting, h)
		r.waiting = slices.Delete(r.waiting, i, i+1)
	}
	r.next() // those behind it may fit
	return true
}

// release frees n bytes of h, or all if it has fewer.
func (r *reservations) release(h *holder, n int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.give(h, -min(n, h.bytes))
	r.next()
}

// releaseAll frees the bytes of h.
func (r *reservations) releaseAll(h *holder) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.give(h, -h.bytes)
	r.next()
}

// give moves n bytes from the free ones to h, or back if n is negative.
func (r *reservations) give(h *holder, n int64) {
	had := h.bytes > 0
	h.bytes += n
	r.free -= n
	switch has := h.bytes > 0; {
	case has && !had:
		r.holding++
	case had && !has:
		r.holding--
	}
}

// next makes the reservations that fit, in turn.
func (r *reservations) next() {
	for len(r.waiting) > 0 {
		i := r.turn()
		h := r.waiting[i]
		w := h.waiting[0]
		if w.bytes > r.free {
			return
		}
		r.give(h, w.bytes)
		close(w.ready)
		r.waiting = slices.Delete(r.waiting, i, i+1)
		if h.waiting = slices.Delete(h.waiting, 0, 1); len(h.waiting) > 0 {
			r.waiting = append(r.waiting, h)
		}
	}
}

// turn returns the index of the waiting holder whose turn it is: the first one that has less than
// its equal part, or the first one if all have theirs. One that has nothing has less than its part,
// however many they are.
func (r *reservations) turn() int {
	holders := r.holding
	for _, h := range r.waiting {
		if h.bytes == 0 {
			holders++
		}
	}
	part := r.limit / int64(holders)
	return max(0, slices.IndexFunc(r.waiting, func(h *holder) bool { return h.bytes == 0 || h.bytes < part }))
}

func (r *reservations) unused() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.free
}

// ReserveBody waits until n bytes of a body fit into memory, or as many as the limit allows, and
// returns how many are reserved; FreeBody must follow. While other runs wait, a run that has its
// equal part of the limit waits for them, and the others get memory in turn. It returns the
// context's error if ctx ends before.
//
// A body that has a reservation must not wait for another one: two could wait for each other. So a
// caller reserves at once what the body may take at most, and frees the rest when it has read the
// body.
func (s *Share) ReserveBody(ctx context.Context, n int64) (int64, error) {
	n = min(n, s.budget.limits.Bodies)
	if err := s.budget.bodies.reserve(ctx, &s.bodies, n); err != nil {
		return 0, err
	}
	return n, nil
}

// FreeBody frees bytes that were reserved. It does nothing if the run has left.
func (s *Share) FreeBody(n int64) { s.budget.bodies.release(&s.bodies, n) }

// Keep counts bytes of records that wait for a commit, and Unkeep ends that.
func (s *Share) Keep(n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept += n
	s.budget.kept.Add(n)
}

// Unkeep ends what Keep began.
func (s *Share) Unkeep(n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n = min(n, s.kept) // the run may have left
	s.kept -= n
	s.budget.kept.Add(-n)
}

// KeptFull reports whether the records that wait for commits are so large that runs that keep
// responses should not fetch.
func (s *Share) KeptFull() bool { return s.budget.kept.Load() >= s.budget.limits.Bodies/2 }
