package crawl_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/budget"
	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fetch"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/weburl"
)

// The runs of these tests share a process in virtual time, in which no goroutine may be left at the
// end; see simulateGroup.

// hostConfig returns the configuration of a run with a name that starts at the first page of a host
// of its own.
func hostConfig(name string, more ...string) string {
	return fastConfig("http://"+name+".example/", append([]string{`{'user_agent': 'inndx/` + name + `'}`}, more...)...)
}

// limits returns options with a budget.
func limits(l budget.Limits) func(*crawl.Options) {
	return func(o *crawl.Options) { o.Budget = budget.New(l) }
}

// treePages returns the pages of a site of n pages, each of which links to two others.
func treePages(n int) func(string, weburl.URL) (*fetch.Response, error) {
	return func(_ string, u weburl.URL) (*fetch.Response, error) {
		i, _ := strconv.Atoi(strings.TrimPrefix(u.Path(), "/")) // the first page is the root
		var links []string
		for _, child := range []int{2*i + 1, 2*i + 2} {
			if child < n {
				links = append(links, fmt.Sprint("/", child))
			}
		}
		return htmlResponse(200, links...)
	}
}

// fetchesOf returns the requests of a run, in order.
func (g *runGroup) fetchesOf(name string) (all []groupFetch) {
	for _, f := range g.fetches {
		if f.run == "inndx/"+name {
			all = append(all, f)
		}
	}
	return all
}

// A fast run with hundreds of pages does not slow down runs with a page a second, even if there are
// fewer connections than runs. It uses all that these leave.
func TestFastRunBesidePoliteOnes(t *testing.T) {
	const polite, pagesEach, fetches = 59, 10, 12
	configs := []string{hostConfig("fast", `{'speed': {'concurrency': 40, 'per_host_concurrency': 40}}`)}
	for i := range polite {
		configs = append(configs, hostConfig(fmt.Sprint("polite-", i), fmt.Sprintf(delayConfig("1s"), 1)))
	}
	few, many := treePages(pagesEach), treePages(400)
	c := &runGroup{
		options: limits(budget.Limits{Fetches: fetches}),
		page: func(name string, u weburl.URL) (*fetch.Response, error) {
			if name == "inndx/fast" {
				return many(name, u)
			}
			return few(name, u)
		},
	}
	simulateGroup(t, c, configs, nil, func(c *runGroup) {
		for i := range polite {
			all := c.fetchesOf(fmt.Sprint("polite-", i))
			if len(all) != pagesEach {
				t.Errorf("polite run %d fetched %d pages", i, len(all))
			}
			for j, f := range all[1:] {
				if gap := f.began.Sub(all[j].end); gap < time.Second || gap > 1100*time.Millisecond {
					t.Errorf("polite run %d waited %s between two pages", i, gap)
				}
			}
		}
		all := c.fetchesOf("fast")
		if len(all) != 400 {
			t.Errorf("the fast run fetched %d pages", len(all))
		}
		// Its first pages are fetched alone, to get the links of the others.
		if took := all[len(all)-1].end.Sub(all[0].end); took > (2*400/fetches+8)*simLatency {
			t.Errorf("the fast run took %s", took)
		}
	})
}

// Scarce connections are shared equally, and all of them are used.
func TestScarceConnections(t *testing.T) {
	const n, fetches = 100, 9
	c := &runGroup{options: limits(budget.Limits{Fetches: fetches}), page: groupPages(n)}
	var configs []string
	for i := range 3 {
		configs = append(configs, hostConfig(fmt.Sprint(i), `{'speed': {'concurrency': 32, 'per_host_concurrency': 32}}`))
	}
	simulateGroup(t, c, configs, nil, func(c *runGroup) {
		c.checkFetched(n)
		for _, f := range c.fetches {
			if inFlight := c.inFlight(f.began); inFlight > fetches+2 { // a run may always have one
				t.Fatalf("%d fetches in flight", inFlight)
			}
		}
		for _, r := range c.runs {
			if took := r.done.Sub(c.runs[0].done).Abs(); took > 5*simLatency {
				t.Errorf("one run took %s longer than another", took)
			}
		}
		if limit := simLatency * (3*n/fetches + 10); c.took() > limit {
			t.Errorf("it took %s, want at most %s", c.took(), limit)
		}
	})
}

// A run that was refused a fetch begins it as soon as one of another run has ended.
func TestRefusedFetchBegins(t *testing.T) {
	c := &runGroup{options: limits(budget.Limits{Fetches: 2}), page: treePages(1)}
	c.latency = func(u weburl.URL) time.Duration {
		if u.Host() == "short.example" {
			return 500 * time.Millisecond
		}
		return 10 * time.Second
	}
	seeds := `{'seeds': [{'kind': 'static_list', 'params': {'urls': ['http://long.example/', 'http://long.example/0']}}]}`
	simulateGroup(t, c, []string{hostConfig("short"), hostConfig("long", seeds)}, func(c *runGroup) {
		c.runs[1].wakeAt = time.Now().Add(150 * time.Millisecond)
	}, func(c *runGroup) {
		end, long := c.fetchesOf("short")[0].end, c.fetchesOf("long")
		if len(long) != 2 || !long[0].began.Before(end) || long[1].began.Before(end) || long[1].began.Sub(end) > 10*time.Millisecond {
			t.Errorf("the fetch of the other run ended at %v, and those of the run are %v", end, long)
		}
	})
}

// A slowStore takes time for the commits of one run.
type slowStore struct {
	crawl.Store
	run    func() uuid.UUID
	commit time.Duration
}

func (s *slowStore) Commit(ctx context.Context, l *run.Lease, c crawllog.Commit) error {
	if l.Ref.ID == s.run() {
		time.Sleep(s.commit)
	}
	return s.Store.Commit(ctx, l, c)
}

// A run that was stopped leaves its connections, and its hosts, to the other runs at once, although
// its worker waits for a commit.
func TestStoppedRunWaitsForItsCommit(t *testing.T) {
	const fetches, stopped = 4, 3 * time.Second
	speed := `{'speed': {'concurrency': 4, 'per_host_concurrency': 4}}`
	for name, configs := range map[string][]string{
		"scarce connections": {hostConfig("stopped", speed), hostConfig("other", speed)},
		"one host":           {groupConfig("inndx/stopped", speed), groupConfig("inndx/other", speed)},
	} {
		t.Run(name, func(t *testing.T) {
			c := &runGroup{page: treePages(2000)}
			c.options = func(o *crawl.Options) {
				o.Budget = budget.New(budget.Limits{Fetches: fetches})
				o.Store = &slowStore{o.Store, func() uuid.UUID { return c.runs[0].id }, 15 * time.Second}
			}
			var began time.Time
			simulateGroup(t, c, configs, func(c *runGroup) {
				began = time.Now()
				time.AfterFunc(stopped, func() { c.runs[0].SetStatus(run.Finished) })
			}, func(c *runGroup) {
				all := c.fetchesOf("stopped")
				if last := all[len(all)-1].end.Sub(began); last < stopped || last > stopped+time.Second {
					t.Errorf("the last fetch of the run that was stopped ended after %s", last)
				}
				if left := c.runs[0].done.Sub(began); left < 10*time.Second {
					t.Errorf("the commit ended after %s", left)
				}
				for at := stopped + 1010*time.Millisecond; at < 10*time.Second; at += time.Second {
					if n := c.inFlight(began.Add(at)); n < fetches {
						t.Errorf("%d fetches in flight after %s", n, at)
					}
				}
			})
		})
	}
}

// inFlight returns how many requests are in flight just after a time.
func (g *runGroup) inFlight(at time.Time) (n int) {
	for _, f := range g.fetches {
		if !f.began.After(at) && f.end.After(at) {
			n++
		}
	}
	return n
}

// The end of an invocation ends all its runs: all that was fetched is committed, and every lease is
// released.
func TestDeadlineOfManyRuns(t *testing.T) {
	const runs, n = 20, 180
	c := &runGroup{page: treePages(n), options: limits(budget.Limits{Fetches: 30, Commits: 1})}
	configs := make([]string, runs)
	for i := range configs {
		configs[i] = hostConfig(fmt.Sprint(i), fmt.Sprintf(delayConfig("2s"), 1))
	}
	simulateGroup(t, c, configs, nil, func(c *runGroup) {
		recorded := 0
		for _, r := range c.runs {
			recorded += int(r.Current.Progress.URLsFetched)
			if len(r.errs) > 0 || len(r.handovers) == 0 {
				t.Errorf("%s: handed over %d times, %v", r.name, len(r.handovers), r.errs)
			}
			for _, h := range r.handovers {
				if h.WaitingFor != "" {
					t.Errorf("%s waits for %s", r.name, h.WaitingFor)
				}
			}
		}
		if recorded != runs*n || len(c.fetches) != recorded {
			t.Errorf("%d pages were fetched, and %d recorded", len(c.fetches), recorded)
		}
	})
}

// A run that waits stays in its process while another one keeps that busy.
func TestWaitingBesideBusyRuns(t *testing.T) {
	const n = 6
	slow := hostConfig("slow", fmt.Sprintf(delayConfig("10s"), 1))
	for _, tt := range []struct {
		name    string
		config  string // of the other run
		leaves  int
		atLeast bool
	}{
		{name: "alone", leaves: n - 1},
		{name: "beside a busy run", config: hostConfig("busy", fmt.Sprintf(delayConfig("1s"), 1)), leaves: 0},
		{name: "beside a run that waits too", config: hostConfig("waiting", fmt.Sprintf(delayConfig("25s"), 1)), leaves: 1, atLeast: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			few, many := treePages(n), treePages(100)
			c := &runGroup{page: func(name string, u weburl.URL) (*fetch.Response, error) {
				if name == "inndx/busy" {
					return many(name, u)
				}
				return few(name, u)
			}}
			configs := []string{slow}
			if tt.config != "" {
				configs = append(configs, tt.config)
			}
			simulateGroup(t, c, configs, nil, func(c *runGroup) {
				got := len(c.runs[0].handovers)
				if got != tt.leaves && !(tt.atLeast && got > tt.leaves) {
					t.Errorf("the slow run left its process %d times", got)
				}
				if all := c.fetchesOf("slow"); len(all) != n || !slices.IsSortedFunc(all, func(a, b groupFetch) int { return a.began.Compare(b.began) }) {
					t.Errorf("%d pages", len(all))
				}
			})
		})
	}
}

// Workers leave at multiples of the period, so that their runs are woken together.
func TestWorkersLeaveTogether(t *testing.T) {
	const period = 3 * time.Minute
	c := &runGroup{page: treePages(700), options: func(o *crawl.Options) { o.Period = period }}
	var configs []string
	for i := range 3 {
		configs = append(configs, hostConfig(fmt.Sprint(i), fmt.Sprintf(delayConfig("1s"), 1)))
	}
	simulateGroup(t, c, configs, func(c *runGroup) {
		for i, r := range c.runs {
			r.wakeAt = time.Now().Add(time.Duration(i) * 50 * time.Second)
		}
	}, func(c *runGroup) {
		c.checkFetched(700)
		for _, r := range c.runs {
			if len(r.handovers) < 3 {
				t.Errorf("%s left %d times", r.name, len(r.handovers))
			}
			for _, h := range r.handovers {
				if off := h.WakeAt.Sub(h.WakeAt.Truncate(period)); off > time.Second {
					t.Errorf("%s left %s after a multiple of the period", r.name, off)
				}
			}
		}
	})
}
