package job

import (
	"github.com/google/uuid"

	"github.com/inndx/runs/internal/tenant"
)

// A Ref names a job. Ids are unique within a tenant only, so both parts are needed wherever a
// job is named.
type Ref struct {
	Tenant tenant.ID
	ID     uuid.UUID
}
