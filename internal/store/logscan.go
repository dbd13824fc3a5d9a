package store

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"
	"time"

	"github.com/inndx/runs/internal/crawllog"
)

// A logScan reads a log backwards, part by part, and finds the items of a list.
type logScan[T any] struct {
	*logReader
	// list yields the items of a part, each with its index, which grows. Together with the number
	// of the part it is the item's place.
	list  func(part int64, records []crawllog.Record) iter.Seq2[int, T]
	match func(*T) bool
	// before returns the greatest number of a part, at most the given one, that may have items, 0
	// for none. It is nil if every part may.
	before func(part int64) int64
	want   int
	at     crawllog.Place // all items from this place on were read
	until  time.Time      // when the outcome at that place occurred
	found  []placed[T]
}

// placed is an item of a list and its place in the log.
type placed[T any] struct {
	item T
	at   crawllog.Place
}

// run reads until enough items are found, the beginning of the log is reached, or the bounds are
// reached. Each page ends earlier in the log than the page before.
func (sc *logScan[T]) run(ctx context.Context) error {
	for limit := firstLogItems; !sc.over() && !sc.full() && !sc.spent(); limit = sc.affordable(growLogItems * limit) {
		last := sc.next()
		before := sc.units
		items, err := sc.query(ctx, sc.first(last, limit), last, backwards, limit)
		if err != nil {
			return err
		}
		err = sc.addItems(items)
		if errors.Is(err, errPartMissing) {
			sc.units = before // an incomplete read does not count
			err = sc.pause(ctx, sc.next())
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// over reports whether the beginning of the log is reached.
func (sc *logScan[T]) over() bool { return sc.next() == 0 }

// full reports whether enough items are found.
func (sc *logScan[T]) full() bool { return len(sc.found) >= sc.want }

// next returns the number of the part to read next, 0 after the first part of the log.
func (sc *logScan[T]) next() int64 {
	next := sc.at.Part
	if sc.at.Index == 0 {
		next--
	}
	if sc.before != nil && next > 0 {
		return sc.before(next)
	}
	return next
}

// greatestPart returns a function for logScan.before: it returns the greatest of the sorted numbers
// of parts that is at most the given one.
func greatestPart[N int64 | uint32](parts []N) func(int64) int64 {
	return func(part int64) int64 {
		n, found := slices.BinarySearchFunc(parts, part, func(p N, part int64) int { return cmp.Compare(int64(p), part) })
		switch {
		case found:
			return part
		case n == 0:
			return 0
		}
		return int64(parts[n-1])
	}
}

// maxSkippedParts bounds the parts without items that a query reads between parts with items. A
// query of its own takes more time than some parts.
const maxSkippedParts = 3

// first returns the first part of a query that ends with the part last and has at most limit parts
// with items.
func (sc *logScan[T]) first(last int64, limit int) int64 {
	if sc.before == nil {
		return 1
	}
	first := last
	for range limit - 1 {
		next := sc.before(first - 1)
		if next == 0 || first-next > maxSkippedParts+1 {
			break
		}
		first = next
	}
	return first
}

// addItems adds the items of the parts. A log has no gaps, but an eventually consistent read may
// show one.
func (sc *logScan[T]) addItems(items []logItem) error {
	if len(items) == 0 {
		return errPartMissing
	}
	for _, item := range items {
		if item.SK > logSort(sc.next()) {
			continue // it has no items of the list
		}
		if err := sc.addItem(item); err != nil || sc.over() || sc.full() || sc.spent() {
			return err
		}
	}
	return nil
}

// addItem adds the items of a part that are before the place that the scan has reached.
func (sc *logScan[T]) addItem(item logItem) error {
	part := sc.next()
	records, err := sc.decode(item, part)
	if err != nil {
		return err
	}
	var found []placed[T]
	for index, v := range sc.list(part, records) {
		at := crawllog.Place{Part: part, Index: index}
		if at.Compare(sc.at) >= 0 {
			break
		}
		if sc.match(&v) {
			found = append(found, placed[T]{v, at})
		}
	}
	for _, p := range slices.Backward(found) {
		if sc.found = append(sc.found, p); sc.full() {
			return nil
		}
	}
	sc.at = crawllog.Place{Part: part}
	if first, ok := firstOutcome(records); ok {
		sc.until = first
	}
	return nil
}

// firstOutcome returns when the first outcome among the records occurred.
func firstOutcome(records []crawllog.Record) (time.Time, bool) {
	for _, r := range records {
		if o, ok := r.(*crawllog.Outcome); ok {
			return o.OccurredAt, true
		}
	}
	return time.Time{}, false
}

// number yields the values with their indexes.
func number[T any](values iter.Seq[T]) iter.Seq2[int, T] {
	return func(yield func(int, T) bool) {
		i := 0
		for v := range values {
			if !yield(i, v) {
				return
			}
			i++
		}
	}
}
