package crawl

import (
	"context"
	"sync"
	"time"
)

// seedHosts are the hosts from which the seeds of a run are fetched. They space the fetches of the
// seed reader, as the frontier does those of the worker. They may be used by many goroutines at
// once.
type seedHosts struct {
	mu      sync.Mutex
	hosts   map[string]*seedHost
	fetches int // that were started
}

// A seedHost is one of seedHosts.
type seedHost struct {
	slots chan struct{} // has an element for each fetch in flight
	due   time.Time     // when the next fetch may start
	pace  pace
}

// host returns the host of that name. A new one has the pace p.
func (s *seedHosts) host(name string, p pace) *seedHost {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.hosts[name]
	if h == nil {
		h = &seedHost{slots: make(chan struct{}, p.perHost), pace: p}
		s.hosts[name] = h
	}
	return h
}

// acquire waits until a fetch from the host may start, as far as the fetches of seeds matter, and
// returns the host's pace. release must follow.
func (s *seedHosts) acquire(ctx context.Context, h *seedHost) (pace, error) {
	select {
	case h.slots <- struct{}{}:
	case <-ctx.Done():
		return pace{}, ctx.Err()
	}
	for {
		wait, p := s.reserve(h)
		if wait <= 0 {
			return p, nil
		}
		if err := sleep(ctx, wait); err != nil {
			<-h.slots
			return pace{}, err
		}
	}
}

// reserve returns how long a fetch must still wait. If that is no time, other fetches that may be
// in flight at the same time wait for the delay after its start.
func (s *seedHosts) reserve(h *seedHost) (wait time.Duration, p pace) {
	s.mu.Lock()
	defer s.mu.Unlock()
	wait = time.Until(h.due)
	if wait <= 0 && cap(h.slots) > 1 {
		h.due = time.Now().Add(h.pace.delay)
	}
	return wait, h.pace
}

// none reports whether no fetch was started yet.
func (s *seedHosts) none() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fetches == 0
}

// started counts a fetch.
func (s *seedHosts) started() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fetches++
}

// delay makes the next fetch from the host wait for the delay after a fetch that ends now, unless
// others are in flight, and until hold.
func (s *seedHosts) delay(h *seedHost, delay time.Duration, hold time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(h.slots) <= 1 {
		h.due = later(h.due, time.Now().Add(delay))
	}
	h.due = later(h.due, hold)
}

// release ends a fetch, whether it was started or not. p is the host's pace from now on.
func (s *seedHosts) release(h *seedHost, p pace) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h.pace = p
	<-h.slots
}
