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
}

// Match reports whether the filter selects the run. It is the definition of what lists
// answer; the store translates it into keys and expressions where it can.
func (f Filter) Match(r Run) bool {
	return among(f.JobIDs, r.JobID) &&
		among(f.IncludeIDs, r.ID) &&
		!slices.Contains(f.ExcludeIDs, r.ID) &&
		among(f.Statuses, r.Status) &&
		among(f.StopReasons, r.StopReason) &&
		(f.CreatedBefore.IsZero() || r.CreatedAt.Before(f.CreatedBefore)) &&
		(f.CreatedAfter.IsZero() || r.CreatedAt.After(f.CreatedAfter)) &&
		hasLabels(r.Labels, f.Labels)
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
