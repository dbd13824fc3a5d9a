package housekeeping

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/wake"
)

const (
	// purgeTime bounds a purge whose context has no deadline.
	purgeTime = time.Minute
	// purgeMargin is the time before the deadline at which a purge starts no further step.
	purgeMargin = 5 * time.Second
)

// Handler returns the handler of wake-ups. It crawls the run, or removes it when crawl reports
// that nothing is left to crawl: run.ErrFinished or run.ErrDeleting.
func (k *Keeper) Handler(crawl func(context.Context, run.Ref) error) wake.Handler {
	return func(ctx context.Context, d wake.Delivery) error {
		err := crawl(ctx, d.Run)
		switch {
		case errors.Is(err, run.ErrDeleting):
			return k.purge(ctx, d.Run)
		case errors.Is(err, run.ErrFinished):
			return k.expire(ctx, d.Run)
		}
		return err
	}
}

// expire deletes a finished run when its retention is over.
func (k *Keeper) expire(ctx context.Context, ref run.Ref) error {
	expired, err := k.store.Expire(ctx, ref)
	switch {
	case fault.Is(err, fault.NotFound):
		return nil // deleted meanwhile
	case err != nil:
		return fmt.Errorf("expire a run: %w", err)
	case !expired:
		return nil
	}
	k.logOf(ref).Info("a finished run is deleted: its retention is over")
	return k.purge(ctx, ref)
}

// purge deletes the log of a deleted run. If the time does not suffice, it sends another wake-up.
func (k *Keeper) purge(ctx context.Context, ref run.Ref) error {
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(purgeTime)
	}
	done, err := k.store.Purge(ctx, ref, deadline.Add(-purgeMargin))
	switch {
	case fault.Is(err, fault.Conflict):
		return nil // a new run has the same id
	case err != nil:
		return fmt.Errorf("purge a run: %w", err)
	case done:
		k.logOf(ref).Info("the log of a deleted run is removed")
		return nil
	}
	return k.queue.Send(ctx, ref, 0)
}
