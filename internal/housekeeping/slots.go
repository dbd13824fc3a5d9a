package housekeeping

import (
	"context"
	"time"
)

// Bounds of what one process does at a time besides crawling.
const (
	// DefaultMaxExports bounds the exports, unless the process says otherwise. Each takes up to about
	// 200 MB: the blocks of an index that it merges, and the parts that are uploaded.
	DefaultMaxExports = 2
	// maxRemoving bounds the runs that are tidied, expired or purged. Others wait.
	maxRemoving = 8
)

// slots bound how often something is done at a time, by their capacity.
type slots chan struct{}

// tryTake takes a slot if there is one.
func (s slots) tryTake() bool {
	select {
	case s <- struct{}{}:
		return true
	default:
		return false
	}
}

// take waits for a slot, for at most half of the time until the deadline of ctx, because the work
// needs the rest. It returns nil, an error of ctx if that is done, or errBusy.
func (s slots) take(ctx context.Context) error {
	wait, cancel := ctx, context.CancelFunc(func() {})
	if deadline, ok := ctx.Deadline(); ok {
		wait, cancel = context.WithTimeout(ctx, time.Until(deadline)/2)
	}
	defer cancel()
	select {
	case s <- struct{}{}:
		return nil
	case <-wait.Done():
		if err := ctx.Err(); err != nil {
			return err
		}
		return errBusy
	}
}

// free returns a slot.
func (s slots) free() { <-s }
