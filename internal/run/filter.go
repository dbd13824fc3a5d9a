package run

import (
	"slices"
	"time"

	"github.com/google/uuid"
)

// A Filter selects runs. A run must match every field that is not empty. It matches a list if it
// matches one of its values.
type Filter struct {
	JobIDs        []uuid.UUID
	IncludeIDs    []uuid.UUID
	ExcludeIDs    []uuid.UUID
	Statuses      []Status
	StopReasons   []StopReason
	CreatedBefore time.Time // exclusive
	CreatedAfter  time.Time // exclusive
	Labels        map[string]string

	// The bounds of a run's other times are exclusive too. They do not select a run whose event has
	// not happened. A cursor is bound to the filter's JSON, so a bound that is not given is left
	// out: cursors from before these fields stay valid.
	StartedBefore  time.Time `json:",omitzero"`
	StartedAfter   time.Time `json:",omitzero"`
	FinishedBefore time.Time `json:",omitzero"`
	FinishedAfter  time.Time `json:",omitzero"`
	UpdatedAfter   time.Time `json:",omitzero"`
}

// Match reports whether the filter selects the run. It defines the results of lists. The store
// translates it to keys and expressions where it can.
func (f Filter) Match(r Run) bool {
	return among(f.JobIDs, r.JobID) &&
		among(f.IncludeIDs, r.ID) &&
		!slices.Contains(f.ExcludeIDs, r.ID) &&
		among(f.Statuses, r.Status) &&
		among(f.StopReasons, r.StopReason) &&
		within(r.CreatedAt, f.CreatedAfter, f.CreatedBefore) &&
		within(r.StartedAt, f.StartedAfter, f.StartedBefore) &&
		within(r.FinishedAt, f.FinishedAfter, f.FinishedBefore) &&
		within(r.UpdatedAt, f.UpdatedAfter, time.Time{}) &&
		hasLabels(r.Labels, f.Labels)
}

// within reports whether t is between two times, both exclusive. A zero bound is open. A zero t, of
// an event that has not happened, is within open bounds only.
func within(t, after, before time.Time) bool {
	if t.IsZero() {
		return after.IsZero() && before.IsZero()
	}
	return (before.IsZero() || t.Before(before)) && (after.IsZero() || t.After(after))
}

func among[T comparable](allowed []T, v T) bool {
	return len(allowed) == 0 || slices.Contains(allowed, v)
}

func hasLabels(have, want map[string]string) bool {
	for k, v := range want {
		if got, ok := have[k]; !ok || got != v {
			return false
		}
	}
	return true
}
