// Package job defines a job, the description of a crawl. A run executes it. The package does no
// I/O.
package job

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/config"
)

// A Job describes a crawl. Times are UTC with microseconds.
type Job struct {
	ID        uuid.UUID
	Name      string // 1 to 255 characters
	Labels    map[string]string
	Config    json.RawMessage // canonical, as given: without defaults
	CreatedAt time.Time
	UpdatedAt time.Time
}

// A Patch replaces each member of a job whose field is not nil. Existing runs keep the name, the
// labels and the configuration with which they were created.
type Patch struct {
	Name   *string
	Labels map[string]string // an empty map, not nil, removes all labels
	Config *config.Config    // may have config.Mask in the place of secrets
}

// A Filter selects jobs. A job must match every field that is not empty. It matches a list if it
// matches one of its values.
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
