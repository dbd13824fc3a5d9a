//go:build soak

package crawl_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/store/storetest"
	"github.com/inndx/runs/internal/wake"
)

const (
	soakLanes   = 3 // runs crawled at once
	soakWorkers = 4
	soakPages   = 400
	soakChecked = 50 // assets, and pages of another site
	// soakTimeout is how long a run may take despite the faults.
	soakTimeout = 5 * time.Minute
)

// A soak counts the faults that were injected, and the results of the crawls.
type soak struct {
	*ownTableStack
	queue   *unreliableQueue
	workers *workerPool

	mu                                                     sync.Mutex
	random                                                 *rand.Rand
	faults                                                 map[string]int
	ended                                                  []run.Run // finished, and not deleted
	deleted                                                []run.Run // while they were crawled
	crawls, stopped, recorded, lost, doubled, bad          int
	artifacts, objects, orphans /* while tidying */, wrong int
}

// fault reports what is wrong with a run.
func (k *soak) fault(t *testing.T, format string, args ...any) {
	t.Helper()
	t.Errorf(format, args...)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.wrong++
}

// count counts n faults.
func (k *soak) count(what string, n int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.faults[what] += n
}

// below returns a random number from 0 to n-1.
func (k *soak) below(n int) int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.random.IntN(n)
}

// TestSoak crawls for SOAKTIME with faults everywhere.
func TestSoak(t *testing.T) {
	span, err := time.ParseDuration(os.Getenv("SOAKTIME"))
	if err != nil {
		t.Fatal("SOAKTIME must be a duration, such as 2m: ", err)
	}
	seed := rand.Uint64()
	k := &soak{
		ownTableStack: newOwnTableStack(t, store.WithObjects(sharedBucket)), workers: &workerPool{}, faults: map[string]int{},
		queue:  &unreliableQueue{copies: 2, lost: 0.4, late: 300 * time.Millisecond},
		random: rand.New(rand.NewPCG(seed, 0)),
	}
	k.workers.delayed.behind = 5
	outcomes := randomOutcomes(seed, 0.12, fails, isLost, isUnacknowledged, diesBefore, diesDuring, diesAfter)
	var transports []*lossyTransport
	k.workers.start = func() (*process, *crawl.Crawler) {
		offset := []time.Duration{0, 0, 3 * time.Minute, -3 * time.Minute}[k.below(4)]
		if offset != 0 {
			k.count("process with a wrong clock", 1)
		}
		transport := newLossyTransport(0.05, seed+uint64(k.below(1<<20)))
		k.mu.Lock()
		transports = append(transports, transport)
		k.mu.Unlock()
		p := &process{Store: newSkewedStore(k.ownTableStack, offset, transport.over), queue: k.queue, delayed: &k.workers.delayed}
		p.outcome = func(write string) writeOutcome {
			f := outcomes(write)
			if f != succeeds {
				k.count("write: "+string(f), 1)
			}
			return f
		}
		work := time.Duration(200+k.below(2000)) * time.Millisecond
		return p, k.crawler(func(o *crawl.Options) { o.Store, o.Queue, o.Objects, o.MaxWork = p, p, p, work })
	}
	var handlers []wake.Handler
	for range soakWorkers {
		handlers = append(handlers, k.keeper(k.queue).Handler(k.workers.worker()))
	}

	end := time.Now().Add(span)
	t.Run("lanes", func(t *testing.T) {
		k.queue.start(t, seed, handlers...)
		k.queue.sweep(k.ownTableStack)
		k.workers.releaseLeases(k.queue, k.store)
		k.queue.group.Go(k.steal)
		for lane := range soakLanes {
			t.Run(fmt.Sprint(lane), func(t *testing.T) {
				t.Parallel()
				k.lane(&stack{t: t, store: k.store}, end)
			})
		}
	})
	k.workers.delayed.arrive(true)
	k.tidy(t)
	k.purge(t)
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, transport := range transports {
		transport.mu.Lock()
		k.faults["request to the store lost"] += transport.lostRequests
		k.faults["response of the store lost"] += transport.lostResponses
		transport.mu.Unlock()
	}
	k.queue.mu.Lock()
	k.faults["wake-up lost"] += k.queue.dropped
	k.faults["wake-up late and out of order"] += k.queue.delivered
	k.queue.mu.Unlock()
	var report strings.Builder
	for _, what := range slices.Sorted(maps.Keys(k.faults)) {
		fmt.Fprintf(&report, "%8d  %s\n", k.faults[what], what)
	}
	t.Logf("faults injected, from seed %d:\n%s%d crawls finished, %d stopped, %d URLs recorded, %d lost, %d doubled\n"+
		"%d artifacts in %d objects, each readable once, except %d; %d objects without a log part, all removed",
		seed, report.String(), k.crawls, k.stopped, k.recorded, k.lost, k.doubled, k.artifacts, k.objects, k.wrong, k.orphans)
	if k.crawls == 0 || k.lost > 0 || k.doubled > 0 || k.bad > 0 || k.wrong > 0 || k.artifacts == 0 {
		t.Errorf("%d URLs lost, %d doubled, %d runs bad of %d", k.lost, k.doubled, k.bad, k.crawls+k.stopped)
	}
}

// steal releases the leases of live processes now and then.
func (k *soak) steal() {
	for k.queue.ctx.Err() == nil {
		k.workers.mu.Lock()
		all := slices.Clone(k.workers.processes)
		k.workers.mu.Unlock()
		for _, p := range all {
			p.mu.Lock()
			var offered *run.Lease
			if n := len(p.leases); n > 0 && !p.died {
				offered = p.leases[n-1]
			}
			p.mu.Unlock()
			if offered != nil && k.store.Release(k.queue.ctx, offered, run.Handover{WakeAt: time.Now()}) == nil {
				k.count("lease stolen", 1)
			}
		}
		select {
		case <-time.After(time.Duration(k.below(4000)) * time.Millisecond):
		case <-k.queue.ctx.Done():
		}
	}
}

// lane crawls one site repeatedly until the end.
func (k *soak) lane(s *stack, end time.Time) {
	site := newSoakSite(s.t)
	for time.Now().Before(end) && !s.t.Failed() {
		r := s.create(fastConfig(site.URL+"/", soakKeeps, `{'speed': {'concurrency': 4, 'per_host_concurrency': 4}}`))
		if err := k.queue.Send(s.t.Context(), run.Ref{Tenant: acme, ID: r.ID}, 0); err != nil {
			s.t.Fatal(err)
		}
		if k.pauseOrStop(s, r) {
			k.check(s, r, site)
		}
	}
}

// pauseOrStop pauses and resumes the run until it is finished, or stops or deletes it. It reports
// whether the run still exists.
func (k *soak) pauseOrStop(s *stack, r run.Run) bool {
	stopAfter := -1
	if k.below(5) == 0 {
		stopAfter = k.below(10)
	}
	for began, n := time.Now(), 0; ; n++ {
		now := s.run(r.ID)
		switch {
		case isFinished(now):
			return true
		case time.Since(began) > soakTimeout:
			s.t.Fatalf("a run does not end: %+v", now)
		case n == stopAfter && k.below(3) == 0:
			if err := s.store.DeleteRun(s.t.Context(), refTo(r.ID), nil); err != nil {
				s.t.Fatal(err)
			}
			k.count("run deleted", 1)
			k.mu.Lock()
			defer k.mu.Unlock()
			k.deleted = append(k.deleted, r)
			return false
		case n == stopAfter:
			s.change(r.ID, run.Stop)
			k.count("run stopped", 1)
			return true
		case now.Status == run.Paused:
			s.change(r.ID, run.Resume)
			if err := k.queue.Send(s.t.Context(), run.Ref{Tenant: acme, ID: r.ID}, 0); err != nil {
				s.t.Fatal(err)
			}
		case now.Status == run.Running && k.below(10) == 0:
			if _, changed, err := s.store.Transition(s.t.Context(), run.Ref{Tenant: acme, ID: r.ID}, run.Pause, nil); err == nil && changed {
				k.count("run paused", 1)
			}
		}
		time.Sleep(time.Duration(k.below(600)) * time.Millisecond)
	}
}

// check compares the log of a finished run with the site.
func (k *soak) check(s *stack, r run.Run, site *soakSite) {
	end := s.run(r.ID)
	read := func() storetest.History {
		h, err := storetest.ReadHistory(s.t.Context(), s.store, run.Ref{Tenant: acme, ID: r.ID})
		if err != nil {
			s.t.Fatal(err)
		}
		return h
	}
	h := read()
	if end.StopReason == run.Manual {
		k.workers.delayed.arrive(true)
		time.Sleep(time.Second) // nothing may be recorded meanwhile
		if late := read(); late.Parts != h.Parts {
			s.t.Errorf("%d parts were recorded after the response to stop", late.Parts-h.Parts)
		}
	}
	diff := cmp.Diff(h.Progress, end.Progress)
	if diff != "" {
		s.t.Errorf("the counters differ from the log (-log +run):\n%s", diff)
	}
	lost := 0
	if end.StopReason != run.Manual {
		for _, url := range site.urls {
			if h.Outcomes[url] == nil {
				lost++
			}
		}
	}
	k.checkArchive(s.t, end, h, site)
	k.mu.Lock()
	defer k.mu.Unlock()
	switch end.StopReason {
	case run.Manual:
		k.stopped++
	case run.MaxEmptyEvaluations:
		k.crawls++
	default:
		k.bad++
		s.t.Errorf("a run ended as %s", end.StopReason)
	}
	if diff != "" {
		k.bad++
	}
	k.recorded += len(h.Outcomes)
	k.lost += lost
	k.doubled += len(h.Doubled)
}
