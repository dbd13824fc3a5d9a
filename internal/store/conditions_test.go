package store_test

import (
	"errors"
	"testing"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/store/storetest"
)

var errChanged = errors.New("changed")

// unchanged returns a check that succeeds while its argument has the stamp that the first argument
// had. The first check calls other, which stands for another writer, before it succeeds.
func unchanged[T any](t *testing.T, stamp func(T) string, other func()) (check func(T) error, calls *int) {
	calls = new(int)
	var first string
	return func(v T) error {
		t.Helper()
		*calls++
		if *calls == 1 {
			first = stamp(v)
			other()
			return nil
		}
		if stamp(v) != first {
			return errChanged
		}
		return nil
	}, calls
}

// A change with a check is not made if another writer changes the run or its progress between the
// check and the write.
func TestChecksOfRunsHoldAtTheWrite(t *testing.T) {
	s := storetest.New(t)
	j := createJob(t, s, acme, plainConfig)
	stamp := func(r run.Run) string {
		return string(r.Status) + r.UpdatedAt.String() + string(rune('0'+r.Progress.URLsFetched))
	}
	for name, change := range map[string]struct {
		from run.Status
		do   func(id uuid.UUID, check func(run.Run) error) error
	}{
		"pause":  {run.Running, changeIf(t, s, run.Pause)},
		"resume": {run.Paused, changeIf(t, s, run.Resume)},
		"stop":   {run.Running, changeIf(t, s, run.Stop)},
		"delete": {run.Running, func(id uuid.UUID, check func(run.Run) error) error {
			return s.DeleteRun(t.Context(), runRef(id), check)
		}},
	} {
		for what, other := range map[string]func(id uuid.UUID){
			"status":   func(id uuid.UUID) { toggle(t, s, id) },
			"progress": func(id uuid.UUID) { fetchOne(t, s, id) },
			"nothing":  func(uuid.UUID) {},
		} {
			t.Run(name+" and "+what, func(t *testing.T) {
				id := createRunIn(t, s, acme, j.ID, change.from).ID
				check, calls := unchanged(t, stamp, func() { other(id) })
				err := change.do(id, check)
				if what == "nothing" {
					if err != nil || *calls != 1 {
						t.Errorf("got %v after %d checks, want success after one", err, *calls)
					}
					return
				}
				if !errors.Is(err, errChanged) || *calls != 2 {
					t.Errorf("got %v after %d checks, want the error of the second", err, *calls)
				}
				if _, err := s.Run(t.Context(), runRef(id)); err != nil {
					t.Error(err)
				}
			})
		}
	}
	// The check is called even if there is nothing to change.
	paused := createRunIn(t, s, acme, j.ID, run.Paused)
	err := changeIf(t, s, run.Pause)(paused.ID, func(run.Run) error { return errChanged })
	if !errors.Is(err, errChanged) {
		t.Errorf("got %v for a pause of a paused run, want the error of the check", err)
	}
}

func changeIf(t *testing.T, s *store.Store, a run.Action) func(uuid.UUID, func(run.Run) error) error {
	return func(id uuid.UUID, check func(run.Run) error) error {
		_, _, err := s.Transition(t.Context(), runRef(id), a, check)
		return err
	}
}

// toggle pauses and resumes a running run, or resumes and pauses a paused run.
func toggle(t *testing.T, s *store.Store, id uuid.UUID) {
	t.Helper()
	r, err := s.Run(t.Context(), runRef(id))
	if err != nil {
		t.Fatal(err)
	}
	if r.Status == run.Running {
		transition(t, s, acme, id, run.Pause, run.Resume)
	} else {
		transition(t, s, acme, id, run.Resume, run.Pause)
	}
}

// fetchOne records the fetch of a URL.
func fetchOne(t *testing.T, s *store.Store, id uuid.UUID) {
	t.Helper()
	l := acquire(t, s, acme, id, "worker")
	next := l.Progress
	next.URLsFetched++
	if err := s.Commit(t.Context(), l, crawllog.Commit{Parts: [][]byte{[]byte("part")}, Progress: next}); err != nil {
		t.Fatal(err)
	}
}

// A change with a check is not made if another writer changes the job between the check and the
// write.
func TestChecksOfJobsHoldAtTheWrite(t *testing.T) {
	s := storetest.New(t)
	stamp := func(j job.Job) string { return j.Name + j.UpdatedAt.String() }
	name := "renamed"
	for what, do := range map[string]func(id uuid.UUID, check func(job.Job) error) error{
		"update": func(id uuid.UUID, check func(job.Job) error) error {
			_, err := s.UpdateJob(t.Context(), jobRef(id), job.Patch{Labels: map[string]string{"a": "b"}}, check)
			return err
		},
		"delete": func(id uuid.UUID, check func(job.Job) error) error {
			return s.DeleteJob(t.Context(), jobRef(id), check)
		},
	} {
		t.Run(what, func(t *testing.T) {
			j := createJob(t, s, acme, plainConfig)
			check, calls := unchanged(t, stamp, func() {
				if _, err := s.UpdateJob(t.Context(), jobRef(j.ID), job.Patch{Name: &name}, nil); err != nil {
					t.Fatal(err)
				}
			})
			if err := do(j.ID, check); !errors.Is(err, errChanged) || *calls != 2 {
				t.Errorf("got %v after %d checks, want the error of the second", err, *calls)
			}
			got, err := s.Job(t.Context(), jobRef(j.ID))
			if err != nil || got.Name != name || got.Labels["a"] != "" {
				t.Errorf("got %+v, %v", got, err)
			}
			check, _ = unchanged(t, stamp, func() {})
			if err := do(j.ID, check); err != nil {
				t.Error(err)
			}
		})
	}
	j := createJob(t, s, acme, plainConfig)
	createRun(t, s, acme, j.ID)
	err := s.DeleteJob(t.Context(), jobRef(j.ID), func(job.Job) error { return errChanged })
	wantReason(t, err, fault.ReasonUnfinishedRuns) // comes before the check
}
