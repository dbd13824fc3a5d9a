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

// CreateJob stores a job with the name and labels of j and the configuration cfg. A nil
// j.ID is replaced by a new UUIDv7; one that exists is a Conflict. With a key it is created
// once, as CreateRun says.
func (s *Store) CreateJob(ctx context.Context, t tenant.ID, j job.Job, cfg config.Config, key *idempotency.Key) (job.Job, error) {
	created, err := s.createJobOnce(ctx, t, j, cfg, false, key)
	return created.job, err
}

// CreateJobAndRun is like CreateJob and creates the job's first run in the same
// transaction: either both exist afterwards or none.
func (s *Store) CreateJobAndRun(ctx context.Context, t tenant.ID, j job.Job, cfg config.Config, key *idempotency.Key) (job.Job, run.Run, error) {
	created, err := s.createJobOnce(ctx, t, j, cfg, true, key)
	return created.job, created.run, err
}

func (s *Store) createJobOnce(ctx context.Context, t tenant.ID, j job.Job, cfg config.Config, withRun bool, key *idempotency.Key) (jobAndRun, error) {
	return once(ctx, s, t, key,
		func() (jobAndRun, error) { return s.createJob(ctx, t, j, cfg, withRun, key) },
		func(item keyItem) (jobAndRun, error) { return s.jobAgain(ctx, t, item) })
}

func (s *Store) createJob(ctx context.Context, t tenant.ID, j job.Job, cfg config.Config, withRun bool, key *idempotency.Key) (jobAndRun, error) {
	id, err := orNew(j.ID)
	if err != nil {
		return jobAndRun{}, err
	}
	given, resolved := documents(cfg)
	j.ID = id
	j.CreatedAt = s.clock()
	j.UpdatedAt = j.CreatedAt
	if err := s.putConfigs(ctx, t, given, resolved); err != nil {
		return jobAndRun{}, err
	}
	item := newJobItem(t, j, given, resolved)
	tx := s.db.WriteTx()
	snapshot := map[string]any{}
	place := 0 // of the job's item in the transaction
	var first run.Run
	var entries []entryItem
	if withRun {
		item.Unfinished = 1
		id, err := orNew(uuid.Nil)
		if err != nil {
			return jobAndRun{}, err
		}
		var added runItem
		first, added = s.addRun(tx, t, newRun(item, id, j.CreatedAt), resolved)
		entries = labelEntries(t, added)
		snapshot[createdRun] = added
		place = 2
	}
	tx.Put(s.table.Put(item).If("attribute_not_exists(pk)"))
	snapshot[createdJob] = item
	if err := s.addKey(tx, t, key, snapshot); err != nil {
		return jobAndRun{}, err
	}
	s.putEntries(tx, entries...)
	err = s.write(ctx, tx)
	switch taken := keyTaken(key, err, place+1); {
	case taken != nil:
		return jobAndRun{}, taken
	case refused(err, place):
		return jobAndRun{}, fault.Because(fault.ReasonExists, "a job with this id exists already")
	case err != nil:
		return jobAndRun{}, classify(err, "create a job")
	}
	created := item.job()
	created.Config = given.data
	return jobAndRun{job: created, run: first}, nil
}

// orNew returns id, or a new UUIDv7 when it is nil.
func orNew(id uuid.UUID) (uuid.UUID, error) {
	if id != uuid.Nil {
		return id, nil
	}
	id, err := uuid.NewV7()
	return id, classify(err, "make an id")
}

// Job returns the job. The read is strongly consistent.
func (s *Store) Job(ctx context.Context, ref job.Ref) (job.Job, error) {
	item, err := s.jobItem(ctx, ref)
	if err != nil {
		return job.Job{}, err
	}
	return s.showJob(ctx, ref.Tenant, item)
}

func (s *Store) showJob(ctx context.Context, t tenant.ID, item jobItem) (job.Job, error) {
	j := item.job()
	var err error
	j.Config, err = s.config(ctx, t, item.ConfigHash)
	return j, err
}

func (s *Store) jobItem(ctx context.Context, ref job.Ref) (jobItem, error) {
	var item jobItem
	err := s.table.Get("pk", tenantKey(ref.Tenant)).Range("sk", dynamo.Equal, jobPrefix+ref.ID.String()).
		Consistent(true).One(ctx, &item)
	if errors.Is(err, dynamo.ErrNotFound) {
		return item, noSuchJob()
	}
	return item, classify(err, "read a job")
}

// UpdateJob changes the job by the patch. UpdatedAt grows with every update.
//
// Checks get the job as Job would return it. An error of one stops the update and is returned;
// otherwise the update is made only while the job is as it was checked.
func (s *Store) UpdateJob(
	ctx context.Context, ref job.Ref, p job.Patch, check func(job.Job) error,
) (job.Job, error) {
	var given, resolved document
	if p.Config != nil {
		given, resolved = documents(*p.Config)
		if _, err := s.jobItem(ctx, ref); err != nil {
			return job.Job{}, err // before anything is stored
		}
		if err := s.putConfigs(ctx, ref.Tenant, given, resolved); err != nil {
			return job.Job{}, err
		}
	}
	var updated jobItem
	err := race(ctx, func() error {
		item, err := s.jobItem(ctx, ref)
		if err != nil {
			return err
		}
		if err := s.checkJob(ctx, ref.Tenant, item, check); err != nil {
			return err
		}
		updated = item.patched(p, given, resolved, s.clock())
		attributes, err := dynamo.MarshalItem(updated)
		if err != nil {
			return classify(err, "encode a job")
		}
		// The count of unfinished runs moves meanwhile, and is not touched.
		err = s.table.Update("pk", item.PK).Range("sk", item.SK).
			If("updated_at = ?", item.UpdatedAt).
			Set("name", updated.Name).
			Set("labels", attributes["labels"]).
			Set("config_hash", updated.ConfigHash).
			Set("config_bytes", updated.ConfigBytes).
			Set("resolved_hash", updated.ResolvedHash).
			Set("updated_at", updated.UpdatedAt).
			Run(ctx)
		if dynamo.IsCondCheckFailed(err) || isBusy(err) {
			return errRaced
		}
		return classify(err, "update a job")
	})
	if err != nil {
		return job.Job{}, err
	}
	return s.showJob(ctx, ref.Tenant, updated)
}

// checkJob shows the job to the checks and returns the first error.
func (s *Store) checkJob(ctx context.Context, t tenant.ID, item jobItem, check func(job.Job) error) error {
	if check == nil {
		return nil
	}
	shown, err := s.showJob(ctx, t, item)
	if err != nil {
		return err
	}
	return check(shown)
}

// patched returns the item with the members of p that are given.
func (i jobItem) patched(p job.Patch, given, resolved document, now time.Time) jobItem {
	if p.Name != nil {
		i.Name = *p.Name
	}
	if p.Labels != nil {
		i.Labels = p.Labels
	}
	if p.Config != nil {
		i.ConfigHash, i.ConfigBytes, i.ResolvedHash = given.hash, len(given.data), resolved.hash
	}
	if earliest := i.UpdatedAt.Add(time.Microsecond); now.Before(earliest) {
		now = earliest
	}
	i.UpdatedAt = now
	return i
}

// DeleteJob deletes the job. It is a Conflict while the job has unfinished runs; finished
// ones stay. The check is as that of UpdateJob.
func (s *Store) DeleteJob(ctx context.Context, ref job.Ref, check func(job.Job) error) error {
	return race(ctx, func() error {
		del := s.table.Delete("pk", tenantKey(ref.Tenant)).Range("sk", jobPrefix+ref.ID.String()).
			If("attribute_exists(pk) AND unfinished = ?", 0)
		if check != nil {
			item, err := s.jobItem(ctx, ref)
			switch {
			case err != nil:
				return err
			case item.Unfinished > 0:
				return unfinishedRuns(item)
			}
			if err := s.checkJob(ctx, ref.Tenant, item, check); err != nil {
				return err
			}
			del.If("updated_at = ?", item.UpdatedAt)
		}
		// A transaction, because a plain delete whose answer was lost would find nothing the
		// second time and call it NotFound.
		err := s.write(ctx, s.db.WriteTx().Delete(del))
		switch {
		case isBusy(err):
			return errRaced
		case !refused(err, 0):
			return classify(err, "delete a job")
		}
		item, err := s.jobItem(ctx, ref)
		switch {
		case err != nil:
			return err
		case item.Unfinished == 0:
			return errRaced
		}
		return unfinishedRuns(item)
	})
}

func unfinishedRuns(item jobItem) error {
	return fault.Because(fault.ReasonUnfinishedRuns, "the job has %d unfinished runs", item.Unfinished)
}
