package store

import (
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store/keys"
	"github.com/inndx/runs/internal/store/listing"
	"github.com/inndx/runs/internal/tenant"
)

// jobPlan returns the plan that reads a list of jobs. The filter is canonical.
func jobPlan(t tenant.ID, f job.Filter) *listing.Plan {
	p := &listing.Plan{
		PK:         tenantKey(t),
		SortPrefix: jobPrefix,
		Created:    keys.CreatedBetween(f.CreatedAfter, f.CreatedBefore),
	}
	if p.Created.Empty() {
		return p
	}
	p.Index, p.Partitions = byCreated, []string{jobsPartition(t)}
	if p.IDs = f.IncludeIDs; len(p.IDs) > 0 {
		return p
	}
	p.Filter(listing.In("name", f.Names))
	p.Filter(listing.NotIn("id", texts(f.ExcludeIDs)))
	p.Filter(listing.HasMembers("labels", f.Labels))
	return p
}

// baseRunPlan returns the plan that reads a list of runs by an index or by ids. The filter is
// canonical.
func baseRunPlan(t tenant.ID, f run.Filter) *listing.Plan {
	p := &listing.Plan{
		PK:         tenantKey(t),
		SortPrefix: runPrefix,
		Created:    keys.CreatedBetween(f.CreatedAfter, createdBefore(f)),
	}
	statuses, possible := effectiveStatuses(f)
	switch {
	case !possible || p.Created.Empty():
		return p
	case len(f.IncludeIDs) > 0:
		p.IDs = f.IncludeIDs
		p.Index, p.Partitions = byCreated, []string{runsPartition(t)}
		return p
	case len(f.JobIDs) > 0:
		p.Index = byJob
		for _, id := range f.JobIDs {
			p.Partitions = append(p.Partitions, jobPartition(job.Ref{Tenant: t, ID: id}))
		}
		p.Filter(listing.In("status", statuses))
	case len(statuses) > 0:
		p.Index = byStatus
		for _, status := range statuses {
			p.Partitions = append(p.Partitions, statusPartition(t, status))
		}
	default:
		p.Index, p.Partitions = byCreated, []string{runsPartition(t)}
	}
	p.Filter(listing.In("stop_reason", f.StopReasons))
	p.Filter(listing.NotIn("id", texts(f.ExcludeIDs)))
	p.Filter(listing.HasMembers("labels", f.Labels))
	p.Filter(listing.TimeBetween("started_at", f.StartedAfter, f.StartedBefore))
	p.Filter(listing.TimeBetween("finished_at", f.FinishedAfter, f.FinishedBefore))
	p.Filter(listing.TimeBetween("updated_at", f.UpdatedAfter, time.Time{}))
	return p
}

// createdBefore returns the upper bound on the creation of the runs that the filter selects, zero
// for none. A run is created before it starts, and starts before it finishes.
func createdBefore(f run.Filter) time.Time {
	var bound time.Time
	for _, t := range []time.Time{f.CreatedBefore, f.StartedBefore, f.FinishedBefore} {
		if !t.IsZero() && (bound.IsZero() || t.Before(bound)) {
			bound = t
		}
	}
	return bound
}

// effectiveStatuses returns the statuses that a run of the list may have, none for any, and
// whether any run can match: a stop reason or a bound on the finish time implies that the run is
// finished.
func effectiveStatuses(f run.Filter) (statuses []run.Status, possible bool) {
	switch {
	case len(f.StopReasons) > 0, !f.FinishedAfter.IsZero(), !f.FinishedBefore.IsZero():
		possible := len(f.Statuses) == 0 || slices.Contains(f.Statuses, run.Finished)
		return []run.Status{run.Finished}, possible
	case len(f.Statuses) == len(run.Statuses()):
		return nil, true // the filter is canonical, so these are all
	}
	return f.Statuses, true
}

// maxEntryPlans bounds the entry plans that are tried for one page. Further labels are checked by
// reading the run.
const maxEntryPlans = 4

// entryPlans returns the plans that read the list of base through entries: one for the stop reasons
// and one for each label. There are no plans if entries do not help.
func entryPlans(t tenant.ID, f run.Filter, base *listing.Plan) []*listing.Plan {
	if len(base.IDs) > 0 || len(base.Partitions) == 0 {
		return nil
	}
	var plans []*listing.Plan
	if n := len(f.StopReasons); n > 0 && n < len(run.StopReasons()) {
		var partitions []string
		for _, reason := range f.StopReasons {
			partitions = append(partitions, reasonPartition(t, reason))
		}
		plans = append(plans, base.ByEntries(partitions...))
	}
	for _, key := range slices.Sorted(maps.Keys(f.Labels)) {
		if len(plans) < maxEntryPlans {
			plans = append(plans, base.ByEntries(labelPartition(t, key, f.Labels[key])))
		}
	}
	return plans
}

// runPlans returns the candidate plans for a list of runs, the one that is probably the cheapest
// first. Each of them reads the whole list.
//
// A list by one label or by stop reasons is read through entries alone, as every entry is a match.
// When there are more conditions, one of several partitions may be much shorter than the others:
// the runs of a job, the unfinished runs, the runs with a rare label. It is not known which, so
// listing tries all of them. An entry that does not match costs half a unit, the read of its run.
// An item of an index costs an eighth, since a query reads 8 KB for a unit.
func runPlans(t tenant.ID, f run.Filter, base *listing.Plan) []*listing.Plan {
	plans := entryPlans(t, f, base)
	if len(plans) == 0 {
		return []*listing.Plan{base}
	}
	unfinished := len(f.Statuses) > 0 && !slices.Contains(f.Statuses, run.Finished)
	others := len(f.JobIDs) > 0 || len(f.Statuses) > 0 && len(f.StopReasons) == 0
	for _, bound := range []time.Time{f.StartedBefore, f.StartedAfter, f.FinishedBefore, f.FinishedAfter, f.UpdatedAfter} {
		others = others || !bound.IsZero()
	}
	switch {
	case unfinished: // usually few
		return append([]*listing.Plan{base}, plans...)
	case others, len(plans) > 1:
		return append(plans, base)
	}
	return plans
}

// texts returns the ids as the items hold them.
func texts(ids []uuid.UUID) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = id.String()
	}
	return out
}
