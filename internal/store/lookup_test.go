package store_test

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store/storetest"
)

// A run of an earlier version shows the present name of its job, or none if the job is gone. A run
// of this version shows the name that its job had when the run was created.
func TestJobNameOfARun(t *testing.T) {
	s := storetest.New(t)
	ctx := t.Context()
	j := createJob(t, s, acme, plainConfig)
	kept := createRunIn(t, s, acme, j.ID, run.Finished)
	old := oldRuns(t, s, acme, j.ID, 3)
	jobless := oldRuns(t, s, acme, uuid.New(), 1)
	createJob(t, s, rival, plainConfig)
	name := "another name"
	if _, err := s.UpdateJob(ctx, jobRef(j.ID), job.Patch{Name: &name}, nil); err != nil {
		t.Fatal(err)
	}
	want := map[uuid.UUID]string{kept.ID: "a job", old[0].ID: name, old[1].ID: name, old[2].ID: name, jobless[0].ID: ""}
	for _, summary := range []bool{false, true} {
		page, err := s.Runs(ctx, acme, run.Filter{}, paging.Request{Limit: 10, Summary: summary})
		if err != nil || len(page.Items) != len(want) {
			t.Fatal(len(page.Items), err)
		}
		for _, r := range page.Items {
			if r.JobName != want[r.ID] || (r.Config == nil) != summary {
				t.Errorf("the list shows %+v, want the job name %q", r, want[r.ID])
			}
		}
	}
	for id, name := range want {
		if id == kept.ID {
			continue // it is checked below
		}
		if r, err := s.Run(ctx, runRef(id)); err != nil || r.JobName != name {
			t.Errorf("the job name is %q (%v), want %q", r.JobName, err, name)
		}
	}
	if r := transition(t, s, acme, kept.ID, run.Stop); r.JobName != "a job" {
		t.Errorf("the job name is %q after a transition", r.JobName)
	}
}

func TestLargestConfig(t *testing.T) {
	s := storetest.New(t)
	urls := ""
	for len(urls) < config.MaxBytes-4096 {
		urls += `"http://example.com/` + uuid.NewString() + strings.Repeat("a", 200) + `",`
	}
	j := createJob(t, s, acme, `{"seeds":[{"kind":"static_list","params":{"urls":[`+urls+`"http://example.com/"]}}]}`)
	r := createRun(t, s, acme, j.ID)
	read, err := s.Run(t.Context(), runRef(r.ID))
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, read, r)
}

// A job whose configuration breaks a rule of a later version creates no run, and the error says
// why.
func TestOutdatedConfig(t *testing.T) {
	s := storetest.New(t)
	j := createJob(t, s, acme, plainConfig)
	if err := s.SpoilConfig(t.Context(), acme, j.ID); err != nil {
		t.Fatal(err)
	}
	_, err := s.WithClient().CreateRun(t.Context(), jobRef(j.ID), uuid.Nil, nil)
	wantReason(t, err, fault.ReasonConfigOutdated)
}
