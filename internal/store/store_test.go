package store_test

import (
	"encoding/json"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/dynamolocal/dynamotest"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/tenant"
)

func TestMain(m *testing.M) { dynamotest.Main(m) }

const (
	acme = tenant.ID("acme")
	// The other tenant's name begins like the first's.
	rival = tenant.ID("acme.")
)

// A clock is told what time it is.
type clock struct {
	mu   sync.Mutex
	now  time.Time
	tick time.Duration
}

func newClock() *clock {
	return &clock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(c.tick)
	return c.now
}

// Tick makes the clock go on by d whenever it is looked at.
func (c *clock) Tick(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tick = d
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// parse reads a configuration that is valid.
func parse(t testing.TB, text string) config.Config {
	t.Helper()
	c, err := config.Parse([]byte(text), "config")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const plainConfig = `{"seeds":[{"kind":"static_list","params":{"urls":["http://example.com/"]}}]}`

func createJob(t testing.TB, s *store.Store, owner tenant.ID, text string) job.Job {
	t.Helper()
	j, err := s.CreateJob(t.Context(), owner, job.Job{Name: "a job", Labels: map[string]string{"team": "web"}}, parse(t, text), nil)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func createRun(t testing.TB, s *store.Store, owner tenant.ID, jobID uuid.UUID) run.Run {
	t.Helper()
	r, err := s.CreateRun(t.Context(), job.Ref{Tenant: owner, ID: jobID}, uuid.Nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// change applies actions that must succeed.
func change(t testing.TB, s *store.Store, owner tenant.ID, id uuid.UUID, actions ...run.Action) run.Run {
	t.Helper()
	var r run.Run
	for _, a := range actions {
		var err error
		if r, _, err = s.Transition(t.Context(), run.Ref{Tenant: owner, ID: id}, a, nil); err != nil {
			t.Fatalf("%s: %v", a, err)
		}
	}
	return r
}

// toStatus brings a new run of the job to a status.
func toStatus(t testing.TB, s *store.Store, owner tenant.ID, jobID uuid.UUID, status run.Status) run.Run {
	t.Helper()
	r := createRun(t, s, owner, jobID)
	actions := map[run.Status][]run.Action{
		run.Running:  {run.Start},
		run.Paused:   {run.Start, run.Pause},
		run.Finished: {run.Start, run.Stop},
	}[status]
	if len(actions) > 0 {
		r = change(t, s, owner, r.ID, actions...)
	}
	return r
}

func acquire(t testing.TB, s *store.Store, owner tenant.ID, id uuid.UUID, worker string) *run.Lease {
	t.Helper()
	l, err := s.Acquire(t.Context(), run.Ref{Tenant: owner, ID: id}, worker, 20*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func commit(t testing.TB, s *store.Store, l *run.Lease, parts ...string) {
	t.Helper()
	c := crawllog.Commit{Progress: l.Progress}
	for _, part := range parts {
		c.Parts = append(c.Parts, []byte(part))
		c.Progress.URLsFetched++
	}
	if err := s.Commit(t.Context(), l, c); err != nil {
		t.Fatal(err)
	}
}

// log returns the run's whole log.
func log(t testing.TB, s *store.Store, owner tenant.ID, id uuid.UUID) []string {
	t.Helper()
	var parts []string
	for part, err := range s.LogParts(t.Context(), run.Ref{Tenant: owner, ID: id}, 0) {
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, string(part.Data))
	}
	return parts
}

// due returns the ids of the runs that the sweep would wake at now.
func due(t testing.TB, s *store.Store, now time.Time) []uuid.UUID {
	t.Helper()
	messages, err := s.Due(t.Context(), now, 1000)
	if err != nil {
		t.Fatal(err)
	}
	var ids []uuid.UUID
	for _, m := range messages {
		ids = append(ids, m.ID)
	}
	return ids
}

func isDue(t testing.TB, s *store.Store, now time.Time, id uuid.UUID) bool {
	t.Helper()
	return slices.Contains(due(t, s, now), id)
}

func wantKind(t testing.TB, err error, kind fault.Kind) {
	t.Helper()
	if !fault.Is(err, kind) {
		t.Fatalf("error %v is not of kind %d", err, kind)
	}
}

func wantEqual(t testing.TB, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got, jsonText); diff != "" {
		t.Fatalf("-want +got:\n%s", diff)
	}
}

// jsonText shows configurations as text in differences.
var jsonText = cmp.Transformer("text", func(m json.RawMessage) string { return string(m) })
