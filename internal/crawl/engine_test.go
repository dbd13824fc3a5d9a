package crawl_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/dynamolocal/dynamotest"
	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/store/storetest"
	"github.com/inndx/runs/internal/tenant"
	"github.com/inndx/runs/internal/wake"
)

func TestMain(m *testing.M) {
	// These tests wait for delays more than they compute: more of them than processors may
	// run side by side.
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	dynamotest.Main(m)
}

const acme tenant.ID = "acme"

// patience bounds every wait of these tests.
const patience = 60 * time.Second

// A stack is a store, a queue and crawlers.
type stack struct {
	t     *testing.T
	store *store.Store
	queue *wake.Local
}

// newStack returns a stack whose queue delivers to a crawler made by change.
func newStack(t *testing.T, change ...func(*crawl.Options)) *stack {
	t.Helper()
	s := &stack{t: t, store: sharedStore(t), queue: wake.NewLocal(wake.LocalOptions{})}
	s.serve(s.crawler(change...))
	return s
}

var shared = struct {
	sync.Mutex
	store *store.Store
}{}

// sharedStore returns a store that all tests use: runs are strangers to each other.
func sharedStore(t testing.TB) *store.Store {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.store == nil {
		s := store.New(store.NewClient(dynamotest.Config(t)), "runs")
		if err := s.EnsureTable(t.Context()); err != nil {
			t.Fatal(err)
		}
		shared.store = s
	}
	return shared.store
}

func quiet() *slog.Logger {
	if os.Getenv("CRAWL_LOG") != "" {
		return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	return slog.New(slog.NewTextHandler(io.Discard, nil))
}

func (s *stack) crawler(change ...func(*crawl.Options)) *crawl.Crawler {
	o := crawl.Options{Store: s.store, Queue: s.queue, AllowPrivate: true, Logger: quiet()}
	for _, c := range change {
		c(&o)
	}
	return crawl.New(o)
}

// serve delivers wake-ups to the crawler until the end of the test.
func (s *stack) serve(c *crawl.Crawler) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { s.queue.Run(ctx, s.handler(c), s.keeper(s.queue).Abandon) })
	s.t.Cleanup(func() {
		cancel()
		wg.Wait()
	})
}

// create makes a job and a run of it. The configuration is JSON in which single quotes
// stand for double ones.
func (s *stack) create(cfg string) run.Run {
	s.t.Helper()
	parsed, err := config.Parse([]byte(strings.ReplaceAll(cfg, "'", `"`)), "config")
	if err != nil {
		s.t.Fatal(err)
	}
	_, r, err := s.store.CreateJobAndRun(s.t.Context(), acme, job.Job{Name: s.t.Name()}, parsed, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

// fast returns a configuration without delays. Each of more is an object with members that
// replace others.
func fast(seed string, more ...string) string {
	members := map[string]any{}
	for _, object := range append([]string{
		fmt.Sprintf(`{'seeds': [{'kind': 'static_list', 'params': {'urls': ['%s']}}]}`, seed),
		`{'policies': [{'kind': 'robots_txt', 'params': {'default_delay': '0s'}}]}`,
		`{'speed': {'concurrency': 8, 'per_host_concurrency': 8}}`,
	}, more...) {
		if err := json.Unmarshal([]byte(strings.ReplaceAll(object, "'", `"`)), &members); err != nil {
			panic(err)
		}
	}
	raw, err := json.Marshal(members)
	if err != nil {
		panic(err)
	}
	return string(raw)
}

func (s *stack) wake(id uuid.UUID) {
	s.t.Helper()
	if err := s.queue.Send(s.t.Context(), run.Ref{Tenant: acme, ID: id}, 0); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stack) run(id uuid.UUID) run.Run {
	s.t.Helper()
	r, err := s.store.Run(s.t.Context(), run.Ref{Tenant: acme, ID: id})
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

// await returns the run as soon as ok says so.
func (s *stack) await(id uuid.UUID, what string, ok func(run.Run) bool) run.Run {
	s.t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		r := s.run(id)
		if ok(r) {
			return r
		}
		if time.Now().After(end) {
			s.t.Fatalf("the run is not %s: %+v", what, r)
		}
	}
}

func isFinished(r run.Run) bool { return r.Status == run.Finished }

// crawl creates a run, wakes it, and returns it when it is finished.
func (s *stack) crawl(cfg string) run.Run {
	s.t.Helper()
	r := s.create(cfg)
	s.wake(r.ID)
	return s.await(r.ID, "finished", isFinished)
}

// history returns the run's outcomes. It checks that the log's parts are gap-free, that no
// URL was recorded twice, and that the counters are what the log says.
func (s *stack) history(r run.Run) map[string]*crawllog.Outcome {
	s.t.Helper()
	h, err := storetest.ReadHistory(s.t.Context(), s.store, run.Ref{Tenant: acme, ID: r.ID})
	if err != nil {
		s.t.Fatal(err)
	}
	if len(h.Doubled) > 0 {
		s.t.Errorf("recorded twice: %v", h.Doubled)
	}
	for url, o := range h.Outcomes {
		if o.ErrorReason != "" && !slices.Contains(crawllog.Reasons(), o.ErrorReason) {
			s.t.Errorf("%s has a reason that is none of the log's: %s", url, o.ErrorReason)
		}
	}
	if diff := cmp.Diff(h.Progress, r.Progress); diff != "" {
		s.t.Errorf("the counters are not those of the log (-log +run):\n%s", diff)
	}
	return h.Outcomes
}

// expect compares how a run ended.
func (s *stack) expect(r run.Run, reason run.StopReason, fetched, failed, excluded, queued int64) {
	s.t.Helper()
	got := []any{r.StopReason, r.Progress.URLsFetched, r.Progress.URLsFailed, r.Progress.URLsExcluded, r.Progress.URLsQueued}
	want := []any{reason, fetched, failed, excluded, queued}
	if diff := cmp.Diff(want, got); diff != "" {
		s.t.Errorf("stop reason, fetched, failed, excluded, queued (-want +got):\n%s", diff)
	}
}

// reasons returns the outcomes' paths and what happened, such as "ok 200".
func reasons(site *sitetest.Server, outcomes map[string]*crawllog.Outcome) map[string]string {
	all := map[string]string{}
	for url, o := range outcomes {
		what := string(o.Status)
		if o.ErrorReason != "" {
			what += " " + o.ErrorReason
		}
		if o.HTTPStatus != 0 {
			what += fmt.Sprint(" ", o.HTTPStatus)
		}
		all[strings.TrimPrefix(url, site.URL)] = what
	}
	return all
}

func TestGeneratedSite(t *testing.T) {
	t.Parallel()
	const pages = 300
	site := sitetest.Start(t, sitetest.Generate(pages, 8))
	s := newStack(t)
	r := s.crawl(fast(site.URL + "/"))
	s.expect(r, run.MaxEmptyEvaluations, pages, 0, 0, 0)
	outcomes := s.history(r)
	for i := range pages {
		o := outcomes[site.URL+sitetest.Path(i)]
		if o == nil || o.Status != crawllog.OK || o.HTTPStatus != http.StatusOK || o.OccurredAt.IsZero() {
			t.Errorf("page %d: %+v", i, o)
		}
		if hits := site.Hits(sitetest.Path(i)); len(hits) != 1 {
			t.Errorf("page %d was fetched %d times", i, len(hits))
		}
	}
	if len(site.Hits("/robots.txt")) != 1 {
		t.Errorf("robots.txt was fetched %d times", len(site.Hits("/robots.txt")))
	}
}
