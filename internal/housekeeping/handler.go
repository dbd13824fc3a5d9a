package housekeeping

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/export"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/wake"
)

// An export that is handed back waits for a random time between these, so that exports that were
// handed back together do not return together.
const (
	minHandBack = 10 * time.Second
	maxHandBack = 20 * time.Second
)

const (
	// removeTime bounds a purge and a tidy whose context has no deadline.
	removeTime = time.Minute
	// removeMargin is the time before the deadline at which neither starts a further step.
	removeMargin = 5 * time.Second
)

// removeDeadline returns when a purge and a tidy start no further step.
func removeDeadline(ctx context.Context) time.Time {
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(removeTime)
	}
	return deadline.Add(-removeMargin)
}

// Handler returns the handler of wake-ups. It makes the export of a wake-up that names one.
// Otherwise it crawls the run, or tidies or removes it when crawl reports that nothing is left to
// crawl: run.ErrFinished or run.ErrDeleting.
func (k *Keeper) Handler(crawl func(context.Context, run.Ref) error) wake.Handler {
	return func(ctx context.Context, d wake.Delivery) error {
		if d.Export != uuid.Nil {
			return k.export(ctx, export.Ref{Run: d.Run, ID: d.Export})
		}
		err := crawl(ctx, d.Run)
		switch {
		case errors.Is(err, run.ErrDeleting):
			return k.remove(ctx, d.Run, k.purge)
		case errors.Is(err, run.ErrFinished):
			return k.remove(ctx, d.Run, k.end)
		}
		return err
	}
}

// errBusy means that the process already does as much as it may.
var errBusy = errors.New("the process is busy")

// remove calls step as soon as fewer than maxRemoving runs are being removed. If the time does not
// suffice, it sends another wake-up.
func (k *Keeper) remove(ctx context.Context, ref run.Ref, step func(context.Context, run.Ref) error) error {
	switch err := k.removing.take(ctx); {
	case errors.Is(err, errBusy):
		return k.queue.Send(ctx, ref, 0)
	case err != nil:
		return err
	}
	defer k.removing.free()
	return step(ctx, ref)
}

// export makes an export. If the time does not suffice, it sends another wake-up. If the process
// makes as many exports as it may, each of which may take the rest of the invocation, the export is
// handed back: it does not wait for the others, because another process may be free.
func (k *Keeper) export(ctx context.Context, ref export.Ref) error {
	if !k.exporting.tryTake() {
		return k.handBack(ctx, ref)
	}
	defer k.exporting.free()
	done, err := k.exports.Work(ctx, ref)
	if done || err != nil {
		return err
	}
	return k.queue.SendExport(ctx, ref.Run, ref.ID, 0)
}

// handBack makes an export due later and sends a wake-up for then. If the export was postponed
// already, it sends none: otherwise each wake-up of the sweep would add one for as long as the
// export waits. If the process dies before it sends the wake-up, the sweep sends one.
func (k *Keeper) handBack(ctx context.Context, ref export.Ref) error {
	delay := minHandBack + rand.N(maxHandBack-minHandBack)
	postponed, err := k.store.PostponeExport(ctx, ref, time.Now().Add(delay))
	if err != nil || !postponed {
		return err
	}
	return k.queue.SendExport(ctx, ref.Run, ref.ID, delay)
}

// end deletes a finished run when its retention is over, and tidies its objects when no worker
// writes any more.
func (k *Keeper) end(ctx context.Context, ref run.Ref) error {
	err := k.expire(ctx, ref)
	if !errors.Is(err, run.ErrUntidy) {
		return err
	}
	done, err := k.store.Tidy(ctx, ref, removeDeadline(ctx))
	if err != nil {
		return fmt.Errorf("tidy the objects of a run: %w", err)
	}
	if !done {
		return k.queue.Send(ctx, ref, 0)
	}
	// Make the run due at the end of its retention. If another process still tidies the objects, it
	// does so.
	if err := k.expire(ctx, ref); !errors.Is(err, run.ErrUntidy) {
		return err
	}
	return nil
}

// expire deletes a finished run when its retention is over.
func (k *Keeper) expire(ctx context.Context, ref run.Ref) error {
	expired, err := k.store.Expire(ctx, ref)
	switch {
	case errors.Is(err, run.ErrUntidy):
		return run.ErrUntidy
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

// purge deletes the objects and the log of a deleted run. If the time does not suffice, it sends
// another wake-up.
func (k *Keeper) purge(ctx context.Context, ref run.Ref) error {
	done, err := k.store.Purge(ctx, ref, removeDeadline(ctx))
	switch {
	case fault.Is(err, fault.Conflict):
		return nil // a new run has the same id
	case err != nil:
		return fmt.Errorf("purge a run: %w", err)
	case done:
		k.logOf(ref).Info("the objects and the log of a deleted run are removed")
		return nil
	}
	return k.queue.Send(ctx, ref, 0)
}
