// Package listing reads lists of items from the table in bounded steps, the most recently created
// item first, and makes cursors that continue them.
//
// A List describes a list: a cursor scope, query plans, and functions that read the items. The
// caller builds the plans from its filter. It repeats Search until nothing is left:
//
//	after, err := l.After(cursor)                       // where the previous page ended
//	items, reached, err := l.Search(ctx, after, n)      // the next n items
//	cursor = l.Cursor(reached)                          // or the cursor after one of the items
//
// A Search costs the same wherever in the list it begins: it starts at a key and reads a bounded
// number of units, however large the table is. The order never changes, as an item keeps its
// created key. So a walk through the pages shows an item exactly once if it existed before the
// walk, was not deleted and did not move between partitions of the plan, whatever else is written
// meanwhile.
//
// Errors are those of DynamoDB, wrapped, or InvalidCursor.
package listing

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/guregu/dynamo/v2"
)

// A List describes a list of items of type I. The reads decode items into I as package dynamo
// does.
type List[I any] struct {
	Table dynamo.Table
	Scope Scope

	// Base reads the list, and says which positions a cursor may hold.
	Base *Plan
	// Plans are the candidates for reading the list, the one that is probably the cheapest first.
	// Each of them reads the whole list. They are ignored if Base has IDs.
	Plans []*Plan

	Key      func(I) string // the created key of an item
	Match    func(I) bool   // whether an item belongs to the list
	MaxBytes int            // bounds what a Search reads, in bytes of DynamoDB
}

// A hit is an item of the list.
type hit[I any] struct {
	item I
	key  string // created key
}

// Cursor returns the cursor that continues the list after the created key.
func (l List[I]) Cursor(createdKey string) string {
	return l.Scope.encode(l.Base.position(l.Base.Partitions[0], createdKey))
}

// After returns the created key after which the cursor continues the list. It returns an empty key,
// with which the list begins, for an empty cursor. It fails with InvalidCursor if the cursor does
// not belong to the list.
func (l List[I]) After(cursor string) (createdKey string, err error) {
	if cursor == "" {
		return "", nil
	}
	at, err := l.Scope.decode(cursor, l.Base)
	return at.createdKey, err
}

// Search returns the first want items of the list that follow the created key after, or the first
// of the list when after is empty. If it returns fewer because it reached its bounds, reached is
// the created key at which it stopped. If nothing is left, reached is empty.
func (l List[I]) Search(ctx context.Context, after string, want int) (items []I, reached string, err error) {
	hits, reached, err := l.search(ctx, after, want)
	if err != nil {
		return nil, "", err
	}
	items = make([]I, len(hits))
	for i, h := range hits {
		items[i] = h.item
	}
	return items, reached, nil
}

// search is Search with the keys of the items. It tries each of several plans with a small part of
// the budget, from the same key on. All plans read the same list in the same order, so the plan
// that got furthest has found everything that the others found, and more. It continues with that
// plan and the rest of the budget. So a page costs only a few units more than with the best plan
// alone.
func (l List[I]) search(ctx context.Context, after string, want int) ([]hit[I], string, error) {
	if len(l.Base.IDs) > 0 {
		hits, err := l.readByID(ctx, after, want)
		return hits, "", err
	}
	b := &budget{maxUnits: float64(l.MaxBytes / unitBytes), maxWasted: maxWastedUnits}
	if len(l.Plans) == 1 {
		return l.read(ctx, l.Plans[0], after, want, b)
	}
	var best *Plan
	var hits []hit[I]
	furthest := ""
	for _, p := range l.Plans {
		b.maxWasted = min(b.wasted+maxTrialUnits, maxWastedUnits)
		found, reached, err := l.read(ctx, p, after, want, b)
		if err != nil || reached == "" {
			return found, reached, err
		}
		if best == nil || reached < furthest {
			best, hits, furthest = p, found, reached
		}
	}
	b.maxWasted = maxWastedUnits
	more, reached, err := l.read(ctx, best, furthest, want-len(hits), b)
	return append(hits, more...), reached, err
}

// read is search with one plan.
func (l List[I]) read(ctx context.Context, p *Plan, after string, want int, b *budget) ([]hit[I], string, error) {
	if p.hasEntries() {
		return l.readByEntries(ctx, p, after, want, b)
	}
	return newScan(l.Table, p, after, l.Key, l.Match, b).take(ctx, want)
}

// readByID returns the first want of the items with the base plan's ids that follow the created
// key. The reads are strongly consistent.
func (l List[I]) readByID(ctx context.Context, after string, want int) ([]hit[I], error) {
	batch := l.Table.Batch("pk", "sk").Get()
	for _, id := range l.Base.IDs {
		batch.And(dynamo.Keys{l.Base.PK, l.Base.SortPrefix + id.String()})
	}
	var items []I
	err := batch.Consistent(true).All(ctx, &items)
	if err != nil && !errors.Is(err, dynamo.ErrNotFound) {
		return nil, fmt.Errorf("read items by id: %w", err)
	}
	var hits []hit[I]
	for _, item := range items {
		key := l.Key(item)
		if l.Match(item) && (after == "" || key < after) {
			hits = append(hits, hit[I]{item: item, key: key})
		}
	}
	slices.SortFunc(hits, func(a, b hit[I]) int { return cmp.Compare(b.key, a.key) })
	return hits[:min(want, len(hits))], nil
}
