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

// CreateJob stores a job with the name and labels of j and the configuration cfg. A nil j.ID is
// replaced by a new UUIDv7. It fails with Conflict if the id exists. With a key the job is created
// once; see CreateRun.
func (s *Store) CreateJob(ctx context.Context, t tenant.ID, j job.Job, cfg config.Config, key *idempotency.Key) (job.Job, error) {
	created, err := s.createJobOnce(ctx, t, j, cfg, false, key)
	return created.job, err
}

// CreateJobAndRun is like CreateJob and creates the job's first run in the same transaction: either
// both exist afterwards or neither.
func (s *Store) CreateJobAndRun(
	ctx context.Context, t tenant.ID, j job.Job, cfg config.Config, key *idempotency.Key,
) (job.Job, run.Run, error) {
	created, err := s.createJobOnce(ctx, t, j, cfg, true, key)
	return created.job, created.run, err
}

func (s *Store) createJobOnce(
	ctx context.Context, t tenant.ID, j job.Job, cfg config.Config, withRun bool, key *idempotency.Key,
) (jobAndRun, error) {
	return createOnce(ctx, s, t, key,
		func() (jobAndRun, error) { return s.createJob(ctx, t, j, cfg, withRun, key) },
		func(item idempotencyItem) (jobAndRun, error) { return s.replayJob(ctx, t, item) })
}

func (s *Store) createJob(
	ctx context.Context, t tenant.ID, j job.Job, cfg config.Config, withRun bool, key *idempotency.Key,
) (jobAndRun, error) {
	id, err := givenOrNewID(j.ID)
	if err != nil {
		return jobAndRun{}, err
	}
	given, resolved := storedConfigs(cfg)
	j.ID = id
	j.CreatedAt = s.clock()
	j.UpdatedAt = j.CreatedAt
	if err := s.putConfigs(ctx, t, given, resolved); err != nil {
		return jobAndRun{}, err
	}
	var created jobAndRun
	err = retryRaces(ctx, func() error {
		criterion := exclusive(cfg)
		if !withRun {
			criterion = config.Exclusive{}
		}
		exclusion, err := s.exclude(ctx, t, criterion, j.Labels)
		if err != nil {
			return err
		}
		created, err = s.putJob(ctx, t, j, given, resolved, withRun, exclusion, key)
		return err
	})
	return created, err
}

// putJob writes the job, and its first run if withRun is true.
func (s *Store) putJob(
	ctx context.Context, t tenant.ID, j job.Job, given, resolved storedConfig, withRun bool, exclusion *exclusion, key *idempotency.Key,
) (jobAndRun, error) {
	item := newJobItem(t, j, given, resolved)
	tx := s.db.WriteTx()
	snapshot := map[string]any{}
	jobIndex := 0 // index of the job's item in the transaction
	var first run.Run
	var entries []entryItem
	if withRun {
		item.Unfinished = 1
		id, err := givenOrNewID(uuid.Nil)
		if err != nil {
			return jobAndRun{}, err
		}
		var added runItem
		first, added = s.addRun(tx, t, newRun(item, id, j.CreatedAt), resolved)
		entries = newEntries(t, added)
		snapshot[createdRun] = added
		jobIndex = 2
	}
	tx.Put(s.table.Put(item).If("attribute_not_exists(pk)"))
	keyIndex := jobIndex + 1
	if exclusion != nil {
		exclusion.add(s, tx, first.ID)
		keyIndex++
	}
	snapshot[createdJob] = item
	if err := s.putIdempotencyKey(tx, t, key, snapshot); err != nil {
		return jobAndRun{}, err
	}
	s.putEntries(tx, entries...)
	err := s.write(ctx, tx)
	switch conflict := keyConflict(key, err, keyIndex); {
	case conflict != nil:
		return jobAndRun{}, conflict
	case conditionFailed(err, jobIndex):
		return jobAndRun{}, fault.Because(fault.ReasonExists, "a job with this id exists already")
	case exclusion != nil && (conditionFailed(err, jobIndex+1) || isBusy(err)):
		return jobAndRun{}, errRaced
	case err != nil:
		return jobAndRun{}, classify(err, "create a job")
	}
	created := item.job()
	created.Config = given.data
	return jobAndRun{job: created, run: first}, nil
}

// givenOrNewID returns id, or a new UUIDv7 if id is nil.
func givenOrNewID(id uuid.UUID) (uuid.UUID, error) {
	if id != uuid.Nil {
		return id, nil
	}
	id, err := uuid.NewV7()
	return id, classify(err, "make an id")
}
