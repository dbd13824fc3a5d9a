package run

import (
	"fmt"
	"time"

	"github.com/inndx/runs/internal/fault"
)

// A Status is a state of a run.
type Status string

// The statuses.
const (
	Pending  Status = "pending"  // created, not yet started
	Running  Status = "running"  // executing
	Paused   Status = "paused"   // halted, can be resumed
	Finished Status = "finished" // ended; see the stop reason
)

// Statuses returns every status, in the order of the lifecycle.
func Statuses() []Status { return []Status{Pending, Running, Paused, Finished} }

// An Action causes a transition of a run from one status to another.
type Action string

// The actions. The crawler starts and finishes runs. Callers of the API do the rest.
const (
	Start  Action = "start"
	Pause  Action = "pause"
	Resume Action = "resume"
	Stop   Action = "stop"
	Finish Action = "finish"
)

// transitions is the lifecycle: the next status for each action and present status. An action that
// leads to the present status leaves the run unchanged. An action that is not listed for a status
// is a conflict.
var transitions = map[Action]map[Status]Status{
	Start:  {Pending: Running, Running: Running},
	Pause:  {Running: Paused, Paused: Paused},
	Resume: {Paused: Running, Running: Running},
	Stop:   {Pending: Finished, Running: Finished, Paused: Finished, Finished: Finished},
	Finish: {Pending: Finished, Running: Finished, Paused: Finished, Finished: Finished},
}

// Apply returns the run after the action at now, and whether the run changed. The stop reason is
// that of a run that finishes; other transitions ignore it. Apply fails with kind Conflict if the
// present status does not allow the action.
func Apply(r Run, action Action, reason StopReason, now time.Time) (Run, bool, error) {
	to, ok := transitions[action][r.Status]
	if !ok {
		return r, false, fault.Because(fault.ReasonWrongState, "cannot %s a run that is %s", action, r.Status)
	}
	if to == r.Status {
		return r, false, nil
	}
	// The clocks of machines differ. The times of a run never run backwards.
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
	if to != Running {
		r.WaitingFor = ""
	}
	r.UpdatedAt = now
	r.Version++
	return r, true, nil
}
