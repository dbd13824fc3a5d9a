package housekeeping

import (
	"context"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/wake"
)

// Abandon handles a dead letter, which is a wake-up that failed repeatedly. It finishes the run
// with the stop reason unknown, unless the run is being crawled, waits for its wake time, or
// changed or was crawled since the wake-up was sent. The sweep wakes such a run.
func (k *Keeper) Abandon(ctx context.Context, d wake.Delivery) error {
	log := k.logOf(d.Run)
	if d.Sent.IsZero() {
		log.Error("a dead letter is dropped: it does not say when it was sent")
		return nil
	}
	_, changed, err := k.store.Abandon(ctx, d.Run, d.Sent)
	switch {
	case fault.Is(err, fault.NotFound):
		return nil // the run is deleted; the sweep wakes it for the purge of its log
	case fault.Is(err, fault.Conflict):
		log.Info("a dead letter is dropped: the run continues", "sent", d.Sent, "reason", err)
		return nil
	case changed:
		log.Error("the run is abandoned: its wake-up failed repeatedly")
	}
	return err
}
