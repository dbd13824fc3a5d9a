package run

import (
	"slices"
	"time"

	"github.com/google/uuid"
)

// A Filter selects runs. The values of one field are alternatives, different fields must
// all hold, and an empty field selects everything.
type Filter struct {
	JobIDs        []uuid.UUID
	IncludeIDs    []uuid.UUID
	ExcludeIDs    []uuid.UUID
	Statuses      []Status
	StopReasons   []StopReason
	CreatedBefore time.Time // exclusive
	CreatedAfter  time.Time // exclusive
	Labels        map[string]string

	// Bounds of the other times of a run, exclusive. A run without such a time, because it has
	// not happened, is not selected. Cursors are bound to the JSON of a filter: a member that is
	// not given is not part of it, so that cursors from before the member existed stay valid.
	StartedBefore  time.Time `json:",omitzero"`
	StartedAfter   time.Time `json:",omitzero"`
	FinishedBefore time.Time `json:",omitzero"`
	FinishedAfter  time.Time `json:",omitzero"`
	UpdatedAfter   time.Time `json:",omitzero"`
}

// Match reports whether the filter selects the run. It is the definition of what lists
// answer; the store translates it into keys and expressions where it can.
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

// within reports whether t lies between two times, both exclusive. A zero bound is open. A zero
// t, which has not happened, lies within open bounds only.
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
