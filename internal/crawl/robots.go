package crawl

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/inndx/runs/internal/lru"
	"github.com/inndx/runs/internal/robots"
	"github.com/inndx/runs/internal/weburl"
)

const (
	robotsMaxAge = 24 * time.Hour // RFC 9309, section 2.4
	// unreachableMaxAge is how long no robots.txt is requested from an origin where all attempts
	// failed.
	unreachableMaxAge = time.Hour
	// failureMaxAge is how long one failed attempt counts for all URLs that waited for it. It is
	// shorter than any back-off.
	failureMaxAge = 400 * time.Millisecond
	// maxOrigins and maxRulesBytes bound the origins whose rules are cached for one run, and the
	// bytes of these rules.
	maxOrigins    = 4096
	maxRulesBytes = 64 << 20
)

// errGuardClosed says that a request may not start because the guard is closed.
var errGuardClosed = errors.New("crawl: the run may be paused")

// A robotsCache caches what robots.txt says to one run, by origin. It may be used by many
// goroutines at once.
type robotsCache = lru.Cache[string, *origin]

func newRobotsCache() *robotsCache {
	return lru.New[string](lru.Bounds{Bytes: maxRulesBytes, Entries: maxOrigins}, (*origin).size)
}

// An origin is the cached robots.txt of one origin.
type origin struct {
	mu    sync.Mutex // held while robots.txt is fetched
	rules *robots.Rules
	err   error     // why robots.txt could not be fetched
	until time.Time // when rules and err expire
}

// size returns about how many bytes the rules take. It is called while mu is held, or before any
// other goroutine has the origin.
func (o *origin) size() int { return o.rules.Size() }

// rules returns the robots.txt rules for u, and whether they were fetched just now. An error other
// than the context's or errGuardClosed says why robots.txt could not be fetched. After the last
// attempt that error is cached for a while, so that it counts for other URLs of the origin too.
func (ft *fetcher) rules(ctx context.Context, u weburl.URL, lastAttempt bool) (
	_ *robots.Rules, fetched bool, _ error,
) {
	name := u.Origin()
	o := ft.robots.GetOrPut(name, func() *origin { return new(origin) })
	o.mu.Lock()
	defer o.mu.Unlock()
	if time.Now().Before(o.until) {
		return o.rules, false, o.err
	}
	if err := ctx.Err(); err != nil {
		return nil, false, err
	}
	if !ft.guard.ok() {
		return nil, false, errGuardClosed
	}
	rules, err := ft.client.Robots(ctx, u)
	switch {
	case ctx.Err() != nil:
		return nil, true, ctx.Err()
	case err == nil:
		o.rules, o.err, o.until = rules, nil, time.Now().Add(robotsMaxAge)
		ft.robots.Put(name, o) // with its size
	case lastAttempt:
		o.rules, o.err, o.until = nil, err, time.Now().Add(unreachableMaxAge)
	default:
		o.rules, o.err, o.until = nil, err, time.Now().Add(failureMaxAge)
	}
	return rules, true, err
}
