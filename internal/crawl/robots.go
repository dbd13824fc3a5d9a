package crawl

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/inndx/runs/internal/robots"
	"github.com/inndx/runs/internal/weburl"
)

const (
	robotsLife = 24 * time.Hour // RFC 9309, section 2.4
	// unreachableLife is how long an origin is left alone whose robots.txt could not be had
	// in all tries.
	unreachableLife = time.Hour
	// failureLife is how long one failed try is the answer for all who waited for it. It is
	// shorter than any back-off.
	failureLife = 400 * time.Millisecond
	// maxOrigins bounds how many origins' rules are kept in memory.
	maxOrigins = 4096
)

// errClosed says that a request may not start, because the guard is closed.
var errClosed = errors.New("crawl: the run may be paused")

// A robotsCache keeps what robots.txt says to one run.
type robotsCache struct {
	mu      sync.Mutex
	origins map[string]*origin
}

type origin struct {
	mu    sync.Mutex // held while robots.txt is fetched
	rules *robots.Rules
	err   error // robots.txt could not be had, for good
	until time.Time
}

func newRobotsCache() *robotsCache { return &robotsCache{origins: map[string]*origin{}} }

func (c *robotsCache) origin(name string) *origin {
	c.mu.Lock()
	defer c.mu.Unlock()
	o := c.origins[name]
	if o == nil {
		for old := range c.origins {
			if len(c.origins) < maxOrigins {
				break
			}
			delete(c.origins, old)
		}
		o = new(origin)
		c.origins[name] = o
	}
	return o
}

// rules returns the rules for u, and whether they were fetched just now. An error that is
// not the context's or errClosed says why robots.txt could not be had; lastTry keeps it for
// a while, so that it is the answer for other URLs too.
func (v *fetcher) rules(ctx context.Context, u weburl.URL, lastTry bool) (_ *robots.Rules, fetched bool, _ error) {
	o := v.robots.origin(u.Origin())
	o.mu.Lock()
	defer o.mu.Unlock()
	if time.Now().Before(o.until) {
		return o.rules, false, o.err
	}
	if err := ctx.Err(); err != nil {
		return nil, false, err
	}
	if !v.guard.ok() {
		return nil, false, errClosed
	}
	rules, err := v.client.Robots(ctx, u)
	switch {
	case ctx.Err() != nil:
		return nil, true, ctx.Err()
	case err == nil:
		o.rules, o.err, o.until = rules, nil, time.Now().Add(robotsLife)
	case lastTry:
		o.rules, o.err, o.until = nil, err, time.Now().Add(unreachableLife)
	default:
		o.rules, o.err, o.until = nil, err, time.Now().Add(failureLife)
	}
	return rules, true, err
}
