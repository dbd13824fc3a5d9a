package housekeeping_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/export"
	"github.com/inndx/runs/internal/housekeeping"
	"github.com/inndx/runs/internal/run"
)

// A dueStore has runs that are due, the one that has been due longest first.
type dueStore struct {
	housekeeping.Store
	due []run.Ref
}

func (s *dueStore) Due(_ context.Context, now time.Time, _ int) ([]run.Ref, error) {
	if time.Since(now) > time.Minute {
		return nil, nil // none is overdue
	}
	return slices.Clone(s.due), nil
}

func (*dueStore) Expired(context.Context, time.Time, int) ([]run.Ref, error) { return nil, nil }

func (*dueStore) DueExports(context.Context, time.Time, int) ([]export.Ref, error) { return nil, nil }

func newDue(n int) *dueStore {
	s := &dueStore{}
	for range n {
		s.due = append(s.due, run.Ref{Tenant: acme, ID: uuid.New()})
	}
	return s
}

// The sweep sends the wake-ups that seem to be missing in the queue, and one more while there are not
// too many, because those that wait may be for other runs. If it cannot know, it sends all.
func TestSweepSendsWhatIsMissing(t *testing.T) {
	unknown := errors.New("unknown")
	for _, test := range []struct {
		waiting, want int
		err           error
	}{{0, 40, nil}, {15, 25, nil}, {40, 1, nil}, {79, 1, nil}, {80, 0, nil}, {0, 40, unknown}} {
		s, q := newDue(40), &queue{}
		k := housekeeping.New(housekeeping.Options{
			Store: s, Queue: q, Logger: slog.New(slog.DiscardHandler),
			Waiting: func(context.Context) (int, error) { return test.waiting, test.err },
		})
		if err := k.Sweep(t.Context()); !errors.Is(err, test.err) {
			t.Errorf("%d wait: %v, want %v", test.waiting, err, test.err)
		}
		if !slices.Equal(q.sent, s.due[:test.want]) {
			t.Errorf("%d wait: %d wake-ups are sent, want those of the first %d runs", test.waiting, len(q.sent), test.want)
		}
	}
}

// There are three times as many runs as can be crawled at a time. Each period as many messages are
// taken as there is room for, and their runs are crawled, released, and woken again. In between the
// sweep runs three times. The queue does not grow from period to period, so a new run does not wait
// longer than the others.
func TestSweepDoesNotFillTheQueue(t *testing.T) {
	const room, periods = 20, 200
	s, q := newDue(3*room), &queue{}
	k := housekeeping.New(housekeeping.Options{
		Store: s, Queue: q, Logger: slog.New(slog.DiscardHandler),
		Waiting: func(context.Context) (int, error) { return len(q.sent), nil },
	})
	runs := len(s.due)
	q.sent = slices.Clone(s.due)
	for range periods {
		var crawled []run.Ref
		taken := q.sent[:min(room, len(q.sent))]
		q.sent = q.sent[len(taken):]
		for _, ref := range taken {
			if i := slices.Index(s.due, ref); i >= 0 {
				s.due = slices.Delete(s.due, i, i+1)
				crawled = append(crawled, ref)
			}
		}
		for range 3 {
			sweep(t, k)
		}
		s.due = append(s.due, crawled...)
		q.sent = append(q.sent, crawled...)
	}
	if len(q.sent) > 2*runs {
		t.Errorf("%d wake-ups of %d runs wait after %d periods", len(q.sent), runs, periods)
	}
}
