package crawl

import (
	"context"
	"sync"
	"time"
)

// A guard says whether a request may start. It is open until a time, which moves forward whenever a
// status read finds the run running. So no request starts more than a second after the run was
// paused or stopped, even if no further read succeeds. A guard may be used by many goroutines at
// once: the worker's goroutine opens it, and those that fetch check it.
type guard struct {
	mu      sync.Mutex
	until   time.Time
	changed chan struct{} // closed when until changes
}

func newGuard() *guard { return &guard{changed: make(chan struct{})} }

// open lets requests start until a time. A zero time closes the guard.
func (g *guard) open(until time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.until = until
	close(g.changed)
	g.changed = make(chan struct{})
}

// close prevents requests from starting.
func (g *guard) close() { g.open(time.Time{}) }

// ok reports whether a request may start now.
func (g *guard) ok() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return time.Now().Before(g.until)
}

// wait returns nil when a request may start, or the context's error when ctx is done.
func (g *guard) wait(ctx context.Context) error {
	for {
		g.mu.Lock()
		ok, changed := time.Now().Before(g.until), g.changed
		g.mu.Unlock()
		if ok && ctx.Err() == nil {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
