package crawl_test

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/dynamolocal/dynamotest"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/housekeeping"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/wake"
)

// change applies an action of the API.
func (s *stack) change(id uuid.UUID, a run.Action) run.Run {
	s.t.Helper()
	r, _, err := s.store.Transition(s.t.Context(), run.Ref{Tenant: acme, ID: id}, a, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

// until waits until ok.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("never: " + what)
		}
	}
}

func TestPauseAndResume(t *testing.T) {
	t.Parallel()
	const pages = 60
	site := sitetest.Start(t, sitetest.Generate(pages, 6))
	site.SetDelay(100 * time.Millisecond)
	s := newStack(t)
	r := s.create(fast(site.URL+"/", `{'speed': {'concurrency': 2, 'per_host_concurrency': 2}}`))
	s.wake(r.ID)
	for pauses := range 3 {
		until(t, "the site is crawled", func() bool { return len(site.All()) > 5*(pauses+1) })
		paused := s.change(r.ID, run.Pause)
		second := time.Now().Add(time.Second)
		// The worker parks: nobody is to come for the run until it is resumed.
		until(t, "the worker leaves", func() bool { return s.unleased(r.ID) })
		time.Sleep(time.Until(second.Add(300 * time.Millisecond))) // a while in which nothing may come
		if n := site.Since(second); n > 0 {
			t.Errorf("%d fetches started more than a second after pause was answered", n)
		}
		if got := s.run(r.ID); got.Status != run.Paused || got.Progress.Processed() != int64(len(site.All())-1) {
			t.Errorf("%s after %d URLs, %d were fetched", got.Status, got.Progress.Processed(), len(site.All())-1)
		}
		if paused.Status != run.Paused {
			t.Errorf("pause answered %s", paused.Status)
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
}

// unleased reports whether nobody has the run's lease: another one gets it. It lets go of it
// again.
func (s *stack) unleased(id uuid.UUID) bool {
	s.t.Helper()
	l, err := s.store.Acquire(s.t.Context(), run.Ref{Tenant: acme, ID: id}, uuid.NewString(), time.Second)
	if fault.Is(err, fault.Conflict) {
		return false
	}
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.store.Park(s.t.Context(), l); err != nil {
		s.t.Fatal(err)
	}
	return true
}

// A run that is resumed while the worker still waits for its last fetches goes on.
func TestResumeWhileParking(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	site := sitetest.Start(t, sitetest.Routes{
		"/": func(w http.ResponseWriter, r *http.Request) {
			<-release
			sitetest.Page("/a")(w, r)
		},
		"/a": sitetest.Page(),
	})
	s := newStack(t)
	r := s.create(fast(site.URL + "/"))
	s.wake(r.ID)
	until(t, "the seed is fetched", func() bool { return len(site.Hits("/")) > 0 })
	s.change(r.ID, run.Pause)
	time.Sleep(2500 * time.Millisecond) // more than the longest time between two reads of the status
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
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			site := sitetest.Start(t, trap)
			site.SetDelay(50 * time.Millisecond)
			s := newStack(t)
			r := s.create(fast(site.URL + "/"))
			s.wake(r.ID)
			s.await(r.ID, "under way", func(r run.Run) bool { return r.Progress.Processed() > 0 })
			end(s, r.ID)
			second := time.Now().Add(time.Second)
			parts := s.parts(r.ID)
			time.Sleep(time.Until(second.Add(500 * time.Millisecond))) // a while in which nothing may come
			if n := site.Since(second); n > 0 {
				t.Errorf("%d fetches started more than a second after %s was answered", n, name)
			}
			if now := s.parts(r.ID); now != parts {
				t.Errorf("%d parts were recorded after %s was answered", now-parts, name)
			}
			if name == "delete" {
				s.wake(r.ID)
				until(t, "the log is removed", func() bool { return s.parts(r.ID) == 0 })
				return
			}
			s.history(s.run(r.ID))
		})
	}
}

// A finished run whose retention is over is deleted with all that it left, by the wake-up
// that the sweep sends then.
func TestRetention(t *testing.T) {
	t.Parallel()
	site := sitetest.Start(t, sitetest.Generate(5, 2))
	for _, tt := range []struct {
		retention time.Duration
		kept      bool
	}{{time.Hour, true}, {time.Nanosecond, false}} {
		sharedStore(t) // creates the table
		short := store.New(store.NewClient(dynamotest.Config(t)), "runs", store.WithRetention(tt.retention))
		s := &stack{t: t, store: short, queue: wake.NewLocal(wake.LocalOptions{})}
		r := s.create(fast(site.URL + "/"))
		for range 2 { // crawls it, and then finds it finished
			if !s.handle(s.crawler(), r.ID) {
				t.Fatal("the wake-up failed")
			}
		}
		_, err := s.store.Run(t.Context(), run.Ref{Tenant: acme, ID: r.ID})
		if tt.kept {
			s.expect(s.run(r.ID), run.MaxEmptyEvaluations, 5, 0, 0, 0)
		} else if !fault.Is(err, fault.NotFound) || s.parts(r.ID) > 0 {
			t.Errorf("the run is there still: %v, %d parts", err, s.parts(r.ID))
		}
	}
}

// parts returns the number of parts of the run's log.
func (s *stack) parts(id uuid.UUID) int {
	s.t.Helper()
	n := 0
	for _, err := range s.store.LogParts(s.t.Context(), run.Ref{Tenant: acme, ID: id}, 0) {
		if err != nil {
			s.t.Fatal(err)
		}
		n++
	}
	return n
}

// Fetches may not start on an old status, and a store that stalls must not let them.
func TestStalledStoreStopsFetches(t *testing.T) {
	t.Parallel()
	site := sitetest.Start(t, trap)
	site.SetDelay(20 * time.Millisecond)
	l := &stallingLedger{Store: sharedStore(t), resumed: make(chan struct{})}
	s := newStack(t, func(o *crawl.Options) { o.Store = l })
	r := s.create(fast(site.URL+"/", `{'stopping_criteria': [{'kind': 'max_urls', 'params': {'max_urls': 400}}]}`))
	s.wake(r.ID)
	until(t, "the site is crawled", func() bool { return len(site.All()) > 5 })
	l.stall()
	second := time.Now().Add(time.Second)
	time.Sleep(time.Until(second.Add(500 * time.Millisecond))) // a while in which nothing may come
	if n := site.Since(second); n > 0 {
		t.Errorf("%d fetches started more than a second after the last look at the status", n)
	}
	close(l.resumed)
	if r := s.await(r.ID, "finished", isFinished); r.Progress.Processed() != 400 {
		t.Errorf("%d URLs", r.Progress.Processed())
	}
}

// A stallingLedger does not answer reads of the status from stall to resumed.
type stallingLedger struct {
	crawl.Store
	mu      sync.Mutex
	stalled bool
	resumed chan struct{}
}

func (l *stallingLedger) stall() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stalled = true
}

func (l *stallingLedger) Status(ctx context.Context, ref run.Ref) (run.Status, error) {
	l.mu.Lock()
	stalled := l.stalled
	l.mu.Unlock()
	if stalled {
		<-l.resumed
	}
	return l.Store.Status(ctx, ref)
}

// A run that is handed from one invocation to the next many times is the same run, and the
// delay of its host holds across them.
func TestHandOver(t *testing.T) {
	t.Parallel()
	const pages = 20
	generated := sitetest.Generate(pages, 6)
	generated["/robots.txt"] = sitetest.Body("text/plain", "User-agent: *\nCrawl-delay: 0.1\n")
	site := sitetest.Start(t, generated)
	s := newStack(t, func(o *crawl.Options) { o.Budget = 300 * time.Millisecond })
	r := s.crawl(fast(site.URL+"/", `{'speed': {'concurrency': 4, 'per_host_concurrency': 1}}`))
	s.expect(r, run.MaxEmptyEvaluations, pages, 0, 0, 0)
	s.history(r)
	var paths []string
	for i := range pages {
		paths = append(paths, sitetest.Path(i))
	}
	checkDelay(t, site, 100*time.Millisecond, paths...)
}

// The same without anything kept in memory: each invocation has a crawler of its own.
func TestHandOverToStrangers(t *testing.T) {
	t.Parallel()
	const pages, delay = 8, 500 * time.Millisecond
	generated := sitetest.Generate(pages, 6)
	generated["/robots.txt"] = sitetest.Body("text/plain", "User-agent: *\nCrawl-delay: 0.5\n")
	site := sitetest.Start(t, generated)
	s := &stack{t: t, store: sharedStore(t), queue: wake.NewLocal(wake.LocalOptions{})}
	r := s.create(fast(site.URL+"/", `{'speed': {'concurrency': 4, 'per_host_concurrency': 1}}`))
	for invocations := 0; !isFinished(s.run(r.ID)); invocations++ {
		if invocations > 200 {
			t.Fatal("the run never ends")
		}
		s.handle(s.crawler(func(o *crawl.Options) { o.Budget = 600 * time.Millisecond }), r.ID)
	}
	end := s.run(r.ID)
	s.expect(end, run.MaxEmptyEvaluations, pages, 0, 0, 0)
	s.history(end)
	var paths []string
	for i := range pages {
		paths = append(paths, sitetest.Path(i))
	}
	checkDelay(t, site, delay, paths...)
}

// A page that takes longer than an invocation has must not keep the run from ending.
func TestSlowPageInShortInvocations(t *testing.T) {
	t.Parallel()
	site := sitetest.Start(t, sitetest.Routes{"/": sitetest.Page("/slow"), "/slow": hang})
	s := &stack{t: t, store: sharedStore(t), queue: wake.NewLocal(wake.LocalOptions{})}
	r := s.create(fast(site.URL+"/", `{'fetcher': {'timeout': '5m', 'max_retries': 0}}`))
	c := s.crawler(func(o *crawl.Options) { o.Queue = &recordingQueue{} })
	for invocations := 0; !isFinished(s.run(r.ID)); invocations++ {
		if invocations > 10 {
			t.Fatal("the run never ends")
		}
		ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
		_ = c.Crawl(ctx, refTo(r.ID))
		cancel()
	}
	s.expect(s.run(r.ID), run.MaxEmptyEvaluations, 1, 1, 0, 0)
}

// A log that takes longer to read than a lease lasts is read nevertheless.
func TestLeaseIsKeptWhileLoading(t *testing.T) {
	t.Parallel()
	site := sitetest.Start(t, sitetest.Generate(100, 6))
	site.SetDelay(50 * time.Millisecond)
	s := &stack{t: t, store: sharedStore(t), queue: wake.NewLocal(wake.LocalOptions{})}
	r := s.create(fast(site.URL+"/", `{'speed': {'concurrency': 2, 'per_host_concurrency': 2}}`))
	for s.parts(r.ID) < 3 {
		s.handle(s.crawler(func(o *crawl.Options) { o.Budget = 150 * time.Millisecond }), r.ID)
	}
	slow := slowLog{Store: s.store, taken: new(atomic.Bool)}
	s.handle(s.crawler(func(o *crawl.Options) { o.Store, o.Budget = slow, time.Second }), r.ID)
	if slow.taken.Load() {
		t.Error("the lease was lost while the log was read")
	}
}

// In a slowLog reading one part takes most of a lease. Another worker tries to get it
// meanwhile.
type slowLog struct {
	crawl.Store
	taken *atomic.Bool
}

const shortLease = 3 * time.Second

func (l slowLog) Acquire(ctx context.Context, ref run.Ref, owner string, _ time.Duration) (*run.Lease, error) {
	return l.Store.Acquire(ctx, ref, owner, shortLease)
}

func (l slowLog) LogParts(ctx context.Context, ref run.Ref, after int64) iter.Seq2[crawllog.Part, error] {
	return func(yield func(crawllog.Part, error) bool) {
		for part, err := range l.Store.LogParts(ctx, ref, after) {
			time.Sleep(shortLease * 55 / 100)
			other, acquireErr := l.Store.Acquire(ctx, ref, uuid.NewString(), time.Millisecond)
			if acquireErr == nil {
				l.taken.Store(true)
				_ = l.Store.Release(ctx, other, time.Now())
			}
			if !yield(part, err) {
				return
			}
		}
	}
}

// refTo names a run of acme.
func refTo(id uuid.UUID) run.Ref { return run.Ref{Tenant: acme, ID: id} }

// keeper returns a keeper of the store that sends to the queue.
func (s *stack) keeper(q housekeeping.Queue) *housekeeping.Keeper {
	return housekeeping.New(housekeeping.Options{Store: s.store, Queue: q, Logger: quiet()})
}

// handler returns the handler of the wake-ups that the crawler gets.
func (s *stack) handler(c *crawl.Crawler) wake.Handler {
	return wake.Instrument(crawl.Function, s.keeper(s.queue).Handler(c.Crawl), quiet(), nil)
}

// handle passes a wake-up of the run to the crawler, and reports whether it succeeded.
func (s *stack) handle(c *crawl.Crawler, id uuid.UUID) bool {
	s.t.Helper()
	return s.handler(c)(s.t.Context(), wake.Delivery{Run: refTo(id), Sent: time.Now()}) == nil
}

// Waiting long for a host ends the invocation; the next one is booked for when it is due.
func TestLongWaitEndsInvocation(t *testing.T) {
	t.Parallel()
	site := sitetest.Start(t, sitetest.Routes{"/": sitetest.Page("/a"), "/a": sitetest.Page()})
	queue := &recordingQueue{}
	s := &stack{t: t, store: sharedStore(t), queue: wake.NewLocal(wake.LocalOptions{})}
	r := s.create(fast(site.URL+"/", `{'policies': [{'kind': 'robots_txt', 'params': {'default_delay': '10m'}}]}`))
	began := time.Now()
	s.handle(s.crawler(func(o *crawl.Options) { o.Queue = queue }), r.ID)
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("the invocation waited %v", took)
	}
	if len(queue.delays) != 1 || queue.delays[0] < 9*time.Minute || queue.delays[0] > 10*time.Minute {
		t.Errorf("delays of the wake-ups sent: %v, want one of ten minutes", queue.delays)
	}
	due, err := s.store.Due(t.Context(), time.Now(), 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range due {
		if m.ID == r.ID {
			t.Error("the sweep would wake the run before its time")
		}
	}
}

type recordingQueue struct {
	mu     sync.Mutex
	delays []time.Duration
	runs   []uuid.UUID
}

func (q *recordingQueue) Send(_ context.Context, ref run.Ref, delay time.Duration) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.delays = append(q.delays, delay)
	q.runs = append(q.runs, ref.ID)
	return nil
}

// A run that is being crawled, or was since the message was sent, goes on when the message comes to
// the dead-letter queue.
func TestDeadLetterSparesRunsThatGoOn(t *testing.T) {
	t.Parallel()
	site := sitetest.Start(t, sitetest.Generate(3, 3))
	s := &stack{t: t, store: sharedStore(t), queue: wake.NewLocal(wake.LocalOptions{})}
	r := s.create(fast(site.URL + "/"))
	sent := time.Now()
	letter := func(sent time.Time) {
		t.Helper()
		if err := s.keeper(s.queue).Abandon(t.Context(), wake.Delivery{Run: refTo(r.ID), Sent: sent}); err != nil {
			t.Errorf("the dead letter would be delivered again: %v", err)
		}
	}
	letter(time.Time{}) // which does not say when it was sent
	s.slowly(site, r, 2)
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

func TestWakeUpOfAMissingRun(t *testing.T) {
	t.Parallel()
	s := &stack{t: t, store: sharedStore(t), queue: wake.NewLocal(wake.LocalOptions{})}
	if !s.handle(s.crawler(), uuid.New()) {
		t.Error("the wake-up of a run that does not exist would be delivered again")
	}
}

// A run at which every worker fails is given up in the end.
func TestAttemptsAreExhausted(t *testing.T) {
	t.Parallel()
	site := sitetest.Start(t, sitetest.Generate(1, 1))
	s := &stack{t: t, store: sharedStore(t), queue: wake.NewLocal(wake.LocalOptions{})}
	r := s.create(fast(site.URL + "/"))
	s.slowly(site, r, 1)
	c := s.crawler(func(o *crawl.Options) { o.Store = unreadableLog{sharedStore(t)} })
	failures := 0
	for !isFinished(s.run(r.ID)) {
		if failures++; failures > 10 {
			t.Fatal("the run is never given up")
		}
		s.handle(c, r.ID)
	}
	s.expect(s.run(r.ID), run.Unknown, 1, 0, 0, 1)
	if failures < 5 {
		t.Errorf("given up after %d attempts", failures)
	}
}

// In an unreadableLog nothing can be read, and its leases end at once.
type unreadableLog struct{ crawl.Store }

func (l unreadableLog) LogParts(context.Context, run.Ref, int64) iter.Seq2[crawllog.Part, error] {
	return func(yield func(crawllog.Part, error) bool) { yield(crawllog.Part{}, errors.New("no log")) }
}

func (l unreadableLog) Acquire(ctx context.Context, ref run.Ref, owner string, _ time.Duration) (*run.Lease, error) {
	return l.Store.Acquire(ctx, ref, owner, 0)
}
