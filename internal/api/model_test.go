package api_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/tenant"
)

var (
	modelSeed = flag.Uint64("model.seed", 0, "seed of TestModel; 0 means a seed from the clock")
	modelOps  = flag.Int("model.ops", 1000, "operations of each machine of TestModel")
)

// TestModel performs random operations of two tenants over HTTP, and compares each response with
// that of a model, which consists of maps. The model's clock is also the store's. It often stands
// still, so that runs are created at the same time. Several machines run in parallel, each with a
// table of its own, to save time.
func TestModel(t *testing.T) {
	seed := *modelSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	for n := range uint64(3) {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			runModel(t, seed, n)
		})
	}
}

func runModel(t *testing.T, seed, stream uint64) {
	m := &machine{
		rng:    rand.New(rand.NewPCG(seed, stream)),
		now:    time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC),
		worlds: map[tenant.ID]*world{"acme": newWorld(), "Acme": newWorld()},
		done:   map[string]int{},
	}
	m.service = newService(t, store.WithClock(func() time.Time { return m.now }), store.WithBackfillGrace(0))
	if stream > 0 { // lists use index entries only after a backfill
		if done, err := m.store.Backfill(t.Context(), 1, m.now.Add(time.Hour)); !done || err != nil {
			t.Fatal(done, err)
		}
	}
	for op := range *modelOps {
		m.step()
		if t.Failed() {
			t.Fatalf("failed after %d operations; repeat with -run %s -model.seed=%d; the last operations:\n%s",
				op+1, t.Name(), seed, strings.Join(m.trace, "\n"))
		}
	}
	t.Logf("%d operations (%d calls) agree with the model, seed %d: %v", *modelOps, m.calls, seed, m.done)
	for _, o := range operations {
		if m.done[o.name] == 0 && *modelOps >= 1000 {
			t.Errorf("%s was never performed", o.name)
		}
	}
}

// A machine performs operations on the service and on the model.
type machine struct {
	*service
	rng     *rand.Rand
	now     time.Time
	worlds  map[tenant.ID]*world
	walks   []*walk
	cursors []cursor
	trace   []string
	done    map[string]int // number of operations by name
	calls   int
}

// A world is the model of one tenant.
type world struct {
	jobs     map[uuid.UUID]*jobBody
	runs     map[uuid.UUID]*runBody
	unpurged map[uuid.UUID]bool // deleted runs whose logs are not purged
	deleted  []uuid.UUID        // ids of deleted jobs and runs
}

func newWorld() *world {
	return &world{jobs: map[uuid.UUID]*jobBody{}, runs: map[uuid.UUID]*runBody{}, unpurged: map[uuid.UUID]bool{}}
}

func (w *world) unfinished(job uuid.UUID) (n int) {
	for _, r := range w.runs {
		if r.JobID == job && r.Status != run.Finished {
			n++
		}
	}
	return n
}

// The bounds keep lists short.
const (
	maxJobs = 6
	maxRuns = 60
)

var operations = []struct {
	name   string
	weight int
	do     func(*machine, client, *world)
}{
	{"create job", 4, (*machine).createJob},
	{"update job", 3, (*machine).updateJob},
	{"get job", 3, (*machine).getJob},
	{"delete job", 2, (*machine).deleteJob},
	{"create run", 20, (*machine).createRun},
	{"start", 10, (*machine).start},
	{"transition", 18, (*machine).transition},
	{"get run", 5, (*machine).getRun},
	{"delete run", 4, (*machine).deleteRun},
	{"purge", 2, (*machine).purge},
	{"list", 12, (*machine).list},
	{"walk all", 3, (*machine).walkAll},
	{"continue walk", 15, (*machine).continueWalk},
	{"foreign cursor", 6, (*machine).foreignCursor},
	{"damaged cursor", 5, (*machine).damagedCursor},
}

func (m *machine) step() {
	if m.rng.IntN(3) == 0 {
		m.now = m.now.Add(time.Duration(1+m.rng.IntN(3)) * time.Microsecond)
	}
	total := 0
	for _, o := range operations {
		total += o.weight
	}
	n := m.rng.IntN(total)
	for _, o := range operations {
		if n -= o.weight; n < 0 {
			t := []tenant.ID{"acme", "Acme"}[m.rng.IntN(2)]
			m.done[o.name]++
			o.do(m, m.as(t), m.worlds[t])
			return
		}
	}
}

// call calls the service, and fails the test if the status differs.
func (m *machine) call(c client, want int, method, path string, body any) response {
	m.t.Helper()
	r := c.do(method, path, body)
	text, _ := json.Marshal(body)
	what := fmt.Sprintf("%s %s %s: %d", method, path, text, r.status)
	m.record(c, what)
	m.calls++
	if r.status != want {
		m.t.Errorf("%s: %s %s, want %d", c.tenant, what, r.body, want)
	}
	return r
}

func (m *machine) record(c client, what string) {
	m.trace = append(m.trace, fmt.Sprintf("%s: %s", c.tenant, what))
	m.trace = m.trace[max(0, len(m.trace)-30):]
}

func (m *machine) same(what string, want, got any) {
	m.t.Helper()
	if reflect.DeepEqual(want, got) {
		return // faster than cmp
	}
	if d := gocmp.Diff(want, got); d != "" {
		m.t.Errorf("%s (-model +response):\n%s", what, d)
	}
}

// oneIn reports true in one of n cases.
func (m *machine) oneIn(n int) bool { return m.rng.IntN(n) == 0 }

func pick[T any](m *machine, all []T) T { return all[m.rng.IntN(len(all))] }

func (m *machine) newID() uuid.UUID {
	var id uuid.UUID
	for i := range id {
		id[i] = byte(m.rng.Uint32())
	}
	return id
}

// someID returns an id. Mostly it is in the world. Otherwise it belongs to the other tenant, or is
// deleted, or unused.
func someID[T any](m *machine, w *world, of func(*world) map[uuid.UUID]T) uuid.UUID {
	from := sortedIDs(of(w))
	if m.oneIn(10) {
		other := m.worlds["acme"]
		if other == w {
			other = m.worlds["Acme"]
		}
		from = append(sortedIDs(of(other)), w.deleted...)
	}
	if len(from) == 0 {
		return m.newID()
	}
	return pick(m, from)
}

func (m *machine) someJob(w *world) uuid.UUID {
	return someID(m, w, func(w *world) map[uuid.UUID]*jobBody { return w.jobs })
}

func (m *machine) someRun(w *world) uuid.UUID {
	return someID(m, w, func(w *world) map[uuid.UUID]*runBody { return w.runs })
}

func sortedIDs[T any](all map[uuid.UUID]T) []uuid.UUID {
	return slices.SortedFunc(maps.Keys(all), func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
}
