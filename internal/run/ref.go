package run

import (
	"github.com/google/uuid"

	"github.com/inndx/runs/internal/tenant"
)

// A Ref names a run. Ids are unique within a tenant only, so both parts are needed wherever a
// run is named. Its JSON form is the body of a wake-up in the queue.
type Ref struct {
	Tenant tenant.ID `json:"tenant"`
	ID     uuid.UUID `json:"run_id"`
}
