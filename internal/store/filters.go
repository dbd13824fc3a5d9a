package store

import (
	"bytes"
	"cmp"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/weburl"
)

// canonicalRuns returns the canonical form of the filter: filters whose values differ only in order
// or repetition have the same form.
func canonicalRuns(f run.Filter) run.Filter {
	f.JobIDs = canonicalIDs(f.JobIDs)
	f.IncludeIDs = canonicalIDs(f.IncludeIDs)
	f.ExcludeIDs = canonicalIDs(f.ExcludeIDs)
	f.Statuses = canonical(f.Statuses)
	f.StopReasons = canonical(f.StopReasons)
	for _, bound := range []*time.Time{
		&f.CreatedBefore, &f.CreatedAfter, &f.StartedBefore, &f.StartedAfter,
		&f.FinishedBefore, &f.FinishedAfter, &f.UpdatedAfter,
	} {
		*bound = bound.UTC()
	}
	f.Labels = labels(f.Labels)
	return f
}

// canonicalJobs is like canonicalRuns, for jobs.
func canonicalJobs(f job.Filter) job.Filter {
	f.IncludeIDs = canonicalIDs(f.IncludeIDs)
	f.ExcludeIDs = canonicalIDs(f.ExcludeIDs)
	f.Names = canonical(f.Names)
	f.CreatedBefore = f.CreatedBefore.UTC()
	f.CreatedAfter = f.CreatedAfter.UTC()
	f.Labels = labels(f.Labels)
	return f
}

// A logFilter selects outcomes of one run.
type logFilter struct {
	RunID uuid.UUID
	crawllog.Filter
}

// canonicalLogs is like canonicalRuns, for the outcomes of a run.
func canonicalLogs(f crawllog.Filter) crawllog.Filter {
	f.Hosts = canonical(f.Hosts)
	f.Steps = canonical(f.Steps)
	f.Statuses = canonical(f.Statuses)
	f.ErrorReasons = canonical(f.ErrorReasons)
	f.OccurredBefore = f.OccurredBefore.UTC()
	f.OccurredAfter = f.OccurredAfter.UTC()
	f.HTTPStatuses = canonical(f.HTTPStatuses)
	f.ContentTypes = canonical(f.ContentTypes)
	f.Depths = canonical(f.Depths)
	return f
}

// canonicalLinks is like canonicalRuns, for the links of a run.
func canonicalLinks(f crawllog.LinkFilter) crawllog.LinkFilter {
	f.States = canonical(f.States)
	f.URLHashes = canonicalKeys(f.URLHashes)
	f.Filter = canonicalLogs(f.Filter)
	return f
}

// canonicalEdges is like canonicalRuns, for the edges of a run.
func canonicalEdges(f crawllog.EdgeFilter) crawllog.EdgeFilter {
	f.From = canonicalKeys(f.From)
	f.To = canonicalKeys(f.To)
	f.Kinds = canonical(f.Kinds)
	return f
}

func canonical[T cmp.Ordered](values []T) []T {
	return slices.Compact(slices.Sorted(slices.Values(values)))
}

func canonicalIDs(ids []uuid.UUID) []uuid.UUID {
	return canonicalFunc(ids, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
}

func canonicalFunc[T comparable](values []T, compare func(a, b T) int) []T {
	return slices.Compact(slices.SortedFunc(slices.Values(values), compare))
}

func canonicalKeys(keys []weburl.Key) []weburl.Key {
	sorted := slices.SortedFunc(slices.Values(keys), func(a, b weburl.Key) int { return bytes.Compare(a[:], b[:]) })
	return slices.Compact(sorted)
}
