package crawl_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
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

// Workers that hold each other's leases for ended crawl the same run at once. The log stays
// consistent, and a worker that loses a race loses only its own work.
func TestWorkersStealLeases(t *testing.T) {
	t.Parallel()
	for _, workers := range []int{2, 3} {
		t.Run(fmt.Sprint(workers), func(t *testing.T) {
			t.Parallel()
			const pages = 100
			_, cfg := slowSite(t, pages)
			s := &stack{t: t, store: sharedStore(t)}
			r := s.create(cfg)
			var leases leaseOffers
			var group sync.WaitGroup
			for range workers {
				group.Go(func() {
					c := s.crawler(func(o *crawl.Options) {
						o.Store, o.Queue, o.MaxWork = &stealingStore{s.store, &leases}, &recordingQueue{}, 500*time.Millisecond
					})
					for end := time.Now().Add(testTimeout); time.Now().Before(end); {
						if r, err := s.store.Run(t.Context(), run.Ref{Tenant: acme, ID: r.ID}); err != nil || isFinished(r) {
							return
						}
						_ = c.Crawl(t.Context(), refTo(r.ID))
						time.Sleep(rand.N(20 * time.Millisecond))
					}
				})
			}
			group.Wait()
			s.expectAllPages(s.run(r.ID), pages)
			if a := s.archive(s.run(r.ID)); len(a.Orphans) > 0 {
				t.Errorf("objects of refused commits remain: %v", a.Orphans)
			}
			if leases.stolen == 0 || leases.refused == 0 {
				t.Errorf("%d leases stolen, %d commits refused: no race happened", leases.stolen, leases.refused)
			}
			t.Logf("%d leases stolen, %d commits refused", leases.stolen, leases.refused)
		})
	}
}

// leaseOffers says which lease is to be stolen next. Of three commits, the first one waits until
// its lease is stolen, the second one races with the other worker, and the third one is left alone.
type leaseOffers struct {
	mu           sync.Mutex
	offered      *run.Lease
	stolenSignal chan struct{} // closed when the lease is stolen
	commits      int
	stolen       int
	refused      int
}

// offer offers a lease that is about to commit, and returns when it may commit.
func (o *leaseOffers) offer(ctx context.Context, l run.Lease) {
	o.mu.Lock()
	waits := false
	if o.offered == nil {
		o.commits++
		waits = o.commits%3 == 1
		if o.commits%3 != 0 {
			o.offered, o.stolenSignal = &l, make(chan struct{})
		}
	}
	stolenSignal := o.stolenSignal
	o.mu.Unlock()
	if waits {
		select {
		case <-stolenSignal:
		case <-ctx.Done():
		}
	}
}

// steal takes the offered lease, if there is one.
func (o *leaseOffers) steal(ctx context.Context, l crawl.Store) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.offered == nil {
		return
	}
	if l.Release(ctx, o.offered, run.Handover{WakeAt: time.Now()}) == nil {
		o.stolen++
	}
	o.offered = nil
	close(o.stolenSignal)
}

// A stealingStore releases leases of other workers before it acquires one.
type stealingStore struct {
	crawl.Store
	leases *leaseOffers
}

func (s *stealingStore) Acquire(ctx context.Context, ref run.Ref, owner string, ttl time.Duration) (*run.Lease, error) {
	s.leases.steal(ctx, s.Store)
	return s.Store.Acquire(ctx, ref, owner, ttl)
}

func (s *stealingStore) Commit(ctx context.Context, l *run.Lease, c crawllog.Commit) error {
	s.leases.offer(ctx, *l)
	err := s.Store.Commit(ctx, l, c)
	if err != nil {
		s.leases.mu.Lock()
		s.leases.refused++
		s.leases.mu.Unlock()
	}
	return err
}

// Wake-ups arrive several times, late, out of order or not at all, and at several workers. The run
// is crawled as if each had arrived once.
func TestWakeUpsAreUnreliable(t *testing.T) {
	t.Parallel()
	for name, q := range map[string]*unreliableQueue{
		"three times":           {copies: 3},
		"late and out of order": {copies: 1, late: 300 * time.Millisecond},
		"lost":                  {copies: 1, lost: 0.7},
		"all of these":          {copies: 3, lost: 0.6, late: 200 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const pages = 100
			_, cfg := slowSite(t, pages)
			s := newOwnTableStack(t)
			r := s.create(cfg)
			var handlers []wake.Handler
			for range 3 {
				c := s.crawler(func(o *crawl.Options) { o.Queue, o.MaxWork = q, 150*time.Millisecond })
				handlers = append(handlers, s.keeper(q).Handler(c.Crawl))
			}
			q.start(t, 1, handlers...)
			q.sweep(s)
			if err := q.Send(t.Context(), run.Ref{Tenant: acme, ID: r.ID}, 0); err != nil {
				t.Fatal(err)
			}
			s.expectAllPages(s.await(r.ID, "finished", isFinished), pages)
			t.Log(q)
		})
	}
}

// Clients pause and resume a run and finally stop it while its workers die. After the response to
// stop nothing more is recorded.
func TestNothingIsRecordedAfterStop(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			site := sitetest.Start(t, endlessSite)
			site.SetDelay(5 * time.Millisecond)
			s := newOwnTableStack(t)
			r := s.create(fastConfig(site.URL+"/", keepRaw))
			q := &unreliableQueue{copies: 2, late: 10 * time.Millisecond}
			outcomes := randomOutcomes(seed, 0.3, fails, isUnacknowledged, diesBefore, diesDuring, diesAfter)
			workers := &workerPool{delayed: delayedWrites{behind: 3}}
			workers.start = func() (*process, *crawl.Crawler) {
				p := &process{Store: s.store, queue: q, delayed: &workers.delayed, outcome: outcomes}
				return p, s.crawler(func(o *crawl.Options) { o.Store, o.Queue, o.Objects, o.MaxWork = p, p, p, 100*time.Millisecond })
			}
			k := s.keeper(q)
			q.start(t, seed, k.Handler(workers.worker()), k.Handler(workers.worker()), k.Handler(workers.worker()))
			q.sweep(s)
			workers.releaseLeases(q, s.store)
			s.await(r.ID, "in progress", func(r run.Run) bool { return r.Progress.Processed() > 0 })
			random := rand.New(rand.NewPCG(seed, 2))
			for range 10 {
				// Anything may be in progress afterwards.
				time.Sleep(time.Duration(random.IntN(150)) * time.Millisecond)
				s.change(r.ID, []run.Action{run.Pause, run.Resume, run.Resume}[random.IntN(3)])
			}
			s.change(r.ID, run.Stop)
			stopped := s.run(r.ID)
			before, err := storetest.ReadHistory(t.Context(), s.store, run.Ref{Tenant: acme, ID: r.ID})
			if err != nil {
				t.Fatal(err)
			}
			workers.delayed.arrive(true)
			time.Sleep(1500 * time.Millisecond) // nothing may be recorded meanwhile
			s.expectArchive(stopped)
			after, err := storetest.ReadHistory(t.Context(), s.store, run.Ref{Tenant: acme, ID: r.ID})
			if err != nil {
				t.Fatal(err)
			}
			if now := s.run(r.ID); after.Parts != before.Parts || !cmp.Equal(now, stopped) {
				t.Errorf("%d parts were recorded after the response to stop; the run was\n%+v, and is\n%+v", after.Parts-before.Parts, stopped, now)
			}
			t.Logf("%d processes died, %d URLs were recorded; %v", workers.deaths(), len(after.Outcomes), q)
		})
	}
}
