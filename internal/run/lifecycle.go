package run

import (
	"fmt"
	"time"

	"github.com/inndx/runs/internal/fault"
)

// A Status is a state of a run's life.
type Status string

// The statuses.
const (
	Pending  Status = "pending"  // created, not yet started
	Running  Status = "running"  // executing
	Paused   Status = "paused"   // halted, can be resumed
	Finished Status = "finished" // ended; see the stop reason
)

// Statuses returns every status, in the order of a run's life.
func Statuses() []Status { return []Status{Pending, Running, Paused, Finished} }

// An Action moves a run from one status to another.
type Action string

// The actions. Start and Finish are the crawler's, the others are the API's.
const (
	Start  Action = "start"
	Pause  Action = "pause"
	Resume Action = "resume"
	Stop   Action = "stop"
	Finish Action = "finish"
)

// transitions is the whole lifecycle: action, present status, next status. A pair that maps
// a status to itself answers the run unchanged; a pair that is not listed is a conflict.
var transitions = map[Action]map[Status]Status{
	Start:  {Pending: Running, Running: Running},
	Pause:  {Running: Paused, Paused: Paused},
	Resume: {Paused: Running, Running: Running},
	Stop:   {Pending: Finished, Running: Finished, Paused: Finished, Finished: Finished},
	Finish: {Pending: Finished, Running: Finished, Paused: Finished, Finished: Finished},
}

// Apply returns the run as it is after the action at now, and whether that differs from
// the run given. A run that finishes takes the stop reason; for other actions it is
// ignored. It fails with kind Conflict, naming the present status, when the status refuses
// the action.
func Apply(r Run, action Action, reason StopReason, now time.Time) (Run, bool, error) {
	to, ok := transitions[action][r.Status]
	if !ok {
		return r, false, fault.Because(fault.ReasonWrongState, "cannot %s a run that is %s", action, r.Status)
	}
	if to == r.Status {
		return r, false, nil
	}
	// Clocks of several machines differ a little. A run's own times never run backwards.
	now = now.UTC().Truncate(time.Microsecond)
	if now.Before(r.UpdatedAt) {
		now = r.UpdatedAt
	}
	if r.Status == Paused {
		r.PausedFor += now.Sub(r.PausedAt)
		r.PausedAt = time.Time{}
	}
	switch to {
	case Running:
		if r.StartedAt.IsZero() {
			r.StartedAt = now
		}
	case Paused:
		r.PausedAt = now
	case Finished:
		if reason == "" {
			panic(fmt.Sprintf("run: %s without a stop reason", action))
		}
		r.FinishedAt = now
		r.StopReason = reason
	}
	r.Status = to
	r.UpdatedAt = now
	r.Version++
	return r, true, nil
}
