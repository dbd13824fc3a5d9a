package housekeeping

import (
	"context"
	"time"
)

// Bounds of what one process does at a time besides crawling. Its calls beyond them wait.
const (
	// maxExporting bounds the exports. Each holds a piece of 64 MiB, and up to 128 MiB of an index
	// that it sorts.
	maxExporting = 2
	// maxRemoving bounds the runs that are tidied, expired or purged. Each sends its requests one
	// after the other.
	maxRemoving = 8
)

// slots are the right to do something. Their capacity is how often it may be done at a time.
type slots chan struct{}

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
