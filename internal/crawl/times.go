package crawl

import (
	"context"
	"time"
)

// later returns the later of two times.
func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// sooner returns the earlier of two times. A zero time means never.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// sleep waits for d, or until ctx is done, and returns the context's error.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// timing returns when a worker must start to leave, zero for never, and how long a fetch may take.
// The worker leaves at a multiple of the period; see Options.
// Fetches that are in flight when the worker starts to leave have time to end, and the last commit
// has time after them. So one invocation fetches a slow page completely, or the fetch times out:
// the page does not start over in every invocation and keep the run from ending.
func (c *Crawler) timing(ctx context.Context, timeout, period time.Duration) (leave time.Time, fetch time.Duration) {
	now := time.Now()
	if end, ok := ctx.Deadline(); ok {
		left := end.Sub(now)
		left -= min(margin, left/4)
		timeout = min(timeout, left/2)
		leave = alignedTime(now.Add(left-timeout), now, period)
	}
	if c.MaxWork > 0 {
		leave = sooner(leave, now.Add(c.MaxWork))
	}
	return leave, timeout
}

// alignedTime returns the last multiple of the period that is after now and not after leave. It
// returns leave if no multiple is, or if the period is 0.
func alignedTime(leave, now time.Time, period time.Duration) time.Time {
	if period <= 0 {
		return leave
	}
	multiple := leave.Truncate(period)
	if !multiple.After(now) {
		return leave
	}
	return leave.Add(-leave.Sub(multiple)) // keeps the monotonic clock reading
}

// storeTimeout bounds one call of the store.
const storeTimeout = 15 * time.Second

// detached returns a context for a call of the store that must complete even if the invocation is
// about to end.
func detached(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
}
