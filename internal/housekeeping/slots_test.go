package housekeeping_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/export"
	"github.com/inndx/runs/internal/housekeeping"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/wake"
)

// A slowWorker takes a minute for an export and for a purge, and counts those in progress.
type slowWorker struct {
	housekeeping.Store
	mu                        sync.Mutex
	inProgress, peak, handled int
}

func (w *slowWorker) Work(context.Context, export.Ref) (bool, error) { return w.work() }

func (w *slowWorker) Purge(context.Context, run.Ref, time.Time) (bool, error) { return w.work() }

func (w *slowWorker) PostponeExport(context.Context, export.Ref, time.Time) (bool, error) {
	return true, nil
}

func (w *slowWorker) work() (bool, error) {
	w.mu.Lock()
	w.inProgress++
	w.peak = max(w.peak, w.inProgress)
	w.mu.Unlock()
	time.Sleep(time.Minute)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.inProgress--
	w.handled++
	return true, nil
}

// However many wake-ups a process gets, it makes a few exports and purges a few runs at a time. The
// others are handled later, and none of them fails.
func TestHandlerBoundsWhatItDoes(t *testing.T) {
	for name, test := range map[string]struct {
		export uuid.UUID
		most   int
	}{"exports": {uuid.New(), 2}, "purges": {uuid.Nil, 8}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				local := wake.NewLocal(wake.LocalOptions{Timeout: 3 * time.Minute, MaxAttempts: 1})
				w := &slowWorker{}
				k := housekeeping.New(housekeeping.Options{Store: w, Queue: local, Exporter: w, Logger: slog.New(slog.DiscardHandler)})
				ctx, cancel := context.WithCancel(t.Context())
				done := make(chan struct{})
				go func() {
					defer close(done)
					local.Run(ctx, k.Handler(func(context.Context, run.Ref) error { return run.ErrDeleting }),
						func(context.Context, wake.Delivery) error { t.Error("a wake-up failed"); return nil })
				}()
				const wakeups = 40
				for range wakeups {
					ref := run.Ref{Tenant: acme, ID: uuid.New()}
					if test.export != uuid.Nil {
						local.SendExport(ctx, ref, test.export, 0)
					} else {
						local.Send(ctx, ref, 0)
					}
				}
				time.Sleep(time.Hour)
				cancel()
				<-done
				if w.peak != test.most || w.handled != wakeups {
					t.Errorf("%d at a time, %d handled, want %d and %d", w.peak, w.handled, test.most, wakeups)
				}
			})
		})
	}
}
