package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/guregu/dynamo/v2"

	"github.com/inndx/runs/internal/crawllog"
)

// Bounds of the reads for one page of a log. A request that reaches them returns what it has found,
// and a cursor.
const (
	maxLogUnits = 100      // of 8 KB each, as the reads are eventually consistent
	maxLogBytes = 32 << 20 // of records, as crawllog.Size counts them, because parts are compressed

	// Most pages lie in one item, so the first query reads one. Each query reads more than the one
	// before.
	firstLogItems = 1
	growLogItems  = 4
	maxLogItems   = 1024
)

// A read of a log in which a part is missing is repeated.
const (
	maxLogReads  = 6
	logReadPause = 20 * time.Millisecond // doubles each time
)

var errPartMissing = errors.New("store: a part of the log is missing")

// A logScan reads a log backwards, part by part.
type logScan struct {
	table  dynamo.Table
	pk     string
	filter crawllog.Filter
	want   int
	at     crawllog.Place // all outcomes from this place on were read
	until  time.Time      // when the outcome at that place occurred
	found  []crawllog.Entry

	units  float64
	items  int
	bytes  int
	missed int // number of reads in which a part was missing
}

// run reads until enough entries are found, the beginning of the log is reached, or the bounds are
// reached. Each page ends earlier in the log than the page before.
func (sc *logScan) run(ctx context.Context) error {
	for limit := firstLogItems; !sc.over() && !sc.full() && !sc.spent(); limit = sc.affordable(growLogItems * limit) {
		before := sc.units
		items, err := sc.query(ctx, limit)
		if err != nil {
			return err
		}
		err = sc.addItems(items)
		if errors.Is(err, errPartMissing) {
			sc.units = before // an incomplete read does not count
			err = sc.pause(ctx)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// affordable returns how many items to request, at most n, so that the scan stays within its units
// if the items are like those before.
func (sc *logScan) affordable(n int) int {
	left := (maxLogUnits - sc.units) * float64(sc.items) / max(sc.units, 0.5)
	return max(1, min(n, int(left), maxLogItems))
}

// over reports whether the beginning of the log is reached.
func (sc *logScan) over() bool { return sc.next() == 0 }

// full reports whether enough entries are found.
func (sc *logScan) full() bool { return len(sc.found) >= sc.want }

// spent reports whether the bounds are reached.
func (sc *logScan) spent() bool { return sc.units >= maxLogUnits || sc.bytes >= maxLogBytes }

// next returns the number of the part to read next, 0 after the first part of the log.
func (sc *logScan) next() int64 {
	if sc.at.Index == 0 {
		return sc.at.Part - 1
	}
	return sc.at.Part
}

// query returns the next part and the parts before it, at most limit in all.
func (sc *logScan) query(ctx context.Context, limit int) ([]logItem, error) {
	var items []logItem
	var used dynamo.ConsumedCapacity
	err := sc.table.Get("pk", sc.pk).
		Range("sk", dynamo.Between, logSort(1), logSort(sc.next())).
		Order(dynamo.Descending).
		SearchLimit(limit).RequestLimit(1).
		Consistent(sc.missed > 0).
		ConsumedCapacity(&used).
		All(ctx, &items)
	sc.units += used.Total
	sc.items += len(items)
	return items, err
}

// addItems adds the entries of the items. A log has no gaps, but an eventually consistent read may
// show one.
func (sc *logScan) addItems(items []logItem) error {
	if len(items) == 0 {
		return errPartMissing
	}
	for _, item := range items {
		if err := sc.addItem(item); err != nil || sc.full() || sc.spent() {
			return err
		}
	}
	return nil
}

// addItem adds the entries of a part that are before the place that the scan has reached.
func (sc *logScan) addItem(item logItem) error {
	part := sc.next()
	if item.SK != logSort(part) {
		return fmt.Errorf("%w: %d", errPartMissing, part)
	}
	at := crawllog.Place{Part: part}
	var found []crawllog.Entry
	until := sc.until
	for r, err := range crawllog.Decode(item.Data) {
		if err != nil {
			return fmt.Errorf("%s: %w", item.SK, err)
		}
		if at.Compare(sc.at) >= 0 {
			break
		}
		sc.bytes += crawllog.Size(r)
		if o, ok := r.(*crawllog.Outcome); ok {
			if at.Index == 0 {
				until = o.OccurredAt
			}
			if sc.filter.Match(o) {
				found = append(found, crawllog.Entry{Outcome: *o, Place: at})
			}
			at.Index++
		}
	}
	for _, entry := range slices.Backward(found) {
		if sc.found = append(sc.found, entry); sc.full() {
			return nil
		}
	}
	sc.at, sc.until = crawllog.Place{Part: part}, until
	return nil
}

// pause waits before the log is read again, from then on with strongly consistent reads. It fails
// if a part was missing too often.
func (sc *logScan) pause(ctx context.Context) error {
	sc.missed++
	if sc.missed == maxLogReads {
		return fmt.Errorf("%w: %d", errPartMissing, sc.next())
	}
	if sc.missed == 1 {
		return nil
	}
	select {
	case <-time.After(logReadPause << (sc.missed - 2)):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
