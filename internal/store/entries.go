package store

import (
	"maps"
	"slices"

	"github.com/guregu/dynamo/v2"

	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/tenant"
)

// An entryItem says that a run has a label, keeps artifacts, or finished for a reason. Its
// partition key names the label or the reason, and its sort key is the run's created key. The
// labels and the configuration of a run never change, and neither does the stop reason of a
// finished run. So an entry is written once, in the transaction that makes it true, and deleted in
// the transaction that deletes the run.
//
// An entry outlives its run if a version without entries deletes the run. Lists read each run that
// an entry names and leave out the missing ones.
type entryItem struct{ primaryKey }

// A transaction that creates or deletes a run has an entry for each label, for artifacts and for
// the stop reason, in addition to the run, its progress, its job, an exclusion and an idempotency
// key. DynamoDB accepts at most 100 items; see
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html.
const _ = uint(100 - (job.MaxLabels + 2 + 5))

// newEntries returns the entries of a new run: for its labels, and for its artifacts if it keeps
// any.
func newEntries(t tenant.ID, item runItem) []entryItem {
	var entries []entryItem
	for _, key := range slices.Sorted(maps.Keys(item.Labels)) {
		entries = append(entries, newEntry(labelPartition(t, key, item.Labels[key]), item.CreatedKey))
	}
	if item.Keeps {
		entries = append(entries, newEntry(artifactsPartition(t), item.CreatedKey))
	}
	return entries
}

// allEntries returns all entries that the run has in its present status.
func allEntries(t tenant.ID, item runItem) []entryItem {
	entries := newEntries(t, item)
	if item.Status == run.Finished {
		entries = append(entries, reasonEntry(t, item))
	}
	return entries
}

// reasonEntry returns the entry for the stop reason of a finished run.
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
		tx.Delete(s.delete(e.primaryKey))
	}
}
