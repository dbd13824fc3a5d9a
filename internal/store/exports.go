package store

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/guregu/dynamo/v2"

	"github.com/inndx/runs/internal/export"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/idempotency"
	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store/keys"
	"github.com/inndx/runs/internal/store/listing"
)

// An exportItem holds an export, and the lease that permits making it. It is in the partition of
// the run. The names of attributes are those of a progressItem.
type exportItem struct {
	primaryKey
	ID           string        `dynamo:"id"`
	JobID        string        `dynamo:"job_id"`
	RunCreatedAt time.Time     `dynamo:"run_created"`
	Format       export.Format `dynamo:"format"`
	State        export.State  `dynamo:"state"`
	Parts        int64         `dynamo:"parts"`
	Progress     []byte        `dynamo:"progress,omitempty"` // export.Progress as JSON
	Size         int64         `dynamo:"size,omitempty"`
	CreatedAt    time.Time     `dynamo:"created_at"`
	StartedAt    time.Time     `dynamo:"started_at,omitempty"`
	FinishedAt   time.Time     `dynamo:"finished_at,omitempty"`
	Error        string        `dynamo:"error,omitempty"`

	LeaseOwner string `dynamo:"lease_owner,omitempty"`
	LeaseUntil string `dynamo:"lease_until,omitempty"`
	Attempts   int    `dynamo:"attempts,omitempty"` // leases acquired since a piece was saved
	WakeShard  string `dynamo:"wake_shard,omitempty"`
	WakeAt     string `dynamo:"wake_at,omitempty"`
	// SettlesAt is when no process writes objects of the export any more. A process that has the
	// lease may write until then, even if it loses the lease.
	SettlesAt string `dynamo:"settles_at,omitempty"`
	// Removed means that the export is deleted. The item stays until its objects are deleted.
	Removed bool `dynamo:"removed,omitempty"`
}

func exportKey(ref export.Ref) primaryKey {
	return primaryKey{PK: runKey(ref.Run), SK: exportPrefix + ref.ID.String()}
}

// export returns the item as an export.
func (i exportItem) export(ref run.Ref) (export.Export, error) {
	e := export.Export{
		ID: uuid.MustParse(i.ID), Run: ref, JobID: uuid.MustParse(i.JobID), RunCreatedAt: i.RunCreatedAt,
		Format: i.Format, State: i.State, Parts: i.Parts, Size: i.Size,
		CreatedAt: i.CreatedAt, StartedAt: i.StartedAt, FinishedAt: i.FinishedAt, Error: i.Error,
	}
	if i.Progress != nil {
		if err := json.Unmarshal(i.Progress, &e.Progress); err != nil {
			return e, classify(err, "decode an export")
		}
	}
	return e, nil
}

func noSuchExport() error { return fault.Because(fault.ReasonNoSuchExport, "no such export") }

// CreateExport creates a pending export of what the run's log has now. A nil id is replaced by a
// new UUIDv7. It fails with NotFound if there is no such run, and with Conflict if the id exists or
// the run has export.MaxPerRun exports. The key works like that of CreateRun. A check that is not
// nil is called with the run, and its error is returned.
//
// The run then has objects, so its purge deletes them even if its configuration keeps nothing.
func (s *Store) CreateExport(
	ctx context.Context, ref run.Ref, id uuid.UUID, f export.Format, key *idempotency.Key, check func(run.Run) error,
) (export.Export, error) {
	return createOnce(ctx, s, ref.Tenant, key,
		func() (export.Export, error) {
			id, err := givenOrNewID(id)
			if err != nil {
				return export.Export{}, err
			}
			var created export.Export
			err = retryRaces(ctx, func() error {
				created, err = s.createExport(ctx, export.Ref{Run: ref, ID: id}, f, key, check)
				return err
			})
			return created, err
		},
		func(stored idempotencyItem) (export.Export, error) {
			var item exportItem
			if err := dynamo.UnmarshalItem(stored.Export, &item); err != nil {
				return export.Export{}, classify(err, "decode an export")
			}
			return item.export(ref)
		})
}

func (s *Store) createExport(
	ctx context.Context, ref export.Ref, f export.Format, key *idempotency.Key, check func(run.Run) error,
) (created export.Export, err error) {
	items, err := s.readRun(ctx, ref.Run)
	if err != nil {
		return created, err
	}
	if check != nil {
		found, err := s.lookUpRun(ctx, ref.Run.Tenant, items)
		if err != nil {
			return created, err
		}
		if err := check(items.toRun(found)); err != nil {
			return created, err
		}
	}
	now := s.clock()
	item := exportItem{
		primaryKey: exportKey(ref), ID: ref.ID.String(), JobID: items.run.JobID, RunCreatedAt: items.run.CreatedAt,
		Format: f, State: export.Pending, Parts: items.progress.Seq, CreatedAt: now,
		WakeShard: exportShardOf(ref.ID), WakeAt: keys.Stamp(now),
	}
	tx := s.db.WriteTx().
		Check(s.check(runItemKey(ref.Run)).If("created_key = ?", items.run.CreatedKey)).
		// Runs of earlier versions lack the time, which names their objects.
		Update(s.update(progressKey(ref.Run)).
			If("attribute_exists(pk) AND (attribute_not_exists(exports) OR exports < ?)", export.MaxPerRun).
			Set("objects", true).Set("created_at", items.run.CreatedAt).Add("exports", 1)).
		Put(s.table.Put(item).If("attribute_not_exists(pk)"))
	const keyIndex = 3 // of the key in the transaction
	if err := s.putIdempotencyKey(tx, ref.Run.Tenant, key, map[string]any{createdExport: item}); err != nil {
		return created, err
	}
	err = s.write(ctx, tx)
	switch conflict := keyConflict(key, err, keyIndex); {
	case err == nil:
		return item.export(ref.Run)
	case conflict != nil:
		return created, conflict
	case conditionFailed(err, 0), isBusy(err):
		return created, errRaced
	case conditionFailed(err, 2):
		return created, fault.Because(fault.ReasonExists, "an export with this id exists already")
	case conditionFailed(err, 1):
		return created, fault.Because(fault.ReasonTooManyExports, "the run has %d exports, which is the maximum; delete one", export.MaxPerRun)
	}
	return created, classify(err, "create an export")
}

// Export returns the export. The read is strongly consistent.
func (s *Store) Export(ctx context.Context, ref export.Ref) (export.Export, error) {
	item, err := s.exportItem(ctx, ref)
	if err == nil && item.Removed {
		err = noSuchExport()
	}
	if err != nil {
		return export.Export{}, err
	}
	if _, err := s.Status(ctx, ref.Run); err != nil { // the run may be deleted
		return export.Export{}, err
	}
	return item.export(ref.Run)
}

func (s *Store) exportItem(ctx context.Context, ref export.Ref) (item exportItem, err error) {
	err = s.get(exportKey(ref)).Consistent(true).One(ctx, &item)
	if errors.Is(err, dynamo.ErrNotFound) {
		return item, noSuchExport()
	}
	return item, classify(err, "read an export")
}

// Exports returns the exports of the run that the filter selects, the newest first. The reads are
// strongly consistent.
func (s *Store) Exports(ctx context.Context, ref run.Ref, f export.Filter) ([]export.Export, error) {
	if _, err := s.Status(ctx, ref); err != nil {
		return nil, err
	}
	items, err := s.exportItems(ctx, ref)
	if err != nil {
		return nil, err
	}
	selected := []export.Export{}
	for _, item := range items {
		e, err := item.export(ref)
		if err != nil {
			return nil, err
		}
		if !item.Removed && f.Selects(e) {
			selected = append(selected, e)
		}
	}
	slices.SortFunc(selected, func(a, b export.Export) int { return strings.Compare(exportCreated(b), exportCreated(a)) })
	return selected, nil
}

func exportCreated(e export.Export) string { return keys.Created(e.CreatedAt, e.ID) }

// runExportsRoute is the route of the list of exports, as cursors name it.
const runExportsRoute = "run_exports"

// ExportPage returns a page of what Exports returns. It fails with Invalid if the cursor does not
// belong to the list.
func (s *Store) ExportPage(
	ctx context.Context, ref run.Ref, f export.Filter, p paging.Request,
) (page paging.Page[export.Export], err error) {
	f.States, f.Formats = canonical(f.States), canonical(f.Formats)
	page.Items, err = s.Exports(ctx, ref, f)
	if err != nil {
		return page, err
	}
	scope := listing.Scope{Tenant: ref.Tenant, Route: runExportsRoute, Filter: exportFilter{ref.ID, f}}
	if p.Cursor != "" {
		after, err := scope.Open(p.Cursor)
		if err != nil {
			return page, err
		}
		page.Items = slices.DeleteFunc(page.Items, func(e export.Export) bool { return exportCreated(e) >= string(after) })
	}
	if len(page.Items) > p.Limit {
		page.Items = page.Items[:p.Limit]
		page.Next = scope.Seal([]byte(exportCreated(page.Items[p.Limit-1])))
	}
	return page, nil
}

// An exportFilter names the list of a run's exports that a cursor belongs to.
type exportFilter struct {
	Run    uuid.UUID
	Filter export.Filter
}

func (s *Store) exportItems(ctx context.Context, ref run.Ref) (items []exportItem, err error) {
	err = s.table.Get("pk", runKey(ref)).Range("sk", dynamo.BeginsWith, exportPrefix).Consistent(true).All(ctx, &items)
	return items, classify(err, "read exports")
}

// RemoveExport deletes the export. A worker that is woken for it deletes its objects. It fails with
// NotFound if there is no such export. The check works like that of Transition.
func (s *Store) RemoveExport(ctx context.Context, ref export.Ref, check func(export.Export) error) error {
	return retryRaces(ctx, func() error {
		e, err := s.Export(ctx, ref)
		if err != nil {
			return err
		}
		if check != nil {
			if err := check(e); err != nil {
				return err
			}
		}
		tx := s.db.WriteTx().
			Update(s.update(exportKey(ref)).
				If("attribute_exists(pk) AND attribute_not_exists(removed) AND 'state' = ?", e.State).
				Set("removed", true).Remove("lease_owner", "lease_until", "attempts").
				Set("wake_shard", exportShardOf(ref.ID)).Set("wake_at", keys.Stamp(s.clock()))).
			Update(s.update(progressKey(ref.Run)).If("exports > ?", 0).Add("exports", -1))
		err = s.write(ctx, tx)
		if dynamo.IsCondCheckFailed(err) || isBusy(err) {
			return errRaced
		}
		return classify(err, "delete an export")
	})
}
