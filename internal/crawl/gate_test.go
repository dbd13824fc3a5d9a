package crawl_test

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fetch"
	"github.com/inndx/runs/internal/robots"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/tenant"
	"github.com/inndx/runs/internal/weburl"
)

// A crowd is many runs of several tenants that one process crawls, on hosts that they share, in a
// bubble of its own time.
type crowd struct {
	crawl.Store // nil: what is not here is not called

	t     *testing.T
	runs  []*crowdRun
	hits  []crowdHit
	files []time.Time // requests for robots.txt
	mu    sync.Mutex

	robots  string
	latency func(u weburl.URL) time.Duration
	page    func(name string, u weburl.URL) (*fetch.Response, error)
}

type crowdRun struct {
	*calmLedger
	name   string
	tenant tenant.ID
	id     uuid.UUID
	late   time.Duration // how long after its time a wake-up arrives
	done   time.Time
}

type crowdHit struct {
	run, host, uri string
	began, end     time.Time
}

// crowded crawls one run for each configuration, of which all have a host of calmURL's kind. A
// configuration's user agent names its run.
func crowded(t *testing.T, c *crowd, configs []string, before func(*crowd), check func(*crowd)) {
	t.Helper()
	for range crawllog.Decode(crawllog.Encode([]crawllog.Record{&crawllog.SeedsRead{}})[0]) { // see calmly
	}
	synctest.Test(t, func(t *testing.T) {
		c.t = t
		for i, text := range configs {
			cfg, err := config.Parse([]byte(text), "config")
			if err != nil {
				t.Fatal(err)
			}
			ledger := newMemoryLedger(cfg)
			c.runs = append(c.runs, &crowdRun{
				calmLedger: &calmLedger{memoryLedger: ledger}, name: *cfg.UserAgent, tenant: tenant.ID(fmt.Sprint("tenant-", i%3)), id: ledger.run.ID,
			})
		}
		if before != nil {
			before(c)
		}
		crawler := crawl.New(crawl.Options{
			Store: c, Queue: &recordingQueue{}, Logger: quiet(),
			NewClient: func(o fetch.Options) crawl.Client { return &crowdFetcher{c, o.UserAgent} },
		})
		var wg sync.WaitGroup
		for _, r := range c.runs {
			wg.Go(func() { r.crawl(t, crawler) })
		}
		wg.Wait()
		slices.SortFunc(c.hits, func(a, b crowdHit) int { return a.began.Compare(b.began) })
		check(c)
	})
}

// crawl has the run crawled by one invocation after the other.
func (r *crowdRun) crawl(t *testing.T, c *crawl.Crawler) {
	for n := 0; ; n++ {
		if status, _ := r.Status(t.Context(), run.Ref{Tenant: r.tenant, ID: r.id}); status == run.Finished {
			r.done = time.Now()
			return
		}
		if n > 2000 {
			t.Errorf("the run %s never ends: %+v", r.name, r.run.Progress)
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute) // as a function has
		_ = c.Crawl(ctx, run.Ref{Tenant: r.tenant, ID: r.id})
		cancel()
		time.Sleep(time.Until(r.wakeAt) + r.late)
	}
}

type crowdFetcher struct {
	*crowd
	name string
}

func (f *crowdFetcher) Get(ctx context.Context, u weburl.URL) (*fetch.Response, error) {
	began := time.Now()
	latency := calmLatency
	if f.latency != nil {
		latency = f.latency(u)
	}
	select {
	case <-time.After(latency):
	case <-ctx.Done():
		return nil, &fetch.Error{Reason: fetch.Canceled, Err: ctx.Err()}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hits = append(f.hits, crowdHit{f.name, u.Host(), u.RequestURI(), began, time.Now()})
	return f.page(f.name, u)
}

func (f *crowdFetcher) Robots(context.Context, weburl.URL) (*robots.Rules, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.files = append(f.files, time.Now())
	return robots.Parse([]byte(f.robots), robots.Product(f.name)), nil
}

func (f *crowdFetcher) Close() {}

// The crowd is the ledger of all its runs.

func (c *crowd) of(ref run.Ref) *calmLedger {
	for _, r := range c.runs {
		if r.tenant == ref.Tenant && r.id == ref.ID {
			return r.calmLedger
		}
	}
	c.t.Errorf("no run %s of %s", ref.ID, ref.Tenant)
	return nil
}

func (c *crowd) Acquire(ctx context.Context, ref run.Ref, owner string, ttl time.Duration) (*run.Lease, error) {
	return c.of(ref).Acquire(ctx, ref, owner, ttl)
}
func (c *crowd) Run(ctx context.Context, ref run.Ref) (run.Run, error) {
	return c.of(ref).Run(ctx, ref)
}
func (c *crowd) Status(ctx context.Context, ref run.Ref) (run.Status, error) {
	return c.of(ref).Status(ctx, ref)
}
func (c *crowd) LogParts(ctx context.Context, ref run.Ref, after int64) iter.Seq2[crawllog.Part, error] {
	return c.of(ref).LogParts(ctx, ref, after)
}
func (c *crowd) Commit(ctx context.Context, l *run.Lease, commit crawllog.Commit) error {
	return c.of(l.Ref).Commit(ctx, l, commit)
}
func (c *crowd) Release(ctx context.Context, l *run.Lease, at time.Time) error {
	return c.of(l.Ref).Release(ctx, l, at)
}
func (c *crowd) Park(_ context.Context, l *run.Lease) error {
	c.of(l.Ref).wakeAt = time.Now().Add(time.Hour)
	return nil
}
func (c *crowd) Finish(ctx context.Context, l *run.Lease, reason run.StopReason) (run.Run, error) {
	return c.of(l.Ref).Finish(ctx, l, reason)
}

// crowdConfig returns a configuration of a run that crawls the first pages of calmURL.
func crowdConfig(name string, more ...string) string {
	return fast(calmURL+"/", append([]string{`{'user_agent': '` + name + `', 'filters': []}`}, more...)...)
}

func crowdConfigs(n int, more ...string) (all []string) {
	for i := range n {
		all = append(all, crowdConfig(fmt.Sprintf("inndx/%d", i), more...))
	}
	return all
}

// crowdPages answers with a site of n pages, each of which links to all.
func crowdPages(n int) func(string, weburl.URL) (*fetch.Response, error) {
	page := pages(n)
	return func(_ string, u weburl.URL) (*fetch.Response, error) { return page(u.RequestURI(), 1) }
}

// checkDelay checks that at least so much lies between any request and the end of all before.
func (c *crowd) checkDelay(delay time.Duration) {
	c.t.Helper()
	for i, h := range c.hits {
		for _, other := range c.hits[:i] {
			if gap := h.began.Sub(other.end); gap < delay-time.Millisecond {
				c.t.Errorf("%s requested %s %v after %s requested %s, want %v", h.run, h.uri, gap, other.run, other.uri, delay)
				return
			}
		}
	}
}

// checkFetched checks that each run fetched so many pages.
func (c *crowd) checkFetched(n int64) {
	c.t.Helper()
	for _, r := range c.runs {
		if r.run.Progress.URLsFetched != n {
			c.t.Errorf("%s: %+v, want %d fetched", r.name, r.run.Progress, n)
		}
	}
}

// took returns the time from the first request to the last one.
func (c *crowd) took() time.Duration { return c.hits[len(c.hits)-1].began.Sub(c.hits[0].began) }

// checkFair checks that of all requests in a row, no run had more than one more than another,
// once all have begun and until the first one is done.
func (c *crowd) checkFair() {
	c.t.Helper()
	count := map[string]int{}
	for _, h := range c.hits {
		count[h.run]++
	}
	most := 0
	for _, n := range count {
		most = max(most, n)
	}
	clear(count)
	for _, h := range c.hits {
		count[h.run]++
		least, first := most, 0
		for _, r := range c.runs {
			least, first = min(least, count[r.name]), max(first, count[r.name])
		}
		if first == most {
			return
		}
		if first > least+2 {
			c.t.Errorf("after %v: %v", h.began, count)
			return
		}
	}
}

// A host sees the same spacing of ten runs, of several tenants, as of one, and no run starves.
func TestDelayHoldsForAllRuns(t *testing.T) {
	const runs, n = 10, 5
	for _, test := range []struct {
		name, robots, policy string
		perHost              int
		late                 time.Duration
		want                 time.Duration
	}{
		{"default", "", "1s", 1, 0, time.Second},
		{"short", "", "100ms", 1, 0, 100 * time.Millisecond},
		{"several fetches at a time", "", "1s", 4, 0, time.Second},
		{"waiting ends invocations", "", "20s", 1, 0, 20 * time.Second},
		{"late wake-ups", "", "20s", 1, 900 * time.Millisecond, 20 * time.Second},
		{"Crawl-delay", "User-agent: inndx\nCrawl-delay: 7", "1s", 1, 0, 7 * time.Second},
		{"Crawl-delay shorter than the default", "User-agent: inndx\nCrawl-delay: 2", "4s", 1, 0, 2 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := &crowd{robots: test.robots, page: crowdPages(n)}
			late := func(c *crowd) {
				for i, r := range c.runs {
					r.late = test.late * time.Duration(i) / runs
				}
			}
			crowded(t, c, crowdConfigs(runs, fmt.Sprintf(policy(test.policy), test.perHost)), late, func(c *crowd) {
				c.checkDelay(test.want)
				c.checkFetched(n)
				c.checkFair()
				// The host is never idle for long while somebody waits for it.
				if limit := (runs*n + 1) * (test.want + test.late + test.want/4 + 2*calmLatency + 50*time.Millisecond); c.took() > limit {
					t.Errorf("it took %v, want at most %v", c.took(), limit)
				}
			})
		})
	}
}

// What a server asks for in answer to one run holds for all, and none learns more than that.
func TestBusyServersAreLeftAloneByAllRuns(t *testing.T) {
	for _, retries := range []int{0, 1} {
		t.Run(fmt.Sprint(retries, " retries"), func(t *testing.T) {
			var until time.Time
			c := &crowd{}
			c.page = func(name string, u weburl.URL) (*fetch.Response, error) {
				if until.IsZero() && len(c.hits) == 7 {
					a, _ := answer(503)
					a.RetryAfter = time.Hour
					until = time.Now().Add(time.Hour)
					return a, nil
				}
				return answer(200, "/a", "/b", "/c")
			}
			more := fmt.Sprintf(`{'fetcher': {'max_retries': %d}}`, retries)
			crowded(t, c, crowdConfigs(5, fmt.Sprintf(policy("1s"), 1), more), nil, func(c *crowd) {
				c.checkDelay(time.Second)
				for _, h := range c.hits {
					if h.began.Before(until) && h.end.After(until.Add(-time.Hour)) {
						t.Errorf("%s requested %s %v before the server's time", h.run, h.uri, until.Sub(h.began))
					}
				}
				if c.took() > time.Hour+time.Minute {
					t.Errorf("it took %v", c.took())
				}
			})
		})
	}
}

// A run with a long delay of its own neither slows the others nor starves.
func TestOwnDelaysAreOnesOwn(t *testing.T) {
	c := &crowd{page: crowdPages(10)}
	configs := []string{
		crowdConfig("slow/1", fmt.Sprintf(policy("10m"), 1)), crowdConfig("fast/1", fmt.Sprintf(policy("1s"), 1)), crowdConfig("fast/2", fmt.Sprintf(policy("1s"), 1)),
	}
	crowded(t, c, configs, nil, func(c *crowd) {
		c.checkDelay(time.Second)
		c.checkFetched(10)
		for i, limit := range []time.Duration{9*10*time.Minute + time.Minute, time.Minute, time.Minute} {
			if took := c.runs[i].done.Sub(c.hits[0].began); took > limit {
				t.Errorf("%s took %v, want at most %v", c.runs[i].name, took, limit)
			}
		}
	})
}

// A host's Crawl-delay holds for a run that does not ask for it, too, as long as others do.
func TestCrawlDelayHoldsForAllRuns(t *testing.T) {
	c := &crowd{robots: "User-agent: *\nCrawl-delay: 5", page: crowdPages(4)}
	configs := []string{crowdConfig("polite/1"), crowdConfig("rude/1", `{'policies': [], 'speed': {'per_host_concurrency': 1}}`)}
	crowded(t, c, configs, nil, func(c *crowd) {
		c.checkFetched(4) // the first fetches of all come before robots.txt is known
		for i, h := range c.hits {
			for _, other := range c.hits[:i] {
				if i > 1 && h.run != other.run && h.began.Sub(other.end) < 5*time.Second-time.Millisecond {
					t.Errorf("%s came %v after %s", h.run, h.began.Sub(other.end), other.run)
				}
			}
		}
	})
}

// A Crawl-delay for one product does not slow the runs of another one, which the host says
// something else to.
func TestCrawlDelayIsForItsProduct(t *testing.T) {
	c := &crowd{robots: "User-agent: slow\nCrawl-delay: 300\n\nUser-agent: *\nDisallow: /private", page: crowdPages(10)}
	configs := []string{crowdConfig("slow/1", fmt.Sprintf(policy("1s"), 1)), crowdConfig("fast/1", fmt.Sprintf(policy("1s"), 1))}
	crowded(t, c, configs, nil, func(c *crowd) {
		c.checkFetched(10)
		for i, limit := range []time.Duration{9*5*time.Minute + time.Minute, time.Minute} {
			if took := c.runs[i].done.Sub(c.hits[0].began); took > limit {
				t.Errorf("%s took %v, want at most %v", c.runs[i].name, took, limit)
			}
		}
	})
}

// Together, runs have no more fetches from a host under way than each of them may have.
func TestFetchesUnderWayOfAllRuns(t *testing.T) {
	for _, test := range []struct {
		perHost []int
		most    int // 8: the last pages, when the other run is done
	}{{[]int{1, 1, 1}, 1}, {[]int{4, 4, 4}, 4}, {[]int{8, 2}, 8}} {
		t.Run(fmt.Sprint(test.perHost), func(t *testing.T) {
			c := &crowd{page: crowdPages(40)}
			var configs []string
			for i, n := range test.perHost {
				configs = append(configs, crowdConfig(fmt.Sprintf("run-%d/1", i), fmt.Sprintf(`{'speed': {'per_host_concurrency': %d}}`, n)))
			}
			crowded(t, c, configs, nil, func(c *crowd) {
				c.checkFetched(40)
				most := 0
				for i, h := range c.hits {
					under, shared := 1, false
					for _, other := range c.hits[:i] {
						if other.end.After(h.began) {
							under++
							shared = shared || other.run != h.run
						}
					}
					most = max(most, under)
					if limit := slices.Min(test.perHost); shared && under > limit {
						t.Fatalf("%d fetches are under way, want %d", under, limit)
					}
				}
				if most > test.most || most < slices.Min(test.perHost) {
					t.Errorf("at most %d fetches were under way, want %d to %d", most, slices.Min(test.perHost), test.most)
				}
			})
		})
	}
}

// Runs on hosts of their own know nothing of each other.
func TestOtherHostsDoNotWait(t *testing.T) {
	c := &crowd{page: crowdPages(5)}
	var configs []string
	for i := range 5 {
		url := fmt.Sprintf("http://host-%d.example/", i)
		configs = append(configs, fast(url, fmt.Sprintf(policy("1s"), 1), fmt.Sprintf(`{'user_agent': 'run-%d/1'}`, i)))
	}
	crowded(t, c, configs, nil, func(c *crowd) {
		c.checkFetched(5)
		if c.took() > 5*(time.Second+2*calmLatency) {
			t.Errorf("it took %v", c.took())
		}
	})
}

// A run that is stopped or paused while others wait for their turn does not keep them waiting.
func TestRunsThatLeaveLoseTheirTurn(t *testing.T) {
	for _, status := range []run.Status{run.Finished, run.Paused} {
		t.Run(string(status), func(t *testing.T) {
			c := &crowd{}
			ended := false
			c.page = func(name string, u weburl.URL) (*fetch.Response, error) {
				if len(c.hits) == 12 && !ended { // some run's third page
					ended = true
					for _, r := range c.runs[1:3] {
						r.mu.Lock()
						r.run.Status = status
						r.mu.Unlock()
						if status == run.Paused {
							time.AfterFunc(30*time.Minute, func() {
								r.mu.Lock()
								defer r.mu.Unlock()
								r.run.Status = run.Finished
							})
						}
					}
				}
				return answer(200, "/a", "/b", "/c", "/d", "/e", "/f")
			}
			crowded(t, c, crowdConfigs(4, fmt.Sprintf(policy("2s"), 1)), nil, func(c *crowd) {
				c.checkDelay(2 * time.Second)
				if limit := 24 * 2500 * time.Millisecond; c.took() > limit {
					t.Errorf("it took %v, want at most %v", c.took(), limit)
				}
				for i, h := range c.hits[12:] {
					if i > 1 && (h.run == c.runs[1].name || h.run == c.runs[2].name) {
						t.Errorf("%s went on", h.run)
					}
				}
			})
		})
	}
}

// Sitemaps and robots.txt have their turn as pages do, also when that takes invocations.
func TestSitemapsWaitForTheirTurn(t *testing.T) {
	for _, delay := range []time.Duration{time.Second, 90 * time.Second} {
		t.Run(delay.String(), func(t *testing.T) {
			c := &crowd{robots: fmt.Sprintf("User-agent: *\nCrawl-delay: %d", int(delay.Seconds()))}
			c.page = func(_ string, u weburl.URL) (*fetch.Response, error) {
				if strings.HasSuffix(u.Path(), ".xml") {
					return sitemapAnswer("urlset", "url", "/1", "/2")
				}
				return answer(200)
			}
			crowded(t, c, crowdConfigs(10, calmSitemaps(`'`+calmURL+`/sitemap.xml'`), fmt.Sprintf(policy("1s"), 1)), nil, func(c *crowd) {
				c.checkFetched(2)
				// The first sitemaps are fetched before robots.txt told its Crawl-delay to their
				// runs.
				c.checkDelay(delay)
				for i, at := range c.files[1:] {
					if gap := at.Sub(c.files[i]); gap < time.Second {
						t.Errorf("robots.txt was requested twice within %v", gap)
					}
				}
			})
		})
	}
}
