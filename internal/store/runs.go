package store

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/guregu/dynamo/v2"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/idempotency"
	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/tenant"
)

// CreateRun creates a pending run of the job, with the job's labels and its configuration
// resolved with the defaults of now. A nil id is replaced by a new UUIDv7. It is a Conflict
// when the id exists, or while a deleted run of that id is still being purged, or when a
// starting criterion refuses.
//
// With a key, of which there may be one, a run is created once: for KeyLifetime the same
// request returns the run as it was created, also when it changed or was deleted since. It is
// Invalid when the key came with another request, and a Conflict while another request with
// the key is under way.
func (s *Store) CreateRun(ctx context.Context, of job.Ref, id uuid.UUID, key *idempotency.Key) (run.Run, error) {
	return once(ctx, s, of.Tenant, key,
		func() (run.Run, error) { return s.createRunOf(ctx, of, id, key) },
		func(item keyItem) (run.Run, error) { return s.runAgain(ctx, of.Tenant, item) })
}

// createRunOf reads the job and creates a run of it.
func (s *Store) createRunOf(ctx context.Context, of job.Ref, id uuid.UUID, key *idempotency.Key) (run.Run, error) {
	id, err := orNew(id)
	if err != nil {
		return run.Run{}, err
	}
	var created run.Run
	err = race(ctx, func() error {
		item, err := s.jobItem(ctx, of)
		if err != nil {
			return err
		}
		resolved, limit, err := s.resolve(ctx, of.Tenant, item)
		if err != nil {
			return err
		}
		created, err = s.createRun(ctx, of.Tenant, item, id, resolved, limit, key)
		return err
	})
	return created, err
}

// resolve returns the job's configuration with the present defaults, stored, and how many
// unfinished runs it allows besides a new one, 0 for any number.
func (s *Store) resolve(ctx context.Context, t tenant.ID, item jobItem) (document, int, error) {
	data, err := s.config(ctx, t, item.ConfigHash)
	if err != nil {
		return document{}, 0, err
	}
	cfg, err := config.ParseStored(data)
	if err != nil {
		return document{}, 0, &fault.Error{
			Kind:    fault.Conflict,
			Reason:  fault.ReasonConfigOutdated,
			Message: "the job's configuration is not valid any more; update the job",
			Err:     err,
		}
	}
	_, resolved := documents(cfg)
	if resolved.hash != item.ResolvedHash {
		if err := s.putConfigs(ctx, t, resolved); err != nil {
			return document{}, 0, err
		}
	}
	limit := 0
	if exclusive, ok := config.Find[*config.Exclusive](cfg.StartingCriteria); ok {
		limit = exclusive.Limit
	}
	return resolved, limit, nil
}

// createRun writes the run on the condition that the job is as it was read.
func (s *Store) createRun(
	ctx context.Context, t tenant.ID, item jobItem, id uuid.UUID, resolved document, limit int, key *idempotency.Key,
) (run.Run, error) {
	tx := s.db.WriteTx()
	created, added := s.addRun(tx, t, newRun(item, id, s.clock()), resolved)
	update := s.table.Update("pk", item.PK).Range("sk", item.SK).
		If("attribute_exists(pk) AND updated_at = ?", item.UpdatedAt).
		Add("unfinished", 1)
	if limit > 0 {
		update.If("unfinished < ?", limit)
	}
	tx.Update(update)
	if err := s.addKey(tx, t, key, map[string]any{createdRun: added}); err != nil {
		return created, err
	}
	s.putEntries(tx, labelEntries(t, added)...)
	err := s.write(ctx, tx)
	switch taken := keyTaken(key, err, 3); {
	case err == nil:
		return created, nil
	case taken != nil:
		return created, taken
	case refused(err, 0):
		return created, fault.Because(fault.ReasonExists, "a run with this id exists already")
	case refused(err, 1):
		return created, fault.Because(fault.ReasonBeingDeleted, "a deleted run with this id is still being removed")
	case refused(err, 2) && limit > 0 && item.Unfinished >= limit:
		return created, fault.Because(fault.ReasonExclusive,
			"the job has %d unfinished runs, and its starting criterion exclusive allows %d", item.Unfinished, limit)
	case refused(err, 2), isBusy(err):
		return created, errRaced
	}
	return created, classify(err, "create a run")
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

// addRun adds the items of a new run to the transaction: the run itself and its progress,
// due at once. It returns the run as it will be and its item, whose entries are to be put.
func (s *Store) addRun(tx *dynamo.WriteTx, t tenant.ID, r run.Run, resolved document) (run.Run, runItem) {
	item := newRunItem(t, r, resolved)
	tx.Put(s.table.Put(item).If("attribute_not_exists(pk)"))
	tx.Put(s.table.Put(newProgressItem(t, r.ID, r.CreatedAt)).If("attribute_not_exists(pk)"))
	r.Config = resolved.data
	return r, item
}

// Run returns the run. The read is strongly consistent.
func (s *Store) Run(ctx context.Context, ref run.Ref) (run.Run, error) {
	rec, err := s.record(ctx, ref)
	if err != nil {
		return run.Run{}, err
	}
	fixed, err := s.fixed(ctx, ref.Tenant, rec)
	if err != nil {
		return run.Run{}, err
	}
	return rec.show(fixed), nil
}

// fixed returns the details of a run that do not change during its life.
func (s *Store) fixed(ctx context.Context, t tenant.ID, rec record) (details, error) {
	want := wanted{hashes: []string{rec.run.ConfigHash}}
	want.job(rec.run)
	return s.details(ctx, t, want)
}

// Status returns the run's status by one strongly consistent read.
func (s *Store) Status(ctx context.Context, ref run.Ref) (run.Status, error) {
	var item runItem
	err := s.table.Get("pk", tenantKey(ref.Tenant)).Range("sk", dynamo.Equal, runPrefix+ref.ID.String()).
		Project("status").Consistent(true).One(ctx, &item)
	if errors.Is(err, dynamo.ErrNotFound) {
		return "", noSuchRun()
	}
	return item.Status, classify(err, "read a status")
}

// A record is all items of a run but its log.
type record struct {
	run      runItem
	progress progressItem
}

// show returns the record as a run with the given details.
func (rec record) show(fixed details) run.Run {
	r := fixed.complete(rec.run)
	if rec.run.Progress == nil {
		r.Progress = run.Progress(rec.progress.Progress)
	}
	return r
}

// record reads a run and its progress, both strongly consistent.
func (s *Store) record(ctx context.Context, ref run.Ref) (record, error) {
	var rec record
	var items []dynamo.Item
	err := s.table.Batch("pk", "sk").Get(
		dynamo.Keys{tenantKey(ref.Tenant), runPrefix + ref.ID.String()},
		dynamo.Keys{runKey(ref), progressSort},
	).Consistent(true).All(ctx, &items)
	if err != nil && !errors.Is(err, dynamo.ErrNotFound) {
		return rec, classify(err, "read a run")
	}
	for _, item := range items {
		var key primaryKey
		err := dynamo.UnmarshalItem(item, &key)
		switch {
		case err != nil:
		case key.SK == progressSort:
			err = dynamo.UnmarshalItem(item, &rec.progress)
		default:
			err = dynamo.UnmarshalItem(item, &rec.run)
		}
		if err != nil {
			return rec, classify(err, "decode a run")
		}
	}
	if rec.run.PK == "" {
		return rec, noSuchRun()
	}
	return rec, nil
}
