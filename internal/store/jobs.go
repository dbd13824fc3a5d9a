package store

import (
	"context"
	"errors"
	"time"

	"github.com/guregu/dynamo/v2"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/tenant"
)

// Job returns the job. The read is strongly consistent.
func (s *Store) Job(ctx context.Context, ref job.Ref) (job.Job, error) {
	item, err := s.jobItem(ctx, ref)
	if err != nil {
		return job.Job{}, err
	}
	return s.withConfig(ctx, ref.Tenant, item)
}

// withConfig returns the job of the item with its configuration.
func (s *Store) withConfig(ctx context.Context, t tenant.ID, item jobItem) (job.Job, error) {
	j := item.job()
	var err error
	j.Config, err = s.config(ctx, t, item.ConfigHash)
	return j, err
}

func (s *Store) jobItem(ctx context.Context, ref job.Ref) (jobItem, error) {
	var item jobItem
	err := s.get(jobItemKey(ref)).Consistent(true).One(ctx, &item)
	if errors.Is(err, dynamo.ErrNotFound) {
		return item, noSuchJob()
	}
	return item, classify(err, "read a job")
}

// UpdateJob changes the job by the patch. UpdatedAt grows with every update. A configuration may
// have config.Mask where it keeps the present value of a secret; see config.Config.KeepSecrets.
//
// A check that is not nil gets the job as Job returns it. Its error stops the update and is
// returned. Otherwise the update is made only while the job is as it was checked.
func (s *Store) UpdateJob(
	ctx context.Context, ref job.Ref, p job.Patch, check func(job.Job) error,
) (job.Job, error) {
	var given, resolved storedConfig
	var updated jobItem
	err := retryRaces(ctx, func() error {
		item, err := s.jobItem(ctx, ref)
		if err != nil {
			return err
		}
		if err := s.checkJob(ctx, ref.Tenant, item, check); err != nil {
			return err
		}
		if p.Config != nil && (given.hash == "" || p.Config.HasMasks()) {
			if given, resolved, err = s.putUpdate(ctx, ref.Tenant, item, *p.Config); err != nil {
				return err
			}
		}
		updated = item.patched(p, given, resolved, s.clock())
		attributes, err := dynamo.MarshalItem(updated)
		if err != nil {
			return classify(err, "encode a job")
		}
		// The count of unfinished runs may change meanwhile, so the update does not set it.
		err = s.update(item.primaryKey).
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
	return s.withConfig(ctx, ref.Tenant, updated)
}

// putUpdate stores the configuration of an update with the secrets that it keeps.
func (s *Store) putUpdate(ctx context.Context, t tenant.ID, item jobItem, update config.Config) (given, resolved storedConfig, err error) {
	if update.HasMasks() {
		data, err := s.config(ctx, t, item.ConfigHash)
		if err != nil {
			return given, resolved, err
		}
		// A stored configuration that breaks a newer rule has no secrets that could be kept.
		stored, _ := config.ParseStored(data)
		if update, err = update.KeepSecrets(stored, "config"); err != nil {
			return given, resolved, err
		}
	}
	given, resolved = storedConfigs(update)
	return given, resolved, s.putConfigs(ctx, t, given, resolved)
}

// checkJob calls the check for the job and returns its error. The check may be nil.
func (s *Store) checkJob(ctx context.Context, t tenant.ID, item jobItem, check func(job.Job) error) error {
	if check == nil {
		return nil
	}
	current, err := s.withConfig(ctx, t, item)
	if err != nil {
		return err
	}
	return check(current)
}

// patched returns the item with the members of p, and with an UpdatedAt after the present one.
func (i jobItem) patched(p job.Patch, given, resolved storedConfig, now time.Time) jobItem {
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

// DeleteJob deletes the job. It fails with Conflict while the job has unfinished runs. Finished
// runs stay. The check works like that of UpdateJob.
func (s *Store) DeleteJob(ctx context.Context, ref job.Ref, check func(job.Job) error) error {
	return retryRaces(ctx, func() error {
		del := s.delete(jobItemKey(ref)).If("attribute_exists(pk) AND unfinished = ?", 0)
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
		// A plain delete whose response is lost would be sent again and report NotFound. A
		// transaction has a token that prevents this.
		err := s.write(ctx, s.db.WriteTx().Delete(del))
		switch {
		case isBusy(err):
			return errRaced
		case !conditionFailed(err, 0):
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
