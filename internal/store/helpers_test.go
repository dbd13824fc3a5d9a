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
	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/tenant"
)

func TestMain(m *testing.M) { dynamotest.Main(m) }

const (
	acme  = tenant.ID("acme")
	rival = tenant.ID("acme.") // begins with the name of the other tenant
)

// A clock shows the time that the test sets.
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

// Tick makes the clock advance by d whenever it is read.
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

// parse parses a valid configuration.
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

// transition applies actions that must succeed.
func transition(t testing.TB, s *store.Store, owner tenant.ID, id uuid.UUID, actions ...run.Action) run.Run {
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

// createRunIn creates a run of the job and brings it to the status.
func createRunIn(t testing.TB, s *store.Store, owner tenant.ID, jobID uuid.UUID, status run.Status) run.Run {
	t.Helper()
	r := createRun(t, s, owner, jobID)
	actions := map[run.Status][]run.Action{
		run.Running:  {run.Start},
		run.Paused:   {run.Start, run.Pause},
		run.Finished: {run.Start, run.Stop},
	}[status]
	if len(actions) > 0 {
		r = transition(t, s, owner, r.ID, actions...)
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

// readLog returns all parts of the run's log.
func readLog(t testing.TB, s *store.Store, owner tenant.ID, id uuid.UUID) []string {
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
	refs, err := s.Due(t.Context(), now, 1000)
	if err != nil {
		t.Fatal(err)
	}
	var ids []uuid.UUID
	for _, ref := range refs {
		ids = append(ids, ref.ID)
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
		t.Fatalf("got the error %v, want one of kind %d", err, kind)
	}
}

func wantEqual(t testing.TB, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got, jsonText); diff != "" {
		t.Fatalf("-want +got:\n%s", diff)
	}
}

// jsonText makes differences show configurations as text.
var jsonText = cmp.Transformer("text", func(m json.RawMessage) string { return string(m) })

// walk returns the runs of all pages, and how many pages there were.
func walk(t testing.TB, s *store.Store, owner tenant.ID, f run.Filter, limit func() int) (runs []run.Run, pages int) {
	t.Helper()
	request := paging.Request{Limit: limit()}
	for {
		page, err := s.Runs(t.Context(), owner, f, request)
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Items) > request.Limit {
			t.Fatalf("%d items on a page of %d", len(page.Items), request.Limit)
		}
		runs = append(runs, page.Items...)
		if pages++; page.Next == "" {
			return runs, pages
		}
		if pages > 10_000 {
			t.Fatal("the walk does not end")
		}
		request = paging.Request{Limit: limit(), Cursor: page.Next}
	}
}

func always(n int) func() int { return func() int { return n } }

func idsOf(runs []run.Run) []uuid.UUID {
	ids := []uuid.UUID{}
	for _, r := range runs {
		ids = append(ids, r.ID)
	}
	return ids
}

// makeRuns returns n runs of a job that were created a second apart, the most recent first. change
// may change each.
func makeRuns(jobID uuid.UUID, n int, change func(i int, r *run.Run)) []run.Run {
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	runs := make([]run.Run, n)
	for i := range runs {
		at := begin.Add(time.Duration(n-i) * time.Second)
		runs[i] = run.Run{
			ID: uuid.New(), JobID: jobID, Status: run.Running, Labels: map[string]string{},
			CreatedAt: at, StartedAt: at, UpdatedAt: at, Version: 2,
		}
		if change != nil {
			change(i, &runs[i])
		}
	}
	return runs
}

// storeRuns stores runs like an earlier version, without entries.
func storeRuns(t testing.TB, s *store.Store, owner tenant.ID, runs []run.Run) {
	t.Helper()
	if err := s.PutRuns(t.Context(), owner, parse(t, plainConfig), runs); err != nil {
		t.Fatal(err)
	}
}

// entriesOf returns the keys of all entries.
func entriesOf(t *testing.T, s *store.Store) []string {
	t.Helper()
	keys, err := s.Entries(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func wantReason(t testing.TB, err error, reason fault.Reason) {
	t.Helper()
	if !fault.IsBecause(err, reason) {
		t.Errorf("got %v, want the reason %s", err, reason)
	}
}

func runRef(id uuid.UUID) run.Ref { return run.Ref{Tenant: acme, ID: id} }

func jobRef(id uuid.UUID) job.Ref { return job.Ref{Tenant: acme, ID: id} }
