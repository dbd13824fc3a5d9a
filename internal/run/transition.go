package run

import (
	"time"

	"github.com/google/uuid"
)

// A Transition is a change of a run's status, as the table's stream reports it.
type Transition struct {
	Run        Ref
	JobID      uuid.UUID
	From       Status     // empty when the run was created
	To         Status     // empty when the run was deleted
	StopReason StopReason // empty unless the run is finished, or was when it was deleted
	At         time.Time  // zero for a deletion: a deleted item does not hold the time
}
