package store

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/guregu/dynamo/v2"

	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store/keys"
)

// maxRetentionDays bounds how long finished runs may be kept before they are deleted.
const maxRetentionDays = 3650

// WithRetention sets the retention of runs that finish from now on: a run is due to be deleted d
// after it finishes. 0, the default, keeps runs forever.
//
// The table's own time to live is not used for this: DynamoDB would delete the run up to days late
// and leave its log.
func WithRetention(d time.Duration) Option {
	return func(s *Store) { s.retention = d }
}

// ParseRetention parses the number of days that finished runs are kept, 1 to 3650. It returns 0,
// which keeps them forever, for an empty text and for 0. The error for anything else states the
// rule.
func ParseRetention(days string) (time.Duration, error) {
	if days == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(days)
	if err != nil || n < 0 || n > maxRetentionDays {
		return 0, fmt.Errorf("must be a number of days from 1 to %d, or 0 to keep finished runs forever, not %q", maxRetentionDays, days)
	}
	return time.Duration(n) * 24 * time.Hour, nil
}

// scheduleEnd releases the lease of a finished run and makes the run due when its objects settle
// or, if none are to be tidied, at the end of its retention. If it has neither, scheduleEnd removes
// the run from by_wake.
func (s *Store) scheduleEnd(progress *dynamo.Update, r run.Run, settlesAt string) *dynamo.Update {
	wakeAt := s.endWake(r, settlesAt)
	if wakeAt == "" {
		return unschedule(progress)
	}
	return releaseLease(progress).Set("wake_shard", expirationShardOf(r.ID)).Set("wake_at", wakeAt)
}

// endWake returns the wake time of a finished run, or "" if there is none.
func (s *Store) endWake(r run.Run, settlesAt string) string {
	if s.retention == 0 {
		return settlesAt
	}
	over := keys.Stamp(r.FinishedAt.Add(s.retention))
	if settlesAt == "" || over < settlesAt {
		return over
	}
	return settlesAt
}

// Expire deletes a finished run whose retention is over, and reports whether it did. A run may be
// woken too early, because a message was delivered twice or the retention was changed. Then Expire
// makes it due at the end of its retention, or never if there is no longer a retention. It fails
// with run.ErrUntidy if the run is to be tidied first, and with NotFound if there is no such run.
func (s *Store) Expire(ctx context.Context, ref run.Ref) (expired bool, err error) {
	items, err := s.readRun(ctx, ref)
	if err != nil {
		return false, err
	}
	r := items.run.run()
	if r.Status != run.Finished {
		return false, nil
	}
	over := r.FinishedAt.Add(s.retention)
	if s.retention > 0 && !s.clock().Before(over) {
		err := s.deleteRun(ctx, ref, precondition{check: func(now runItems, _ run.Run) error {
			if !now.run.CreatedAt.Equal(r.CreatedAt) {
				return noSuchRun() // the run was deleted meanwhile, and another run has its id
			}
			return nil
		}})
		return err == nil, err
	}
	settlesAt := items.progress.SettlesAt
	if settlesAt != "" && settlesAt <= keys.Stamp(s.clock()) {
		return false, run.ErrUntidy
	}
	if items.progress.WakeAt == s.endWake(r, settlesAt) {
		return false, nil
	}
	progress := s.update(progressKey(ref)).If("finished = ? AND attribute_not_exists(deleting)", true)
	if settlesAt == "" {
		progress.If("attribute_not_exists(settles_at)")
	}
	err = s.scheduleEnd(progress, r, settlesAt).Run(ctx)
	if dynamo.IsCondCheckFailed(err) {
		return false, nil // the run was deleted meanwhile, or is another one
	}
	return false, classify(err, "schedule the expiration of a run")
}
