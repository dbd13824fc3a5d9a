package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/store/storetest"
)

func TestListOfJobs(t *testing.T) {
	now := newClock()
	s := storetest.New(t, store.WithClock(now.Now))
	var all []job.Job
	for i := range 12 {
		if i%3 == 0 {
			now.Advance(time.Microsecond) // some jobs have the same time, so the id decides
		}
		j, err := s.CreateJob(t.Context(), acme, job.Job{
			Name:   fmt.Sprint("job ", i%4),
			Labels: map[string]string{"half": fmt.Sprint(i % 2)},
		}, parse(t, fmt.Sprintf(`{"speed":{"concurrency":%d}}`, 1+i%5)), nil)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, j)
	}
	createJob(t, s, rival, plainConfig)
	slices.SortFunc(all, func(a, b job.Job) int {
		if c := b.CreatedAt.Compare(a.CreatedAt); c != 0 {
			return c
		}
		return strings.Compare(b.ID.String(), a.ID.String())
	})
	for name, f := range map[string]job.Filter{
		"all":                 {},
		"names":               {Names: []string{"job 1", "job 3", "none"}},
		"label":               {Labels: map[string]string{"half": "1"}},
		"ids and label":       {IncludeIDs: []uuid.UUID{all[3].ID, all[7].ID, all[9].ID, all[3].ID, uuid.New()}, Labels: map[string]string{"half": "1"}},
		"other ids and names": {ExcludeIDs: []uuid.UUID{all[0].ID, all[11].ID}, Names: []string{"job 0", "job 2"}},
		"times":               {CreatedAfter: all[10].CreatedAt, CreatedBefore: all[1].CreatedAt},
		"nothing":             {CreatedAfter: all[0].CreatedAt},
	} {
		t.Run(name, func(t *testing.T) {
			want := slices.DeleteFunc(slices.Clone(all), func(j job.Job) bool { return !f.Match(j) })
			if len(want) == 0 {
				want = nil
			}
			for limit := 1; limit <= len(all); limit++ {
				var got []job.Job
				request := paging.Request{Limit: limit}
				for {
					p, err := s.Jobs(t.Context(), acme, f, request)
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, p.Items...)
					if len(p.Items) == 0 && len(want) > 0 {
						t.Error("a page is empty")
					}
					if request.Cursor = p.Next; p.Next == "" {
						break
					}
				}
				wantEqual(t, got, want)
			}
		})
	}
}

// Jobs have no entries. The reads for a page of jobs are bounded all the same.
func TestPageOfJobsWithoutMatches(t *testing.T) {
	s, meter := storetest.NewMetered(t)
	for range 30 {
		labels := map[string]string{}
		for n := range job.MaxLabels {
			labels[fmt.Sprint("label", n)] = strings.Repeat("v", job.MaxLabelValueLength)
		}
		if _, err := s.CreateJob(t.Context(), acme, job.Job{Name: "large", Labels: labels}, parse(t, plainConfig), nil); err != nil {
			t.Fatal(err)
		}
	}
	pages := 0
	for request := (paging.Request{Limit: 20}); pages == 0 || request.Cursor != ""; pages++ {
		meter.Reset()
		page, err := s.Jobs(t.Context(), acme, job.Filter{Names: []string{"small"}}, request)
		if err != nil || len(page.Items) > 0 {
			t.Fatal(len(page.Items), err)
		}
		if used := meter.Reset(); used.Read > 2*maxWastedUnits {
			t.Errorf("page %d of jobs of 14 KB uses %+v", pages, used)
		}
		request.Cursor = page.Next
	}
}
