package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/guregu/dynamo/v2"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/tenant"
)

const (
	// exclusionLifetime is how long an exclusion item is kept after its last write. The index has
	// all runs long before that.
	exclusionLifetime = 24 * time.Hour
	// maxExclusiveReads bounds the unfinished runs of the index that are examined for one new run.
	maxExclusiveReads = 20_000
	// exclusiveBatch is how many runs one batch reads; DynamoDB allows 100.
	exclusiveBatch = 100
)

// An exclusionItem makes the check of the starting criterion exclusive atomic where it counts the
// runs of several jobs: those of a tenant, or those with the same labels. It lists the runs that
// were created under the criterion, without those that were finished or deleted when it was
// written. The transaction that creates a run adds the run, on the condition that the item is as it
// was read. So two runs that are created at once cannot both miss each other, as they could if only
// the index was read, which follows a write within a moment.
//
// The item never needs to be right about the past: each check reads the runs that it lists. So
// nothing has to be written when a run is finished or deleted, by this version or an earlier one,
// and a process that dies leaves nothing behind. Runs that are not listed, because earlier versions
// created them or because their own configuration has no such criterion, are found in the index.
type exclusionItem struct {
	primaryKey
	Runs      []string `dynamo:"runs,set"`
	Version   int64    `dynamo:"version"`
	ExpiresAt int64    `dynamo:"expires_at"` // see TimeToLive
}

// An exclusion is a passed check of the starting criterion exclusive by tenant or by labels. A nil
// one needs no check.
type exclusion struct {
	read    exclusionItem // zero if there was none
	key     primaryKey
	holders []string // the unfinished runs that the item listed
}

// exclusive returns the starting criterion exclusive of a configuration, with limit 0 if it has
// none.
func exclusive(c config.Config) config.Exclusive {
	if e, ok := config.Find[*config.Exclusive](c.Resolve().StartingCriteria); ok {
		return *e
	}
	return config.Exclusive{}
}

// exclude checks that a run with the labels may be created under the criterion, which counts the
// runs of several jobs. It fails with Conflict if it may not.
func (s *Store) exclude(ctx context.Context, t tenant.ID, e config.Exclusive, labels map[string]string) (*exclusion, error) {
	if e.Limit == 0 || e.By == config.ExclusiveByJob {
		return nil, nil
	}
	x := &exclusion{key: exclusionKey(t, e.By, labels)}
	err := s.get(x.key).Consistent(true).One(ctx, &x.read)
	if err != nil && !errors.Is(err, dynamo.ErrNotFound) {
		return nil, classify(err, "read an exclusion")
	}
	c := exclusiveCount{store: s, tenant: t, exclusive: e, labels: labels, seen: map[string]bool{}}
	if err := c.add(ctx, x.read.Runs...); err != nil {
		return nil, err
	}
	x.holders = slices.Clone(c.unfinished)
	return x, c.addIndexed(ctx)
}

// add adds the write of the exclusion to the transaction that creates the run.
func (x *exclusion) add(s *Store, tx *dynamo.WriteTx, id uuid.UUID) {
	put := s.table.Put(exclusionItem{
		primaryKey: x.key,
		Runs:       append(slices.Clone(x.holders), id.String()),
		Version:    x.read.Version + 1,
		ExpiresAt:  s.clock().Add(exclusionLifetime).Unix(),
	})
	if x.read.Version == 0 {
		tx.Put(put.If("attribute_not_exists(pk)"))
	} else {
		tx.Put(put.If("version = ?", x.read.Version))
	}
}

// exclusionKey returns the key of the exclusion item. Labels are hashed, because they may be longer
// than a key.
func exclusionKey(t tenant.ID, by string, labels map[string]string) primaryKey {
	sort := exclusionPrefix + "TENANT"
	if by == config.ExclusiveByLabels {
		if len(labels) == 0 {
			labels = map[string]string{}
		}
		text, _ := json.Marshal(labels) // sorted; a map of strings is always valid
		sum := sha256.Sum256(text)
		sort = exclusionPrefix + "LABELS#" + hex.EncodeToString(sum[:])
	}
	return primaryKey{PK: tenantKey(t), SK: sort}
}

// An exclusiveCount counts unfinished runs until there are too many.
type exclusiveCount struct {
	store      *Store
	tenant     tenant.ID
	exclusive  config.Exclusive
	labels     map[string]string
	seen       map[string]bool
	unfinished []string // ids
}

// add counts those of the runs that are unfinished, each once. The reads are strongly consistent.
func (c *exclusiveCount) add(ctx context.Context, ids ...string) error {
	ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return c.seen[id] })
	for chunk := range slices.Chunk(ids, exclusiveBatch) {
		batch := c.store.table.Batch("pk", "sk").Get()
		for _, id := range chunk {
			c.seen[id] = true
			batch.And(dynamo.Keys{tenantKey(c.tenant), runPrefix + id})
		}
		var items []runItem
		err := batch.Project("id", "status", "labels").Consistent(true).All(ctx, &items)
		if err != nil && !errors.Is(err, dynamo.ErrNotFound) {
			return classify(err, "read unfinished runs")
		}
		for _, item := range items {
			if c.counts(item) {
				c.unfinished = append(c.unfinished, item.ID)
			}
		}
		if len(c.unfinished) >= c.exclusive.Limit {
			return c.refusal()
		}
	}
	return nil
}

// counts reports whether the criterion counts the run.
func (c *exclusiveCount) counts(item runItem) bool {
	return item.Status != run.Finished &&
		(c.exclusive.By == config.ExclusiveByTenant || maps.Equal(item.Labels, c.labels))
}

// addIndexed counts the unfinished runs of the index.
func (c *exclusiveCount) addIndexed(ctx context.Context) error {
	read := 0
	for _, status := range run.Statuses() {
		if status == run.Finished {
			continue
		}
		var item runItem
		var ids []string
		iter := c.store.table.Get(byStatus, statusPartition(c.tenant, status)).Index(byStatus).
			Project("id", "status", "labels").Iter()
		for iter.Next(ctx, &item) {
			if c.counts(item) {
				ids = append(ids, item.ID)
			}
			if read++; read > maxExclusiveReads {
				return fault.Because(fault.ReasonExclusive,
					"the tenant has more than %d unfinished runs, too many to check the starting criterion exclusive", maxExclusiveReads)
			}
			if len(ids) == exclusiveBatch {
				if err := c.add(ctx, ids...); err != nil {
					return err
				}
				ids = nil
			}
			item = runItem{}
		}
		if err := iter.Err(); err != nil {
			return classify(err, "read the unfinished runs")
		}
		if err := c.add(ctx, ids...); err != nil {
			return err
		}
	}
	return nil
}

func (c *exclusiveCount) refusal() error {
	which := "of the tenant"
	if c.exclusive.By == config.ExclusiveByLabels {
		which = "with the same labels"
	}
	return fault.Because(fault.ReasonExclusive,
		"%d or more runs %s are unfinished, and the job's starting criterion exclusive allows %d", c.exclusive.Limit, which, c.exclusive.Limit)
}
