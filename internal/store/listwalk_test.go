package store_test

import (
	"bytes"
	"cmp"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store/storetest"
)

// A walk shows a run exactly once if it existed before the walk and was not deleted, whatever else
// changes meanwhile.
func TestWalkWhileRunsChange(t *testing.T) {
	s := storetest.New(t)
	j := createJob(t, s, acme, plainConfig)
	var old []run.Run
	for range 30 {
		old = append(old, createRunIn(t, s, acme, j.ID, run.Running))
	}
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for worker := range 2 {
		random := rand.New(rand.NewPCG(1, uint64(worker)))
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				r := createRun(t, s, acme, j.ID)
				if err := s.DeleteRun(t.Context(), runRef(r.ID), nil); err != nil {
					t.Error(err)
				}
				id := old[random.IntN(len(old))].ID
				_, _, err := s.Transition(t.Context(), runRef(id), []run.Action{run.Pause, run.Resume}[random.IntN(2)], nil)
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	for name, f := range map[string]run.Filter{
		"all":      {},
		"jobs":     {JobIDs: []uuid.UUID{j.ID, uuid.New()}},
		"statuses": {Statuses: []run.Status{run.Running, run.Paused, run.Finished}}, // runs only move between two of them
		"label":    {Labels: map[string]string{"team": "web"}},
	} {
		for _, limit := range []int{2, 7} {
			t.Run(fmt.Sprintf("%s in pages of %d", name, limit), func(t *testing.T) {
				got, _ := walk(t, s, acme, f, always(limit))
				shown := map[uuid.UUID]int{}
				for i, r := range got {
					shown[r.ID]++
					// Two runs may be created in the same microsecond.
					if i > 0 && cmp.Or(r.CreatedAt.Compare(got[i-1].CreatedAt), bytes.Compare(r.ID[:], got[i-1].ID[:])) >= 0 {
						t.Errorf("run %s of %s follows run %s of %s", r.ID, r.CreatedAt, got[i-1].ID, got[i-1].CreatedAt)
					}
				}
				for _, r := range old {
					// A run that moves between partitions during the walk may be missed.
					if n := shown[r.ID]; n > 1 || n == 0 && len(f.Statuses) == 0 {
						t.Errorf("a run is shown %d times", n)
					}
				}
			})
		}
	}
	close(stop)
	wg.Wait()
}

func TestForeignCursor(t *testing.T) {
	s := storetest.New(t)
	ctx := t.Context()
	j := createJob(t, s, acme, plainConfig)
	other := createJob(t, s, acme, plainConfig)
	for range 3 {
		createRun(t, s, acme, j.ID)
	}
	p, err := s.JobRuns(ctx, jobRef(j.ID), run.Filter{}, paging.Request{Limit: 1})
	if err != nil || p.Next == "" {
		t.Fatal(p, err)
	}
	request := paging.Request{Limit: 2, Cursor: p.Next}
	if p, err = s.JobRuns(ctx, jobRef(j.ID), run.Filter{}, request); err != nil || len(p.Items) != 2 || p.Next != "" {
		t.Fatal(p, err)
	}
	_, err = s.JobRuns(ctx, jobRef(other.ID), run.Filter{}, request)
	wantKind(t, err, fault.Invalid)
	_, err = s.JobRuns(ctx, jobRef(j.ID), run.Filter{Statuses: []run.Status{run.Pending}}, request)
	wantKind(t, err, fault.Invalid)
	_, err = s.Runs(ctx, acme, run.Filter{JobIDs: []uuid.UUID{j.ID}}, request)
	wantKind(t, err, fault.Invalid)
	_, err = s.Runs(ctx, rival, run.Filter{JobIDs: []uuid.UUID{j.ID}}, request)
	wantKind(t, err, fault.Invalid)
	_, err = s.Jobs(ctx, acme, job.Filter{}, request)
	wantKind(t, err, fault.Invalid)
}
