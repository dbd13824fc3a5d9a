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

// WithRetention makes the store have finished runs deleted so long after they finished, those
// that finish from now on. 0, the default, keeps them for ever.
//
// The table's own time to live is not used for it: DynamoDB would delete the run up to days
// late and leave its log.
func WithRetention(d time.Duration) Option {
	return func(s *Store) { s.retention = d }
}

// ParseRetention reads the number of days that finished runs are kept, 1 to 3650. Empty and
// 0 mean for ever, for which it returns 0. The error of anything else says the rule.
func ParseRetention(days string) (time.Duration, error) {
	if days == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(days)
	if err != nil || n < 0 || n > maxRetentionDays {
		return 0, fmt.Errorf("must be a number of days from 1 to %d, or 0 to keep finished runs for ever, not %q", maxRetentionDays, days)
	}
	return time.Duration(n) * 24 * time.Hour, nil
}

// retire lets go of the lease of a run that finished and takes it out of by_wake, unless its
// retention is to end: then the sweep wakes it, and Expire is to be called.
func (s *Store) retire(progress *dynamo.Update, r run.Run) *dynamo.Update {
	if s.retention == 0 {
		return quiet(progress)
	}
	return released(progress).
		Set("wake_shard", retireShardOf(r.ID)).
		Set("wake_at", keys.Stamp(r.FinishedAt.Add(s.retention)))
}

// Expire deletes a finished run whose retention is over, and reports whether it did. One that
// is woken too early, because a message was doubled or the retention was changed, is woken
// again when it is over, or never when there is none any more. It is NotFound when there is
// no such run.
func (s *Store) Expire(ctx context.Context, ref run.Ref) (expired bool, err error) {
	rec, err := s.record(ctx, ref)
	if err != nil {
		return false, err
	}
	r := rec.run.run()
	if r.Status != run.Finished {
		return false, nil
	}
	over := r.FinishedAt.Add(s.retention)
	if s.retention > 0 && !s.clock().Before(over) {
		err := s.deleteRun(ctx, ref, requirement{check: func(now record, _ run.Run) error {
			if !now.run.CreatedAt.Equal(r.CreatedAt) {
				return noSuchRun() // it was deleted meanwhile, and another has its id
			}
			return nil
		}})
		return err == nil, err
	}
	wakeAt := ""
	if s.retention > 0 {
		wakeAt = keys.Stamp(over)
	}
	if rec.progress.WakeAt == wakeAt {
		return false, nil
	}
	err = s.retire(s.progress(ref).If("finished = ? AND attribute_not_exists(deleting)", true), r).Run(ctx)
	if dynamo.IsCondCheckFailed(err) {
		return false, nil // it was deleted meanwhile
	}
	return false, classify(err, "set the end of a run's retention")
}
