package crawl_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fetch"
	"github.com/inndx/runs/internal/robots"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/weburl"
)

// A panickingProcess is the store, the client and the observer of a process. One of its methods
// panics for one run.
type panickingProcess struct {
	*runGroup
	method string       // such as "Commit"
	times  atomic.Int64 // how often it still panics

	attempts map[panicAttempt]int
}

// A panicAttempt is an attempt to make progress after a part of a run's log.
type panicAttempt struct {
	run run.Ref
	seq int64
}

// call panics if the method is the one that does, and the run is the first one.
func (p *panickingProcess) call(method string, id uuid.UUID) {
	if method == p.method && id == p.runs[0].id && p.times.Add(-1) >= 0 {
		panic("the defect in " + method)
	}
}

func (p *panickingProcess) Acquire(ctx context.Context, ref run.Ref, owner string, ttl time.Duration) (*run.Lease, error) {
	p.call("Acquire", ref.ID)
	l, err := p.runGroup.Acquire(ctx, ref, owner, ttl)
	if err == nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.attempts[panicAttempt{ref, l.Seq}]++
		l.Attempts = p.attempts[panicAttempt{ref, l.Seq}]
	}
	return l, err
}

func (p *panickingProcess) Run(ctx context.Context, ref run.Ref) (run.Run, error) {
	p.call("Run", ref.ID)
	return p.runGroup.Run(ctx, ref)
}

func (p *panickingProcess) Status(ctx context.Context, ref run.Ref) (run.Status, error) {
	p.call("Status", ref.ID)
	return p.runGroup.Status(ctx, ref)
}

func (p *panickingProcess) Commit(ctx context.Context, l *run.Lease, c crawllog.Commit) error {
	p.call("Commit", l.Ref.ID)
	return p.runGroup.Commit(ctx, l, c)
}

func (p *panickingProcess) Finish(ctx context.Context, l *run.Lease, reason run.StopReason) (run.Run, error) {
	p.call("Finish", l.Ref.ID)
	return p.runGroup.Finish(ctx, l, reason)
}

func (p *panickingProcess) observe(id uuid.UUID, w crawl.Wait) {
	if w.For == crawl.WaitResponse {
		p.call("Observe", id)
	}
}

// A panickingClient is the client of one run.
type panickingClient struct {
	*groupClient
	process *panickingProcess
	id      uuid.UUID
}

func (c *panickingClient) Get(ctx context.Context, u weburl.URL) (*fetch.Response, error) {
	if strings.HasSuffix(u.Path(), ".xml") {
		c.process.call("Get of a sitemap", c.id)
	} else if u.Path() == "/3" {
		c.process.call("Get", c.id)
	}
	return c.groupClient.Get(ctx, u)
}

func (c *panickingClient) Robots(ctx context.Context, u weburl.URL) (*robots.Rules, error) {
	c.process.call("Robots", c.id)
	return c.groupClient.Robots(ctx, u)
}

func (c *panickingClient) Close() { c.process.call("Close", c.id) }

// simulatePanics crawls three runs in one process, in the first of which a method panics so many
// times.
func simulatePanics(t *testing.T, method string, times int64, check func(*runGroup)) {
	p := &panickingProcess{method: method, attempts: map[panicAttempt]int{}}
	p.times.Store(times)
	site := groupPages(8)
	c := &runGroup{page: func(name string, u weburl.URL) (*fetch.Response, error) {
		if strings.HasSuffix(u.Path(), ".xml") {
			return sitemapResponse("urlset", "url", "/")
		}
		return site(name, u)
	}}
	c.options = func(o *crawl.Options) {
		p.runGroup = c
		o.Store, o.Observer = p, p.observe
		o.NewClient = func(o fetch.Options) crawl.Client {
			for _, r := range c.runs {
				if r.name == o.UserAgent {
					return &panickingClient{&groupClient{c, r.name}, p, r.id}
				}
			}
			panic("no such run")
		}
	}
	var configs []string
	for i := range 3 {
		seeds := fmt.Sprintf(`{'seeds': [{'kind': 'sitemap', 'params': {'urls': ['http://%d.example/a.xml', 'http://%[1]d.example/b.xml'], 'concurrency': 2}},
			{'kind': 'static_list', 'params': {'urls': ['http://%[1]d.example/']}}], 'filters': []}`, i)
		configs = append(configs, hostConfig(fmt.Sprint(i), fmt.Sprintf(delayConfig("200ms"), 2), seeds))
	}
	simulateGroup(t, c, configs, nil, func(c *runGroup) {
		for _, neighbour := range c.runs[1:] {
			r := neighbour.Current
			if len(neighbour.errs) > 0 || r.StopReason != run.MaxEmptyEvaluations || r.Progress.URLsFetched < 8 || r.Progress.URLsFailed > 0 {
				t.Errorf("a neighbour ended as %s with %+v, %v", r.StopReason, r.Progress, neighbour.errs)
			}
		}
		check(c)
	})
}

// A panic in any goroutine of a run is an error of its wake-up, and the run continues later. Its
// neighbours are not affected, and nothing that it used is lost to the process.
func TestPanics(t *testing.T) {
	for _, method := range []string{
		"Acquire", "Run", "Finish", "Close", // in the goroutine of the wake-up
		"Observe", // in the worker
		"Status", "Commit", "Robots", "Get of a sitemap",
	} {
		t.Run(method, func(t *testing.T) {
			simulatePanics(t, method, 1, func(c *runGroup) {
				r := c.runs[0]
				if len(r.errs) != 1 || !strings.Contains(r.errs[0].Error(), "the defect in "+method) {
					t.Errorf("the errors are %v", r.errs)
				}
				if r.Current.StopReason != run.MaxEmptyEvaluations || r.Current.Progress.URLsFetched < 8 || r.Current.Progress.URLsFailed > 0 {
					t.Errorf("the run ended as %s with %+v", r.Current.StopReason, r.Current.Progress)
				}
			})
		})
	}
}

// A page that causes a panic fails, and its run does not.
func TestPanicOfAPage(t *testing.T) {
	simulatePanics(t, "Get", 1, func(c *runGroup) {
		r := c.runs[0]
		if len(r.errs) > 0 || r.Current.Progress.URLsFailed != 1 || r.Current.StopReason != run.MaxEmptyEvaluations {
			t.Errorf("the run ended as %s with %+v, %v", r.Current.StopReason, r.Current.Progress, r.errs)
		}
	})
}

// A run that panics each time is abandoned.
func TestRunThatAlwaysPanics(t *testing.T) {
	for _, method := range []string{"Observe", "Status", "Commit", "Get of a sitemap"} {
		t.Run(method, func(t *testing.T) {
			simulatePanics(t, method, 1e6, func(c *runGroup) {
				if r := c.runs[0]; r.Current.StopReason != run.Unknown || len(r.errs) < 3 || len(r.errs) > 10 {
					t.Errorf("the run ended as %s after %d errors", r.Current.StopReason, len(r.errs))
				}
			})
		})
	}
}
