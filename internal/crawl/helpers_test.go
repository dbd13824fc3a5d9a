// This file has all helpers of the external tests that are not sites, simulations or faults, and so
// exceeds 300 lines. Sites are in handlers_test.go, simulations in sim*_test.go, and faults in
// process_test.go, queue_test.go and skew_test.go.

package crawl_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/dynamolocal/dynamotest"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/housekeeping"
	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/store/storetest"
	"github.com/inndx/runs/internal/tenant"
	"github.com/inndx/runs/internal/wake"
	"github.com/inndx/runs/internal/watch"
)

func TestMain(m *testing.M) {
	// These tests mostly wait, so more of them than processors may run at the same time.
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	dynamotest.Main(m)
}

const acme tenant.ID = "acme"

// testTimeout bounds every wait of these tests.
const testTimeout = 2 * time.Minute

// A stack is a store and a queue, of which crawlers can be made.
type stack struct {
	t     *testing.T
	store *store.Store
	queue *wake.Local

	statuses *atomic.Int64 // the reads of a status, with a hub
}

// newStack returns a stack whose queue delivers to a crawler with the given options.
func newStack(t *testing.T, change ...func(*crawl.Options)) *stack {
	t.Helper()
	s := &stack{t: t, store: sharedStore(t), queue: wake.NewLocal(wake.LocalOptions{})}
	s.serve(s.crawler(change...))
	return s
}

// withAndWithoutHub runs a test with a stack whose crawler is told of changes, as on one machine, and
// with one whose crawler must read them.
func withAndWithoutHub(t *testing.T, test func(t *testing.T, s *stack)) {
	t.Run("by reads", func(t *testing.T) {
		t.Parallel()
		test(t, newStack(t))
	})
	t.Run("by a hub", func(t *testing.T) {
		t.Parallel()
		sharedStore(t) // creates the table
		hub := new(watch.Hub)
		s := &stack{
			t: t, store: store.New(store.NewClient(dynamotest.Config(t)), "runs", store.WithHub(hub)),
			queue: wake.NewLocal(wake.LocalOptions{}),
		}
		counted := &statusCounter{Store: s.store}
		s.statuses = &counted.reads
		s.serve(s.crawler(func(o *crawl.Options) { o.Store, o.Hub = counted, hub }))
		test(t, s)
	})
}

// A statusCounter counts the reads of a status.
type statusCounter struct {
	*store.Store
	reads atomic.Int64
}

func (c *statusCounter) Status(ctx context.Context, ref run.Ref) (run.Status, error) {
	c.reads.Add(1)
	return c.Store.Status(ctx, ref)
}

var shared = struct {
	sync.Mutex
	store *store.Store
}{}

// sharedStore returns a store that all tests share. Their runs do not affect each other.
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

// testLogger returns a logger that discards its lines unless CRAWL_LOG is set.
func testLogger() *slog.Logger {
	if os.Getenv("CRAWL_LOG") != "" {
		return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	return slog.New(slog.NewTextHandler(io.Discard, nil))
}

// crawler returns a crawler of the stack, with the given options.
func (s *stack) crawler(change ...func(*crawl.Options)) *crawl.Crawler {
	o := crawl.Options{Store: s.store, Queue: s.queue, Objects: sharedBucket, AllowPrivate: true, Logger: testLogger()}
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

// create creates a job and a run of it. The configuration is JSON with single quotes in place of
// double ones.
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

// fastConfig returns a configuration without delays. Each of more is an object whose members
// replace those of the configuration.
func fastConfig(seed string, more ...string) string {
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

// delayConfig returns a configuration with a default_delay. It has a verb for the fetches in flight
// from one host.
func delayConfig(delay string) string {
	return `{'policies': [{'kind': 'robots_txt', 'params': {'default_delay': '` + delay + `'}}], 'speed': {'per_host_concurrency': %d}}`
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

// await waits until ok reports true for the run, and returns the run.
func (s *stack) await(id uuid.UUID, what string, ok func(run.Run) bool) run.Run {
	s.t.Helper()
	for end := time.Now().Add(testTimeout); ; time.Sleep(10 * time.Millisecond) {
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

// history returns the run's outcomes by URL. It checks that the log has no gap, that no URL is
// recorded twice, and that the counters match the log.
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
			s.t.Errorf("%s has a reason that the log does not list: %s", url, o.ErrorReason)
		}
	}
	if diff := cmp.Diff(h.Progress, r.Progress); diff != "" {
		s.t.Errorf("the counters differ from the log (-log +run):\n%s", diff)
	}
	return h.Outcomes
}

// expect checks the stop reason and the counters of a run.
func (s *stack) expect(r run.Run, reason run.StopReason, fetched, failed, excluded, queued int64) {
	s.t.Helper()
	got := []any{r.StopReason, r.Progress.URLsFetched, r.Progress.URLsFailed, r.Progress.URLsExcluded, r.Progress.URLsQueued}
	want := []any{reason, fetched, failed, excluded, queued}
	if diff := cmp.Diff(want, got); diff != "" {
		s.t.Errorf("stop reason, fetched, failed, excluded, queued (-want +got):\n%s", diff)
	}
}

// expectAllPages checks that a finished run recorded each of its pages once, and kept it if it was
// to keep pages.
func (s *stack) expectAllPages(r run.Run, pages int) {
	s.t.Helper()
	s.expect(r, run.MaxEmptyEvaluations, int64(pages), 0, 0, 0)
	if n := len(s.history(r)); n != pages {
		s.t.Errorf("%d URLs recorded, want %d", n, pages)
	}
	if strings.Contains(string(r.Config), "to_blob") {
		s.expectArchive(r)
	}
}

// outcomesByPath returns what happened to each path, such as "ok 200".
func outcomesByPath(site *sitetest.Server, outcomes map[string]*crawllog.Outcome) map[string]string {
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

// change applies an action of the API.
func (s *stack) change(id uuid.UUID, a run.Action) run.Run {
	s.t.Helper()
	r, _, err := s.store.Transition(s.t.Context(), run.Ref{Tenant: acme, ID: id}, a, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

// until waits until ok reports true.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(testTimeout); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("never happened: " + what)
		}
	}
}

// unleased reports whether the run has no lease. It acquires the lease and releases it again.
func (s *stack) unleased(id uuid.UUID) bool {
	s.t.Helper()
	l, err := s.store.Acquire(s.t.Context(), run.Ref{Tenant: acme, ID: id}, uuid.NewString(), time.Second)
	if fault.Is(err, fault.Conflict) {
		return false
	}
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.store.Park(s.t.Context(), l); err != nil {
		s.t.Fatal(err)
	}
	return true
}

// parts returns the number of parts of the run's log.
func (s *stack) parts(id uuid.UUID) int {
	s.t.Helper()
	n := 0
	for _, err := range s.store.LogParts(s.t.Context(), run.Ref{Tenant: acme, ID: id}, 0) {
		if err != nil {
			s.t.Fatal(err)
		}
		n++
	}
	return n
}

// refTo names a run of acme.
func refTo(id uuid.UUID) run.Ref { return run.Ref{Tenant: acme, ID: id} }

// keeper returns a keeper of the store that sends to the queue.
func (s *stack) keeper(q housekeeping.Queue) *housekeeping.Keeper {
	return housekeeping.New(housekeeping.Options{Store: s.store, Queue: q, Logger: testLogger()})
}

// handler returns the handler of the wake-ups for the crawler.
func (s *stack) handler(c *crawl.Crawler) wake.Handler {
	return wake.Instrument(crawl.Function, s.keeper(s.queue).Handler(c.Crawl), testLogger(), nil)
}

// handle passes a wake-up of the run to the crawler, and reports whether it succeeded.
func (s *stack) handle(c *crawl.Crawler, id uuid.UUID) bool {
	s.t.Helper()
	return s.handler(c)(s.t.Context(), wake.Delivery{Run: refTo(id), Sent: time.Now()}) == nil
}

// crawlByProcesses crawls a run by one process after the other, each of which has so much time. It
// returns their number.
func (s *stack) crawlByProcesses(id uuid.UUID, work time.Duration) (n int) {
	s.t.Helper()
	for ; !isFinished(s.run(id)); n++ {
		if n > 100 {
			s.t.Fatal("the run never ends")
		}
		s.handle(s.crawler(func(o *crawl.Options) { o.Queue, o.MaxWork = &recordingQueue{}, work }), id)
	}
	return n
}

// A recordingQueue records the wake-ups that are sent.
type recordingQueue struct {
	mu     sync.Mutex
	delays []time.Duration
	runs   []uuid.UUID
}

func (q *recordingQueue) Send(_ context.Context, ref run.Ref, delay time.Duration) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.delays = append(q.delays, delay)
	q.runs = append(q.runs, ref.ID)
	return nil
}

// commitPages records that a number of pages of a site were fetched, in a commit each.
func (s *stack) commitPages(site *sitetest.Server, r run.Run, pages int) {
	s.t.Helper()
	ctx := s.t.Context()
	if _, _, err := s.store.Transition(ctx, run.Ref{Tenant: acme, ID: r.ID}, run.Start, nil); err != nil {
		s.t.Fatal(err)
	}
	lease, err := s.store.Acquire(ctx, run.Ref{Tenant: acme, ID: r.ID}, uuid.NewString(), time.Minute)
	if err != nil {
		s.t.Fatal(err)
	}
	commit := crawllog.Commit{Parts: crawllog.Encode([]crawllog.Record{
		&crawllog.Discovered{URL: site.URL + "/", Seed: true}, &crawllog.SeedsRead{},
	})}
	commit.Progress.URLsQueued = 1
	for i := range pages {
		url := fmt.Sprintf("%s/fetched/%d", site.URL, i)
		commit.Parts = append(commit.Parts, crawllog.Encode([]crawllog.Record{
			&crawllog.Discovered{URL: url, Depth: 1},
			&crawllog.Outcome{URL: url, Depth: 1, Step: crawllog.Fetch, Status: crawllog.OK, HTTPStatus: 200, Bytes: 7, OccurredAt: time.Now()},
		})...)
		commit.Progress.URLsFetched++
		commit.Progress.BytesFetched += 7
		commit.Progress.Depth = 1
		if len(commit.Parts) == store.MaxCommitParts || i == pages-1 {
			if err := s.store.Commit(ctx, lease, commit); err != nil {
				s.t.Fatal(err)
			}
			commit.Parts = nil
		}
	}
	if err := s.store.Release(ctx, lease, run.Handover{WakeAt: time.Now()}); err != nil {
		s.t.Fatal(err)
	}
}

// logs returns the whole log of a run as the API reads it, in small pages.
func (s *stack) logs(r run.Run, f crawllog.Filter) []crawllog.Entry {
	s.t.Helper()
	var entries []crawllog.Entry
	for request := (paging.Request{Limit: 3}); ; {
		page, err := s.store.LogEntries(s.t.Context(), run.Ref{Tenant: acme, ID: r.ID}, f, request)
		if err != nil {
			s.t.Fatal(err)
		}
		entries = append(entries, page.Items...)
		if request.Cursor = page.Next; page.Next == "" {
			return entries
		}
	}
}

// A syncBuffer is a buffer for a log, which its run still writes when its status is final.
type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) text() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
