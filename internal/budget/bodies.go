package budget

import (
	"context"
	"slices"
	"sync"
)

// reservations divide a number of bytes, first come, first served: smaller reservations never pass
// a large one, so it does not starve.
type reservations struct {
	mu      sync.Mutex
	free    int64
	waiting []*reservation
}

type reservation struct {
	bytes int64
	ready chan struct{} // closed when the bytes are reserved
}

func (r *reservations) reserve(ctx context.Context, n int64) error {
	r.mu.Lock()
	if len(r.waiting) == 0 && n <= r.free {
		r.free -= n
		r.mu.Unlock()
		return nil
	}
	w := &reservation{n, make(chan struct{})}
	r.waiting = append(r.waiting, w)
	r.mu.Unlock()
	select {
	case <-w.ready:
		return nil
	case <-ctx.Done():
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	i := slices.Index(r.waiting, w)
	if i < 0 {
		return nil // the bytes were reserved at the same time
	}
	r.waiting = slices.Delete(r.waiting, i, i+1)
	r.next() // those behind it may fit
	return ctx.Err()
}

func (r *reservations) release(n int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.free += n
	r.next()
}

// next makes the reservations that fit, in order.
func (r *reservations) next() {
	for len(r.waiting) > 0 && r.waiting[0].bytes <= r.free {
		r.free -= r.waiting[0].bytes
		close(r.waiting[0].ready)
		r.waiting = slices.Delete(r.waiting, 0, 1)
	}
}

func (r *reservations) unused() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.free
}

// ReserveBody waits until n bytes of a body fit into memory, or as many as the limit allows, and
// returns how many are reserved; FreeBody must follow. It returns the context's error if ctx ends
// before.
//
// A body that has a reservation must not wait for another one: two could wait for each other. So a
// caller reserves at once what the body may take at most, and frees the rest when it has read the
// body.
func (s *Share) ReserveBody(ctx context.Context, n int64) (int64, error) {
	n = min(n, s.budget.limits.Bodies)
	if err := s.budget.bodies.reserve(ctx, n); err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bodies += n
	return n, nil
}

// FreeBody frees bytes that were reserved.
func (s *Share) FreeBody(n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n = min(n, s.bodies) // the run may have left
	s.bodies -= n
	s.budget.bodies.release(n)
}

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
