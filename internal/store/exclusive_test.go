package store_test

import (
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/store/storetest"
	"github.com/inndx/runs/internal/tenant"
)

// jobWith creates a job with the labels.
func jobWith(t *testing.T, s *store.Store, owner tenant.ID, labels map[string]string, config string) job.Job {
	t.Helper()
	j, err := s.CreateJob(t.Context(), owner, job.Job{Name: "a job", Labels: labels}, parse(t, config), nil)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

const (
	evil     = tenant.ID("evil")
	byTenant = `{"starting_criteria":[{"kind":"exclusive","params":{"by":"tenant_id","limit":3}}]}`
	byLabels = `{"starting_criteria":[{"kind":"exclusive","params":{"limit":3}}]}`
)

// Runs of several jobs that are created at once do not exceed the limit, and each way to end one
// makes room for exactly one more.
func TestExclusiveOfSeveralJobsUnderRace(t *testing.T) {
	for name, config := range map[string]string{"tenant": byTenant, "labels": byLabels} {
		t.Run(name, func(t *testing.T) {
			s := storetest.New(t)
			labels := map[string]string{"team": "web", "lang": "é"}
			jobs := []job.Job{jobWith(t, s, acme, labels, config), jobWith(t, s, acme, maps.Clone(labels), config)}
			const limit = 3
			var mu sync.Mutex
			var created []uuid.UUID
			var wg sync.WaitGroup
			for i := range 10 {
				wg.Go(func() {
					var r run.Run
					var err error
					if i < 8 {
						r, err = s.CreateRun(t.Context(), jobRef(jobs[i%2].ID), uuid.Nil, nil)
					} else {
						_, r, err = s.CreateJobAndRun(t.Context(), acme, job.Job{Name: "a job", Labels: labels}, parse(t, config), nil)
					}
					switch {
					case err == nil:
						mu.Lock()
						created = append(created, r.ID)
						mu.Unlock()
					case !fault.IsBecause(err, fault.ReasonExclusive):
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if len(created) != limit {
				t.Fatalf("%d unfinished runs, want %d", len(created), limit)
			}
			transition(t, s, acme, created[0], run.Stop)
			if err := s.DeleteRun(t.Context(), runRef(created[1]), nil); err != nil {
				t.Fatal(err)
			}
			if _, _, err := s.Abandon(t.Context(), runRef(created[2]), time.Now()); err != nil {
				t.Fatal(err)
			}
			for range limit {
				createRun(t, s, acme, jobs[1].ID)
			}
			_, err := s.CreateRun(t.Context(), jobRef(jobs[0].ID), uuid.Nil, nil)
			wantExclusive(t, err)
		})
	}
}

func wantExclusive(t *testing.T, err error) {
	t.Helper()
	if !fault.IsBecause(err, fault.ReasonExclusive) {
		t.Errorf("got %v, want a refusal", err)
	}
}

// What counts depends on by. A run of a job without the criterion counts, and is never refused.
func TestExclusiveCounts(t *testing.T) {
	s := storetest.New(t)
	web := map[string]string{"team": "web"}
	free := jobWith(t, s, acme, web, `{}`)
	labelled := jobWith(t, s, acme, web, `{"starting_criteria":[{"kind":"exclusive"}]}`)
	other := jobWith(t, s, acme, map[string]string{"team": "web", "x": "y"}, `{"starting_criteria":[{"kind":"exclusive"}]}`)
	bare := jobWith(t, s, acme, nil, `{"starting_criteria":[{"kind":"exclusive"}]}`)
	whole := jobWith(t, s, acme, nil, `{"starting_criteria":[{"kind":"exclusive","params":{"by":"tenant_id"}}]}`)
	foreign := jobWith(t, s, evil, web, `{"starting_criteria":[{"kind":"exclusive","params":{"by":"tenant_id"}}]}`)
	create := func(j job.Job) error {
		_, err := s.CreateRun(t.Context(), jobRef(j.ID), uuid.Nil, nil)
		return err
	}
	for range 3 {
		createRun(t, s, acme, free.ID) // never refused
	}
	wantExclusive(t, create(labelled))
	wantExclusive(t, create(whole))
	createRun(t, s, acme, other.ID)
	createRun(t, s, acme, bare.ID)
	wantExclusive(t, create(other))
	wantExclusive(t, create(bare))
	createRun(t, s, evil, foreign.ID) // of another tenant
}

// A run that the exclusion no longer lists is found in the index.
func TestExclusiveAfterTheExclusionExpired(t *testing.T) {
	s := storetest.New(t)
	j := jobWith(t, s, acme, nil, `{"starting_criteria":[{"kind":"exclusive","params":{"by":"tenant_id"}}]}`)
	r := createRunIn(t, s, acme, j.ID, run.Paused)
	if err := s.DeleteExclusions(t.Context(), acme); err != nil {
		t.Fatal(err)
	}
	_, err := s.CreateRun(t.Context(), jobRef(j.ID), uuid.Nil, nil)
	wantExclusive(t, err)
	transition(t, s, acme, r.ID, run.Stop)
	createRun(t, s, acme, j.ID)
}

// The list of the exclusion alone refuses a run, as an index that is behind would not.
func TestExclusiveDoesNotNeedTheIndex(t *testing.T) {
	s := storetest.New(t)
	j := jobWith(t, s, acme, nil, `{"starting_criteria":[{"kind":"exclusive","params":{"by":"tenant_id"}}]}`)
	r := createRun(t, s, acme, j.ID)
	if err := s.HideFromStatusIndex(t.Context(), runRef(r.ID)); err != nil {
		t.Fatal(err)
	}
	_, err := s.CreateRun(t.Context(), jobRef(j.ID), uuid.Nil, nil)
	wantExclusive(t, err)
}
