// Package job defines a job, the description of a crawl that its runs execute. It does no
// I/O.
package job

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/google/uuid"
)

// A Job describes a crawl. Times are UTC with microseconds.
type Job struct {
	ID        uuid.UUID
	Name      string // 1 to 255 characters
	Labels    map[string]string
	Config    json.RawMessage // as given, in canonical form, without defaults
	CreatedAt time.Time
	UpdatedAt time.Time
}

// A Patch replaces whole the members that are not nil. Runs that exist already keep the
// configuration and labels that they were created with.
type Patch struct {
	Name   *string
	Labels map[string]string // not nil and empty: removes all labels
	Config json.RawMessage
}

// A Filter selects jobs. The values of one field are alternatives, different fields must
// all hold, and an empty field selects everything.
type Filter struct {
	IncludeIDs    []uuid.UUID
	ExcludeIDs    []uuid.UUID
	Names         []string
	CreatedBefore time.Time // exclusive
	CreatedAfter  time.Time // exclusive
	Labels        map[string]string
}

// Match reports whether the filter selects the job.
func (f Filter) Match(j Job) bool {
	for k, v := range f.Labels {
		if got, ok := j.Labels[k]; !ok || got != v {
			return false
		}
	}
	return (len(f.IncludeIDs) == 0 || slices.Contains(f.IncludeIDs, j.ID)) &&
		!slices.Contains(f.ExcludeIDs, j.ID) &&
		(len(f.Names) == 0 || slices.Contains(f.Names, j.Name)) &&
		(f.CreatedBefore.IsZero() || j.CreatedAt.Before(f.CreatedBefore)) &&
		(f.CreatedAfter.IsZero() || j.CreatedAt.After(f.CreatedAfter))
}
