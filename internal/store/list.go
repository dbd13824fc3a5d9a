package store

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/tenant"
)

// The routes of lists, as cursors name them.
const (
	jobsRoute    = "jobs"
	runsRoute    = "runs"
	jobRunsRoute = "job_runs"
)

// Bounds of the answer that a page makes. A Lambda function answers at most 6 MB, see
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html. The answer is
// JSON in a string of JSON, which can double its size, so a page is half as large.
const (
	maxPageBytes  = 3_000_000
	itemPageBytes = 1 << 10 // of an item besides its configuration and labels
)

// Runs returns a page of the tenant's runs that the filter selects, the most recently
// created first. A page may have fewer items than the limit, or none, and still a cursor:
// each request reads a bounded share of the table. A cursor that is not of this list is
// Invalid.
func (s *Store) Runs(ctx context.Context, t tenant.ID, f run.Filter, p paging.Request) (paging.Page[run.Run], error) {
	return s.listRuns(ctx, t, runsRoute, f, p)
}

// JobRuns is Runs for the runs of one job, and NotFound when there is no such job.
func (s *Store) JobRuns(ctx context.Context, of job.Ref, f run.Filter, p paging.Request) (paging.Page[run.Run], error) {
	if _, err := s.jobItem(ctx, of); err != nil {
		return paging.Page[run.Run]{}, err
	}
	f.JobIDs = []uuid.UUID{of.ID}
	return s.listRuns(ctx, of.Tenant, jobRunsRoute, f, p)
}

func (s *Store) listRuns(ctx context.Context, t tenant.ID, route string, f run.Filter, p paging.Request) (paging.Page[run.Run], error) {
	f = canonicalRuns(f)
	base := planRuns(t, f)
	plans := []*plan{base}
	if len(entryPlans(t, f, base)) > 0 {
		complete, err := s.entriesAreComplete(ctx)
		if err != nil {
			return paging.Page[run.Run]{}, err
		}
		if complete {
			plans = runPlans(t, f, base)
		}
	}
	items, err := list(ctx, s, listing[runItem]{
		base:  base,
		plans: plans,
		owner: identity{Tenant: t, Route: route, Filter: f},
		key:   func(i runItem) string { return i.CreatedKey },
		match: func(i runItem) bool { return f.Match(i.run()) },
		bytes: func(i runItem) int { return configBytes(p, i.ConfigBytes) + labelBytes(i.Labels) },
	}, p)
	if err != nil {
		return paging.Page[run.Run]{}, err
	}
	var want wanted
	for _, item := range items.Items {
		want.run(item, !p.Summary)
	}
	found, err := s.details(ctx, t, want)
	if err != nil {
		return paging.Page[run.Run]{}, err
	}
	page := paging.Page[run.Run]{Items: make([]run.Run, 0, len(items.Items)), Next: items.Next, SearchedUntil: items.SearchedUntil}
	for _, item := range items.Items {
		page.Items = append(page.Items, found.complete(item))
	}
	return page, nil
}

// Jobs returns a page of the tenant's jobs that the filter selects, like Runs.
func (s *Store) Jobs(ctx context.Context, t tenant.ID, f job.Filter, p paging.Request) (paging.Page[job.Job], error) {
	f = canonicalJobs(f)
	base := planJobs(t, f)
	items, err := list(ctx, s, listing[jobItem]{
		base:  base,
		plans: []*plan{base},
		owner: identity{Tenant: t, Route: jobsRoute, Filter: f},
		key:   func(i jobItem) string { return i.CreatedKey },
		match: func(i jobItem) bool { return f.Match(i.job()) },
		bytes: func(i jobItem) int { return configBytes(p, i.ConfigBytes) + labelBytes(i.Labels) },
	}, p)
	if err != nil {
		return paging.Page[job.Job]{}, err
	}
	var want wanted
	for _, item := range items.Items {
		if !p.Summary {
			want.hashes = append(want.hashes, item.ConfigHash)
		}
	}
	found, err := s.details(ctx, t, want)
	if err != nil {
		return paging.Page[job.Job]{}, err
	}
	page := paging.Page[job.Job]{Items: make([]job.Job, 0, len(items.Items)), Next: items.Next, SearchedUntil: items.SearchedUntil}
	for _, item := range items.Items {
		j := item.job()
		j.Config = found.configs[item.ConfigHash]
		page.Items = append(page.Items, j)
	}
	return page, nil
}

// configBytes returns how much of a configuration of n bytes the page shows.
func configBytes(p paging.Request, n int) int {
	if p.Summary {
		return 0
	}
	return n
}

// A listing is what list has to know of one kind of item.
type listing[I any] struct {
	base  *plan   // whose positions are those of cursors
	plans []*plan // each reads the list
	owner identity
	key   func(I) string
	match func(I) bool
	bytes func(I) int // of the configuration and labels
}

// list returns a page of items. It asks for one item more than the page, so that a page
// that ends at the last item is known to be the last.
func list[I any](ctx context.Context, s *Store, l listing[I], p paging.Request) (paging.Page[I], error) {
	from := ""
	if p.Cursor != "" {
		at, err := l.owner.decode(p.Cursor, l.base)
		if err != nil {
			return paging.Page[I]{}, err
		}
		from = at.createdKey
	}
	hits, reached, err := l.search(ctx, s, from, p.Limit+1)
	if err != nil {
		return paging.Page[I]{}, err
	}
	page := paging.Page[I]{}
	if shown := l.fit(hits, p.Limit); shown < len(hits) {
		hits = hits[:shown]
		reached = hits[shown-1].key
	} else if reached != "" {
		if page.SearchedUntil, _, err = parseCreatedKey(reached); err != nil {
			return paging.Page[I]{}, classify(err, "list")
		}
	}
	for _, h := range hits {
		page.Items = append(page.Items, h.item)
	}
	if reached != "" {
		page.Next = l.owner.encode(l.base.position(l.base.partitions[0], reached))
	}
	return page, nil
}

// search returns the first want items that follow the created key from. When fewer are there
// because the reading came to its bounds, it returns the created key that it came to; when
// nothing is left, an empty one.
//
// Of several plans, each is tried with a small part of the budget, from the same key on. All
// of them read the same list in the same order, so the one that came furthest has found what
// the others found, and more. It goes on with the rest. So a page costs at most a few units
// more than by the best of the plans.
func (l listing[I]) search(ctx context.Context, s *Store, from string, want int) ([]hit[I], string, error) {
	if len(l.base.ids) > 0 {
		hits, err := newScan(s, l.base, from, l.key, l.match, nil).byID(ctx, from, want)
		return hits, "", err
	}
	b := &budget{max: maxReadUnits}
	if len(l.plans) == 1 {
		return l.take(ctx, s, l.plans[0], from, want, b)
	}
	var best *plan
	var hits []hit[I]
	furthest := ""
	for _, p := range l.plans {
		b.max = min(b.inVain+maxTrialUnits, maxReadUnits)
		found, reached, err := l.take(ctx, s, p, from, want, b)
		if err != nil || reached == "" {
			return found, reached, err
		}
		if best == nil || reached < furthest {
			best, hits, furthest = p, found, reached
		}
	}
	b.max = maxReadUnits
	more, reached, err := l.take(ctx, s, best, furthest, want-len(hits), b)
	return append(hits, more...), reached, err
}

// take is search by one plan.
func (l listing[I]) take(ctx context.Context, s *Store, p *plan, from string, want int, b *budget) ([]hit[I], string, error) {
	if p.byEntries() {
		return l.takeByEntries(ctx, s, p, from, want, b)
	}
	return newScan(s, p, from, l.key, l.match, b).take(ctx, want)
}

// fit returns how many of the hits fit a page: at most limit, at most maxPageBytes of
// answer, and at least one.
func (l listing[I]) fit(hits []hit[I], limit int) int {
	size := 0
	for n, h := range hits {
		size += l.bytes(h.item) + itemPageBytes
		if n > 0 && (n >= limit || size > maxPageBytes) {
			return n
		}
	}
	return len(hits)
}

// labelBytes returns how many bytes the labels have in an answer, where JSON escapes some.
func labelBytes(labels map[string]string) int {
	encoded, err := json.Marshal(labels)
	if err != nil {
		panic(err) // text is always encoded
	}
	return len(encoded)
}
