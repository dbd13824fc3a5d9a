package crawl

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/watch"
)

// A statusStore has the status of one run, and tells a hub of its changes as the store does.
type statusStore struct {
	RunStore
	hub       *watch.Hub
	mu        sync.Mutex
	status    run.Status
	err       error
	reads     int
	afterRead func() // is called with the status read, before it is returned; may be nil
}

func (s *statusStore) Status(context.Context, run.Ref) (run.Status, error) {
	s.mu.Lock()
	s.reads++
	status, err, after := s.status, s.err, s.afterRead
	s.mu.Unlock()
	if after != nil {
		after()
	}
	return status, err
}

func (s *statusStore) set(status run.Status, err error) {
	s.mu.Lock()
	s.status, s.err = status, err
	s.mu.Unlock()
}

func (s *statusStore) change(status run.Status) {
	s.set(status, nil)
	s.hub.Changed(watchedRun)
}

var watchedRun = run.Ref{Tenant: "acme", ID: uuid.New()}

// A watcher drives a statusWatch as a worker does.
type watcher struct {
	*statusWatch
	store      *statusStore
	leaseUntil time.Time
	left       run.Status // why the worker left; empty until then
}

// testWatch runs a test on the clock of testing/synctest.
func testWatch(t *testing.T, name string, test func(t *testing.T, w *watcher)) {
	t.Run(name, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			hub, group := new(watch.Hub), new(sync.WaitGroup)
			store := &statusStore{hub: hub, status: run.Running}
			w := &watcher{store: store, leaseUntil: time.Now().Add(leaseTTL), statusWatch: &statusWatch{
				store: store, run: watchedRun, guard: newGuard(), log: slog.New(slog.DiscardHandler), group: group,
				results: make(chan statusResult, 1),
			}}
			closeNews := w.subscribe(hub)
			test(t, w)
			group.Wait()
			closeNews()
			if hub.Watched(watchedRun, watch.Status) {
				t.Error("a subscription is left")
			}
		})
	})
}

// step does what is due, and waits for an event, at most until a time.
func (w *watcher) step(until time.Time) {
	now := time.Now()
	if !w.inFlight && !now.Before(w.due(now)) {
		w.start(context.Background(), now)
	}
	if !w.inFlight {
		until = sooner(until, w.due(now))
	}
	select {
	case <-w.news.Ready():
		w.changed()
	case r := <-w.results:
		if status, ok := w.complete(r); ok && status == run.Running {
			w.open(r, w.leaseUntil)
		} else if ok {
			w.left = status
		}
	case <-time.After(time.Until(until)):
	}
}

// work works for d.
func (w *watcher) work(d time.Duration) {
	for until := time.Now().Add(d); time.Now().Before(until) && w.left == ""; {
		w.step(until)
	}
}

func (w *watcher) want(t *testing.T, reads int, open bool, left run.Status) {
	t.Helper()
	if w.store.reads != reads || w.guard.ok() != open || w.left != left {
		t.Errorf("%d reads, the guard is open: %v, left as %q; want %d, %v, %q", w.store.reads, w.guard.ok(), w.left, reads, open, left)
	}
}

// With a hub a worker reads the status once, and again only when the hub has news.
func TestStatusWithHub(t *testing.T) {
	testWatch(t, "nothing happens", func(t *testing.T, w *watcher) {
		for range 10 {
			w.work(leaseTTL / 2)
			w.leaseUntil = time.Now().Add(leaseTTL)
			w.extend(w.leaseUntil)
		}
		w.want(t, 1, true, "")
		w.work(leaseTTL)
		w.want(t, 1, false, "") // the lease has ended
	})
	testWatch(t, "a commit is no news", func(t *testing.T, w *watcher) {
		w.work(time.Second)
		w.store.hub.Committing(watchedRun)(&watch.Commit{})
		w.work(time.Second)
		w.want(t, 1, true, "")
	})
	testWatch(t, "no request starts once the change is told", func(t *testing.T, w *watcher) {
		w.work(time.Second)
		w.store.change(run.Paused)
		w.want(t, 1, false, "") // before the worker knows of it
		w.extend(w.leaseUntil)  // a commit ends at this moment
		w.want(t, 1, false, "")
		w.work(time.Millisecond)
		w.want(t, 2, false, run.Paused)
	})
	testWatch(t, "a change before the first read", func(t *testing.T, w *watcher) {
		w.store.change(run.Paused)
		w.work(time.Second)
		w.want(t, 1, false, run.Paused)
	})
	testWatch(t, "a change after a read that did not see it", func(t *testing.T, w *watcher) {
		w.store.afterRead = sync.OnceFunc(func() { w.store.change(run.Paused) })
		w.step(time.Now().Add(time.Second))
		w.want(t, w.store.reads, false, "")
		w.work(time.Second)
		w.want(t, 2, false, run.Paused)
	})
	testWatch(t, "paused and resumed", func(t *testing.T, w *watcher) {
		w.work(time.Second)
		w.store.change(run.Paused)
		w.store.change(run.Running)
		w.want(t, 1, false, "")
		w.work(time.Second)
		w.want(t, 2, true, "")
	})
	testWatch(t, "deleted", func(t *testing.T, w *watcher) {
		w.work(time.Second)
		w.store.set("", fault.Because(fault.ReasonNoSuchRun, "no such run"))
		w.store.hub.Changed(watchedRun)
		w.work(time.Second)
		w.want(t, 2, false, run.Finished)
	})
	testWatch(t, "a read that fails is repeated", func(t *testing.T, w *watcher) {
		w.work(time.Second)
		w.store.set("", errors.New("unavailable"))
		w.store.hub.Changed(watchedRun)
		w.work(statusRetry * 5 / 2)
		w.want(t, 4, false, "")
		w.store.set(run.Running, nil)
		w.work(statusRetry)
		w.want(t, 5, true, "")
		w.work(time.Second)
		w.want(t, 5, true, "")
	})
	testWatch(t, "a fetch that waits", func(t *testing.T, w *watcher) {
		waited := make(chan error, 1)
		w.store.change(run.Running)
		go func() { waited <- w.guard.wait(t.Context()) }()
		synctest.Wait()
		if len(waited) > 0 {
			t.Error("the fetch starts before the read")
		}
		w.work(time.Second)
		if err := <-waited; err != nil {
			t.Error(err)
		}
	})
}
