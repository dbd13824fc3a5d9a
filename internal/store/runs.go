package store

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/guregu/dynamo/v2"

	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/tenant"
)

// Run returns the run. The read is strongly consistent.
func (s *Store) Run(ctx context.Context, ref run.Ref) (run.Run, error) {
	items, err := s.readRun(ctx, ref)
	if err != nil {
		return run.Run{}, err
	}
	found, err := s.lookUpRun(ctx, ref.Tenant, items)
	if err != nil {
		return run.Run{}, err
	}
	return items.toRun(found), nil
}

// Status returns the run's status by one strongly consistent read.
func (s *Store) Status(ctx context.Context, ref run.Ref) (run.Status, error) {
	var item runItem
	err := s.get(runItemKey(ref)).Project("status").Consistent(true).One(ctx, &item)
	if errors.Is(err, dynamo.ErrNotFound) {
		return "", noSuchRun()
	}
	return item.Status, classify(err, "read a status")
}

// runItems are the two items that hold the state of a run. Its configuration and its log have other
// items.
type runItems struct {
	run      runItem
	progress progressItem
}

// toRun returns the run of the items, completed from the result of lookUpRun.
func (i runItems) toRun(found lookupResult) run.Run {
	r := found.toRun(i.run)
	if i.run.Progress == nil {
		i.progress.addTo(&r)
	}
	return r
}

// readRun reads the items of a run. The reads are strongly consistent.
func (s *Store) readRun(ctx context.Context, ref run.Ref) (runItems, error) {
	var items runItems
	var raw []dynamo.Item
	batch := s.table.Batch("pk", "sk").Get()
	for _, key := range []primaryKey{runItemKey(ref), progressKey(ref)} {
		batch.And(dynamo.Keys{key.PK, key.SK})
	}
	err := batch.Consistent(true).All(ctx, &raw)
	if err != nil && !errors.Is(err, dynamo.ErrNotFound) {
		return items, classify(err, "read a run")
	}
	for _, item := range raw {
		var key primaryKey
		err := dynamo.UnmarshalItem(item, &key)
		switch {
		case err != nil:
		case key.SK == progressSort:
			err = dynamo.UnmarshalItem(item, &items.progress)
		default:
			err = dynamo.UnmarshalItem(item, &items.run)
		}
		if err != nil {
			return items, classify(err, "decode a run")
		}
	}
	if items.run.PK == "" {
		return items, noSuchRun()
	}
	return items, nil
}

// lookUpRun reads the values that the items of a run do not hold. They never change during the life
// of the run.
func (s *Store) lookUpRun(ctx context.Context, t tenant.ID, items runItems) (lookupResult, error) {
	l := lookup{hashes: []string{items.run.ConfigHash}}
	l.addJobName(items.run)
	return s.lookUp(ctx, t, l)
}

// newRun returns a new run of the job.
func newRun(item jobItem, id uuid.UUID, now time.Time) run.Run {
	return run.Run{
		ID:        id,
		JobID:     uuid.MustParse(item.ID),
		JobName:   item.Name,
		Status:    run.Pending,
		Labels:    labels(item.Labels),
		CreatedAt: now,
		UpdatedAt: now,
		Version:   1,
	}
}

// addRun adds the items of a new run to the transaction: the run itself and its progress, due at
// once. It returns the new run and its item. The caller must add the run's entries.
func (s *Store) addRun(tx *dynamo.WriteTx, t tenant.ID, r run.Run, resolved storedConfig) (run.Run, runItem) {
	item := newRunItem(t, r, resolved)
	tx.Put(s.table.Put(item).If("attribute_not_exists(pk)"))
	tx.Put(s.table.Put(newProgressItem(run.Ref{Tenant: t, ID: r.ID}, r.CreatedAt, resolved)).If("attribute_not_exists(pk)"))
	r.Config = resolved.data
	return r, item
}
