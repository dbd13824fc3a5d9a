package store

import (
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/guregu/dynamo/v2"

	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/tenant"
)

// ReadTransition returns the transition between two images of an item, as the table's
// stream gives them: before is empty when the item was created, after when it was deleted.
// It is false when the item is not a run, or its status is the same in both.
func ReadTransition(before, after dynamo.Item) (run.Transition, bool, error) {
	var from, to runItem
	for image, item := range map[*runItem]dynamo.Item{&from: before, &to: after} {
		if err := dynamo.UnmarshalItem(item, image); err != nil {
			return run.Transition{}, false, fmt.Errorf("store: decode an image of a run: %w", err)
		}
	}
	last := to
	if len(after) == 0 {
		last = from
	}
	owner, isRun := runOwner(last.primaryKey)
	if !isRun || from.Status == to.Status {
		return run.Transition{}, false, nil
	}
	c := run.Transition{Run: run.Ref{Tenant: owner}, From: from.Status, To: to.Status, StopReason: last.StopReason, At: to.UpdatedAt}
	var err error
	if c.Run.ID, err = uuid.Parse(last.ID); err != nil {
		return run.Transition{}, false, fmt.Errorf("store: the id of a run: %w", err)
	}
	if c.JobID, err = uuid.Parse(last.JobID); err != nil {
		return run.Transition{}, false, fmt.Errorf("store: the job of a run: %w", err)
	}
	return c, true, nil
}

// runOwner returns the tenant of the run that has the key, and false for the key of anything else:
// of kinds that this version does not know, too.
func runOwner(key primaryKey) (tenant.ID, bool) {
	owner, inTenant := strings.CutPrefix(key.PK, tenantKey(""))
	name, isRun := strings.CutPrefix(key.SK, runPrefix)
	t, valid := tenant.Parse(owner)
	_, err := uuid.Parse(name)
	return t, inTenant && isRun && valid && err == nil
}
