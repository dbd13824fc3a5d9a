package crawl

import (
	"time"

	"github.com/inndx/runs/internal/run"
)

// look is the time between two looks at an empty frontier.
const look = time.Second

const (
	// maxMemory bounds the bytes of a run's frontier, so that it fits the crawl function:
	// some twenty million known URLs of usual length.
	maxMemory = 1 << 30
	// maxWaiting bounds the bytes of the URLs that are queued.
	maxWaiting = maxMemory / 4
)

// limits are what a run's stopping criteria say, and what a worker's memory holds.
type limits struct {
	maxMemory int           // bytes
	maxURLs   int64         // 0: no bound
	maxDepth  int           // -1: no bound
	maxAge    time.Duration // 0: no bound
	looks     int           // that find the frontier empty, one second apart
}

// A view is what the criteria look at.
type view struct {
	limits
	f     *frontier
	began time.Time // when the run started, moved by the time that it was paused
}

// A criterion ends a run.
type criterion struct {
	reason  run.StopReason
	reached func(v view, now time.Time) bool
	// at returns when time alone will have reached the criterion, zero for never.
	at func(v view) time.Time
}

// criteria are all there are; the first one that is reached gives the reason.
//
// A run without an outcome but excluded ones had no seed. An empty frontier stays empty, so
// looks at it need no memory: they are counted from the last outcome, which is in the log.
var criteria = []criterion{
	{
		// A worker that ran out of memory would fail again and again, and its run end no better.
		reason:  run.Unknown,
		reached: func(v view, _ time.Time) bool { return v.f.size() >= v.maxMemory },
	},
	{
		reason: run.EmptySeed,
		reached: func(v view, _ time.Time) bool {
			return v.f.seedsRead && v.f.progress.URLsQueued == 0 && v.f.progress.Processed() == 0
		},
	},
	{
		reason: run.MaxURLs,
		reached: func(v view, _ time.Time) bool {
			return v.maxURLs > 0 && v.f.progress.Processed() >= v.maxURLs
		},
	},
	{
		reason: run.MaxAge,
		reached: func(v view, now time.Time) bool {
			return v.maxAge > 0 && now.Sub(v.began) >= v.maxAge
		},
		at: func(v view) time.Time {
			if v.maxAge == 0 {
				return time.Time{}
			}
			return v.began.Add(v.maxAge)
		},
	},
	{
		reason: run.MaxDepth,
		reached: func(v view, _ time.Time) bool {
			return v.maxDepth >= 0 && v.f.seedsRead && v.f.progress.URLsQueued > 0 && v.f.level > v.maxDepth
		},
	},
	{
		reason: run.MaxEmptyEvaluations,
		reached: func(v view, now time.Time) bool {
			return v.empty() && !now.Before(v.lastLook())
		},
		at: func(v view) time.Time {
			if !v.empty() {
				return time.Time{}
			}
			return v.lastLook()
		},
	},
}

// empty reports whether nothing is queued, under way or held back.
func (v view) empty() bool { return v.f.seedsRead && v.f.progress.URLsQueued == 0 }

func (v view) lastLook() time.Time { return v.f.last.Add(time.Duration(v.looks-1) * look) }

// reached returns the first criterion that is reached.
func (v view) reached(now time.Time) (run.StopReason, bool) {
	for _, c := range criteria {
		if c.reached(v, now) {
			return c.reason, true
		}
	}
	return "", false
}

// next returns when time alone will have reached a criterion, zero for never.
func (v view) next() time.Time {
	var next time.Time
	for _, c := range criteria {
		if c.at != nil {
			next = sooner(next, c.at(v))
		}
	}
	return next
}

// sooner returns the earlier of two times, of which a zero one means never.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
