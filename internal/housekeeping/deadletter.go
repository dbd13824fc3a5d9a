package housekeeping

import (
	"context"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/wake"
)

// Abandon is the handler of dead letters: wake-ups that failed again and again. It finishes a run
// that has not moved on since the wake-up was sent with the stop reason unknown. A run that is
// being crawled, waits for its wake time, or has moved on is left to the sweep.
func (k *Keeper) Abandon(ctx context.Context, d wake.Delivery) error {
	log := k.logOf(d.Run)
	if d.Sent.IsZero() {
		log.Error("a dead letter is dropped: it does not say when it was sent")
		return nil
	}
	_, changed, err := k.store.Abandon(ctx, d.Run, d.Sent)
	switch {
	case fault.Is(err, fault.NotFound):
		return nil // deleted; the sweep sees to its log
	case fault.Is(err, fault.Conflict):
		log.Info("a dead letter is dropped: the run goes on", "sent", d.Sent, "reason", err)
		return nil
	case changed:
		log.Error("the run is abandoned: waking it failed again and again")
	}
	return err
}
