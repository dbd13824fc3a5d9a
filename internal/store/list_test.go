package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/meter"
	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store/storetest"
)

// There are five megabytes of runs, of which one in a thousand matches.
func TestListOfManyRuns(t *testing.T) {
	s, used := storetest.NewMetered(t)
	padding := strings.Repeat("x", 450)
	all := makeRuns(uuid.New(), 5000, func(i int, r *run.Run) {
		r.Labels = map[string]string{"padding": padding}
		r.Status = run.Statuses()[i/1250] // so that partitions differ
		if i%1000 == 999 {
			r.Labels["rare"] = "yes"
		}
		if i == 2499 { // the last one of its status
			r.Labels["rare"] = "very"
		}
	})
	page := func(r paging.Request) (string, meter.Usage) {
		t.Helper()
		used.Reset()
		p, err := s.Runs(t.Context(), acme, run.Filter{}, r)
		if err != nil || len(p.Items) != r.Limit {
			t.Fatal(len(p.Items), err)
		}
		return p.Next, used.Reset()
	}

	storeRuns(t, s, acme, all[4000:])
	page(paging.Request{Limit: 20}) // fills the cache of configurations
	_, among1000 := page(paging.Request{Limit: 20})
	storeRuns(t, s, acme, all[:4000])
	cursor, among5000 := page(paging.Request{Limit: 20})
	if among1000 != among5000 {
		t.Errorf("a page uses %+v with 1,000 runs and %+v with 5,000", among1000, among5000)
	}
	t.Logf("a page of 20: %+v", among5000)
	for n := 1; n < 50; n++ {
		next, usage := page(paging.Request{Limit: 20, Cursor: cursor})
		if usage != among5000 {
			t.Fatalf("page %d uses %+v, and the first uses %+v", n, usage, among5000)
		}
		cursor = next
	}

	labelled := map[string]string{"rare": "yes"}
	for _, test := range []struct {
		name   string
		filter run.Filter
		limit  int
	}{
		{"pages of one", run.Filter{Labels: labelled}, 1},
		{"pages of five", run.Filter{Labels: labelled}, 5},
		{"three partitions", run.Filter{Labels: labelled, Statuses: run.Statuses()[1:]}, 5},
		{"the end of a partition", run.Filter{Labels: map[string]string{"rare": "very"}, Statuses: run.Statuses()[1:]}, 5},
	} {
		t.Run(test.name, func(t *testing.T) {
			want := slices.DeleteFunc(slices.Clone(all), func(r run.Run) bool { return !test.filter.Match(r) })
			used.Reset()
			got, pages := walk(t, s, acme, test.filter, always(test.limit))
			wantEqual(t, idsOf(got), idsOf(want))
			t.Logf("%d matches in pages of %d: %d pages, %+v", len(want), test.limit, pages, used.Reset())
			if pages < 2 {
				t.Errorf("one request read all runs")
			}
		})
	}
	got, _ := walk(t, s, acme, run.Filter{}, always(100))
	wantEqual(t, idsOf(got), idsOf(all))
}

func TestPageThatEndsAtTheLastItem(t *testing.T) {
	s, used := storetest.NewMetered(t)
	jobs := []uuid.UUID{uuid.New(), uuid.New()}
	all := makeRuns(jobs[0], 60, func(i int, r *run.Run) {
		r.JobID = jobs[i%2]
		r.Status = run.Statuses()[i/20] // a page comes from one partition, which is read most
	})
	storeRuns(t, s, acme, all)
	for name, f := range map[string]run.Filter{
		"all":      {},
		"ids":      {IncludeIDs: idsOf(all)},
		"one job":  {JobIDs: jobs[:1]},
		"jobs":     {JobIDs: jobs},
		"statuses": {Statuses: []run.Status{run.Pending, run.Running, run.Paused}},
		"labels":   {Statuses: []run.Status{run.Running}, ExcludeIDs: idsOf(all[:1])},
	} {
		t.Run(name, func(t *testing.T) {
			want := slices.DeleteFunc(slices.Clone(all), func(r run.Run) bool { return !f.Match(r) })
			for _, pages := range []int{1, 2, 3} {
				if len(want)%pages > 0 {
					continue
				}
				used.Reset()
				got, n := walk(t, s, acme, f, always(len(want)/pages))
				wantEqual(t, idsOf(got), idsOf(want))
				if n != pages {
					t.Errorf("%d pages, want %d", n, pages)
				}
				if usage := used.Reset(); len(f.JobIDs)+len(f.Statuses)+len(f.IncludeIDs) == 0 && usage.Requests != 2*pages {
					t.Errorf("%d requests for %d pages of one partition", usage.Requests, pages)
				}
			}
		})
	}
}

func TestEmptyLists(t *testing.T) {
	s, used := storetest.NewMetered(t)
	storeRuns(t, s, acme, makeRuns(uuid.New(), 3, nil))
	used.Reset()
	at := time.Date(2026, 1, 1, 0, 0, 2, 0, time.UTC)
	for name, f := range map[string]run.Filter{
		"a stop reason of unfinished runs": {Statuses: []run.Status{run.Running}, StopReasons: []run.StopReason{run.Manual}},
		"no time between the bounds":       {CreatedAfter: at, CreatedBefore: at},
		"bounds in the wrong order":        {CreatedAfter: at.Add(time.Second), CreatedBefore: at, IncludeIDs: []uuid.UUID{uuid.New()}},
	} {
		t.Run(name, func(t *testing.T) {
			if got, _ := walk(t, s, acme, f, always(10)); len(got) > 0 {
				t.Errorf("got %v", got)
			}
			if usage := used.Reset(); usage.Requests > 0 {
				t.Errorf("%d requests, want none because nothing can match", usage.Requests)
			}
		})
	}
	for name, f := range map[string]run.Filter{
		"unknown run":    {IncludeIDs: []uuid.UUID{uuid.New()}},
		"unknown job":    {JobIDs: []uuid.UUID{uuid.New()}},
		"another status": {Statuses: []run.Status{run.Pending}},
	} {
		t.Run(name, func(t *testing.T) {
			if got, pages := walk(t, s, acme, f, always(10)); len(got) > 0 || pages != 1 {
				t.Errorf("got %v on %d pages", got, pages)
			}
		})
	}
	t.Run("another tenant", func(t *testing.T) {
		if got, _ := walk(t, s, rival, run.Filter{}, always(10)); len(got) > 0 {
			t.Errorf("got %v", got)
		}
	})
}

// The largest filter that the API accepts fits the limits of DynamoDB.
func TestLargestFilter(t *testing.T) {
	s := storetest.New(t)
	labels := map[string]string{}
	for i := range 100 {
		labels[fmt.Sprintf("%03d%s", i, strings.Repeat("k", 250))] = strings.Repeat("v", i)
	}
	all := makeRuns(uuid.New(), 3, func(i int, r *run.Run) {
		r.Labels = labels
		r.Status, r.StopReason, r.FinishedAt = run.Finished, run.MaxAge, r.CreatedAt
	})
	other := makeRuns(all[0].JobID, 1, func(_ int, r *run.Run) {
		*r = all[0]
		r.ID = uuid.New()
		r.Labels = map[string]string{}
		for k, v := range labels {
			r.Labels[k] = v
		}
		r.Labels[fmt.Sprintf("%03d%s", 99, strings.Repeat("k", 250))] = "else"
	})
	storeRuns(t, s, acme, append(other, all...))
	f := run.Filter{
		Labels: labels, Statuses: run.Statuses(), StopReasons: run.StopReasons(),
		CreatedAfter: all[2].CreatedAt.Add(-time.Hour), CreatedBefore: all[0].CreatedAt.Add(time.Hour),
	}
	for range 100 {
		f.ExcludeIDs = append(f.ExcludeIDs, uuid.New())
	}
	got, _ := walk(t, s, acme, f, always(2))
	wantEqual(t, idsOf(got), idsOf(all))
	f.JobIDs = append(slices.Clone(f.ExcludeIDs[:99]), all[0].JobID)
	got, _ = walk(t, s, acme, f, always(2))
	wantEqual(t, idsOf(got), idsOf(all))
	f.IncludeIDs = append(slices.Clone(f.ExcludeIDs[:97]), idsOf(all)...)
	got, _ = walk(t, s, acme, f, always(2))
	wantEqual(t, idsOf(got), idsOf(all))
}

func TestPageFitsAResponse(t *testing.T) {
	s := storetest.New(t)
	urls := ""
	for len(urls) < config.MaxBytes-4096 {
		urls += `"http://example.com/` + strings.Repeat("a", 200) + `",`
	}
	cfg := parse(t, `{"seeds":[{"kind":"static_list","params":{"urls":[`+urls+`"http://example.com/"]}}]}`)
	all := makeRuns(uuid.New(), 80, nil)
	if err := s.PutRuns(t.Context(), acme, cfg, all); err != nil {
		t.Fatal(err)
	}
	size := func(p paging.Page[run.Run]) (n int) {
		for _, r := range p.Items {
			n += len(r.Config)
		}
		return n
	}
	request := paging.Request{Limit: 100}
	var got []run.Run
	for {
		p, err := s.Runs(t.Context(), acme, run.Filter{}, request)
		if err != nil {
			t.Fatal(err)
		}
		if size(p) > 3_000_000 || p.Next != "" && size(p) < 2_500_000 {
			t.Errorf("a page of %d bytes", size(p))
		}
		got = append(got, p.Items...)
		if request.Cursor = p.Next; p.Next == "" {
			break
		}
	}
	wantEqual(t, idsOf(got), idsOf(all))
}
