package housekeeping

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// sweepFunction names the sweep in metrics.
const sweepFunction = "sweep"

const (
	// maxDue bounds the wake-ups of unfinished and deleted runs that one sweep sends, and
	// maxExpired those of finished runs whose retention is over.
	maxDue     = 1000
	maxExpired = 200
	// maxExports bounds the wake-ups of exports that one sweep sends.
	maxExports = 200
	// overdueAfter is how long after its wake time a run is overdue: an invocation of the crawl
	// function takes up to five minutes, and a run may wait for another one while all are busy.
	overdueAfter = 10 * time.Minute
)

// Bounds of the backfill that one sweep does.
const (
	backfillRuns = 4000
	backfillTime = 20 * time.Second
)

// Sweep sends wake-ups for the runs and exports that are due, because their message was lost, their
// worker died, their wait was longer than a queue allows, or their retention is over. It logs
// overdue runs and exports as an error, which raises an alarm of the deployment.
//
// While there is more work than processes, wake-ups of what is due wait in the queue. Another one for
// each in every sweep would fill the queue, and a new run would wait behind all of them. So the sweep
// sends as many as seem to be missing.
func (k *Keeper) Sweep(ctx context.Context) error {
	ctx, done := k.metrics.Measure(ctx)
	defer done(sweepFunction)
	now := time.Now()
	due, err := k.store.Due(ctx, now, maxDue)
	if err != nil {
		return fmt.Errorf("sweep: %w", err)
	}
	expired, err := k.store.Expired(ctx, now, maxExpired)
	if err != nil {
		return fmt.Errorf("sweep: %w", err)
	}
	exports, err := k.store.DueExports(ctx, now, maxExports)
	if err != nil {
		return fmt.Errorf("sweep: %w", err)
	}
	if len(due)+len(expired)+len(exports) == 0 {
		return nil
	}
	var errs []error
	waiting, err := k.waiting(ctx)
	if err != nil {
		errs = append(errs, fmt.Errorf("sweep: %w", err)) // as if none waits
	}
	n := missing(len(due)+len(expired)+len(exports), waiting)
	for _, ref := range exports[:min(n, len(exports))] {
		if err := k.queue.SendExport(ctx, ref.Run, ref.ID, 0); err != nil {
			errs = append(errs, err)
		}
	}
	for _, ref := range slices.Concat(due[:min(n, len(due))], expired[:min(n, len(expired))]) {
		if err := k.queue.Send(ctx, ref, 0); err != nil {
			errs = append(errs, err)
		}
	}
	k.log.Info("swept", "due", len(due), "expired", len(expired), "exports", len(exports), "waiting", waiting, "failed", len(errs))
	return errors.Join(append(errs, k.reportOverdue(ctx, now))...)
}

// missing returns how many wake-ups of each kind are sent, of what has been due longest, if so much is
// due and so many wake-ups wait in the queue. Those that wait may be for something else, so one is
// sent although none seems to be missing, unless there are twice as many.
func missing(due, waiting int) int {
	n := max(0, due-waiting)
	if n == 0 && waiting < 2*due {
		return 1
	}
	return n
}

// reportOverdue logs an error if runs or exports are overdue at now: the crawl function does not get
// to them. The metric filter Failures of template.yaml counts the line.
func (k *Keeper) reportOverdue(ctx context.Context, now time.Time) error {
	late, err := k.store.Due(ctx, now.Add(-overdueAfter), maxDue)
	if err != nil {
		return fmt.Errorf("sweep: %w", err)
	}
	if len(late) > 0 {
		k.logOf(late[0]).Error("runs are overdue", "overdue", len(late))
	}
	exports, err := k.store.DueExports(ctx, now.Add(-overdueAfter), maxExports)
	if err != nil {
		return fmt.Errorf("sweep: %w", err)
	}
	if len(exports) > 0 {
		k.logOf(exports[0].Run).Error("exports are overdue", "overdue", len(exports))
	}
	return nil
}

// Backfill writes some of the index entries that runs of earlier versions lack. It takes at most
// about 20 seconds, and does nothing if no entry is missing.
func (k *Keeper) Backfill(ctx context.Context) error {
	_, err := k.store.Backfill(ctx, backfillRuns, time.Now().Add(backfillTime))
	return err
}
