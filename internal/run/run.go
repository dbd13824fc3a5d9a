// Package run defines a run, one execution of a job: its states, the transitions between them, and
// the filters that select runs. It does no I/O.
package run

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"
)

// A Run is one execution of a job. It copies the job's configuration, labels and name when it is
// created, and never changes them. Times are UTC with microseconds. A zero time means that the
// event has not happened.
type Run struct {
	ID         uuid.UUID
	JobID      uuid.UUID
	JobName    string // empty if it is not known
	Status     Status
	StopReason StopReason      // empty until finished
	Config     json.RawMessage // resolved: every default is filled in
	Labels     map[string]string
	CreatedAt  time.Time
	StartedAt  time.Time
	PausedAt   time.Time // set only while paused
	FinishedAt time.Time
	UpdatedAt  time.Time
	Progress   Progress
	WaitingFor WaitReason // empty while a worker crawls the run, or when none is needed

	// PausedFor is the time spent paused before PausedAt. It does not count for max_age.
	PausedFor time.Duration
	// Version is 1 for a new run and grows by one with each transition.
	Version int64
}

// Progress counts the URLs of a run. A URL is queued first, and ends as fetched, failed or
// excluded.
type Progress struct {
	URLsQueued   int64 `json:"urls_queued"`   // waiting or in flight
	URLsFetched  int64 `json:"urls_fetched"`  // the response was 2xx or 3xx
	URLsFailed   int64 `json:"urls_failed"`   // no response, or 4xx or 5xx, after the retries
	URLsExcluded int64 `json:"urls_excluded"` // refused by filters, robots or bounds
	BytesFetched int64 `json:"bytes_fetched"` // of bodies, after decoding
	Depth        int   `json:"depth"`         // the greatest depth of a processed URL; a seed has 0
}

// Processed returns how many URLs were fetched or failed.
func (p Progress) Processed() int64 { return p.URLsFetched + p.URLsFailed }

// A StopReason is the reason why a run finished.
type StopReason string

// The stop reasons.
const (
	MaxDepth            StopReason = "max_depth"             // all URLs up to max_depth were processed, a deeper one was seen
	MaxURLs             StopReason = "max_urls"              // exactly max_urls URLs were processed
	MaxEmptyEvaluations StopReason = "max_empty_evaluations" // max_empty_evaluations in a row found nothing to fetch
	MaxAge              StopReason = "max_age"               // the run was active for max_age
	Manual              StopReason = "manual"                // stop was called
	EmptySeed           StopReason = "empty_seed"            // there was no seed URL, or all were excluded
	Unknown             StopReason = "unknown"               // the service abandoned the run
)

// StopReasons returns every stop reason, in the order of the API's description.
func StopReasons() []StopReason {
	return []StopReason{MaxDepth, MaxURLs, MaxEmptyEvaluations, MaxAge, Manual, EmptySeed, Unknown}
}
