package store

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/guregu/dynamo/v2"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store/keys"
)

// Objects deletes the objects of runs. *bucket.Store implements it and documents the methods.
type Objects interface {
	DeleteRun(ctx context.Context, ref run.Ref, createdAt, deadline time.Time) (done bool, err error)
	DeleteUnnamed(ctx context.Context, ref run.Ref, createdAt time.Time, after string, log LogReader, deadline time.Time) (
		last string, done bool, err error)
}

// A LogReader returns the parts of a log that follow the part with the number, in order.
type LogReader = func(ctx context.Context, after int64) iter.Seq2[crawllog.Part, error]

// WithObjects sets where the objects of runs are. A store without it cannot purge or tidy a run
// that has objects.
func WithObjects(o Objects) Option {
	return func(s *Store) { s.objects = o }
}

// SettleTime is how long after the end of a run a worker may still write an object for it. It is
// twice the timeout of the crawl function, after which Lambda ends every worker that had the run's
// lease. So clocks may differ by five minutes.
const SettleTime = 10 * time.Minute

// WithSettleTime sets how long after the end of a run a worker may still write an object for it, if
// not SettleTime.
func WithSettleTime(d time.Duration) Option {
	return func(s *Store) { s.settleTime = d }
}

// settle adds to the update of a run that ended at the time when its objects settle, which it
// returns. It returns "" for a run that has no objects.
func (s *Store) settle(progress *dynamo.Update, item progressItem, end time.Time) string {
	if !item.Objects {
		return ""
	}
	at := keys.Stamp(end.Add(s.settleTime))
	progress.Set("settles_at", at)
	return at
}

// purgeObjects deletes the objects of a deleted run, if it has any.
func (s *Store) purgeObjects(ctx context.Context, ref run.Ref, item progressItem, deadline time.Time) (done bool, err error) {
	if !item.Objects {
		return true, nil
	}
	if s.objects == nil {
		return false, errNoBucket()
	}
	// The sweep wakes the run again only if this process dies.
	err = s.update(progressKey(ref)).
		If("deleting = ? AND created_at = ?", true, item.CreatedAt).
		Set("wake_at", keys.Stamp(deadline)).
		Run(ctx)
	if dynamo.IsCondCheckFailed(err) {
		return true, nil // another purge was faster; the next write notices it
	}
	if err != nil {
		return false, classify(err, "purge objects")
	}
	return s.objects.DeleteRun(ctx, ref, item.CreatedAt, deadline)
}

// Tidy deletes the objects of a finished run that its log does not name: a worker wrote them and
// lost the race for the commit, or died. It stops at the deadline and reports whether it is done. A
// later call continues. It does nothing if the run is not to be tidied now, or another process
// tidies it.
//
// The log is final, and no worker writes objects any more. So an object without a name in the log
// never gets one.
func (s *Store) Tidy(ctx context.Context, ref run.Ref, deadline time.Time) (done bool, err error) {
	item, err := s.progressItem(ctx, ref)
	now := keys.Stamp(s.clock())
	switch {
	case fault.Is(err, fault.NotFound):
		return true, nil
	case err != nil:
		return false, err
	case !item.Finished || item.Deleting || item.SettlesAt == "" || item.SettlesAt > now || item.WakeAt > now:
		return true, nil
	case s.objects == nil:
		return false, errNoBucket()
	}
	// The sweep wakes the run again only if this process dies.
	claim := s.untidy(ref, item).If("wake_at = ?", item.WakeAt).Set("wake_at", keys.Stamp(deadline))
	if err := claim.Run(ctx); err != nil {
		return dynamo.IsCondCheckFailed(err), ignoreCondition(err, "tidy a run")
	}
	log := func(ctx context.Context, after int64) iter.Seq2[crawllog.Part, error] {
		return s.LogParts(ctx, ref, after) // without parts that were stored and not published
	}
	last, done, err := s.objects.DeleteUnnamed(ctx, ref, item.CreatedAt, item.TidiedTo, log, deadline)
	if err != nil {
		return false, err
	}
	update := s.untidy(ref, item)
	if done {
		update.Remove("settles_at", "tidied_to")
	} else {
		update.Set("tidied_to", last).Set("wake_at", now)
	}
	err = update.Run(ctx)
	return done || dynamo.IsCondCheckFailed(err), ignoreCondition(err, "tidy a run")
}

// untidy returns an update of the run's progress on the condition that the run is to be tidied.
func (s *Store) untidy(ref run.Ref, item progressItem) *dynamo.Update {
	return s.update(progressKey(ref)).If("settles_at = ? AND attribute_not_exists(deleting)", item.SettlesAt)
}

// ignoreCondition is classify for an update that need not be made if its condition does not hold.
func ignoreCondition(err error, action string) error {
	if dynamo.IsCondCheckFailed(err) {
		return nil
	}
	return classify(err, action)
}

func errNoBucket() error {
	return classify(errors.New("the run has objects, and this process has no bucket"), "delete objects")
}
