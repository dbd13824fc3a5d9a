package store

import (
	"context"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/idempotency"
	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/tenant"
)

// CreateRun creates a pending run of the job, with the job's name, labels and configuration. The
// present defaults are filled into the configuration. A nil id is replaced by a new UUIDv7. It
// fails with Conflict if the id exists, while a deleted run with the id is being purged, or if a
// starting criterion refuses.
//
// With a key, a run is created once: for idempotency.Lifetime the same request returns the run as
// it was created, even if the run was changed or deleted since. It fails with Invalid if another
// request used the key, and with Conflict while another request with the key is in progress.
func (s *Store) CreateRun(ctx context.Context, of job.Ref, id uuid.UUID, key *idempotency.Key) (run.Run, error) {
	return createOnce(ctx, s, of.Tenant, key,
		func() (run.Run, error) { return s.createRunOf(ctx, of, id, key) },
		func(item idempotencyItem) (run.Run, error) { return s.replayRun(ctx, of.Tenant, item) })
}

// createRunOf reads the job and creates a run of it.
func (s *Store) createRunOf(ctx context.Context, of job.Ref, id uuid.UUID, key *idempotency.Key) (run.Run, error) {
	id, err := givenOrNewID(id)
	if err != nil {
		return run.Run{}, err
	}
	var created run.Run
	err = retryRaces(ctx, func() error {
		item, err := s.jobItem(ctx, of)
		if err != nil {
			return err
		}
		resolved, criterion, err := s.resolve(ctx, of.Tenant, item)
		if err != nil {
			return err
		}
		created, err = s.createRun(ctx, run.Ref{Tenant: of.Tenant, ID: id}, item, resolved, criterion, key)
		return err
	})
	return created, err
}

// resolve fills the present defaults into the job's configuration, stores the result and returns
// it, with its starting criterion exclusive.
func (s *Store) resolve(ctx context.Context, t tenant.ID, item jobItem) (resolved storedConfig, criterion config.Exclusive, err error) {
	data, err := s.config(ctx, t, item.ConfigHash)
	if err != nil {
		return storedConfig{}, criterion, err
	}
	cfg, err := config.ParseStored(data)
	if err != nil {
		return storedConfig{}, criterion, &fault.Error{
			Kind:    fault.Conflict,
			Reason:  fault.ReasonConfigOutdated,
			Message: "the job's configuration is no longer valid; update the job",
			Err:     err,
		}
	}
	_, resolved = storedConfigs(cfg)
	if resolved.hash != item.ResolvedHash {
		if err := s.putConfigs(ctx, t, resolved); err != nil {
			return storedConfig{}, criterion, err
		}
	}
	return resolved, exclusive(cfg), nil
}

// createRun writes the run on the condition that the job is as it was read.
func (s *Store) createRun(
	ctx context.Context, ref run.Ref, item jobItem, resolved storedConfig, criterion config.Exclusive, key *idempotency.Key,
) (run.Run, error) {
	exclusion, err := s.exclude(ctx, ref.Tenant, criterion, item.Labels)
	if err != nil {
		return run.Run{}, err
	}
	tx := s.db.WriteTx()
	created, added := s.addRun(tx, ref.Tenant, newRun(item, ref.ID, s.clock()), resolved)
	update := s.update(item.primaryKey).
		If("attribute_exists(pk) AND updated_at = ?", item.UpdatedAt).
		Add("unfinished", 1)
	limit := 0 // on the job's unfinished runs; 0 for none
	if criterion.By == config.ExclusiveByJob {
		limit = criterion.Limit
		update.If("unfinished < ?", limit)
	}
	tx.Update(update)
	keyIndex := 3 // of the key in the transaction, after the run, its progress and the job
	if exclusion != nil {
		exclusion.add(s, tx, ref.ID)
		keyIndex++
	}
	if err := s.putIdempotencyKey(tx, ref.Tenant, key, map[string]any{createdRun: added}); err != nil {
		return created, err
	}
	s.putEntries(tx, newEntries(ref.Tenant, added)...)
	err = s.write(ctx, tx)
	switch conflict := keyConflict(key, err, keyIndex); {
	case err == nil:
		return created, nil
	case conflict != nil:
		return created, conflict
	case conditionFailed(err, 0):
		return created, fault.Because(fault.ReasonExists, "a run with this id exists already")
	case conditionFailed(err, 1):
		return created, fault.Because(fault.ReasonBeingDeleted, "a deleted run with this id is still being removed")
	case conditionFailed(err, 2) && limit > 0 && item.Unfinished >= limit:
		return created, fault.Because(fault.ReasonExclusive,
			"the job has %d unfinished runs, and its starting criterion exclusive allows %d", item.Unfinished, limit)
	case conditionFailed(err, 2), exclusion != nil && conditionFailed(err, 3), isBusy(err):
		return created, errRaced
	}
	return created, classify(err, "create a run")
}
