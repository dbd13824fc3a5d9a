package crawl

import (
	"context"
	"sync"
	"time"
)

// A seeding reads a run's seeds while its worker runs.
//
// It belongs to the worker's goroutine. The reader runs in a goroutine of its own, which sends
// batches of seeds and in the end its error; until the error is received, the worker must not touch
// the reader.
type seeding struct {
	active  bool
	reader  *seedReader
	batches chan []link
	done    chan error
}

// newSeeding returns a seeding that has not started.
func newSeeding() seeding {
	return seeding{batches: make(chan []link), done: make(chan error, 1)}
}

// start starts reading the seeds. The reader stops when ctx is done. Reading sitemaps may take
// three quarters of the time until deadline, which is zero for no bound.
func (s *seeding) start(
	ctx context.Context, group *sync.WaitGroup, ft *fetcher, deadline time.Time, maxIdle time.Duration,
) {
	var until time.Time
	if !deadline.IsZero() {
		until = deadline.Add(-time.Until(deadline) / 4)
	}
	s.active = true
	s.reader = newSeedReader(ft, until, maxIdle, func(batch []link) error {
		select {
		case s.batches <- batch:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	group.Go(func() { s.done <- s.reader.runSafely(ctx) })
}

// runSafely is run, except that it turns a panic into an error.
func (s *seedReader) runSafely(ctx context.Context) (err error) {
	defer catch("reading seeds", &err)
	return s.run(ctx)
}
