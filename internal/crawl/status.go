package crawl

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/run"
)

const (
	// statusMaxAge is how long after its start a status read lets fetches start: a pause takes
	// effect within a second, however slow the store is.
	statusMaxAge = 900 * time.Millisecond

	statusInterval     = 400 * time.Millisecond // between reads while fetches may start
	statusIdleInterval = 2 * time.Second        // between reads while none may
	statusLead         = 100 * time.Millisecond // from a read to the next fetch
	statusRetry        = 100 * time.Millisecond // after a read that failed
	// statusTimeout bounds a read. A read that takes longer than statusMaxAge lets no fetch start.
	statusTimeout = 2 * time.Second
)

// A statusWatch reads the run's status periodically, and opens the guard while the run is running.
//
// It belongs to the worker's goroutine. A read runs in a goroutine of its own, which sends its
// result to results; the worker passes the result to complete.
type statusWatch struct {
	store RunStore
	run   run.Ref
	guard *guard
	log   *slog.Logger
	group *sync.WaitGroup // the worker's; it waits for the read in flight

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

// due returns when the status is to be read: often while fetches may start, and just before the
// next fetch. nextFetch is the time of the next fetch, zero for never.
func (s *statusWatch) due(nextFetch time.Time) time.Time {
	if s.failed {
		return s.began.Add(statusRetry)
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
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), statusTimeout)
	s.group.Go(func() {
		defer cancel()
		status, err := s.read(ctx)
		s.results <- statusResult{now, status, err}
	})
}

// complete ends the read in flight, whose result is r. It returns the run's status, or false if the
// read failed. A deleted run counts as finished.
func (s *statusWatch) complete(r statusResult) (run.Status, bool) {
	s.inFlight, s.failed = false, false
	switch {
	case fault.Is(r.err, fault.NotFound):
		return run.Finished, true
	case r.err != nil:
		s.failed = true
		s.log.Warn("the run's status could not be read", "error", r.err)
		return "", false
	}
	return r.status, true
}

// open opens the guard after a read that found the run running: until the read is too old, or until
// the end of the lease.
func (s *statusWatch) open(r statusResult, leaseUntil time.Time) {
	s.guard.open(sooner(r.began.Add(statusMaxAge), leaseUntil))
}
