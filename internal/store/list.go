package store

import (
	"context"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store/listing"
	"github.com/inndx/runs/internal/tenant"
)

// The routes of the lists of jobs and runs, as cursors name them.
const (
	jobsRoute    = "jobs"
	runsRoute    = "runs"
	jobRunsRoute = "job_runs"
)

// Runs returns a page of the tenant's runs that the filter selects, the most recently created
// first. A page may have fewer items than the limit, or none, and still a cursor, because each
// request reads a bounded part of the table. It fails with Invalid if the cursor does not belong to
// this list.
func (s *Store) Runs(ctx context.Context, t tenant.ID, f run.Filter, p paging.Request) (paging.Page[run.Run], error) {
	return s.listRuns(ctx, t, runsRoute, f, p)
}

// JobRuns is like Runs, for the runs of one job. It fails with NotFound if there is no such job.
func (s *Store) JobRuns(ctx context.Context, of job.Ref, f run.Filter, p paging.Request) (paging.Page[run.Run], error) {
	if _, err := s.jobItem(ctx, of); err != nil {
		return paging.Page[run.Run]{}, err
	}
	f.JobIDs = []uuid.UUID{of.ID}
	return s.listRuns(ctx, of.Tenant, jobRunsRoute, f, p)
}

func (s *Store) listRuns(
	ctx context.Context, t tenant.ID, route string, f run.Filter, p paging.Request,
) (paging.Page[run.Run], error) {
	f = canonicalRuns(f)
	base := baseRunPlan(t, f)
	plans := []*listing.Plan{base}
	if len(entryPlans(t, f, base)) > 0 {
		complete, err := s.entriesAreComplete(ctx)
		if err != nil {
			return paging.Page[run.Run]{}, err
		}
		if complete {
			plans = runPlans(t, f, base)
		}
	}
	list := listing.List[runItem]{
		Table: s.table,
		Scope: listing.Scope{Tenant: t, Route: route, Filter: f},
		Base:  base,
		Plans: plans,
		Key:   func(i runItem) string { return i.CreatedKey },
		Match: func(i runItem) bool { return f.Match(i.run()) },
	}
	size := func(i runItem) int { return configBytes(p, i.ConfigBytes) + labelBytes(i.Labels) }
	items, err := readPage(ctx, list, size, p)
	if err != nil {
		return paging.Page[run.Run]{}, err
	}
	var l lookup
	for _, item := range items.Items {
		l.addRun(item, !p.Summary)
	}
	found, err := s.lookUp(ctx, t, l)
	if err != nil {
		return paging.Page[run.Run]{}, err
	}
	return mapPage(items, found.toRun), nil
}

// Jobs is like Runs, for the tenant's jobs.
func (s *Store) Jobs(ctx context.Context, t tenant.ID, f job.Filter, p paging.Request) (paging.Page[job.Job], error) {
	f = canonicalJobs(f)
	base := jobPlan(t, f)
	list := listing.List[jobItem]{
		Table: s.table,
		Scope: listing.Scope{Tenant: t, Route: jobsRoute, Filter: f},
		Base:  base,
		Plans: []*listing.Plan{base},
		Key:   func(i jobItem) string { return i.CreatedKey },
		Match: func(i jobItem) bool { return f.Match(i.job()) },
	}
	size := func(i jobItem) int { return configBytes(p, i.ConfigBytes) + labelBytes(i.Labels) }
	items, err := readPage(ctx, list, size, p)
	if err != nil {
		return paging.Page[job.Job]{}, err
	}
	var l lookup
	for _, item := range items.Items {
		if !p.Summary {
			l.hashes = append(l.hashes, item.ConfigHash)
		}
	}
	found, err := s.lookUp(ctx, t, l)
	if err != nil {
		return paging.Page[job.Job]{}, err
	}
	return mapPage(items, func(item jobItem) job.Job {
		j := item.job()
		j.Config = found.configs[item.ConfigHash]
		return j
	}), nil
}
