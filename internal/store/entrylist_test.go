package store_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/store/storetest"
)

// maxWastedUnits is what a page without matches may use: the documented 40 read units, and what the
// last query uses beyond them.
const maxWastedUnits = 48

// manyRuns stores 5,000 finished runs of a job, of 800 bytes each. Of 250 runs, one has the label
// rare=yes, one has the stop reason unknown, and one has the label rare=both and the stop reason
// max_age.
func manyRuns(t *testing.T, s *store.Store) (uuid.UUID, []run.Run) {
	t.Helper()
	j := createJob(t, s, acme, plainConfig)
	padding := strings.Repeat("x", 200)
	all := makeRuns(j.ID, 5000, func(i int, r *run.Run) {
		r.Labels = map[string]string{"team": "web", "padding": padding, "half": fmt.Sprint(i % 2)}
		r.Status, r.StopReason, r.FinishedAt = run.Finished, run.MaxURLs, r.CreatedAt.Add(time.Second)
		switch i % 250 {
		case 17:
			r.Labels["rare"] = "yes"
		case 111:
			r.StopReason = run.Unknown
		case 200:
			r.Labels["rare"], r.StopReason = "both", run.MaxAge
		}
	})
	storeRuns(t, s, acme, all)
	if err := s.PutEntries(t.Context(), acme, all); err != nil {
		t.Fatal(err)
	}
	return j.ID, all
}

// A list by a label or a stop reason reads little more than it shows, however few of the runs
// match.
func TestListByEntries(t *testing.T) {
	s, meter := storetest.NewMetered(t)
	jobID, all := manyRuns(t, s)
	s = s.RelyingOnEntries(true)
	runs := func(ctx context.Context, f run.Filter, p paging.Request) (paging.Page[run.Run], error) {
		return s.Runs(ctx, acme, f, p)
	}
	jobRuns := func(ctx context.Context, f run.Filter, p paging.Request) (paging.Page[run.Run], error) {
		return s.JobRuns(ctx, jobRef(jobID), f, p)
	}
	if _, err := runs(t.Context(), run.Filter{}, paging.Request{Limit: 1}); err != nil { // fills the cache of configurations
		t.Fatal(err)
	}
	unfinished := run.Statuses()[:3]
	for _, test := range []struct {
		name   string
		list   func(context.Context, run.Filter, paging.Request) (paging.Page[run.Run], error)
		filter run.Filter
		limit  int
		pages  int
		units  float64 // at most, of the whole walk
	}{
		{"label", runs, run.Filter{Labels: map[string]string{"rare": "yes"}}, 20, 1, 14},
		{"stop reason", runs, run.Filter{StopReasons: []run.StopReason{run.Unknown}}, 20, 1, 14},
		{"stop reasons", runs, run.Filter{StopReasons: []run.StopReason{run.Unknown, run.MaxAge, run.Manual}}, 40, 1, 26},
		{"common label", runs, run.Filter{Labels: map[string]string{"team": "web"}, CreatedAfter: all[100].CreatedAt}, 100, 1, 56},
		{"unknown label", runs, run.Filter{Labels: map[string]string{"rare": "no"}}, 20, 1, 1},
		{"unused stop reason", runs, run.Filter{StopReasons: []run.StopReason{run.EmptySeed}}, 20, 1, 1},
		{"label of a job", jobRuns, run.Filter{Labels: map[string]string{"rare": "yes"}}, 20, 1, 30},
		{"stop reason of a job", jobRuns, run.Filter{StopReasons: []run.StopReason{run.Unknown}}, 20, 1, 30},
		{"two labels", runs, run.Filter{Labels: map[string]string{"team": "web", "rare": "yes"}}, 20, 1, 40},
		{"label and stop reason", runs, run.Filter{Labels: map[string]string{"rare": "both"}, StopReasons: []run.StopReason{run.MaxAge}}, 20, 1, 30},
		{"rare label, common reason", runs, run.Filter{Labels: map[string]string{"rare": "yes"}, StopReasons: []run.StopReason{run.MaxURLs}}, 20, 1, 40},
		{"common label, rare reason", runs, run.Filter{Labels: map[string]string{"team": "web"}, StopReasons: []run.StopReason{run.Unknown}}, 20, 1, 30},
		{"rare label of unfinished runs", runs, run.Filter{Labels: map[string]string{"rare": "yes"}, Statuses: unfinished}, 20, 1, 20},
		{"finished before", runs, run.Filter{FinishedBefore: all[4900].FinishedAt}, 99, 1, 20},
	} {
		t.Run(test.name, func(t *testing.T) {
			want := slices.DeleteFunc(slices.Clone(all), func(r run.Run) bool { return !test.filter.Match(r) })
			meter.Reset()
			var got []run.Run
			pages := 0
			for request := (paging.Request{Limit: test.limit}); pages == 0 || request.Cursor != ""; pages++ {
				page, err := test.list(t.Context(), test.filter, request)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, page.Items...)
				request.Cursor = page.Next
			}
			used := meter.Reset()
			t.Logf("%d matches of %d: %d pages, %+v", len(want), len(all), pages, used)
			wantEqual(t, idsOf(got), idsOf(want))
			if pages > test.pages || used.Read > test.units {
				t.Errorf("%d pages, %v read units; want %d and %v", pages, used.Read, test.pages, test.units)
			}
		})
	}
}

// The reads for a page without matches are bounded, whatever the filter and the number of runs.
// A short page says how far it searched.
func TestPageWithoutMatches(t *testing.T) {
	s, meter := storetest.NewMetered(t)
	jobID, all := manyRuns(t, s)
	yes, no := map[string]string{"rare": "yes"}, map[string]string{"rare": "no"}
	odd := map[string]string{"half": "1"}
	for _, entries := range []bool{true, false} {
		s := s.RelyingOnEntries(entries)
		for name, f := range map[string]run.Filter{
			"label":              {Labels: no},
			"stop reason":        {StopReasons: []run.StopReason{run.EmptySeed}},
			"of a job":           {JobIDs: []uuid.UUID{jobID}, StopReasons: []run.StopReason{run.EmptySeed}},
			"two labels":         {Labels: map[string]string{"half": "1", "rare": "both"}}, // only runs of the other half have it
			"label and reason":   {Labels: yes, StopReasons: []run.StopReason{run.Unknown}},
			"halves":             {Labels: odd, StopReasons: []run.StopReason{run.MaxAge}},
			"started late":       {StartedAfter: all[0].CreatedAt},
			"finished late":      {FinishedAfter: all[0].FinishedAt},
			"updated late":       {UpdatedAfter: all[0].UpdatedAt},
			"label and finished": {Labels: odd, FinishedAfter: all[0].FinishedAt},
		} {
			t.Run(fmt.Sprintf("%s with entries %t", name, entries), func(t *testing.T) {
				want := slices.DeleteFunc(slices.Clone(all), func(r run.Run) bool { return !f.Match(r) })
				var got []run.Run
				until := all[0].CreatedAt.Add(time.Second)
				units, pages := 0.0, 0
				for request := (paging.Request{Limit: 100}); pages == 0 || request.Cursor != ""; pages++ {
					meter.Reset()
					page, err := s.Runs(t.Context(), acme, f, request)
					if err != nil {
						t.Fatal(err)
					}
					units = max(units, meter.Reset().Read-float64(len(page.Items)))
					if (page.Next == "") != page.SearchedUntil.IsZero() || page.Next != "" && !page.SearchedUntil.Before(until) {
						t.Fatalf("searched until %v, cursor %q, after %v", page.SearchedUntil, page.Next, until)
					}
					got, until, request.Cursor = append(got, page.Items...), page.SearchedUntil, page.Next
				}
				t.Logf("%d pages of at most %v read units", pages, units)
				wantEqual(t, idsOf(got), idsOf(want))
				if units > maxWastedUnits {
					t.Errorf("a page uses %v read units, want at most %v", units, maxWastedUnits)
				}
			})
		}
	}
}
