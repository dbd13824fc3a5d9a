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
	StopReason StopReason // of a run that is finished, or was when it was deleted
	At         time.Time  // zero for a deletion, whose time the item does not hold
}
