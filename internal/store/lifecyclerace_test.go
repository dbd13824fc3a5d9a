package store_test

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/store/storetest"
)

// A result is that of one call of the race. The values of a common counter tell when the call began
// and ended.
type result struct {
	action     string
	start, end int64
	status     run.Status
	version    int64
	changed    bool
	err        error
}

func TestLifecycleRace(t *testing.T) {
	s := storetest.New(t)
	j := createJob(t, s, acme, plainConfig)
	for round := range 3 {
		r := createRunIn(t, s, acme, j.ID, run.Running)
		checkRace(t, r, raceOn(t, s, r.ID, uint64(round)))
	}
	// Each end subtracts one run from the job's unfinished runs. Otherwise the job could not be
	// deleted now, or could have been deleted while a run is unfinished.
	r := createRun(t, s, acme, j.ID)
	wantKind(t, s.DeleteJob(t.Context(), jobRef(j.ID), nil), fault.Conflict)
	transition(t, s, acme, r.ID, run.Stop)
	if err := s.DeleteJob(t.Context(), jobRef(j.ID), nil); err != nil {
		t.Fatal(err)
	}
}

// raceOn makes 32 clients change one run concurrently until it is deleted.
func raceOn(t *testing.T, s *store.Store, id uuid.UUID, seed uint64) []result {
	var ticks atomic.Int64
	var mu sync.Mutex
	var results []result
	var wg sync.WaitGroup
	for client := range 32 {
		random := rand.New(rand.NewPCG(seed, uint64(client)))
		wg.Go(func() {
			for i := range 5 {
				a := result{action: []string{"pause", "resume"}[random.IntN(2)]}
				if i == 3 && client%4 == 0 {
					a.action = "stop"
				}
				if i == 4 && client%8 == 0 {
					a.action = "delete"
				}
				a.start = ticks.Add(1)
				if a.action == "delete" {
					a.err = s.DeleteRun(t.Context(), runRef(id), nil)
				} else {
					var r run.Run
					r, a.changed, a.err = s.Transition(t.Context(), runRef(id), run.Action(a.action), nil)
					a.status, a.version = r.Status, r.Version
				}
				a.end = ticks.Add(1)
				mu.Lock()
				results = append(results, a)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return results
}

// checkRace checks that the results are those of some order of the calls in which a call that ended
// before another began comes first.
func checkRace(t *testing.T, r run.Run, results []result) {
	t.Helper()
	history := map[int64]run.Status{r.Version: r.Status}
	var changes []result
	var deletes []result
	for _, a := range results {
		switch {
		case a.changed:
			changes = append(changes, a)
		case a.action == "delete" && a.err == nil:
			deletes = append(deletes, a)
		}
	}
	if len(deletes) != 1 {
		t.Fatalf("%d deletes succeeded, want 1", len(deletes))
	}
	slices.SortFunc(changes, func(a, b result) int { return cmp.Compare(a.version, b.version) })
	last := r
	for _, a := range changes {
		next, changed, err := run.Apply(last, run.Action(a.action), run.Manual, time.Now())
		if err != nil || !changed || next.Version != a.version || next.Status != a.status {
			t.Fatalf("%s returned %s version %d after %s version %d", a.action, a.status, a.version, last.Status, last.Version)
		}
		history[a.version] = a.status
		last = next
	}
	for _, a := range results {
		// The versions that the run may have had during the call.
		low, high := r.Version, last.Version
		for _, c := range changes {
			if c.end < a.start {
				low = max(low, c.version)
			}
			if c.start > a.end {
				high = min(high, c.version-1)
			}
		}
		alive := deletes[0].end > a.start
		switch {
		case a.action == "delete" && a.err == nil, a.changed:
		case fault.Is(a.err, fault.NotFound):
			if deletes[0].start > a.end {
				t.Errorf("%s: NotFound before the delete", a.action)
			}
		case a.err == nil:
			if a.version < low || a.version > high || history[a.version] != a.status || !alive {
				t.Errorf("%s returned %s version %d, want a version from %d to %d", a.action, a.status, a.version, low, high)
			}
		case fault.Is(a.err, fault.Conflict):
			possible := false
			for v := low; v <= high; v++ {
				_, _, err := run.Apply(run.Run{Status: history[v]}, run.Action(a.action), run.Manual, time.Now())
				possible = possible || err != nil
			}
			if !possible || !alive {
				t.Errorf("%s is refused: %v", a.action, a.err)
			}
		default:
			t.Errorf("%s: %v", a.action, a.err)
		}
		if a.changed && deletes[0].end < a.start {
			t.Errorf("%s succeeded after the delete", a.action)
		}
	}
	t.Logf("%d changes", len(changes))
}
