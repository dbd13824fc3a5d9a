package store_test

import (
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

func TestEnsureTableTwice(t *testing.T) {
	s := storetest.New(t)
	if err := s.EnsureTable(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestJobLife(t *testing.T) {
	now := newClock()
	s := storetest.New(t, store.WithClock(now.Now))
	ctx := t.Context()
	cfg := parse(t, plainConfig)
	given := job.Job{
		ID:     uuid.MustParse("3f1a0000-0000-4000-8000-000000000001"),
		Name:   "news",
		Labels: map[string]string{"team": "web", "note": "", "a.b c": "é"},
	}
	created, err := s.CreateJob(ctx, acme, given, cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := given
	want.Config, want.CreatedAt, want.UpdatedAt = cfg.Canonical(), now.Now(), now.Now()
	wantEqual(t, created, want)

	_, err = s.CreateJob(ctx, acme, given, cfg, nil)
	wantKind(t, err, fault.Conflict)
	if _, err = s.CreateJob(ctx, rival, given, cfg, nil); err != nil {
		t.Fatal("another tenant cannot use the same id:", err)
	}

	// The clock stands still, but the time of the update is later.
	name, text := "papers", `{"speed":{"concurrency":3}}`
	changed := parse(t, text)
	updated, err := s.UpdateJob(ctx, jobRef(given.ID), job.Patch{
		Name: &name, Labels: map[string]string{}, Config: &changed,
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want.Name, want.Labels, want.Config = name, map[string]string{}, changed.Canonical()
	want.UpdatedAt = want.CreatedAt.Add(time.Microsecond)
	wantEqual(t, updated, want)
	read, err := s.Job(ctx, jobRef(given.ID))
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, read, want)
	// A patch changes only the members that it has.
	patch := job.Patch{Labels: map[string]string{"x": "y", "empty": ""}}
	if updated, err = s.UpdateJob(ctx, jobRef(given.ID), patch, nil); err != nil {
		t.Fatal(err)
	}
	want.Labels, want.UpdatedAt = patch.Labels, want.UpdatedAt.Add(time.Microsecond)
	wantEqual(t, updated, want)
	if read, err = s.Job(ctx, jobRef(given.ID)); err != nil {
		t.Fatal(err)
	}
	wantEqual(t, read, want)

	if err := s.DeleteJob(ctx, jobRef(given.ID), nil); err != nil {
		t.Fatal(err)
	}
	_, err = s.Job(ctx, jobRef(given.ID))
	wantKind(t, err, fault.NotFound)
	wantKind(t, s.DeleteJob(ctx, jobRef(given.ID), nil), fault.NotFound)
	_, err = s.UpdateJob(ctx, jobRef(given.ID), job.Patch{Name: &name}, nil)
	wantKind(t, err, fault.NotFound)
	if _, err := s.Job(ctx, job.Ref{Tenant: rival, ID: given.ID}); err != nil {
		t.Fatal("the job of the other tenant is gone too:", err)
	}
}

func TestDeleteJobWithUnfinishedRuns(t *testing.T) {
	s := storetest.New(t)
	ctx := t.Context()
	j, first, err := s.CreateJobAndRun(ctx, acme, job.Job{Name: "n"}, parse(t, plainConfig), nil)
	if err != nil {
		t.Fatal(err)
	}
	second := createRunIn(t, s, acme, j.ID, run.Paused)
	wantKind(t, s.DeleteJob(ctx, jobRef(j.ID), nil), fault.Conflict)
	transition(t, s, acme, first.ID, run.Stop)
	wantKind(t, s.DeleteJob(ctx, jobRef(j.ID), nil), fault.Conflict)
	if err := s.DeleteRun(ctx, runRef(second.ID), nil); err != nil {
		t.Fatal(err)
	}
	if err := s.DeleteJob(ctx, jobRef(j.ID), nil); err != nil {
		t.Fatal(err)
	}
	// The finished runs of the job stay.
	if _, err := s.Run(ctx, runRef(first.ID)); err != nil {
		t.Fatal(err)
	}
	page, err := s.Runs(ctx, acme, run.Filter{JobIDs: []uuid.UUID{j.ID}}, paging.Request{Limit: 10})
	if err != nil || len(page.Items) != 1 {
		t.Fatal(page, err)
	}
	_, err = s.JobRuns(ctx, jobRef(j.ID), run.Filter{}, paging.Request{Limit: 10})
	wantKind(t, err, fault.NotFound)
	_, err = s.CreateRun(ctx, jobRef(j.ID), uuid.Nil, nil)
	wantKind(t, err, fault.NotFound)
}

func TestCreateJobAndRun(t *testing.T) {
	s := storetest.New(t)
	ctx := t.Context()
	cfg := parse(t, plainConfig)
	j, r, err := s.CreateJobAndRun(ctx, acme, job.Job{Name: "n", Labels: map[string]string{"a": "b"}}, cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.JobID != j.ID || r.Status != run.Pending || string(r.Config) != string(cfg.Resolve().Canonical()) {
		t.Errorf("the first run of the job is %+v", r)
	}
	read, err := s.Run(ctx, runRef(r.ID))
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, read, r)
	if !isDue(t, s, time.Now(), r.ID) {
		t.Error("the run would never be woken")
	}
	// If the id of the job exists, no run is created either.
	_, _, err = s.CreateJobAndRun(ctx, acme, job.Job{ID: j.ID, Name: "n"}, cfg, nil)
	wantKind(t, err, fault.Conflict)
	page, err := s.Runs(ctx, acme, run.Filter{}, paging.Request{Limit: 10})
	if err != nil || len(page.Items) != 1 {
		t.Fatal(page, err)
	}
}
