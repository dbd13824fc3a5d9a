package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/dynamolocal"
	"github.com/inndx/runs/internal/local"
	"github.com/inndx/runs/internal/run"
)

// A machine is the service of one machine, and the sites that it crawls.
type machine struct {
	*local.Stack
	sites         *sites
	service, java process
	units         *unitLog
	runs          []run.Ref // the i-th one crawls the i-th polite site
	stopOnce      func()
}

// newMachine starts the service, in memory if dir is empty, and the sites.
func newMachine(b *testing.B, dir string) *machine {
	b.Helper()
	b.Setenv(dynamolocal.EndpointVariable, "") // the service starts a database of its own
	debug.FreeOSMemory()
	m := &machine{
		sites:   startSites(b, *manyRuns),
		service: process(os.Getpid()),
		units:   newUnitLog(),
	}
	others := children(b, "java")
	stack, err := local.Start(b.Context(), local.Options{
		Addr: "127.0.0.1:0", DataDir: dir, DefaultTenant: tenant, Logger: slog.New(m.units),
	})
	if err != nil {
		b.Fatal(err)
	}
	m.Stack, m.stopOnce = stack, sync.OnceFunc(stack.Stop)
	b.Cleanup(m.stopOnce)
	for _, p := range children(b, "java") {
		if !slices.Contains(others, p) {
			m.java = p
		}
	}
	if m.java == 0 {
		b.Fatal("DynamoDB Local does not run as a child of this process")
	}
	return m
}

// stop stops the service. By then all work on runs has ended, so that its write units are known.
func (m *machine) stop(b *testing.B) {
	b.Helper()
	pages := 0
	for _, ref := range m.runs {
		pages += m.state(b, ref).Progress.Fetched
	}
	m.stopOnce()
	b.ReportMetric(m.units.of(m.runs)/float64(pages), "WCU/page")
}

// create creates a run of the site at an address.
func (m *machine) create(b *testing.B, ip string, delay time.Duration, parallel int) (run.Ref, error) {
	config := fmt.Sprintf(`{"name": "bench", "config": {
		"seeds": [{"kind": "static_list", "params": {"urls": [%q]}}],
		"policies": [{"kind": "robots_txt", "params": {"default_delay": %q}}],
		"speed": {"concurrency": %d, "per_host_concurrency": %d}
	}}`, m.sites.url(ip), delay, parallel, parallel)
	var job struct{ Run struct{ ID uuid.UUID } }
	err := callJSON(b.Context(), "POST", m.URL+"/v1/jobs?create_run=true", config, &job)
	return run.Ref{Tenant: tenant, ID: job.Run.ID}, err
}

// createAll creates n runs, some at a time.
func (m *machine) createAll(b *testing.B, n int, create func(i int) (run.Ref, error)) []run.Ref {
	b.Helper()
	refs := make([]run.Ref, n)
	var group errgroup.Group
	group.SetLimit(8)
	for i := range refs {
		group.Go(func() (err error) {
			refs[i], err = create(i)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		b.Fatal(err)
	}
	return refs
}

// createPaused creates some runs and pauses them, so that lists of the idle service read as much as
// later ones: the progress of each unfinished run. It forgets what these runs requested.
func (m *machine) createPaused(b *testing.B) {
	b.Helper()
	m.runs = m.createAll(b, min(*manyRuns, pausedRuns), func(i int) (run.Ref, error) {
		ref, err := m.create(b, politeIP(i), politeDelay, 1)
		if err != nil {
			return ref, err
		}
		var started runState
		if err := callJSON(b.Context(), "GET", m.runURL(ref)+"?wait=20s&while=pending", "", &started); err != nil {
			return ref, err
		}
		return ref, callJSON(b.Context(), "PUT", m.runURL(ref)+"/pause", "", nil)
	})
	time.Sleep(2 * politeDelay) // the last fetches are over, and the next runs begin with no delay
	for i := range m.runs {
		m.sites.forget(b, politeIP(i))
	}
}

// A runState is what the API says about a run, in part.
type runState struct {
	Status   run.Status
	Progress struct {
		Fetched int `json:"urls_fetched"`
	}
}

func (m *machine) runURL(ref run.Ref) string { return m.URL + "/v1/runs/" + ref.ID.String() }

func (m *machine) state(b *testing.B, ref run.Ref) (s runState) {
	b.Helper()
	fetchJSON(b, "GET", m.runURL(ref), "", &s)
	return s
}

// await waits until the state of a run meets a condition, or reports an error after the timeout.
func (m *machine) await(b *testing.B, ref run.Ref, timeout time.Duration, ok func(runState) bool) bool {
	b.Helper()
	for deadline := time.Now().Add(timeout); ; time.Sleep(50 * time.Millisecond) {
		s := m.state(b, ref)
		if ok(s) {
			return true
		}
		if time.Now().After(deadline) {
			b.Errorf("the run %s remains %+v", ref.ID, s)
			return false
		}
	}
}

// Calls are the times of requests to the API.
type calls struct{ list, get []time.Duration }

// measureCalls requests the list of runs and one run in turns.
func (m *machine) measureCalls(b *testing.B, d, interval time.Duration) (c calls) {
	b.Helper()
	for began, i := time.Now(), 0; time.Since(began) < d; i++ {
		c.list = append(c.list, timed(func() { fetchJSON(b, "GET", m.URL+"/v1/runs", "", nil) }))
		time.Sleep(interval)
		c.get = append(c.get, timed(func() { m.state(b, m.runs[i%len(m.runs)]) }))
		time.Sleep(interval)
	}
	return c
}

// percentile returns the p-th percentile of times, by the nearest rank.
func percentile(times []time.Duration, p int) time.Duration {
	sorted := slices.Sorted(slices.Values(times))
	return sorted[max(0, int(math.Ceil(float64(len(sorted)*p)/100))-1)]
}

// sampleMemory samples the memory of the service and of its database once a second until the
// function that it returns is called, which returns the maxima.
func (m *machine) sampleMemory(b *testing.B) (stop func() (service, java int64)) {
	ctx, cancel := context.WithCancel(b.Context())
	var group sync.WaitGroup
	var service, java int64
	group.Go(func() {
		for ctx.Err() == nil {
			service, java = max(service, m.service.memory(b)), max(java, m.java.memory(b))
			select {
			case <-time.After(time.Second):
			case <-ctx.Done():
			}
		}
	})
	return func() (int64, int64) {
		cancel()
		group.Wait()
		return service, java
	}
}

// A unitLog is the log of the service: its lines are formatted and dropped. It adds up the write
// units of the work on each run.
type unitLog struct {
	slog.Handler
	run   string // of the lines
	units *runUnits
}

type runUnits struct {
	mu    sync.Mutex
	write map[string]float64 // by run
}

func newUnitLog() *unitLog {
	return &unitLog{slog.NewJSONHandler(io.Discard, nil), "", &runUnits{write: map[string]float64{}}}
}

// WithAttrs implements slog.Handler.
func (l *unitLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	with := &unitLog{l.Handler.WithAttrs(attrs), l.run, l.units}
	for _, a := range attrs {
		if a.Key == "run_id" {
			with.run = a.Value.String()
		}
	}
	return with
}

// Handle implements slog.Handler.
func (l *unitLog) Handle(ctx context.Context, r slog.Record) error {
	crawling, units := false, 0.0
	r.Attrs(func(a slog.Attr) bool {
		switch a.Key {
		case "function":
			crawling = a.Value.String() == crawl.Function
		case "write_units":
			units = a.Value.Float64()
		}
		return true
	})
	if crawling {
		l.units.mu.Lock()
		l.units.write[l.run] += units
		l.units.mu.Unlock()
	}
	return l.Handler.Handle(ctx, r)
}

// of returns the write units of the work on runs that has ended.
func (l *unitLog) of(runs []run.Ref) (sum float64) {
	l.units.mu.Lock()
	defer l.units.mu.Unlock()
	for _, ref := range runs {
		sum += l.units.write[ref.ID.String()]
	}
	return sum
}

// fetchJSON is callJSON and fails the benchmark if that returns an error.
func fetchJSON(b *testing.B, method, url, body string, into any) {
	b.Helper()
	if err := callJSON(b.Context(), method, url, body, into); err != nil {
		b.Fatal(err)
	}
}

// callJSON sends a request and decodes the response, unless into is nil.
func callJSON(ctx context.Context, method, url, body string, into any) error {
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return err
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return err
	case resp.StatusCode/100 != 2:
		return fmt.Errorf("%s %s: %s: %s", method, url, resp.Status, bytes.TrimSpace(text))
	case into == nil:
		return nil
	}
	return json.Unmarshal(text, into)
}

// reportf reports a metric with a formatted unit.
func reportf(b *testing.B, value float64, unit string, args ...any) {
	b.ReportMetric(value, fmt.Sprintf(unit, args...))
}
