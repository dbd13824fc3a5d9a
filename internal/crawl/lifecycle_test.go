package crawl_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/dynamolocal/dynamotest"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/wake"
)

func TestPauseAndResume(t *testing.T) {
	t.Parallel()
	withAndWithoutHub(t, pauseAndResume)
}

func pauseAndResume(t *testing.T, s *stack) {
	const pages = 60
	site := sitetest.Start(t, sitetest.Generate(pages, 6))
	site.SetDelay(100 * time.Millisecond)
	r := s.create(fastConfig(site.URL+"/", `{'speed': {'concurrency': 2, 'per_host_concurrency': 2}}`))
	s.wake(r.ID)
	for pauses := range 3 {
		until(t, "the site is crawled", func() bool { return len(site.All()) > 5*(pauses+1) })
		paused := s.change(r.ID, run.Pause)
		second := time.Now().Add(time.Second)
		// The worker leaves, and no other one crawls the run until it is resumed.
		until(t, "the worker leaves", func() bool { return s.unleased(r.ID) })
		time.Sleep(time.Until(second.Add(300 * time.Millisecond))) // no fetch may start meanwhile
		if n := site.Since(second); n > 0 {
			t.Errorf("%d fetches started more than a second after the response to pause", n)
		}
		if got := s.run(r.ID); got.Status != run.Paused || got.Progress.Processed() != int64(len(site.All())-1) {
			t.Errorf("%s after %d URLs, %d were fetched", got.Status, got.Progress.Processed(), len(site.All())-1)
		}
		if paused.Status != run.Paused {
			t.Errorf("the response to pause has the status %s", paused.Status)
		}
		s.change(r.ID, run.Resume)
		s.wake(r.ID)
	}
	site.SetDelay(0)
	end := s.await(r.ID, "finished", isFinished)
	s.expect(end, run.MaxEmptyEvaluations, pages, 0, 0, 0)
	s.history(end)
	for i := range pages {
		if hits := site.Hits(sitetest.Path(i)); len(hits) != 1 {
			t.Errorf("page %d was fetched %d times", i, len(hits))
		}
	}
	// One read when a worker starts, and one for each change: none for a page.
	if s.statuses != nil && s.statuses.Load() > 10 {
		t.Errorf("%d reads of the status for %d pages and 6 changes", s.statuses.Load(), pages)
	}
}

// A run that is resumed while its worker still waits for its last fetches continues.
func TestResumeWhilePausing(t *testing.T) {
	t.Parallel()
	withAndWithoutHub(t, resumeWhilePausing)
}

func resumeWhilePausing(t *testing.T, s *stack) {
	release := make(chan struct{})
	site := sitetest.Start(t, sitetest.Routes{
		"/": func(w http.ResponseWriter, r *http.Request) {
			<-release
			sitetest.Page("/a")(w, r)
		},
		"/a": sitetest.Page(),
	})
	r := s.create(fastConfig(site.URL + "/"))
	s.wake(r.ID)
	until(t, "the seed is fetched", func() bool { return len(site.Hits("/")) > 0 })
	s.change(r.ID, run.Pause)
	time.Sleep(2500 * time.Millisecond) // longer than statusIdleInterval
	s.change(r.ID, run.Resume)
	s.wake(r.ID)
	close(release)
	s.expect(s.await(r.ID, "finished", isFinished), run.MaxEmptyEvaluations, 2, 0, 0, 0)
}

func TestStopAndDelete(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*stack, uuid.UUID){
		"stop": func(s *stack, id uuid.UUID) {
			if r := s.change(id, run.Stop); r.StopReason != run.Manual {
				s.t.Errorf("stop reason %s", r.StopReason)
			}
		},
		"delete": func(s *stack, id uuid.UUID) {
			if err := s.store.DeleteRun(s.t.Context(), run.Ref{Tenant: acme, ID: id}, nil); err != nil {
				s.t.Error(err)
			}
		},
	} {
		test := func(t *testing.T, s *stack) {
			site := sitetest.Start(t, endlessSite)
			site.SetDelay(50 * time.Millisecond)
			r := s.create(fastConfig(site.URL + "/"))
			s.wake(r.ID)
			s.await(r.ID, "in progress", func(r run.Run) bool { return r.Progress.Processed() > 0 })
			end(s, r.ID)
			second := time.Now().Add(time.Second)
			parts := s.parts(r.ID)
			time.Sleep(time.Until(second.Add(500 * time.Millisecond))) // nothing happens
			if n := site.Since(second); n > 0 {
				t.Errorf("%d fetches started more than a second after the response to %s", n, name)
			}
			if now := s.parts(r.ID); now != parts {
				t.Errorf("%d parts were recorded after the response to %s", now-parts, name)
			}
			if name == "delete" {
				s.wake(r.ID)
				until(t, "the log is removed", func() bool { return s.parts(r.ID) == 0 })
				return
			}
			s.history(s.run(r.ID))
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			withAndWithoutHub(t, test)
		})
	}
}

// A finished run whose retention is over is deleted with its log, by the wake-up that the sweep
// sends.
func TestRetention(t *testing.T) {
	t.Parallel()
	site := sitetest.Start(t, sitetest.Generate(5, 2))
	for _, test := range []struct {
		retention time.Duration
		kept      bool
	}{{time.Hour, true}, {time.Nanosecond, false}} {
		t.Run(test.retention.String(), func(t *testing.T) {
			sharedStore(t) // creates the table
			withRetention := store.New(store.NewClient(dynamotest.Config(t)), "runs", store.WithRetention(test.retention))
			s := &stack{t: t, store: withRetention, queue: wake.NewLocal(wake.LocalOptions{})}
			r := s.create(fastConfig(site.URL + "/"))
			for range 2 { // the first wake-up crawls the run, the second one finds it finished
				if !s.handle(s.crawler(), r.ID) {
					t.Fatal("the wake-up failed")
				}
			}
			_, err := s.store.Run(t.Context(), run.Ref{Tenant: acme, ID: r.ID})
			if test.kept {
				s.expect(s.run(r.ID), run.MaxEmptyEvaluations, 5, 0, 0, 0)
			} else if !fault.Is(err, fault.NotFound) || s.parts(r.ID) > 0 {
				t.Errorf("the run still exists: %v, %d parts", err, s.parts(r.ID))
			}
		})
	}
}

// A dead letter does not end a run that is being crawled, or was crawled since the message was
// sent.
func TestDeadLetterKeepsActiveRuns(t *testing.T) {
	t.Parallel()
	site := sitetest.Start(t, sitetest.Generate(3, 3))
	s := &stack{t: t, store: sharedStore(t), queue: wake.NewLocal(wake.LocalOptions{})}
	r := s.create(fastConfig(site.URL + "/"))
	sent := time.Now()
	letter := func(sent time.Time) {
		t.Helper()
		if err := s.keeper(s.queue).Abandon(t.Context(), wake.Delivery{Run: refTo(r.ID), Sent: sent}); err != nil {
			t.Errorf("the dead letter would be delivered again: %v", err)
		}
	}
	letter(time.Time{}) // it does not say when it was sent
	s.commitPages(site, r, 2)
	letter(sent)
	if got := s.run(r.ID); got.Status != run.Running {
		t.Fatalf("the run is %s %s", got.Status, got.StopReason)
	}
	for !isFinished(s.run(r.ID)) {
		s.handle(s.crawler(), r.ID)
	}
	if got := s.run(r.ID); got.StopReason == run.Unknown {
		t.Errorf("the run ended as %s", got.StopReason)
	}
}

// No fetch starts on an old status when the store stalls.
func TestStalledStoreStopsFetches(t *testing.T) {
	t.Parallel()
	site := sitetest.Start(t, endlessSite)
	site.SetDelay(20 * time.Millisecond)
	l := &stallingStore{Store: sharedStore(t), resumed: make(chan struct{})}
	s := newStack(t, func(o *crawl.Options) { o.Store = l })
	r := s.create(fastConfig(site.URL+"/", `{'stopping_criteria': [{'kind': 'max_urls', 'params': {'max_urls': 400}}]}`))
	s.wake(r.ID)
	until(t, "the site is crawled", func() bool { return len(site.All()) > 5 })
	l.stall()
	// A fetch that starts within the second may arrive later, on a slow machine.
	late := time.Now().Add(2 * time.Second)
	time.Sleep(time.Until(late.Add(500 * time.Millisecond))) // no fetch may start meanwhile
	if n := site.Since(late); n > 0 {
		t.Errorf("%d fetches started although no read of the status succeeded", n)
	}
	close(l.resumed)
	if r := s.await(r.ID, "finished", isFinished); r.Progress.Processed() != 400 {
		t.Errorf("%d URLs", r.Progress.Processed())
	}
}

// A stallingStore does not return from reads of the status between stall and resumed.
type stallingStore struct {
	crawl.Store
	mu      sync.Mutex
	stalled bool
	resumed chan struct{}
}

// stall makes reads of the status wait.
func (s *stallingStore) stall() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stalled = true
}

func (s *stallingStore) Status(ctx context.Context, ref run.Ref) (run.Status, error) {
	s.mu.Lock()
	stalled := s.stalled
	s.mu.Unlock()
	if stalled {
		<-s.resumed
	}
	return s.Store.Status(ctx, ref)
}
