package crawl

import (
	"context"
	"sync"
	"time"
)

// A guard says whether a request may start: only until a time, which is moved on whenever
// the run's status was read and is running. So a run that was paused or stopped starts no
// request a second later, whatever becomes of the reads.
type guard struct {
	mu    sync.Mutex
	until time.Time
	moved chan struct{}
}

func newGuard() *guard { return &guard{moved: make(chan struct{})} }

// open lets requests start until a time. A zero time lets none.
func (g *guard) open(until time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.until = until
	close(g.moved)
	g.moved = make(chan struct{})
}

// ok reports whether a request may start now.
func (g *guard) ok() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return time.Now().Before(g.until)
}

// wait returns when a request may start, or when ctx is done, with its error.
func (g *guard) wait(ctx context.Context) error {
	for {
		g.mu.Lock()
		ok, moved := time.Now().Before(g.until), g.moved
		g.mu.Unlock()
		if ok && ctx.Err() == nil {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
