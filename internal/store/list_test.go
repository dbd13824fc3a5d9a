package store_test

import (
	"bytes"
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/meter"
	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/store/storetest"
	"github.com/inndx/runs/internal/tenant"
)

// walk returns the runs of all pages, and how many pages there were.
func walk(t testing.TB, s *store.Store, owner tenant.ID, f run.Filter, limit func() int) (runs []run.Run, pages int) {
	t.Helper()
	request := paging.Request{Limit: limit()}
	for {
		page, err := s.Runs(t.Context(), owner, f, request)
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Items) > request.Limit {
			t.Fatalf("%d items on a page of %d", len(page.Items), request.Limit)
		}
		runs = append(runs, page.Items...)
		if pages++; page.Next == "" {
			return runs, pages
		}
		if pages > 10_000 {
			t.Fatal("the walk does not end")
		}
		request = paging.Request{Limit: limit(), Cursor: page.Next}
	}
}

func always(n int) func() int { return func() int { return n } }

func idsOf(runs []run.Run) []uuid.UUID {
	ids := []uuid.UUID{}
	for _, r := range runs {
		ids = append(ids, r.ID)
	}
	return ids
}

// seeds returns n runs of a job, a second apart, the most recent first.
func seeds(jobID uuid.UUID, n int, change func(i int, r *run.Run)) []run.Run {
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	runs := make([]run.Run, n)
	for i := range runs {
		at := begin.Add(time.Duration(n-i) * time.Second)
		runs[i] = run.Run{
			ID: uuid.New(), JobID: jobID, Status: run.Running, Labels: map[string]string{},
			CreatedAt: at, StartedAt: at, UpdatedAt: at, Version: 2,
		}
		if change != nil {
			change(i, &runs[i])
		}
	}
	return runs
}

func seed(t testing.TB, s *store.Store, owner tenant.ID, runs []run.Run) {
	t.Helper()
	if err := s.Seed(t.Context(), owner, parse(t, plainConfig), runs); err != nil {
		t.Fatal(err)
	}
}

// Five megabytes of runs, of which one in a thousand matches.
func TestListManyRuns(t *testing.T) {
	s, used := storetest.NewMetered(t)
	padding := strings.Repeat("x", 450)
	all := seeds(uuid.New(), 5000, func(i int, r *run.Run) {
		r.Labels = map[string]string{"padding": padding}
		r.Status = run.Statuses()[i/1250] // so that partitions are read unevenly
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

	seed(t, s, acme, all[4000:])
	page(paging.Request{Limit: 20}) // reads the configuration that is kept
	_, among1000 := page(paging.Request{Limit: 20})
	seed(t, s, acme, all[:4000])
	cursor, among5000 := page(paging.Request{Limit: 20})
	if among1000 != among5000 {
		t.Errorf("a page of 1,000 runs uses %+v, of 5,000 runs %+v", among1000, among5000)
	}
	t.Logf("a page of 20: %+v", among5000)
	for n := 1; n < 50; n++ {
		next, usage := page(paging.Request{Limit: 20, Cursor: cursor})
		if usage != among5000 {
			t.Fatalf("page %d uses %+v, the first %+v", n, usage, among5000)
		}
		cursor = next
	}

	labelled := map[string]string{"rare": "yes"}
	for _, test := range []struct {
		filter run.Filter
		limit  int
	}{
		{run.Filter{Labels: labelled}, 1},
		{run.Filter{Labels: labelled}, 5},
		{run.Filter{Labels: labelled, Statuses: run.Statuses()[1:]}, 5}, // three partitions
		{run.Filter{Labels: map[string]string{"rare": "very"}, Statuses: run.Statuses()[1:]}, 5},
	} {
		want := slices.DeleteFunc(slices.Clone(all), func(r run.Run) bool { return !test.filter.Match(r) })
		used.Reset()
		got, pages := walk(t, s, acme, test.filter, always(test.limit))
		wantEqual(t, idsOf(got), idsOf(want))
		t.Logf("%d matches in pages of %d: %d pages, %+v", len(want), test.limit, pages, used.Reset())
		if pages < 2 {
			t.Errorf("one request read all of it")
		}
	}
	got, _ := walk(t, s, acme, run.Filter{}, always(100))
	wantEqual(t, idsOf(got), idsOf(all))
}

func TestPageThatEndsAtTheLastItem(t *testing.T) {
	s, used := storetest.NewMetered(t)
	jobs := []uuid.UUID{uuid.New(), uuid.New()}
	all := seeds(jobs[0], 60, func(i int, r *run.Run) {
		r.JobID = jobs[i%2]
		r.Status = run.Statuses()[i/20] // a page comes from one partition, and most is read of it
	})
	seed(t, s, acme, all)
	for name, f := range map[string]run.Filter{
		"all":      {},
		"ids":      {IncludeIDs: idsOf(all)},
		"one job":  {JobIDs: jobs[:1]},
		"jobs":     {JobIDs: jobs},
		"statuses": {Statuses: []run.Status{run.Pending, run.Running, run.Paused}},
		"labels":   {Statuses: []run.Status{run.Running}, ExcludeIDs: idsOf(all[:1])},
	} {
		want := slices.DeleteFunc(slices.Clone(all), func(r run.Run) bool { return !f.Match(r) })
		for _, pages := range []int{1, 2, 3} {
			if len(want)%pages > 0 {
				continue
			}
			used.Reset()
			got, n := walk(t, s, acme, f, always(len(want)/pages))
			wantEqual(t, idsOf(got), idsOf(want))
			if n != pages {
				t.Errorf("%s: %d pages, want %d", name, n, pages)
			}
			if usage := used.Reset(); len(f.JobIDs)+len(f.Statuses)+len(f.IncludeIDs) == 0 && usage.Requests != 2*pages {
				t.Errorf("%s: %d requests for %d pages of one partition", name, usage.Requests, pages)
			}
		}
	}
}

func TestListsThatAreEmpty(t *testing.T) {
	s, used := storetest.NewMetered(t)
	seed(t, s, acme, seeds(uuid.New(), 3, nil))
	used.Reset()
	at := time.Date(2026, 1, 1, 0, 0, 2, 0, time.UTC)
	for _, f := range []run.Filter{
		{Statuses: []run.Status{run.Running}, StopReasons: []run.StopReason{run.Manual}},
		{CreatedAfter: at, CreatedBefore: at},
		{CreatedAfter: at.Add(time.Second), CreatedBefore: at, IncludeIDs: []uuid.UUID{uuid.New()}},
	} {
		if got, _ := walk(t, s, acme, f, always(10)); len(got) > 0 {
			t.Errorf("%+v: %v", f, got)
		}
		if usage := used.Reset(); usage.Requests > 0 {
			t.Errorf("%+v: %d requests for what cannot be", f, usage.Requests)
		}
	}
	for _, f := range []run.Filter{
		{IncludeIDs: []uuid.UUID{uuid.New()}},
		{JobIDs: []uuid.UUID{uuid.New()}},
		{Statuses: []run.Status{run.Pending}},
	} {
		if got, pages := walk(t, s, acme, f, always(10)); len(got) > 0 || pages != 1 {
			t.Errorf("%+v: %v", f, got)
		}
	}
	if got, _ := walk(t, s, rival, run.Filter{}, always(10)); len(got) > 0 {
		t.Error("another tenant's runs:", got)
	}
}

// A filter as large as the API lets it be fits DynamoDB's limits.
func TestLargestFilter(t *testing.T) {
	s := storetest.New(t)
	labels := map[string]string{}
	for i := range 100 {
		labels[fmt.Sprintf("%03d%s", i, strings.Repeat("k", 250))] = strings.Repeat("v", i)
	}
	all := seeds(uuid.New(), 3, func(i int, r *run.Run) {
		r.Labels = labels
		r.Status, r.StopReason, r.FinishedAt = run.Finished, run.MaxAge, r.CreatedAt
	})
	other := seeds(all[0].JobID, 1, func(_ int, r *run.Run) {
		*r = all[0]
		r.ID = uuid.New()
		r.Labels = map[string]string{}
		for k, v := range labels {
			r.Labels[k] = v
		}
		r.Labels[fmt.Sprintf("%03d%s", 99, strings.Repeat("k", 250))] = "else"
	})
	seed(t, s, acme, append(other, all...))
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

func TestPageFitsAnAnswer(t *testing.T) {
	s := storetest.New(t)
	urls := ""
	for len(urls) < config.MaxBytes-4096 {
		urls += `"http://example.com/` + strings.Repeat("a", 200) + `",`
	}
	cfg := parse(t, `{"seeds":[{"kind":"static_list","params":{"urls":[`+urls+`"http://example.com/"]}}]}`)
	all := seeds(uuid.New(), 80, nil)
	if err := s.Seed(t.Context(), acme, cfg, all); err != nil {
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

// What existed before a walk and was not deleted is shown once, whatever happens meanwhile.
func TestWalkWhileRunsChange(t *testing.T) {
	s := storetest.New(t)
	j := createJob(t, s, acme, plainConfig)
	var old []run.Run
	for range 30 {
		old = append(old, toStatus(t, s, acme, j.ID, run.Running))
	}
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for worker := range 2 {
		random := rand.New(rand.NewPCG(1, uint64(worker)))
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				r := createRun(t, s, acme, j.ID)
				if err := s.DeleteRun(t.Context(), run.Ref{Tenant: acme, ID: r.ID}, nil); err != nil {
					t.Error(err)
				}
				id := old[random.IntN(len(old))].ID
				_, _, err := s.Transition(t.Context(), run.Ref{Tenant: acme, ID: id}, []run.Action{run.Pause, run.Resume}[random.IntN(2)], nil)
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	for _, f := range []run.Filter{
		{},
		{JobIDs: []uuid.UUID{j.ID, uuid.New()}},
		{Statuses: []run.Status{run.Running, run.Paused, run.Finished}}, // two of them only swap
		{Labels: map[string]string{"team": "web"}},
	} {
		for _, limit := range []int{2, 7} {
			got, _ := walk(t, s, acme, f, always(limit))
			seen := map[uuid.UUID]int{}
			for i, r := range got {
				seen[r.ID]++
				// Two runs may be created in the same microsecond.
				if i > 0 && cmp.Or(r.CreatedAt.Compare(got[i-1].CreatedAt), bytes.Compare(r.ID[:], got[i-1].ID[:])) >= 0 {
					t.Errorf("%+v: %s of %s follows %s of %s", f, r.ID, r.CreatedAt, got[i-1].ID, got[i-1].CreatedAt)
				}
			}
			for _, r := range old {
				// A run that moves between the partitions that are read may be missed.
				if n := seen[r.ID]; n > 1 || n == 0 && len(f.Statuses) == 0 {
					t.Errorf("%+v: seen %d times", f, n)
				}
			}
		}
	}
	close(stop)
	wg.Wait()
}

func TestForeignCursor(t *testing.T) {
	s := storetest.New(t)
	ctx := t.Context()
	j := createJob(t, s, acme, plainConfig)
	other := createJob(t, s, acme, plainConfig)
	for range 3 {
		createRun(t, s, acme, j.ID)
	}
	p, err := s.JobRuns(ctx, job.Ref{Tenant: acme, ID: j.ID}, run.Filter{}, paging.Request{Limit: 1})
	if err != nil || p.Next == "" {
		t.Fatal(p, err)
	}
	request := paging.Request{Limit: 2, Cursor: p.Next}
	if p, err = s.JobRuns(ctx, job.Ref{Tenant: acme, ID: j.ID}, run.Filter{}, request); err != nil || len(p.Items) != 2 || p.Next != "" {
		t.Fatal(p, err)
	}
	_, err = s.JobRuns(ctx, job.Ref{Tenant: acme, ID: other.ID}, run.Filter{}, request)
	wantKind(t, err, fault.Invalid)
	_, err = s.JobRuns(ctx, job.Ref{Tenant: acme, ID: j.ID}, run.Filter{Statuses: []run.Status{run.Pending}}, request)
	wantKind(t, err, fault.Invalid)
	_, err = s.Runs(ctx, acme, run.Filter{JobIDs: []uuid.UUID{j.ID}}, request)
	wantKind(t, err, fault.Invalid)
	_, err = s.Runs(ctx, rival, run.Filter{JobIDs: []uuid.UUID{j.ID}}, request)
	wantKind(t, err, fault.Invalid)
	_, err = s.Jobs(ctx, acme, job.Filter{}, request)
	wantKind(t, err, fault.Invalid)
}

func TestJobsList(t *testing.T) {
	now := newClock()
	s := storetest.New(t, store.WithClock(now.Now))
	var all []job.Job
	for i := range 12 {
		if i%3 == 0 {
			now.Advance(time.Microsecond) // some share their time: then the id decides
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
	for _, f := range []job.Filter{
		{},
		{Names: []string{"job 1", "job 3", "none"}},
		{Labels: map[string]string{"half": "1"}},
		{IncludeIDs: []uuid.UUID{all[3].ID, all[7].ID, all[9].ID, all[3].ID, uuid.New()}, Labels: map[string]string{"half": "1"}},
		{ExcludeIDs: []uuid.UUID{all[0].ID, all[11].ID}, Names: []string{"job 0", "job 2"}},
		{CreatedAfter: all[10].CreatedAt, CreatedBefore: all[1].CreatedAt},
		{CreatedAfter: all[0].CreatedAt},
	} {
		want := slices.DeleteFunc(slices.Clone(all), func(j job.Job) bool { return !f.Match(j) })
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
					t.Errorf("%+v: an empty page", f)
				}
				if request.Cursor = p.Next; p.Next == "" {
					break
				}
			}
			if len(want) == 0 {
				want = nil
			}
			wantEqual(t, got, want)
		}
	}
}
