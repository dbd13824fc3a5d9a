package store_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/store/storetest"
)

func TestCreateRun(t *testing.T) {
	now := newClock()
	s := storetest.New(t, store.WithClock(now.Now))
	ctx := t.Context()
	j := createJob(t, s, acme, plainConfig)
	id := uuid.MustParse("9c2b0000-0000-4000-8000-000000000001")
	created, err := s.CreateRun(ctx, jobRef(j.ID), id, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := run.Run{
		ID: id, JobID: j.ID, JobName: "a job", Status: run.Pending, Labels: j.Labels,
		Config:    parse(t, plainConfig).Resolve().Canonical(),
		CreatedAt: now.Now(), UpdatedAt: now.Now(), Version: 1,
	}
	wantEqual(t, created, want)
	read, err := s.Run(ctx, runRef(id))
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, read, want)

	_, err = s.CreateRun(ctx, jobRef(j.ID), id, nil)
	wantKind(t, err, fault.Conflict)
	_, err = s.CreateRun(ctx, job.Ref{Tenant: acme, ID: uuid.New()}, uuid.Nil, nil)
	wantKind(t, err, fault.NotFound)

	// A later change of the job does not change the run. It counts for the next run.
	changed := parse(t, `{"speed":{"concurrency":3}}`)
	patch := job.Patch{Labels: map[string]string{}, Config: &changed}
	if _, err := s.UpdateJob(ctx, jobRef(j.ID), patch, nil); err != nil {
		t.Fatal(err)
	}
	read, err = s.Run(ctx, runRef(id))
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, read, want)
	next := createRun(t, s, acme, j.ID)
	if len(next.Labels) > 0 || string(next.Config) != string(changed.Resolve().Canonical()) {
		t.Errorf("the next run is %+v", next)
	}
	if version := next.ID.Version(); version != 7 {
		t.Errorf("the new id has version %d, want 7", version)
	}
}

func TestRunOfAnotherTenant(t *testing.T) {
	s := storetest.New(t)
	ctx := t.Context()
	j := createJob(t, s, acme, plainConfig)
	r := createRun(t, s, acme, j.ID)
	_, err := s.Run(ctx, run.Ref{Tenant: rival, ID: r.ID})
	wantKind(t, err, fault.NotFound)
	_, err = s.Status(ctx, run.Ref{Tenant: rival, ID: r.ID})
	wantKind(t, err, fault.NotFound)
	_, _, err = s.Transition(ctx, run.Ref{Tenant: rival, ID: r.ID}, run.Stop, nil)
	wantKind(t, err, fault.NotFound)
	_, _, err = s.Abandon(ctx, run.Ref{Tenant: rival, ID: r.ID}, time.Now())
	wantKind(t, err, fault.NotFound)
	wantKind(t, s.DeleteRun(ctx, run.Ref{Tenant: rival, ID: r.ID}, nil), fault.NotFound)
	_, err = s.CreateRun(ctx, job.Ref{Tenant: rival, ID: j.ID}, uuid.Nil, nil)
	wantKind(t, err, fault.NotFound)
	_, err = s.Acquire(ctx, run.Ref{Tenant: rival, ID: r.ID}, "w", time.Minute)
	wantKind(t, err, fault.NotFound)
	if got := readLog(t, s, rival, r.ID); len(got) > 0 {
		t.Error(got)
	}
	read, err := s.Run(ctx, runRef(r.ID))
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, read, r)
}

func TestExclusiveUnderRace(t *testing.T) {
	s := storetest.New(t)
	const limit = 3
	j := createJob(t, s, acme, `{"starting_criteria":[{"kind":"exclusive","params":{"by":"job_id","limit":3}}]}`)
	var created atomic.Int32
	var wg sync.WaitGroup
	for range 12 {
		wg.Go(func() {
			_, err := s.CreateRun(t.Context(), jobRef(j.ID), uuid.Nil, nil)
			switch {
			case err == nil:
				created.Add(1)
			case !fault.Is(err, fault.Conflict):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if created.Load() != limit {
		t.Fatalf("%d unfinished runs, want %d", created.Load(), limit)
	}
	page, err := s.JobRuns(t.Context(), jobRef(j.ID), run.Filter{}, paging.Request{Limit: 100})
	if err != nil || len(page.Items) != limit {
		t.Fatal(page, err)
	}
	// Each way to end a run makes room for exactly one more.
	transition(t, s, acme, page.Items[0].ID, run.Stop)
	if err := s.DeleteRun(t.Context(), runRef(page.Items[1].ID), nil); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Abandon(t.Context(), runRef(page.Items[2].ID), time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := s.DeleteRun(t.Context(), runRef(page.Items[0].ID), nil); err != nil { // it was finished already
		t.Fatal(err)
	}
	for range limit {
		createRun(t, s, acme, j.ID)
	}
	_, err = s.CreateRun(t.Context(), jobRef(j.ID), uuid.Nil, nil)
	wantKind(t, err, fault.Conflict)
}
