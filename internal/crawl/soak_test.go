//go:build soak

package crawl_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store/storetest"
	"github.com/inndx/runs/internal/wake"
)

const (
	soakLanes   = 3 // runs crawled at once
	soakWorkers = 4
	soakPages   = 1000
	// soakPatience is how long a run may take in spite of everything.
	soakPatience = 5 * time.Minute
)

// A soak counts what was done to the crawls, and what became of them.
type soak struct {
	*faultyStack
	queue   *unreliable
	workers *crew

	mu                                            sync.Mutex
	random                                        *rand.Rand
	faults                                        map[string]int
	crawls, stopped, recorded, lost, doubled, bad int
}

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

// TestSoak crawls for SOAKTIME while everything fails that may fail.
func TestSoak(t *testing.T) {
	span, err := time.ParseDuration(os.Getenv("SOAKTIME"))
	if err != nil {
		t.Fatal("SOAKTIME is to say how long, as 2m: ", err)
	}
	seed := rand.Uint64()
	k := &soak{
		faultyStack: newFaultyStack(t), workers: &crew{}, faults: map[string]int{},
		queue:  &unreliable{copies: 2, lost: 0.4, late: 300 * time.Millisecond},
		random: rand.New(rand.NewPCG(seed, 0)),
	}
	k.workers.behind = 5
	fates := dice(seed, 0.12, isRefused, isDropped, isUnheard, diesBefore, diesInside, diesAfter)
	var lines []*lossyLine
	k.workers.start = func() (*process, *crawl.Crawler) {
		off := []time.Duration{0, 0, 3 * time.Minute, -3 * time.Minute}[k.below(4)]
		if off != 0 {
			k.count("process whose clock is off", 1)
		}
		line := newLossyLine(0.05, seed+uint64(k.below(1<<20)))
		k.mu.Lock()
		lines = append(lines, line)
		k.mu.Unlock()
		p := &process{Store: newSkewed(k.faultyStack, off, line.over), queue: k.queue, limbo: &k.workers.limbo}
		p.fate = func(write string) fate {
			f := fates(write)
			if f != isDone {
				k.count("write: "+string(f), 1)
			}
			return f
		}
		budget := time.Duration(200+k.below(2000)) * time.Millisecond
		return p, k.crawler(func(o *crawl.Options) { o.Store, o.Queue, o.Budget = p, p, budget })
	}
	var handlers []wake.Handler
	for range soakWorkers {
		handlers = append(handlers, k.keeper(k.queue).Handler(k.workers.worker()))
	}
	k.queue.start(t, seed, handlers...)
	k.queue.sweep(k.faultyStack)
	k.workers.bury(k.queue, k.store)
	k.queue.group.Go(k.steal)

	end := time.Now().Add(span)
	t.Run("lanes", func(t *testing.T) {
		for lane := range soakLanes {
			t.Run(fmt.Sprint(lane), func(t *testing.T) {
				t.Parallel()
				k.lane(&stack{t: t, store: k.store}, end)
			})
		}
	})
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, line := range lines {
		line.mu.Lock()
		k.faults["request to the store lost"] += line.lostRequests
		k.faults["answer of the store lost"] += line.lostAnswers
		line.mu.Unlock()
	}
	k.queue.mu.Lock()
	k.faults["wake-up lost"] += k.queue.dropped
	k.faults["wake-up late, and in a jumble"] += k.queue.delivered
	k.queue.mu.Unlock()
	var report strings.Builder
	for _, what := range slices.Sorted(maps.Keys(k.faults)) {
		fmt.Fprintf(&report, "%8d  %s\n", k.faults[what], what)
	}
	t.Logf("faults injected, from seed %d:\n%s%d crawls finished, %d stopped, %d URLs recorded, %d lost, %d doubled",
		seed, report.String(), k.crawls, k.stopped, k.recorded, k.lost, k.doubled)
	if k.crawls == 0 || k.lost > 0 || k.doubled > 0 || k.bad > 0 {
		t.Errorf("%d URLs lost, %d doubled, %d runs bad of %d", k.lost, k.doubled, k.bad, k.crawls+k.stopped)
	}
}

// steal takes the leases of processes that live, now and then.
func (k *soak) steal() {
	for k.queue.ctx.Err() == nil {
		k.workers.mu.Lock()
		all := slices.Clone(k.workers.processes)
		k.workers.mu.Unlock()
		for _, p := range all {
			p.mu.Lock()
			var loot *run.Lease
			if n := len(p.held); n > 0 && !p.died {
				loot = p.held[n-1]
			}
			p.mu.Unlock()
			if loot != nil && k.store.Release(k.queue.ctx, loot, time.Now()) == nil {
				k.count("lease stolen", 1)
			}
		}
		select {
		case <-time.After(time.Duration(k.below(4000)) * time.Millisecond):
		case <-k.queue.ctx.Done():
		}
	}
}

// lane crawls a site again and again until the end.
func (k *soak) lane(s *stack, end time.Time) {
	routes := sitetest.Generate(soakPages, 8)
	for i := 7; i < soakPages; i += 100 {
		routes[sitetest.Path(i)] = busyOnce(routes[sitetest.Path(i)])
	}
	site := sitetest.Start(s.t, http.Handler(routes))
	site.SetDelay(5 * time.Millisecond)
	for time.Now().Before(end) && !s.t.Failed() {
		r := s.create(fast(site.URL+"/", `{'speed': {'concurrency': 4, 'per_host_concurrency': 4}}`))
		if err := k.queue.Send(s.t.Context(), run.Ref{Tenant: acme, ID: r.ID}, 0); err != nil {
			s.t.Fatal(err)
		}
		k.disturb(s, r)
		k.judge(s, r, site)
	}
}

// disturb pauses and resumes the run until it is finished, or stops it.
func (k *soak) disturb(s *stack, r run.Run) {
	stopAfter := -1
	if k.below(5) == 0 {
		stopAfter = k.below(10)
	}
	for began, n := time.Now(), 0; ; n++ {
		now := s.run(r.ID)
		switch {
		case isFinished(now):
			return
		case time.Since(began) > soakPatience:
			s.t.Fatalf("a run is stranded: %+v", now)
		case n == stopAfter:
			s.change(r.ID, run.Stop)
			k.count("run stopped", 1)
			return
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

// judge compares what a finished run recorded with what there was.
func (k *soak) judge(s *stack, r run.Run, site *sitetest.Server) {
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
		k.workers.arrive(true)
		time.Sleep(time.Second) // a while in which nothing may come
		if late := read(); late.Parts != h.Parts {
			s.t.Errorf("%d parts were recorded after stop was answered", late.Parts-h.Parts)
		}
	}
	diff := cmp.Diff(h.Progress, end.Progress)
	if diff != "" {
		s.t.Errorf("the counters are not those of the log (-log +run):\n%s", diff)
	}
	lost := 0
	if end.StopReason != run.Manual {
		for i := range soakPages {
			if h.Outcomes[site.URL+sitetest.Path(i)] == nil {
				lost++
			}
		}
	}
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
