package store

import (
	"maps"
	"slices"

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
	for _, key := range slices.Sorted(maps.Keys(item.Labels)) {
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
