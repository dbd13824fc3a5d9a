package store

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/job"
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
func (s *Store) Runs(ctx context.Context, t tenant.ID, f run.Filter, p PageRequest) (Page[run.Run], error) {
	return s.listRuns(ctx, t, runsRoute, f, p)
}

// JobRuns is Runs for the runs of one job, and NotFound when there is no such job.
func (s *Store) JobRuns(ctx context.Context, t tenant.ID, jobID uuid.UUID, f run.Filter, p PageRequest) (Page[run.Run], error) {
	if _, err := s.jobItem(ctx, t, jobID); err != nil {
		return Page[run.Run]{}, err
	}
	f.JobIDs = []uuid.UUID{jobID}
	return s.listRuns(ctx, t, jobRunsRoute, f, p)
}

func (s *Store) listRuns(ctx context.Context, t tenant.ID, route string, f run.Filter, p PageRequest) (Page[run.Run], error) {
	f = canonicalRuns(f)
	items, err := list(ctx, s, listing[runItem]{
		plan:  planRuns(t, f),
		owner: identity{Tenant: t, Route: route, Filter: f},
		key:   func(i runItem) string { return i.CreatedKey },
		match: func(i runItem) bool { return f.Match(i.run()) },
		bytes: func(i runItem) int { return i.ConfigBytes + labelBytes(i.Labels) },
	}, p)
	if err != nil {
		return Page[run.Run]{}, err
	}
	var hashes []string
	var unfinished []uuid.UUID
	for _, item := range items.Items {
		hashes = append(hashes, item.ConfigHash)
		if item.Progress == nil {
			unfinished = append(unfinished, uuid.MustParse(item.ID))
		}
	}
	found, err := s.details(ctx, t, hashes, unfinished)
	if err != nil {
		return Page[run.Run]{}, err
	}
	page := Page[run.Run]{Items: make([]run.Run, 0, len(items.Items)), Next: items.Next}
	for _, item := range items.Items {
		r := item.run()
		r.Config = found.configs[item.ConfigHash]
		if item.Progress == nil {
			r.Progress = found.progress[r.ID]
		}
		page.Items = append(page.Items, r)
	}
	return page, nil
}

// Jobs returns a page of the tenant's jobs that the filter selects, like Runs.
func (s *Store) Jobs(ctx context.Context, t tenant.ID, f job.Filter, p PageRequest) (Page[job.Job], error) {
	f = canonicalJobs(f)
	items, err := list(ctx, s, listing[jobItem]{
		plan:  planJobs(t, f),
		owner: identity{Tenant: t, Route: jobsRoute, Filter: f},
		key:   func(i jobItem) string { return i.CreatedKey },
		match: func(i jobItem) bool { return f.Match(i.job()) },
		bytes: func(i jobItem) int { return i.ConfigBytes + labelBytes(i.Labels) },
	}, p)
	if err != nil {
		return Page[job.Job]{}, err
	}
	var hashes []string
	for _, item := range items.Items {
		hashes = append(hashes, item.ConfigHash)
	}
	found, err := s.details(ctx, t, hashes, nil)
	if err != nil {
		return Page[job.Job]{}, err
	}
	page := Page[job.Job]{Items: make([]job.Job, 0, len(items.Items)), Next: items.Next}
	for _, item := range items.Items {
		j := item.job()
		j.Config = found.configs[item.ConfigHash]
		page.Items = append(page.Items, j)
	}
	return page, nil
}

// A listing is what list has to know of one kind of item.
type listing[I any] struct {
	plan  *plan
	owner identity
	key   func(I) string
	match func(I) bool
	bytes func(I) int // of the configuration and labels
}

// list returns a page of items. It asks for one item more than the page, so that a page
// that ends at the last item is known to be the last.
func list[I any](ctx context.Context, s *Store, l listing[I], p PageRequest) (Page[I], error) {
	var from *position
	if p.Cursor != "" {
		at, err := l.owner.decode(p.Cursor, l.plan)
		if err != nil {
			return Page[I]{}, err
		}
		from = &at
	}
	sc := newScan(s, l.plan, from, l.key, l.match)
	var hits []hit[I]
	var reached *position
	var err error
	if len(l.plan.ids) > 0 {
		hits, err = sc.byID(ctx, from, p.Limit+1)
	} else {
		hits, reached, err = sc.take(ctx, p.Limit+1)
	}
	if err != nil {
		return Page[I]{}, err
	}
	if shown := l.fit(hits, p.Limit); shown < len(hits) {
		hits = hits[:shown]
		at := l.plan.position(hits[shown-1].hash, hits[shown-1].key)
		reached = &at
	}
	page := Page[I]{}
	for _, h := range hits {
		page.Items = append(page.Items, h.item)
	}
	if reached != nil {
		page.Next = l.owner.encode(*reached)
	}
	return page, nil
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
