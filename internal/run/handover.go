package run

import "time"

// A Handover is what a worker records when it releases a run that is not finished.
type Handover struct {
	// WakeAt is when the run is due again.
	WakeAt time.Time
	// WaitingFor says why the worker released a run that it could have crawled; empty if nothing
	// keeps the run from being crawled at WakeAt.
	WaitingFor WaitReason
}

// A WaitReason says why no worker crawls a run at present although it could be crawled. It says
// nothing about other runs.
type WaitReason string

// The reasons.
const (
	WaitMemory WaitReason = "memory" // the workers have no memory left for the run
)

// WaitReasons returns every reason, in the order of the API's description.
func WaitReasons() []WaitReason { return []WaitReason{WaitMemory} }
