package store

import (
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/guregu/dynamo/v2"

	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/tenant"
)

// ReadTransition returns the transition between two images of an item in the table's stream. before
// is empty if the item was created, and after if it was deleted. It returns false if the item is
// not a run, or if its status is the same in both.
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
	of, isRun := runTenant(last.primaryKey)
	if !isRun || from.Status == to.Status {
		return run.Transition{}, false, nil
	}
	t := run.Transition{Run: run.Ref{Tenant: of}, From: from.Status, To: to.Status, StopReason: last.StopReason, At: to.UpdatedAt}
	var err error
	if t.Run.ID, err = uuid.Parse(last.ID); err != nil {
		return run.Transition{}, false, fmt.Errorf("store: the id of a run: %w", err)
	}
	if t.JobID, err = uuid.Parse(last.JobID); err != nil {
		return run.Transition{}, false, fmt.Errorf("store: the job of a run: %w", err)
	}
	return t, true, nil
}

// runTenant returns the tenant of the run whose item has the key. It returns false for the key of
// any other item, including kinds that only later versions have.
func runTenant(key primaryKey) (tenant.ID, bool) {
	name, inTenant := strings.CutPrefix(key.PK, tenantKey(""))
	id, isRun := strings.CutPrefix(key.SK, runPrefix)
	t, valid := tenant.Parse(name)
	_, err := uuid.Parse(id)
	return t, inTenant && isRun && valid && err == nil
}
