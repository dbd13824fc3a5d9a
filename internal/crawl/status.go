package crawl

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/watch"
)

const (
	// statusMaxAge is how long after its start a status read lets fetches start: a pause takes
	// effect within a second, however slow the store is.
	statusMaxAge = 900 * time.Millisecond

	statusInterval     = 400 * time.Millisecond // between reads while fetches may start
	statusIdleInterval = 2 * time.Second        // between reads while none may
	statusLead         = 100 * time.Millisecond // from a read to the next fetch
	statusRetry        = 100 * time.Millisecond // after a read that failed
	statusNewsInterval = time.Hour              // between reads without news, with a hub
	// statusTimeout bounds a read. A read that takes longer than statusMaxAge lets no fetch start.
	statusTimeout = 2 * time.Second
)

// A statusWatch reads the run's status periodically. A read that finds the run running opens the
// guard until the read is too old.
//
// With a hub, which publishes every change, a read is valid until the hub has news, and the guard
// is open until the end of the lease. A change is published after it is written and before the API
// responds. So the read that follows the news finds the change, and no request starts after the
// response.
//
// It belongs to the worker's goroutine. A read runs in a goroutine of its own, which sends its
// result to results; the worker passes the result to complete.
type statusWatch struct {
	store RunStore
	run   run.Ref
	guard *guard
	log   *slog.Logger
	group *sync.WaitGroup // the worker's; it waits for the read in flight

	news    *watch.Subscription // nil without a hub
	stale   bool                // with a hub: there may have been a change since the start of the last read
	running bool                // with a hub: the run is running, as of the last news

	inFlight bool
	began    time.Time // start of the last read
	failed   bool      // the last read failed
	results  chan statusResult
}

// A statusResult is the result of one read.
type statusResult struct {
	began  time.Time
	status run.Status
	err    error
}

// subscribe subscribes to news of the run, if there is a hub, before anything uses the guard. The
// caller must call the function that it returns when nothing uses the guard any more.
func (s *statusWatch) subscribe(hub *watch.Hub) (closeNews func()) {
	s.news = hub.Subscribe(s.run, watch.Status)
	s.guard.news = s.news
	s.stale = s.news != nil
	return s.news.Close
}

// changed notes that there may be news.
func (s *statusWatch) changed() {
	if s.news.Changed() { // no read has taken them
		s.guard.close()
		s.stale, s.running = true, false
	}
}

// due returns when the status is to be read: often while fetches may start, and just before the
// next fetch. nextFetch is the time of the next fetch, zero for never.
func (s *statusWatch) due(nextFetch time.Time) time.Time {
	if s.failed {
		return s.began.Add(statusRetry)
	}
	if s.news != nil {
		if s.stale {
			return s.began
		}
		return s.began.Add(statusNewsInterval)
	}
	soon, late := s.began.Add(statusInterval), s.began.Add(statusIdleInterval)
	if nextFetch.IsZero() {
		return late
	}
	return sooner(late, later(soon, nextFetch.Add(-statusLead)))
}

// start starts a read. None may be in flight.
func (s *statusWatch) start(ctx context.Context, now time.Time) {
	s.inFlight, s.began = true, now
	if s.news != nil {
		s.guard.close() // before the news are taken, because until then they keep it closed
		s.news.Take()
		s.stale, s.running = false, false
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), statusTimeout)
	s.group.Go(func() {
		defer cancel()
		status, err := s.read(ctx)
		s.results <- statusResult{now, status, err}
	})
}

// complete ends the read in flight, whose result is r. It returns the run's status, or false if the
// read failed or there are news since its start. A deleted run counts as finished, which is final.
func (s *statusWatch) complete(r statusResult) (run.Status, bool) {
	s.inFlight, s.failed = false, false
	switch {
	case fault.Is(r.err, fault.NotFound):
		return run.Finished, true
	case r.err != nil:
		s.failed = true
		s.log.Warn("the run's status could not be read", "error", r.err)
		return "", false
	case r.status == run.Finished:
		return run.Finished, true
	}
	s.stale = s.stale || s.news.Changed()
	return r.status, !s.stale
}

// open opens the guard after a read that found the run running: until the read is too old, or until
// the end of the lease.
func (s *statusWatch) open(r statusResult, leaseUntil time.Time) {
	if s.news != nil {
		s.running = true
		s.extend(leaseUntil)
		return
	}
	s.guard.open(sooner(r.began.Add(statusMaxAge), leaseUntil))
}

// extend keeps the guard open, if news would have closed it, until the end of a lease that was
// extended.
func (s *statusWatch) extend(leaseUntil time.Time) {
	if s.running {
		s.guard.open(leaseUntil)
	}
}
