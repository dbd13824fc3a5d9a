package store_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/store/storetest"
	"github.com/inndx/runs/internal/tenant"
)

// backfill continues the backfill. It fails the test unless the backfill is then complete, or not,
// as wanted.
func backfill(t *testing.T, s *store.Store, runs int, want bool) {
	t.Helper()
	done, err := s.Backfill(t.Context(), runs, maxTime)
	if done != want || err != nil {
		t.Fatalf("the backfill is complete: %t (error %v), want %t", done, err, want)
	}
}

var maxTime = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// oldRuns stores runs like an earlier version, without entries.
func oldRuns(t *testing.T, s *store.Store, owner tenant.ID, jobID uuid.UUID, n int) []run.Run {
	t.Helper()
	runs := makeRuns(jobID, n, func(i int, r *run.Run) {
		r.Labels = map[string]string{"team": "web", "third": fmt.Sprint(i % 3)}
		if i%2 == 0 {
			r.Status, r.FinishedAt = run.Finished, r.CreatedAt
			r.StopReason = run.StopReasons()[i/2%7]
		}
	})
	storeRuns(t, s, owner, runs)
	return runs
}

// wantLists checks lists by labels and stop reasons.
func wantLists(t *testing.T, s *store.Store, owner tenant.ID, runs []run.Run) {
	t.Helper()
	for _, f := range []run.Filter{
		{Labels: map[string]string{"third": "1"}},
		{Labels: map[string]string{"team": "web", "third": "2"}},
		{StopReasons: []run.StopReason{run.Unknown}},
		{StopReasons: []run.StopReason{run.MaxAge, run.Manual}, Labels: map[string]string{"third": "0"}},
	} {
		want := slices.DeleteFunc(slices.Clone(runs), func(r run.Run) bool { return !f.Match(r) })
		got, _ := walk(t, s, owner, f, always(50))
		wantEqual(t, idsOf(got), idsOf(want))
	}
}

// The runs of earlier versions are listed all the time: before the backfill, between its steps,
// after it, and when it begins again. After it, their lists cost no more than those of other runs.
func TestBackfill(t *testing.T) {
	s, meter := storetest.NewMetered(t, store.WithBackfillGrace(0))
	ctx := t.Context()
	j := createJob(t, s, acme, plainConfig)
	runs := oldRuns(t, s, acme, j.ID, 300)
	others := oldRuns(t, s, rival, uuid.New(), 40)
	wantLists(t, s, acme, runs)
	for range 2 { // of at least three
		backfill(t, s, 1, false)
		wantLists(t, s, acme, runs)
		wantLists(t, s, rival, others)
	}
	backfill(t, s, 10_000, true)
	wantLists(t, s, acme, runs)
	wantLists(t, s, rival, others)
	if n, want := len(entriesOf(t, s)), 2*340+170; n != want {
		t.Errorf("%d entries, want %d", n, want)
	}
	meter.Reset()
	f := run.Filter{StopReasons: []run.StopReason{run.Unknown}}
	if p, err := s.Runs(ctx, acme, f, paging.Request{Limit: 20}); err != nil || len(p.Items) != 20 {
		t.Fatal(len(p.Items), err)
	}
	if used := meter.Reset(); used.Read > 30 {
		t.Errorf("a page of old runs uses %+v", used)
	}
	before := entriesOf(t, s)
	backfill(t, s, 1, true) // it is complete already
	if err := s.ForgetBackfill(ctx); err != nil {
		t.Fatal(err)
	}
	backfill(t, s, 1, false)
	wantLists(t, s, acme, runs)
	backfill(t, s, 10_000, true)
	wantEqual(t, entriesOf(t, s), before)
}

// The backfill does not begin while functions of an earlier version may still write runs.
func TestBackfillWaitsForEarlierVersions(t *testing.T) {
	now := newClock()
	s := storetest.New(t, store.WithClock(now.Now))
	backfill(t, s, 1000, false)
	late := oldRuns(t, s, acme, uuid.New(), 10)
	now.Advance(store.DefaultBackfillGrace - time.Second)
	backfill(t, s, 1000, false)
	if n := len(entriesOf(t, s)); n > 0 {
		t.Fatalf("%d entries before the backfill begins", n)
	}
	wantLists(t, s, acme, late)
	now.Advance(time.Second)
	backfill(t, s, 1000, true)
	wantLists(t, s, acme, late)
	if n := len(entriesOf(t, s)); n != 25 {
		t.Errorf("10 runs have %d entries, want 25", n)
	}
}

// If a run is deleted after the backfill has read it, neither that run nor a new run with its id
// gets entries.
func TestBackfillSkipsDeletedRuns(t *testing.T) {
	now := newClock()
	s := storetest.New(t, store.WithClock(now.Now))
	ctx := t.Context()
	j := createJob(t, s, acme, plainConfig)
	r := createRunIn(t, s, acme, j.ID, run.Finished)
	if err := s.DeleteRun(ctx, runRef(r.ID), nil); err != nil {
		t.Fatal(err)
	}
	if err := s.BackfillRun(ctx, acme, r); err != nil {
		t.Fatal(err)
	}
	if left := entriesOf(t, s); len(left) > 0 {
		t.Errorf("a deleted run has entries: %v", left)
	}
	if _, err := s.Purge(ctx, runRef(r.ID), now.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	now.Advance(time.Second)
	if _, err := s.CreateRun(ctx, jobRef(j.ID), r.ID, nil); err != nil {
		t.Fatal(err)
	}
	before := entriesOf(t, s)
	if err := s.BackfillRun(ctx, acme, r); err != nil {
		t.Fatal(err)
	}
	wantEqual(t, entriesOf(t, s), before)
}

// Backfills that run concurrently, and one that is interrupted, leave out no run.
func TestConcurrentBackfills(t *testing.T) {
	s := storetest.New(t, store.WithBackfillGrace(0))
	runs := oldRuns(t, s, acme, uuid.New(), 350)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(100*time.Millisecond, cancel)
	_, _ = s.Backfill(ctx, 10_000, maxTime)
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			if _, err := s.Backfill(t.Context(), 10_000, maxTime); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	backfill(t, s, 10_000, true)
	wantLists(t, s, acme, runs)
	if n := len(entriesOf(t, s)); n != 2*350+175 {
		t.Errorf("%d entries, want %d", n, 2*350+175)
	}
}
