package crawl

import (
	"context"
	"sync"
	"time"

	"github.com/inndx/runs/internal/watch"
)

// A guard says whether a request may start. It is open until a time, which moves forward whenever a
// status read finds the run running. So no request starts more than a second after the run was
// paused or stopped, even if no further read succeeds. With a hub it is closed as soon as the hub
// has news of the run. A guard may be used by many goroutines at once: the worker's goroutine opens
// it, and those that fetch check it.
type guard struct {
	news    *watch.Subscription // nil without a hub
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
	ok, _ := g.state()
	return ok
}

// state reports whether a request may start now, and returns a channel that is closed when that may
// have changed, other than by the passing of time or by news.
func (g *guard) state() (ok bool, changed <-chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return time.Now().Before(g.until) && !g.news.Changed(), g.changed
}

// wait returns nil when a request may start, or the context's error when ctx is done.
func (g *guard) wait(ctx context.Context) error {
	for {
		ok, changed := g.state()
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
