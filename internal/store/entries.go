package store

import (
	"context"
	"errors"

	"github.com/guregu/dynamo/v2"

	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/tenant"
)

// An entryItem says that the run with a created key has a label, or finished for a reason: its
// partition says which. Labels never change, nor does the reason of a run that is finished. So
// an entry is written once, in the transaction that makes it true, and deleted in the one that
// deletes the run.
//
// An entry may outlive its run, when a version that knows no entries deletes the run. Lists
// read each run that an entry names, and leave out those that are gone.
type entryItem struct{ primaryKey }

// A transaction that creates or deletes a run has an entry for each label and the stop reason,
// besides the run, its progress and its job. DynamoDB takes at most 100 items, see
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html.
const _ = uint(100 - (job.MaxLabels + 1 + 3))

// labelEntries returns the entries of the run's labels.
func labelEntries(t tenant.ID, item runItem) []entryItem {
	var entries []entryItem
	for _, key := range sortedKeys(item.Labels) {
		entries = append(entries, newEntry(labelPartition(t, key, item.Labels[key]), item.CreatedKey))
	}
	return entries
}

// allEntries returns the entries that the run has by now.
func allEntries(t tenant.ID, item runItem) []entryItem {
	entries := labelEntries(t, item)
	if item.Status == run.Finished {
		entries = append(entries, reasonEntry(t, item))
	}
	return entries
}

// reasonEntry returns the entry of the reason for which the run finished.
func reasonEntry(t tenant.ID, item runItem) entryItem {
	return newEntry(reasonPartition(t, item.StopReason), item.CreatedKey)
}

func newEntry(partition, createdKey string) entryItem {
	return entryItem{primaryKey{PK: partition, SK: createdKey}}
}

func (s *Store) putEntries(tx *dynamo.WriteTx, entries ...entryItem) {
	for _, e := range entries {
		tx.Put(s.table.Put(e))
	}
}

func (s *Store) deleteEntries(tx *dynamo.WriteTx, entries ...entryItem) {
	for _, e := range entries {
		tx.Delete(s.table.Delete("pk", e.PK).Range("sk", e.SK))
	}
}

// maxEntryBatch bounds the items that are read at once for their entries. DynamoDB takes 100.
const maxEntryBatch = 64

// takeByEntries is listing.take by a plan whose partitions hold entries. Items are read
// eventually consistent, as those of an index are.
func (l listing[I]) takeByEntries(ctx context.Context, s *Store, p *plan, from string, want int, b *budget) ([]hit[I], string, error) {
	key := func(e entryItem) string { return e.SK }
	entries := newScan(s, p, from, key, func(entryItem) bool { return true }, b)
	each, examined := runUnits, 0
	var out []hit[I]
	for n := want; ; {
		n = max(1, min(n, b.left(each+entryUnits), maxEntryBatch))
		next, reached, err := entries.take(ctx, n)
		if err != nil {
			return nil, "", err
		}
		found, units, err := l.readEntries(ctx, s, p, next)
		if err != nil {
			return nil, "", err
		}
		b.use(units+entryUnits*float64(len(next)), len(next), len(found))
		each = max(each, units/float64(max(1, len(next))))
		out, examined = append(out, found...), examined+len(next)
		switch {
		case len(out) >= want:
			return out[:want], "", nil
		case len(next) < n:
			return out, reached, nil
		case b.spent():
			return out, next[len(next)-1].key, nil
		}
		n = min(growFiltered*n, (want-len(out))*examined/max(1, len(out)))
	}
}

// readEntries returns the items of the entries, those that are there and match, in the order of
// the entries, and the read units that took.
func (l listing[I]) readEntries(ctx context.Context, s *Store, p *plan, entries []hit[entryItem]) ([]hit[I], float64, error) {
	if len(entries) == 0 {
		return nil, 0, nil
	}
	batch := s.table.Batch("pk", "sk").Get()
	for _, e := range entries {
		batch.And(dynamo.Keys{p.pk, p.itemSort(e.key)})
	}
	var items []I
	var used dynamo.ConsumedCapacity
	err := batch.ConsumedCapacity(&used).All(ctx, &items)
	if err != nil && !errors.Is(err, dynamo.ErrNotFound) {
		return nil, 0, classify(err, "read what entries name")
	}
	// By the whole created key: an id may have belonged to an earlier run.
	byKey := map[string]I{}
	for _, item := range items {
		byKey[l.key(item)] = item
	}
	var found []hit[I]
	for _, e := range entries {
		if item, ok := byKey[e.key]; ok && l.match(item) {
			found = append(found, hit[I]{item: item, key: e.key})
		}
	}
	return found, used.Total, nil
}
