package housekeeping

import (
	"context"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/export"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/wake"
)

// Abandon handles a dead letter, which is a wake-up that failed repeatedly. It fails the export
// that the wake-up names. If it names none, it finishes the run with the stop reason unknown,
// unless the run is being crawled, waits for its wake time, or changed or was crawled since the
// wake-up was sent. The sweep wakes such a run.
func (k *Keeper) Abandon(ctx context.Context, d wake.Delivery) error {
	log := k.logOf(d.Run)
	if d.Sent.IsZero() {
		log.Error("a dead letter is dropped: it does not say when it was sent")
		return nil
	}
	if d.Export != uuid.Nil {
		return k.abandonExport(ctx, d)
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

// abandonExport fails an export unless it was worked on since the wake-up was sent.
func (k *Keeper) abandonExport(ctx context.Context, d wake.Delivery) error {
	failed, err := k.store.AbandonExport(ctx, export.Ref{Run: d.Run, ID: d.Export}, d.Sent, "making the export failed repeatedly")
	if failed {
		k.logOf(d.Run).Error("an export failed: its wake-up failed repeatedly", "export_id", d.Export)
	}
	return err
}
