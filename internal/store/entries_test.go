package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/store/storetest"
)

// A run has an entry for each label from its creation on, and one for its stop reason from its end
// on. A deleted run has none.
func TestEntriesDuringTheLifeOfARun(t *testing.T) {
	now := newClock()
	s := storetest.New(t, store.WithClock(now.Now), store.WithRetention(day))
	ctx := t.Context()
	labels := map[string]string{"team": "web", "env": "", "web": "team"}
	j, first, err := s.CreateJobAndRun(ctx, acme, job.Job{Name: "a job", Labels: labels}, parse(t, plainConfig), nil)
	if err != nil {
		t.Fatal(err)
	}
	second := createRun(t, s, acme, j.ID)
	counts := func(when string, label, reason int) {
		t.Helper()
		got := map[string]int{}
		for _, key := range entriesOf(t, s) {
			got[strings.Split(key, "#")[3]]++
		}
		if got["LABEL"] != label || got["STOP_REASON"] != reason {
			t.Errorf("when %s: %v, want %d entries of labels and %d of stop reasons", when, got, label, reason)
		}
	}
	counts("two runs are created", 6, 0)
	transition(t, s, acme, first.ID, run.Start, run.Pause, run.Resume)
	counts("one is started", 6, 0)
	transition(t, s, acme, first.ID, run.Stop, run.Stop)
	now.Advance(time.Second)
	if _, _, err := s.Abandon(ctx, runRef(second.ID), now.Now()); err != nil {
		t.Fatal(err)
	}
	counts("both are finished", 6, 2)
	if err := s.DeleteRun(ctx, runRef(first.ID), nil); err != nil {
		t.Fatal(err)
	}
	counts("one is deleted", 3, 1)
	now.Advance(2 * day)
	if expired, err := s.Expire(ctx, runRef(second.ID)); !expired || err != nil {
		t.Fatal(expired, err)
	}
	counts("the other is expired", 0, 0)
}

// A job with the maximal number of labels of maximal length has runs like any other job.
func TestEntriesOfMaxLabels(t *testing.T) {
	s := storetest.New(t)
	ctx := t.Context()
	labels := map[string]string{}
	for n := range job.MaxLabels {
		key := fmt.Sprintf("%02d%s", n, strings.Repeat("ä", job.MaxLabelKeyLength-2))
		labels[key] = strings.Repeat("ü", job.MaxLabelValueLength)
	}
	_, r, err := s.CreateJobAndRun(ctx, acme, job.Job{Name: "a job", Labels: labels}, parse(t, plainConfig), nil)
	if err != nil {
		t.Fatal(err)
	}
	transition(t, s, acme, r.ID, run.Stop)
	if n := len(entriesOf(t, s)); n != job.MaxLabels+1 {
		t.Errorf("%d entries, want %d", n, job.MaxLabels+1)
	}
	got, _ := walk(t, s.RelyingOnEntries(true), acme, run.Filter{Labels: labels, StopReasons: []run.StopReason{run.Manual}}, always(10))
	wantEqual(t, idsOf(got), []uuid.UUID{r.ID})
	if err := s.DeleteRun(ctx, runRef(r.ID), nil); err != nil {
		t.Fatal(err)
	}
	if left := entriesOf(t, s); len(left) > 0 {
		t.Errorf("%d entries are left", len(left))
	}
}

// An earlier version that runs at the same time deletes a run without its entries. Lists do not
// show the deleted run, and they show a new run with its id once.
func TestEntriesThatOutliveTheirRun(t *testing.T) {
	s := storetest.New(t)
	j := createJob(t, s, acme, plainConfig)
	gone := makeRuns(j.ID, 30, func(_ int, r *run.Run) {
		r.Labels, r.Status, r.StopReason, r.FinishedAt = j.Labels, run.Finished, run.Manual, r.CreatedAt
	})
	if err := s.PutEntries(t.Context(), acme, gone); err != nil {
		t.Fatal(err)
	}
	again, err := s.CreateRun(t.Context(), jobRef(j.ID), gone[7].ID, nil)
	if err != nil {
		t.Fatal(err)
	}
	transition(t, s, acme, again.ID, run.Stop)
	for _, f := range []run.Filter{{Labels: j.Labels}, {StopReasons: []run.StopReason{run.Manual}}} {
		got, _ := walk(t, s.RelyingOnEntries(true), acme, f, always(5))
		wantEqual(t, idsOf(got), []uuid.UUID{again.ID})
	}
}
