package store

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/uuid"
	"github.com/guregu/dynamo/v2"
	"golang.org/x/sync/errgroup"

	"github.com/inndx/runs/internal/artifact"
	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store/keys"
	"github.com/inndx/runs/internal/store/listing"
	"github.com/inndx/runs/internal/tenant"
)

// PurgeParts is the step of a purge that read the tombstone when the log ended with part seq.
func (s *Store) PurgeParts(ctx context.Context, ref run.Ref, seq int64, deadline time.Time) error {
	_, err := s.purge(ctx, ref, progressItem{Seq: seq}, deadline)
	return err
}

// WithRetention returns the store of a process with another retention.
func (s *Store) WithRetention(d time.Duration) *Store {
	return New(s.client, s.name, WithClock(s.now), WithRetention(d))
}

// WithObjects returns the store with other objects.
func (s *Store) WithObjects(o Objects) *Store {
	return New(s.client, s.name, WithClock(s.now), WithObjects(o))
}

// WithClient returns the store with a client that has more options.
func (s *Store) WithClient(opts ...func(*dynamodb.Options)) *Store {
	return New(dynamodb.New(s.client.Options(), opts...), s.name, WithRetention(s.retention), WithClock(s.now), WithHub(s.hub))
}

// WithClockCalled returns the store with a clock that reads the time and then calls f.
func (s *Store) WithClockCalled(f func()) *Store {
	return New(s.client, s.name, WithRetention(s.retention), WithClock(func() time.Time {
		now := s.now()
		f()
		return now
	}))
}

// RelyingOnEntries returns the store of a process that knows whether the backfill is complete.
func (s *Store) RelyingOnEntries(complete bool) *Store {
	other := New(s.client, s.name, WithClock(s.now))
	other.entries.complete, other.entries.until = complete, time.Now().AddDate(100, 0, 0)
	return other
}

// WithIndexOf returns the store of a new process whose indexes of links have so many URLs.
func (s *Store) WithIndexOf(urls int) *Store {
	other := New(s.client, s.name, WithClock(s.now))
	other.links.sliceURLs = urls
	return other
}

// WithoutIndexTime returns the store of a new process in which the time of a request is over when
// it begins to read for an index of links.
func (s *Store) WithoutIndexTime() *Store {
	other := New(s.client, s.name, WithClock(s.now))
	other.links.indexTime = 0
	return other
}

// WithIndexMemory returns the store of a new process with memory for indexes of so many URLs.
func (s *Store) WithIndexMemory(urls int) *Store {
	other := New(s.client, s.name, WithClock(s.now))
	other.links.maxBytes, other.links.pause = urls*crawllog.LinkIndexBytes, 0
	return other
}

// PutRuns stores many runs quickly, exactly as they are, without their jobs, progress and entries,
// like an earlier version.
func (s *Store) PutRuns(ctx context.Context, t tenant.ID, cfg config.Config, runs []run.Run) error {
	_, resolved := storedConfigs(cfg)
	if err := s.putConfigs(ctx, t, resolved); err != nil {
		return err
	}
	var items []any
	for _, r := range runs {
		items = append(items, newRunItem(t, r, resolved))
	}
	return s.putAll(ctx, items)
}

// PutEntries stores the entries of runs that PutRuns stored.
func (s *Store) PutEntries(ctx context.Context, t tenant.ID, runs []run.Run) error {
	var items []any
	for _, r := range runs {
		for _, e := range allEntries(t, newRunItem(t, r, storedConfig{})) {
			items = append(items, e)
		}
	}
	return s.putAll(ctx, items)
}

// BackfillRun is what the backfill does with a run that it has read as r.
func (s *Store) BackfillRun(ctx context.Context, t tenant.ID, r run.Run) error {
	return s.backfillRun(ctx, newRunItem(t, r, storedConfig{}))
}

// ForgetBackfill deletes the state of the backfill and what the process knows of it.
func (s *Store) ForgetBackfill(ctx context.Context) error {
	s.entries.set(false, time.Time{})
	return s.delete(backfillKey).Run(ctx)
}

// Entries returns the keys of all entries of all tenants.
func (s *Store) Entries(ctx context.Context) (keys []string, err error) {
	var items []primaryKey
	err = s.table.Scan().Consistent(true).Project("pk", "sk").All(ctx, &items)
	for _, item := range items {
		if strings.Contains(item.PK, "#BY#") {
			keys = append(keys, item.PK+" "+item.SK)
		}
	}
	slices.Sort(keys)
	return keys, err
}

func (s *Store) putAll(ctx context.Context, items []any) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(4)
	for batch := range slices.Chunk(items, 25) {
		group.Go(func() error {
			_, err := s.table.Batch().Write().Put(batch...).Run(ctx)
			return err
		})
	}
	return group.Wait()
}

// SpoilConfig replaces the job's configuration by one that breaks a rule of this version.
func (s *Store) SpoilConfig(ctx context.Context, t tenant.ID, jobID uuid.UUID) error {
	item, err := s.jobItem(ctx, job.Ref{Tenant: t, ID: jobID})
	if err != nil {
		return err
	}
	return s.table.Put(configItem{
		primaryKey: primaryKey{PK: tenantKey(t), SK: configPrefix + item.ConfigHash},
		Data:       []byte(`{"gone": true}`),
	}).Run(ctx)
}

// DeleteExclusions deletes the exclusions of a tenant, as DynamoDB does when they expire.
func (s *Store) DeleteExclusions(ctx context.Context, t tenant.ID) error {
	var items []primaryKey
	if err := s.table.Get("pk", tenantKey(t)).Range("sk", dynamo.BeginsWith, exclusionPrefix).Project("pk", "sk").All(ctx, &items); err != nil {
		return err
	}
	for _, item := range items {
		if err := s.delete(item).Run(ctx); err != nil {
			return err
		}
	}
	return nil
}

// HideFromStatusIndex removes a run from by_status, where on AWS it is missing for a moment after
// its creation.
func (s *Store) HideFromStatusIndex(ctx context.Context, ref run.Ref) error {
	return s.update(runItemKey(ref)).Remove("by_status").Run(ctx)
}

// ItemsOf returns the number of items in the partition of the run.
func (s *Store) ItemsOf(ctx context.Context, ref run.Ref) (int, error) {
	var items []primaryKey
	err := s.table.Get("pk", runKey(ref)).Consistent(true).All(ctx, &items)
	return len(items), err
}

// Rollups returns how many items have the numbers of a run.
func (s *Store) Rollups(ctx context.Context, ref run.Ref) int { return len(s.allRollups(ctx, ref)) }

// StaleRollups returns a function that stores the items again that now have the numbers of a run.
func (s *Store) StaleRollups(ctx context.Context, ref run.Ref) func() {
	var items []any
	for _, item := range s.allRollups(ctx, ref) {
		items = append(items, item)
	}
	return func() {
		if err := s.putAll(ctx, items); err != nil {
			panic(err)
		}
	}
}

func (s *Store) allRollups(ctx context.Context, ref run.Ref) (items []rollupItem) {
	err := s.table.Get("pk", runKey(ref)).Range("sk", dynamo.BeginsWith, rollupPrefix).Consistent(true).All(ctx, &items)
	if err != nil {
		panic(err)
	}
	return items
}

// DamageRollups damages the items that have the numbers of a run.
func (s *Store) DamageRollups(ctx context.Context, ref run.Ref) {
	var items []any
	for _, item := range s.allRollups(ctx, ref) {
		item.Data = item.Data[:len(item.Data)/2]
		items = append(items, item)
	}
	if err := s.putAll(ctx, items); err != nil {
		panic(err)
	}
}

// LeaseRollup returns what the progress item has of the numbers of a run.
func (s *Store) LeaseRollup(ctx context.Context, ref run.Ref) []byte {
	item, err := s.progressItem(ctx, ref)
	if err != nil {
		panic(err)
	}
	return item.Rollup
}

// ForgedArtifactCursor returns a cursor of the list of all artifacts that begins at a place of the
// run's log.
func ForgedArtifactCursor(t tenant.ID, r run.Run, at crawllog.Place) string {
	scope := listing.Scope{Tenant: t, Route: artifactsRoute, Filter: canonicalArtifacts(artifact.Filter{})}
	return artifactPosition{keys.Created(r.CreatedAt, r.ID), at}.encode(scope)
}
