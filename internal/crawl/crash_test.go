package crawl_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store/storetest"
	"github.com/inndx/runs/internal/wake"
)

// slowSite serves generated pages that take a while, and returns it with a configuration
// that crawls it.
func slowSite(t *testing.T, pages int, more ...string) (*sitetest.Server, string) {
	t.Helper()
	site := sitetest.Start(t, sitetest.Generate(pages, 6))
	site.SetDelay(20 * time.Millisecond)
	return site, fast(site.URL+"/", append([]string{`{'speed': {'concurrency': 2, 'per_host_concurrency': 2}}`}, more...)...)
}

// expectWhole checks that a finished run recorded each of so many pages once.
func (s *stack) expectWhole(r run.Run, pages int) {
	s.t.Helper()
	s.expect(r, run.MaxEmptyEvaluations, int64(pages), 0, 0, 0)
	if n := len(s.history(r)); n != pages {
		s.t.Errorf("%d URLs recorded, want %d", n, pages)
	}
}

// The first process dies at its first write of a kind, the second one at its second, and so
// on until one lives long enough: nothing is lost and nothing recorded twice.
func TestProcessesDieAtEveryWrite(t *testing.T) {
	t.Parallel()
	for _, write := range []string{"acquire", "change", "commit", "segment", "release", "park", "send", "finish"} {
		for _, death := range []fate{diesBefore, diesInside, diesAfter} {
			t.Run(fmt.Sprint(write, "/", death), func(t *testing.T) {
				t.Parallel()
				const pages = 40
				site, cfg := slowSite(t, pages)
				s := &stack{t: t, store: sharedStore(t)}
				r := s.create(cfg)
				past := 0
				if write == "segment" {
					past = 997 // a few commits more, and a segment is due
					s.slowly(site, r, past)
				}
				var late limbo
				var processes []*process
				deaths := 0
				for lives := 1; !isFinished(s.run(r.ID)); lives++ {
					if lives > 100 {
						t.Fatal("the run never ends")
					}
					left := lives
					p := &process{Store: s.store, queue: &recordingQueue{}, limbo: &late, fate: func(w string) fate {
						if w == write {
							left--
						}
						if left == 0 {
							return death
						}
						return isDone
					}}
					// What was under way arrives before the next process writes, or between its
					// writes.
					late.behind = lives % 4
					processes = append(processes, p)
					c := s.crawler(func(o *crawl.Options) { o.Store, o.Queue, o.Budget = p, p, 150*time.Millisecond })
					for n := 0; !p.dead() && !isFinished(s.run(r.ID)); n++ {
						pauses := write == "park" && n%2 == 1
						if pauses {
							s.change(r.ID, run.Pause)
						}
						s.handle(c, r.ID)
						if pauses {
							s.change(r.ID, run.Resume)
						}
						for _, p := range processes {
							p.bury(s.store, true)
						}
					}
					if p.dead() {
						deaths++
					}
				}
				if deaths == 0 {
					t.Error("no process died")
				}
				late.arrive(true)
				s.expectWhole(s.run(r.ID), past+pages)
			})
		}
	}
}

// Writes of every kind fail every other time, or are done without that the worker learns it:
// what it would have recorded must neither be taken for recorded nor recorded again.
func TestWritesFailNowAndThen(t *testing.T) {
	t.Parallel()
	for _, failure := range []fate{isRefused, isDropped, isUnheard} {
		t.Run(string(failure), func(t *testing.T) {
			t.Parallel()
			const pages = 60
			_, cfg := slowSite(t, pages)
			s := &stack{t: t, store: sharedStore(t)}
			r := s.create(cfg)
			writes := map[string]int{}
			p := &process{Store: s.store, queue: &recordingQueue{}, fate: func(w string) fate {
				if writes[w]++; writes[w]%2 == 1 {
					return failure
				}
				return isDone
			}}
			c := s.crawler(func(o *crawl.Options) { o.Store, o.Queue, o.Budget = p, p, 300*time.Millisecond })
			for invocations := 0; !isFinished(s.run(r.ID)); invocations++ {
				if invocations > 100 {
					t.Fatal("the run never ends")
				}
				s.handle(c, r.ID)
				p.bury(s.store, true)
			}
			if writes["commit"] < 4 {
				t.Errorf("%v: no commit failed", writes)
			}
			s.expectWhole(s.run(r.ID), pages)
		})
	}
}

// The line to the store loses requests, and answers to requests that were done, which the
// client then sends again: each counts once.
func TestLineLosesRequestsAndAnswers(t *testing.T) {
	t.Parallel()
	const pages = 100
	_, cfg := slowSite(t, pages)
	s := newFaultyStack(t)
	r := s.create(cfg)
	line := newLossyLine(0.3, 1)
	c := s.crawler(func(o *crawl.Options) {
		o.Store, o.Queue, o.Budget = newSkewed(s, 0, line.over), &recordingQueue{}, 300*time.Millisecond
	})
	for invocations := 0; !isFinished(s.run(r.ID)); invocations++ {
		if invocations > 200 {
			t.Fatal("the run never ends")
		}
		s.handle(c, r.ID)
	}
	if line.lostRequests == 0 || line.lostAnswers == 0 {
		t.Errorf("%d requests and %d answers were lost", line.lostRequests, line.lostAnswers)
	}
	t.Logf("%d requests and %d answers were lost", line.lostRequests, line.lostAnswers)
	s.expectWhole(s.run(r.ID), pages)
}

// Workers that hold each other's leases for ended crawl the same run at once: the log stays
// one, and whoever loses a race loses nothing but its own work.
func TestWorkersStealLeases(t *testing.T) {
	t.Parallel()
	for _, workers := range []int{2, 3} {
		t.Run(fmt.Sprint(workers), func(t *testing.T) {
			t.Parallel()
			const pages = 100
			_, cfg := slowSite(t, pages)
			s := &stack{t: t, store: sharedStore(t)}
			r := s.create(cfg)
			var leases leaseBook
			var group sync.WaitGroup
			for range workers {
				group.Go(func() {
					c := s.crawler(func(o *crawl.Options) {
						o.Store, o.Queue, o.Budget = &thief{s.store, &leases}, &recordingQueue{}, 500*time.Millisecond
					})
					for end := time.Now().Add(patience); time.Now().Before(end); {
						if r, err := s.store.Run(t.Context(), run.Ref{Tenant: acme, ID: r.ID}); err != nil || isFinished(r) {
							return
						}
						_ = c.Crawl(t.Context(), refTo(r.ID))
						time.Sleep(rand.N(20 * time.Millisecond))
					}
				})
			}
			group.Wait()
			s.expectWhole(s.run(r.ID), pages)
			if leases.stolen == 0 || leases.refused == 0 {
				t.Errorf("%d leases stolen, %d commits refused: nobody raced", leases.stolen, leases.refused)
			}
			t.Logf("%d leases stolen, %d commits refused", leases.stolen, leases.refused)
		})
	}
}

// A leaseBook says which lease is to be stolen next. Of three commits the first one waits
// until its lease is stolen, the second one races the thief, and the third one is left alone.
type leaseBook struct {
	mu      sync.Mutex
	loot    *run.Lease
	robbed  chan struct{} // closed when the loot is taken
	commits int
	stolen  int
	refused int
}

// offer lets a lease that is about to commit be stolen, and returns when it may commit.
func (b *leaseBook) offer(ctx context.Context, l run.Lease) {
	b.mu.Lock()
	waits := false
	if b.loot == nil {
		b.commits++
		waits = b.commits%3 == 1
		if b.commits%3 != 0 {
			b.loot, b.robbed = &l, make(chan struct{})
		}
	}
	robbed := b.robbed
	b.mu.Unlock()
	if waits {
		select {
		case <-robbed:
		case <-ctx.Done():
		}
	}
}

// steal takes the lease that is offered, if there is one.
func (b *leaseBook) steal(ctx context.Context, l crawl.Store) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.loot == nil {
		return
	}
	if l.Release(ctx, b.loot, time.Now()) == nil {
		b.stolen++
	}
	b.loot = nil
	close(b.robbed)
}

// A thief takes leases that others hold.
type thief struct {
	crawl.Store
	leases *leaseBook
}

func (h *thief) Acquire(ctx context.Context, ref run.Ref, owner string, ttl time.Duration) (*run.Lease, error) {
	h.leases.steal(ctx, h.Store)
	return h.Store.Acquire(ctx, ref, owner, ttl)
}

func (h *thief) Commit(ctx context.Context, l *run.Lease, c crawllog.Commit) error {
	h.leases.offer(ctx, *l)
	err := h.Store.Commit(ctx, l, c)
	if err != nil {
		h.leases.mu.Lock()
		h.leases.refused++
		h.leases.mu.Unlock()
	}
	return err
}

// Wake-ups come several times, late, in another order than they were sent, or not at all, and
// to several workers: the run is crawled as if each had come once.
func TestWakeUpsAreUnreliable(t *testing.T) {
	t.Parallel()
	for name, q := range map[string]*unreliable{
		"three times":          {copies: 3},
		"late and in a jumble": {copies: 1, late: 300 * time.Millisecond},
		"lost":                 {copies: 1, lost: 0.7},
		"all of it":            {copies: 3, lost: 0.6, late: 200 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const pages = 100
			_, cfg := slowSite(t, pages)
			s := newFaultyStack(t)
			r := s.create(cfg)
			var handlers []wake.Handler
			for range 3 {
				c := s.crawler(func(o *crawl.Options) { o.Queue, o.Budget = q, 150*time.Millisecond })
				handlers = append(handlers, s.keeper(q).Handler(c.Crawl))
			}
			q.start(t, 1, handlers...)
			q.sweep(s)
			if err := q.Send(t.Context(), run.Ref{Tenant: acme, ID: r.ID}, 0); err != nil {
				t.Fatal(err)
			}
			s.expectWhole(s.await(r.ID, "finished", isFinished), pages)
			t.Log(q)
		})
	}
}

// The clock of one of two workers is off by minutes: the run ends as it would, and at once,
// and its host, which wants a delay and refuses now and then, is not left alone until the
// clocks agree.
func TestWorkerWithAWrongClock(t *testing.T) {
	t.Parallel()
	for _, off := range []time.Duration{7 * time.Minute, -7 * time.Minute} {
		t.Run(off.String(), func(t *testing.T) {
			t.Parallel()
			const pages = 60
			routes := sitetest.Generate(pages, 6)
			for i := 5; i < pages; i += 10 {
				routes[sitetest.Path(i)] = busyOnce(routes[sitetest.Path(i)])
			}
			routes["/robots.txt"] = sitetest.Body("text/plain", "User-agent: *\nCrawl-delay: 0.02\n")
			site := sitetest.Start(t, routes)
			s := newFaultyStack(t)
			r := s.create(fast(site.URL+"/", `{'stopping_criteria': [{'kind': 'max_empty_evaluations', 'params': {'max_empty_evaluations': 2}}]}`))
			q := &unreliable{copies: 2, late: 50 * time.Millisecond}
			var handlers []wake.Handler
			for _, clock := range []time.Duration{0, off} {
				c := s.crawler(func(o *crawl.Options) {
					o.Store, o.Queue, o.Budget = newSkewed(s, clock), q, 300*time.Millisecond
				})
				handlers = append(handlers, s.keeper(q).Handler(c.Crawl))
			}
			q.start(t, 1, handlers...)
			q.sweep(s)
			if err := q.Send(t.Context(), run.Ref{Tenant: acme, ID: r.ID}, 0); err != nil {
				t.Fatal(err)
			}
			s.expectWhole(s.await(r.ID, "finished", isFinished), pages)
		})
	}
}

// busyOnce refuses the first request.
func busyOnce(h http.HandlerFunc) http.HandlerFunc {
	var refused atomic.Bool
	return func(w http.ResponseWriter, r *http.Request) {
		if refused.CompareAndSwap(false, true) {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		h(w, r)
	}
}

// Clients pause and resume a run, and at last stop it, while its workers die: once stop is
// answered, nothing more is recorded.
func TestStopIsTheLastWord(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			site := sitetest.Start(t, trap)
			site.SetDelay(5 * time.Millisecond)
			s := newFaultyStack(t)
			r := s.create(fast(site.URL + "/"))
			q := &unreliable{copies: 2, late: 10 * time.Millisecond}
			fates := dice(seed, 0.3, isRefused, isUnheard, diesBefore, diesInside, diesAfter)
			workers := &crew{limbo: limbo{behind: 3}}
			workers.start = func() (*process, *crawl.Crawler) {
				p := &process{Store: s.store, queue: q, limbo: &workers.limbo, fate: fates}
				return p, s.crawler(func(o *crawl.Options) { o.Store, o.Queue, o.Budget = p, p, 100*time.Millisecond })
			}
			k := s.keeper(q)
			q.start(t, seed, k.Handler(workers.worker()), k.Handler(workers.worker()), k.Handler(workers.worker()))
			q.sweep(s)
			workers.bury(q, s.store)
			s.await(r.ID, "under way", func(r run.Run) bool { return r.Progress.Processed() > 0 })
			random := rand.New(rand.NewPCG(seed, 2))
			for range 10 {
				time.Sleep(time.Duration(random.IntN(150)) * time.Millisecond) // so that anything may be going on
				s.change(r.ID, []run.Action{run.Pause, run.Resume, run.Resume}[random.IntN(3)])
			}
			s.change(r.ID, run.Stop)
			stopped := s.run(r.ID)
			before, err := storetest.ReadHistory(t.Context(), s.store, run.Ref{Tenant: acme, ID: r.ID})
			if err != nil {
				t.Fatal(err)
			}
			workers.arrive(true)
			time.Sleep(1500 * time.Millisecond) // a while in which nothing may come
			s.history(stopped)
			after, err := storetest.ReadHistory(t.Context(), s.store, run.Ref{Tenant: acme, ID: r.ID})
			if err != nil {
				t.Fatal(err)
			}
			if now := s.run(r.ID); after.Parts != before.Parts || !cmp.Equal(now, stopped) {
				t.Errorf("%d parts were recorded after stop was answered; the run was\n%+v, and is\n%+v", after.Parts-before.Parts, stopped, now)
			}
			t.Logf("%d processes died, %d URLs were recorded; %v", workers.deaths(), len(after.Outcomes), q)
		})
	}
}
