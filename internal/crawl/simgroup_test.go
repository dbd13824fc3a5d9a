package crawl_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/budget"
	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/crawl/crawltest"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fetch"
	"github.com/inndx/runs/internal/robots"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/tenant"
	"github.com/inndx/runs/internal/weburl"
)

// A runGroup is several runs of several tenants that one process crawls in virtual time, on hosts
// that they share. It is the store of all its runs.
type runGroup struct {
	crawl.Store // nil: the other methods are not called

	t              *testing.T
	runs           []*groupRun
	fetches        []groupFetch
	robotsRequests []time.Time
	mu             sync.Mutex

	robots      string
	robotsError func(name string) error // nil when robots.txt can always be fetched
	latency     func(u weburl.URL) time.Duration
	page        func(name string, u weburl.URL) (*fetch.Response, error)
	options     func(*crawl.Options) // changes the options of the crawler; may be nil
	budget      *budget.Budget       // of the crawler
}

// A groupRun is one run of a group.
type groupRun struct {
	*simStore
	name   string
	tenant tenant.ID
	id     uuid.UUID
	late   time.Duration // delay of its wake-ups
	done   time.Time
	errs   []error // of its wake-ups
}

// A groupFetch is one request for a page.
type groupFetch struct {
	run, host, uri string
	began, end     time.Time
}

// simulateGroup crawls one run for each configuration until all runs end, and calls check. The user
// agent of a configuration is the name of its run.
func simulateGroup(t *testing.T, c *runGroup, configs []string, before func(*runGroup), check func(*runGroup)) {
	t.Helper()
	createCodec()
	synctest.Test(t, func(t *testing.T) {
		c.t = t
		for i, text := range configs {
			cfg, err := config.Parse([]byte(text), "config")
			if err != nil {
				t.Fatal(err)
			}
			store := crawltest.NewMemoryStore(cfg)
			c.runs = append(c.runs, &groupRun{
				simStore: &simStore{MemoryStore: store}, name: *cfg.UserAgent, tenant: tenant.ID(fmt.Sprint("tenant-", i%3)), id: store.Current.ID,
			})
		}
		if before != nil {
			before(c)
		}
		o := crawl.Options{
			Store: c, Queue: &recordingQueue{}, Logger: testLogger(), Budget: budget.New(budget.Limits{}),
			NewClient: func(o fetch.Options) crawl.Client { return &groupClient{c, o.UserAgent} },
		}
		if c.options != nil {
			c.options(&o)
		}
		c.budget = o.Budget
		crawler := crawl.New(o)
		var wg sync.WaitGroup
		for _, r := range c.runs {
			wg.Go(func() { r.crawl(t, crawler) })
		}
		wg.Wait()
		if u := c.budget.Usage(); u != (budget.Usage{}) {
			t.Errorf("the runs are finished and still use %+v", u)
		}
		slices.SortFunc(c.fetches, func(a, b groupFetch) int { return a.began.Compare(b.began) })
		check(c)
	})
}

// crawl crawls the run by one invocation after the other.
func (r *groupRun) crawl(t *testing.T, c *crawl.Crawler) {
	time.Sleep(time.Until(r.wakeAt))
	for n := 0; ; n++ {
		if status, _ := r.Status(t.Context(), run.Ref{Tenant: r.tenant, ID: r.id}); status == run.Finished {
			r.done = time.Now()
			return
		}
		if n > 2000 {
			t.Errorf("the run %s never ends: %+v, %v", r.name, r.Current.Progress, errors.Join(r.errs...))
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
		if err := c.Crawl(ctx, run.Ref{Tenant: r.tenant, ID: r.id}); err != nil {
			r.errs = append(r.errs, err)
			r.wakeAt = time.Now().Add(20 * time.Second) // when the lease has ended
		}
		cancel()
		time.Sleep(time.Until(r.wakeAt) + r.late)
	}
}

// A groupClient is the client of one run.
type groupClient struct {
	*runGroup
	name string
}

func (f *groupClient) Get(ctx context.Context, u weburl.URL) (*fetch.Response, error) {
	began := time.Now()
	latency := simLatency
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
	f.fetches = append(f.fetches, groupFetch{f.name, u.Host(), u.RequestURI(), began, time.Now()})
	return f.page(f.name, u)
}

func (f *groupClient) Check(ctx context.Context, _ string, u weburl.URL) (*fetch.Response, error) {
	return f.Get(ctx, u)
}

func (f *groupClient) Robots(context.Context, weburl.URL) (*robots.Rules, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.robotsRequests = append(f.robotsRequests, time.Now())
	if f.robotsError != nil {
		if err := f.robotsError(f.name); err != nil {
			return nil, err
		}
	}
	return robots.Parse([]byte(f.robots), robots.Product(f.name)), nil
}

func (f *groupClient) Close() {}

// of returns the store of a run.
func (g *runGroup) of(ref run.Ref) *simStore {
	for _, r := range g.runs {
		if r.tenant == ref.Tenant && r.id == ref.ID {
			return r.simStore
		}
	}
	g.t.Errorf("no run %s of %s", ref.ID, ref.Tenant)
	return nil
}

func (g *runGroup) Acquire(ctx context.Context, ref run.Ref, owner string, ttl time.Duration) (*run.Lease, error) {
	return g.of(ref).Acquire(ctx, ref, owner, ttl)
}
func (g *runGroup) Run(ctx context.Context, ref run.Ref) (run.Run, error) {
	return g.of(ref).Run(ctx, ref)
}
func (g *runGroup) Status(ctx context.Context, ref run.Ref) (run.Status, error) {
	return g.of(ref).Status(ctx, ref)
}
func (g *runGroup) LogParts(ctx context.Context, ref run.Ref, after int64) iter.Seq2[crawllog.Part, error] {
	return g.of(ref).LogParts(ctx, ref, after)
}
func (g *runGroup) Unpublished(ctx context.Context, l *run.Lease) iter.Seq2[crawllog.Part, error] {
	return g.of(l.Ref).Unpublished(ctx, l)
}
func (g *runGroup) Commit(ctx context.Context, l *run.Lease, commit crawllog.Commit) error {
	return g.of(l.Ref).Commit(ctx, l, commit)
}
func (g *runGroup) Release(ctx context.Context, l *run.Lease, h run.Handover) error {
	return g.of(l.Ref).Release(ctx, l, h)
}
func (g *runGroup) Park(_ context.Context, l *run.Lease) error {
	g.of(l.Ref).wakeAt = time.Now().Add(time.Hour)
	return nil
}
func (g *runGroup) Finish(ctx context.Context, l *run.Lease, reason run.StopReason) (run.Run, error) {
	return g.of(l.Ref).Finish(ctx, l, reason)
}

// groupConfig returns the configuration of a run with a name that starts at the first page of
// simURL.
func groupConfig(name string, more ...string) string {
	return fastConfig(simURL+"/", append([]string{`{'user_agent': '` + name + `', 'filters': []}`}, more...)...)
}

// groupConfigs returns n such configurations.
func groupConfigs(n int, more ...string) (all []string) {
	for i := range n {
		all = append(all, groupConfig(fmt.Sprintf("inndx/%d", i), more...))
	}
	return all
}

// groupPages returns the pages of a site of n pages, each of which links to all.
func groupPages(n int) func(string, weburl.URL) (*fetch.Response, error) {
	page := pages(n)
	return func(_ string, u weburl.URL) (*fetch.Response, error) { return page(u.RequestURI(), 1) }
}

// checkDelay checks the delay between the end of every request and the start of any later one.
func (g *runGroup) checkDelay(delay time.Duration) {
	g.t.Helper()
	for i, h := range g.fetches {
		for _, other := range g.fetches[:i] {
			if gap := h.began.Sub(other.end); gap < delay-time.Millisecond {
				g.t.Errorf("%s requested %s %v after %s requested %s, want %v", h.run, h.uri, gap, other.run, other.uri, delay)
				return
			}
		}
	}
}

// checkFetched checks that each run fetched n pages.
func (g *runGroup) checkFetched(n int64) {
	g.t.Helper()
	for _, r := range g.runs {
		if r.Current.Progress.URLsFetched != n {
			g.t.Errorf("%s: %+v, want %d fetched", r.name, r.Current.Progress, n)
		}
	}
}

// took returns the time from the first to the last request.
func (g *runGroup) took() time.Duration {
	return g.fetches[len(g.fetches)-1].began.Sub(g.fetches[0].began)
}

// checkFair checks that, of all requests in order, no run is more than two ahead of another, until
// the first run is done.
func (g *runGroup) checkFair() {
	g.t.Helper()
	count := map[string]int{}
	for _, h := range g.fetches {
		count[h.run]++
	}
	maxCount := 0
	for _, n := range count {
		maxCount = max(maxCount, n)
	}
	clear(count)
	for _, h := range g.fetches {
		count[h.run]++
		minimum, maximum := maxCount, 0
		for _, r := range g.runs {
			minimum, maximum = min(minimum, count[r.name]), max(maximum, count[r.name])
		}
		if maximum == maxCount {
			return
		}
		if maximum > minimum+2 {
			g.t.Errorf("after %v: %v", h.began, count)
			return
		}
	}
}
