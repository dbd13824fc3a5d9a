package crawl_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/wake"
)

// The first process dies at its first write of a kind, the second one at its second, and so on
// until one lives long enough. No URL may be lost or recorded twice.
func TestProcessesDieAtEveryWrite(t *testing.T) {
	t.Parallel()
	for _, write := range []string{"acquire", "change", "put", "commit", "segment", "release", "park", "send", "finish"} {
		for _, death := range []writeOutcome{diesBefore, diesDuring, diesAfter} {
			t.Run(fmt.Sprint(write, "/", death), func(t *testing.T) {
				t.Parallel()
				const pages = 40
				site, cfg := slowSite(t, pages)
				s := &stack{t: t, store: sharedStore(t)}
				r := s.create(cfg)
				past := 0
				if write == "segment" {
					past = 997 // a segment is due after a few more commits
					s.commitPages(site, r, past)
				}
				var delayed delayedWrites
				var processes []*process
				deaths := 0
				for lives := 1; !isFinished(s.run(r.ID)); lives++ {
					if lives > 100 {
						t.Fatal("the run never ends")
					}
					left := lives
					p := &process{Store: s.store, queue: &recordingQueue{}, delayed: &delayed, outcome: func(w string) writeOutcome {
						if w == write {
							left--
						}
						if left == 0 {
							return death
						}
						return succeeds
					}}
					// Writes in flight arrive before the next process writes, or between its
					// writes.
					delayed.behind = lives % 4
					processes = append(processes, p)
					c := s.crawler(func(o *crawl.Options) { o.Store, o.Queue, o.Objects, o.MaxWork = p, p, p, 150*time.Millisecond })
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
							p.releaseLeases(s.store, true)
						}
					}
					if p.dead() {
						deaths++
					}
				}
				if deaths == 0 {
					t.Error("no process died")
				}
				delayed.arrive(true)
				s.expectAllPages(s.run(r.ID), past+pages)
			})
		}
	}
}

// Every other write of each kind fails, or succeeds without a response. The worker must neither
// take a failed write for recorded, nor record anything twice.
func TestWritesFailNowAndThen(t *testing.T) {
	t.Parallel()
	for _, failure := range []writeOutcome{fails, isLost, isUnacknowledged} {
		t.Run(string(failure), func(t *testing.T) {
			t.Parallel()
			const pages = 60
			_, cfg := slowSite(t, pages)
			s := &stack{t: t, store: sharedStore(t)}
			r := s.create(cfg)
			writes := map[string]int{}
			p := &process{Store: s.store, queue: &recordingQueue{}, outcome: func(w string) writeOutcome {
				if writes[w]++; writes[w]%2 == 1 {
					return failure
				}
				return succeeds
			}}
			c := s.crawler(func(o *crawl.Options) { o.Store, o.Queue, o.Objects, o.MaxWork = p, p, p, 300*time.Millisecond })
			for invocations := 0; !isFinished(s.run(r.ID)); invocations++ {
				if invocations > 100 {
					t.Fatal("the run never ends")
				}
				s.handle(c, r.ID)
				p.releaseLeases(s.store, true)
			}
			if writes["commit"] < 4 {
				t.Errorf("%v: no commit failed", writes)
			}
			s.expectAllPages(s.run(r.ID), pages)
		})
	}
}

// Requests to the store are lost, and responses to requests that succeeded, which the client then
// repeats. Each request takes effect once.
func TestRequestsAndResponsesOfTheStoreAreLost(t *testing.T) {
	t.Parallel()
	const pages = 100
	_, cfg := slowSite(t, pages)
	s := newOwnTableStack(t)
	r := s.create(cfg)
	transport := newLossyTransport(0.3, 1)
	c := s.crawler(func(o *crawl.Options) {
		o.Store, o.Queue, o.MaxWork = newSkewedStore(s, 0, transport.over), &recordingQueue{}, 300*time.Millisecond
	})
	for invocations := 0; !isFinished(s.run(r.ID)); invocations++ {
		if invocations > 200 {
			t.Fatal("the run never ends")
		}
		s.handle(c, r.ID)
	}
	if transport.lostRequests == 0 || transport.lostResponses == 0 {
		t.Errorf("%d requests and %d responses were lost", transport.lostRequests, transport.lostResponses)
	}
	t.Logf("%d requests and %d responses were lost", transport.lostRequests, transport.lostResponses)
	s.expectAllPages(s.run(r.ID), pages)
}

// The clock of one of two workers is wrong by minutes. The run ends with the usual result and
// without delay, and its host, which states a delay and responds with 503 now and then, is not held
// until the clocks agree.
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
			s := newOwnTableStack(t)
			r := s.create(fastConfig(site.URL+"/", `{'stopping_criteria': [{'kind': 'max_empty_evaluations', 'params': {'max_empty_evaluations': 2}}]}`))
			q := &unreliableQueue{copies: 2, late: 50 * time.Millisecond}
			var handlers []wake.Handler
			for _, clock := range []time.Duration{0, off} {
				c := s.crawler(func(o *crawl.Options) {
					o.Store, o.Queue, o.MaxWork = newSkewedStore(s, clock), q, 300*time.Millisecond
				})
				handlers = append(handlers, s.keeper(q).Handler(c.Crawl))
			}
			q.start(t, 1, handlers...)
			q.sweep(s)
			if err := q.Send(t.Context(), run.Ref{Tenant: acme, ID: r.ID}, 0); err != nil {
				t.Fatal(err)
			}
			s.expectAllPages(s.await(r.ID, "finished", isFinished), pages)
		})
	}
}
