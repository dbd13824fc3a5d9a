// Package run defines a run, one execution of a crawl job: its states, the moves between
// them, and the filters that select runs. It does no I/O.
package run

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"
)

// A Run is one execution of a job. Its configuration, labels and job name are those the job
// had when the run was created, and never change. Times are UTC with microseconds; a zero
// time means that it has not happened.
type Run struct {
	ID         uuid.UUID
	JobID      uuid.UUID
	JobName    string // of the job when the run was created; empty when it is not known
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

	// PausedFor is the time spent paused before PausedAt. It does not count towards
	// max_age.
	PausedFor time.Duration
	// Version counts the changes of the run's state: 1 when created, one more after each.
	Version int64
}

// Active returns how long the run had been executing at now, time spent paused left out.
func (r Run) Active(now time.Time) time.Duration {
	if r.StartedAt.IsZero() {
		return 0
	}
	end := now
	switch {
	case !r.FinishedAt.IsZero():
		end = r.FinishedAt
	case !r.PausedAt.IsZero():
		end = r.PausedAt
	}
	return end.Sub(r.StartedAt) - r.PausedFor
}

// Progress counts what a run has done. A URL is processed once: it ends as fetched, failed
// or excluded, and until then it is queued.
type Progress struct {
	URLsQueued   int64 `json:"urls_queued"`   // known and not yet processed
	URLsFetched  int64 `json:"urls_fetched"`  // answered 2xx or 3xx
	URLsFailed   int64 `json:"urls_failed"`   // no answer, or 4xx or 5xx, after the retries
	URLsExcluded int64 `json:"urls_excluded"` // refused by filters, robots or bounds
	BytesFetched int64 `json:"bytes_fetched"` // bytes of bodies as read, after decoding
	Depth        int   `json:"depth"`         // greatest depth of a processed URL; a seed's is 0
}

// Processed returns how many URLs were processed: fetched and failed ones.
func (p Progress) Processed() int64 { return p.URLsFetched + p.URLsFailed }

// A StopReason says why a run finished.
type StopReason string

// The stop reasons.
const (
	MaxDepth            StopReason = "max_depth"             // every URL up to the depth was processed, a deeper one was seen
	MaxURLs             StopReason = "max_urls"              // exactly that many URLs were processed
	MaxEmptyEvaluations StopReason = "max_empty_evaluations" // that many looks in a row found nothing to do
	MaxAge              StopReason = "max_age"               // that much time since the start, time paused left out
	Manual              StopReason = "manual"                // stop was called
	EmptySeed           StopReason = "empty_seed"            // no seed URL could be had, or all were refused
	Unknown             StopReason = "unknown"               // the service gave up
)

// StopReasons returns every stop reason, in the order of the API's description.
func StopReasons() []StopReason {
	return []StopReason{MaxDepth, MaxURLs, MaxEmptyEvaluations, MaxAge, Manual, EmptySeed, Unknown}
}
