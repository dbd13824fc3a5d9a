package crawl

import (
	"time"

	"github.com/inndx/runs/internal/budget"
	"github.com/inndx/runs/internal/run"
)

// evaluationInterval is the time between two evaluations of an empty frontier.
const evaluationInterval = time.Second

// maxQueuedBytes bounds the bytes of the queues of a run.
const maxQueuedBytes = budget.DefaultMemory / 4

// stopCriteria decide when a run ends.
type stopCriteria struct {
	limits   limits
	frontier *frontier
	began    time.Time // start of the run, moved forward by the time that it was paused
}

// A criterion ends a run.
type criterion struct {
	reason  run.StopReason
	reached func(s stopCriteria, now time.Time) bool
	// at returns when the criterion will be reached if nothing else happens, zero for never.
	at func(s stopCriteria) time.Time
}

// criteria are all criteria. The first one that is reached gives the reason.
//
// A run that processed no URL had no seed that was accepted. An empty frontier stays empty, so the
// number of its evaluations follows from the time of the last outcome, which is in the log.
var criteria = []criterion{
	{
		// A worker that ran out of memory would fail again and again, and its run would end the
		// same way. With the default memory that is about twenty million URLs of usual length.
		reason:  run.Unknown,
		reached: func(s stopCriteria, _ time.Time) bool { return s.frontier.size() >= s.limits.maxMemory },
	},
	{
		reason: run.EmptySeed,
		reached: func(s stopCriteria, _ time.Time) bool {
			return s.empty() && s.frontier.progress.Processed() == 0
		},
	},
	{
		reason: run.MaxURLs,
		reached: func(s stopCriteria, _ time.Time) bool {
			return s.limits.maxURLs > 0 && s.frontier.progress.Processed() >= s.limits.maxURLs
		},
	},
	{
		reason: run.MaxAge,
		reached: func(s stopCriteria, now time.Time) bool {
			return s.limits.maxAge > 0 && now.Sub(s.began) >= s.limits.maxAge
		},
		at: func(s stopCriteria) time.Time {
			if s.limits.maxAge == 0 {
				return time.Time{}
			}
			return s.began.Add(s.limits.maxAge)
		},
	},
	{
		reason: run.MaxDepth,
		reached: func(s stopCriteria, _ time.Time) bool {
			f := s.frontier
			return s.limits.maxDepth >= 0 && f.seedsRead && f.progress.URLsQueued > 0 && f.level > s.limits.maxDepth
		},
	},
	{
		reason: run.MaxEmptyEvaluations,
		reached: func(s stopCriteria, now time.Time) bool {
			return s.empty() && !now.Before(s.lastEvaluation())
		},
		at: func(s stopCriteria) time.Time {
			if !s.empty() {
				return time.Time{}
			}
			return s.lastEvaluation()
		},
	},
}

// empty reports whether the seeds are read and no URL is queued, in flight or waiting for another
// attempt.
func (s stopCriteria) empty() bool {
	return s.frontier.seedsRead && s.frontier.progress.URLsQueued == 0
}

// lastEvaluation returns when an empty frontier will have been evaluated often enough.
func (s stopCriteria) lastEvaluation() time.Time {
	return s.frontier.last.Add(time.Duration(s.limits.maxEmptyEvaluations-1) * evaluationInterval)
}

// reached returns the reason of the first criterion that is reached.
func (s stopCriteria) reached(now time.Time) (run.StopReason, bool) {
	for _, c := range criteria {
		if c.reached(s, now) {
			return c.reason, true
		}
	}
	return "", false
}

// next returns when a criterion will be reached if nothing else happens, zero for never.
func (s stopCriteria) next() time.Time {
	var next time.Time
	for _, c := range criteria {
		if c.at != nil {
			next = sooner(next, c.at(s))
		}
	}
	return next
}
