package listing

import (
	"context"
	"errors"
	"fmt"

	"github.com/guregu/dynamo/v2"
)

// An entry names an item of the list. All items named in one partition have something in common,
// such as a label.
type entry struct {
	CreatedKey string `dynamo:"sk"`
}

// readByEntries is read for a plan whose partitions hold entries. The reads of the items are
// eventually consistent, like those of an index.
func (l List[I]) readByEntries(ctx context.Context, p *Plan, after string, want int, b *budget) ([]hit[I], string, error) {
	key := func(e entry) string { return e.CreatedKey }
	entries := newScan(l.Table, p, after, key, func(entry) bool { return true }, b)
	each, examined := itemUnits, 0
	var hits []hit[I]
	for n := want; ; {
		n = max(1, min(n, b.left(each+entryUnits), maxEntryBatch))
		next, reached, err := entries.take(ctx, n)
		if err != nil {
			return nil, "", err
		}
		found, units, err := l.readNamed(ctx, p, next)
		if err != nil {
			return nil, "", err
		}
		b.use(units+entryUnits*float64(len(next)), len(next), len(found))
		each = max(each, units/float64(max(1, len(next))))
		hits, examined = append(hits, found...), examined+len(next)
		switch {
		case len(hits) >= want:
			return hits[:want], "", nil
		case len(next) < n:
			return hits, reached, nil
		case b.spent():
			return hits, next[len(next)-1].key, nil
		}
		n = min(growFiltered*n, (want-len(hits))*examined/max(1, len(hits)))
	}
}

// readNamed returns the items that the entries name, if they exist and match, in the order of the
// entries, and the read units that it used.
func (l List[I]) readNamed(ctx context.Context, p *Plan, entries []hit[entry]) ([]hit[I], float64, error) {
	if len(entries) == 0 {
		return nil, 0, nil
	}
	batch := l.Table.Batch("pk", "sk").Get()
	for _, e := range entries {
		batch.And(dynamo.Keys{p.PK, p.itemSort(e.key)})
	}
	var items []I
	var used dynamo.ConsumedCapacity
	err := batch.ConsumedCapacity(&used).All(ctx, &items)
	if err != nil && !errors.Is(err, dynamo.ErrNotFound) {
		return nil, 0, fmt.Errorf("read the items of entries: %w", err)
	}
	// The whole created key decides: an earlier item may have had the same id.
	byKey := map[string]I{}
	for _, item := range items {
		byKey[l.Key(item)] = item
	}
	var hits []hit[I]
	for _, e := range entries {
		if item, ok := byKey[e.key]; ok && l.Match(item) {
			hits = append(hits, hit[I]{item: item, key: e.key})
		}
	}
	return hits, used.Total, nil
}
