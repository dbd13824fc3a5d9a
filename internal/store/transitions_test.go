package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/store/storetest"
)

func TestTransition(t *testing.T) {
	const conflict = run.Status("conflict")
	tests := []struct {
		from    run.Status
		action  run.Action
		to      run.Status
		changed bool
	}{
		{run.Pending, run.Pause, conflict, false},
		{run.Pending, run.Resume, conflict, false},
		{run.Pending, run.Start, run.Running, true},
		{run.Pending, run.Stop, run.Finished, true},
		{run.Running, run.Pause, run.Paused, true},
		{run.Running, run.Resume, run.Running, false},
		{run.Running, run.Start, run.Running, false},
		{run.Running, run.Stop, run.Finished, true},
		{run.Paused, run.Pause, run.Paused, false},
		{run.Paused, run.Resume, run.Running, true},
		{run.Paused, run.Start, conflict, false},
		{run.Paused, run.Stop, run.Finished, true},
		{run.Finished, run.Pause, conflict, false},
		{run.Finished, run.Resume, conflict, false},
		{run.Finished, run.Start, conflict, false},
		{run.Finished, run.Stop, run.Finished, false},
	}
	now := newClock()
	s := storetest.New(t, store.WithClock(now.Now))
	j := createJob(t, s, acme, plainConfig)
	for _, test := range tests {
		t.Run(fmt.Sprintf("%s %s", test.action, test.from), func(t *testing.T) {
			before := createRunIn(t, s, acme, j.ID, test.from)
			now.Advance(time.Second)
			r, changed, err := s.Transition(t.Context(), runRef(before.ID), test.action, nil)
			after, readErr := s.Run(t.Context(), runRef(before.ID))
			if readErr != nil {
				t.Fatal(readErr)
			}
			switch {
			case test.to == conflict:
				wantKind(t, err, fault.Conflict)
				wantEqual(t, after, before)
				return
			case err != nil:
				t.Fatal(err)
			case !test.changed:
				wantEqual(t, r, before)
			default:
				want, _, _ := run.Apply(before, test.action, run.Manual, now.Now())
				wantEqual(t, r, want)
			}
			wantEqual(t, after, r)
			if changed != test.changed || r.Status != test.to {
				t.Errorf("changed %t to %s, want %t to %s", changed, r.Status, test.changed, test.to)
			}
			// The run is listed under its status and under no other.
			for _, status := range run.Statuses() {
				page, err := s.Runs(t.Context(), acme, run.Filter{Statuses: []run.Status{status}}, paging.Request{Limit: 100})
				if err != nil {
					t.Fatal(err)
				}
				found := slices.ContainsFunc(page.Items, func(r run.Run) bool { return r.ID == before.ID })
				if found != (status == test.to) {
					t.Errorf("listed under %s: %t", status, found)
				}
			}
		})
	}
}

func TestFinishCopiesProgress(t *testing.T) {
	s := storetest.New(t)
	ctx := t.Context()
	j := createJob(t, s, acme, plainConfig)
	ends := map[string]func(r run.Run, l *run.Lease) (run.Run, error){
		"finish": func(_ run.Run, l *run.Lease) (run.Run, error) { return s.Finish(ctx, l, run.MaxURLs) },
		"stop": func(r run.Run, _ *run.Lease) (run.Run, error) {
			r, _, err := s.Transition(ctx, runRef(r.ID), run.Stop, nil)
			return r, err
		},
		"abandon": func(r run.Run, l *run.Lease) (run.Run, error) {
			if err := s.Release(ctx, l, run.Handover{WakeAt: time.Now()}); err != nil && !fault.Is(err, fault.Conflict) { // Conflict: the run has ended
				return r, err
			}
			r, _, err := s.Abandon(ctx, runRef(r.ID), time.Now())
			return r, err
		},
	}
	reasons := map[string]run.StopReason{"finish": run.MaxURLs, "stop": run.Manual, "abandon": run.Unknown}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			r := createRunIn(t, s, acme, j.ID, run.Running)
			l := acquire(t, s, acme, r.ID, "w")
			commit(t, s, l, "one", "two")
			r, err := s.Run(ctx, runRef(r.ID))
			if err != nil || r.Progress.URLsFetched != 2 {
				t.Fatal("the progress of a running run is not shown:", r.Progress, err)
			}
			ended, err := end(r, l)
			if err != nil {
				t.Fatal(err)
			}
			if ended.Status != run.Finished || ended.StopReason != reasons[name] || ended.Progress.URLsFetched != 2 {
				t.Errorf("the ended run is %+v", ended)
			}
			read, err := s.Run(ctx, runRef(r.ID))
			if err != nil {
				t.Fatal(err)
			}
			wantEqual(t, read, ended)
			if isDue(t, s, time.Now().Add(time.Hour), r.ID) {
				t.Error("a finished run is still woken")
			}
			wantKind(t, s.Commit(ctx, l, crawllog.Commit{Parts: [][]byte{[]byte("late")}}), fault.Conflict)
			if got := readLog(t, s, acme, r.ID); len(got) != 2 {
				t.Errorf("recorded after the end: %q", got)
			}
			// Ending the run again changes nothing.
			for name, end := range ends {
				again, err := end(r, l)
				if err != nil {
					t.Fatal(name, err)
				}
				wantEqual(t, again, ended)
			}
		})
	}
}

func TestFinishNeedsTheLease(t *testing.T) {
	now := newClock()
	s := storetest.New(t, store.WithClock(now.Now))
	ctx := t.Context()
	j := createJob(t, s, acme, plainConfig)
	r := createRunIn(t, s, acme, j.ID, run.Running)
	old := acquire(t, s, acme, r.ID, "old")
	now.Advance(time.Minute)
	current := acquire(t, s, acme, r.ID, "current")
	_, err := s.Finish(ctx, old, run.MaxURLs)
	wantKind(t, err, fault.Conflict)
	commit(t, s, current, "one")
	behind := *current
	behind.Seq = 0
	_, err = s.Finish(ctx, &behind, run.EmptySeed)
	wantKind(t, err, fault.Conflict)
	if r, err = s.Finish(ctx, current, run.MaxURLs); err != nil || r.StopReason != run.MaxURLs {
		t.Fatal(r, err)
	}
}
