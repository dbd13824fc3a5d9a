package housekeeping_test

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/dynamolocal/dynamotest"
	"github.com/inndx/runs/internal/export"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/housekeeping"
	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/store/storetest"
	"github.com/inndx/runs/internal/tenant"
	"github.com/inndx/runs/internal/wake"
)

const acme = tenant.ID("acme")

func TestMain(m *testing.M) { dynamotest.Main(m) }

// A queue records the wake-ups that are sent.
type queue struct {
	mu      sync.Mutex
	sent    []run.Ref
	exports []export.Ref
}

func (q *queue) SendExport(_ context.Context, ref run.Ref, id uuid.UUID, _ time.Duration) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.exports = append(q.exports, export.Ref{Run: ref, ID: id})
	return nil
}

func (q *queue) Send(_ context.Context, ref run.Ref, _ time.Duration) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.sent = append(q.sent, ref)
	return nil
}

// newKeeper returns a keeper of the store and the queue that it sends to.
func newKeeper(s *store.Store) (*housekeeping.Keeper, *queue) {
	q := &queue{}
	return housekeeping.New(housekeeping.Options{Store: s, Queue: q, Logger: slog.New(slog.DiscardHandler)}), q
}

// newRun creates a job and a pending run of it.
func newRun(t *testing.T, s *store.Store) run.Ref {
	t.Helper()
	_, r, err := s.CreateJobAndRun(t.Context(), acme, job.Job{Name: t.Name()}, config.Config{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return run.Ref{Tenant: acme, ID: r.ID}
}

func stop(t *testing.T, s *store.Store, ref run.Ref) {
	t.Helper()
	if _, _, err := s.Transition(t.Context(), ref, run.Stop, nil); err != nil {
		t.Fatal(err)
	}
}

func sweep(t *testing.T, k *housekeeping.Keeper) {
	t.Helper()
	if err := k.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// The wake-up of a new run may be lost: the sweep sends another.
func TestSweepSendsWhatIsDue(t *testing.T) {
	s := storetest.New(t)
	ref := newRun(t, s)
	k, q := newKeeper(s)
	sweep(t, k)
	if !slices.Equal(q.sent, []run.Ref{ref}) {
		t.Errorf("sent %v, want %v", q.sent, ref)
	}
}

func TestSweepSendsWhatExpires(t *testing.T) {
	twoHoursAgo := func() time.Time { return time.Now().Add(-2 * time.Hour) }
	s := storetest.New(t, store.WithRetention(time.Hour), store.WithClock(twoHoursAgo))
	ref := newRun(t, s)
	stop(t, s, ref)
	k, q := newKeeper(s)
	sweep(t, k)
	if !slices.Equal(q.sent, []run.Ref{ref}) {
		t.Errorf("sent %v, want %v", q.sent, ref)
	}
}

func TestHandlerRemovesWhatIsOver(t *testing.T) {
	for name, test := range map[string]struct {
		retention time.Duration
		end       func(*testing.T, *store.Store, run.Ref)
		crawl     error // what the crawler reports
		kept      bool
	}{
		"expired":  {time.Nanosecond, stop, run.ErrFinished, false},
		"retained": {time.Hour, stop, run.ErrFinished, true},
		"deleted": {0, func(t *testing.T, s *store.Store, ref run.Ref) {
			if err := s.DeleteRun(t.Context(), ref, nil); err != nil {
				t.Fatal(err)
			}
		}, run.ErrDeleting, false},
		"crawled": {0, func(*testing.T, *store.Store, run.Ref) {}, nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := storetest.New(t, store.WithRetention(test.retention))
			ref := newRun(t, s)
			test.end(t, s, ref)
			k, _ := newKeeper(s)
			h := k.Handler(func(context.Context, run.Ref) error { return test.crawl })
			for range 2 { // a wake-up may be delivered twice
				if err := h(t.Context(), wake.Delivery{Run: ref}); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := s.Run(t.Context(), ref); fault.Is(err, fault.NotFound) == test.kept {
				t.Errorf("the run is kept: %t (%v), want %t", err == nil, err, test.kept)
			}
			due, err := s.Due(t.Context(), time.Now().Add(time.Minute), 10)
			if err != nil || !test.kept && len(due) > 0 {
				t.Errorf("due are %v, %v; nothing of the run should be left", due, err)
			}
		})
	}
}

func TestAbandon(t *testing.T) {
	s := storetest.New(t)
	k, _ := newKeeper(s)
	ref := newRun(t, s)
	letter := func(ref run.Ref, sent time.Time) run.Run {
		t.Helper()
		if err := k.Abandon(t.Context(), wake.Delivery{Run: ref, Sent: sent}); err != nil {
			t.Fatalf("the dead letter would be delivered again: %v", err)
		}
		r, err := s.Run(t.Context(), ref)
		if err != nil && !fault.Is(err, fault.NotFound) {
			t.Fatal(err)
		}
		return r
	}
	if r := letter(ref, time.Time{}); r.Status != run.Pending {
		t.Errorf("a letter without a time: the run is %s", r.Status)
	}
	if r := letter(ref, time.Now().Add(-time.Hour)); r.Status != run.Pending {
		t.Errorf("a letter from before the run: the run is %s", r.Status)
	}
	for range 2 { // it may be delivered twice
		if r := letter(ref, time.Now().Add(time.Second)); r.StopReason != run.Unknown {
			t.Errorf("the run is %s %s, want it finished as unknown", r.Status, r.StopReason)
		}
	}
	letter(run.Ref{Tenant: acme, ID: uuid.New()}, time.Now())
}
