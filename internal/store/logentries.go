package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/guregu/dynamo/v2"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store/listing"
)

const runLogsRoute = "run_logs"

// Bounds of one page's reading of a log. A request that reaches them answers what it has,
// and a cursor.
const (
	maxLogUnits = 100      // of 8 KB each, as the reads are eventually consistent
	maxLogBytes = 32 << 20 // of records, as crawllog.Size counts them: parts are compressed

	// A page mostly lies in one item. The more were read in vain, the more are read next.
	firstLogItems = 1
	growLogItems  = 4
	maxLogItems   = 1024
)

// A read of a log that misses a part is repeated.
const (
	maxLogReads  = 6
	logReadPause = 20 * time.Millisecond // doubles each time
)

var errPartMissing = errors.New("store: a part of the log is missing")

// LogEntries returns a page of the outcomes of the run that the filter selects, the last recorded
// first. What is recorded during a walk does not change what the walk shows. Like Runs, a
// page may have fewer entries than the limit and still a cursor. It is NotFound when there
// is no such run, and Invalid when the cursor is not of this list.
//
// The read of the run is strongly consistent, and so says how long the log is. Those of the
// log are not, which costs half, and are repeated when they lag behind.
func (s *Store) LogEntries(ctx context.Context, ref run.Ref, f crawllog.Filter, p paging.Request) (paging.Page[crawllog.Entry], error) {
	var page paging.Page[crawllog.Entry]
	rec, err := s.record(ctx, ref)
	if err != nil {
		return page, err
	}
	f = canonicalLogs(f)
	scope := listing.Scope{Tenant: ref.Tenant, Route: runLogsRoute, Filter: logFilter{ref.ID, f}}
	sc := logScan{
		table: s.table, pk: runKey(ref), filter: f, want: p.Limit + 1,
		at: crawllog.Place{Part: rec.progress.Seq + 1},
	}
	if p.Cursor != "" {
		if sc.at, err = decodePlace(scope, p.Cursor, rec.progress.Seq); err != nil {
			return page, err
		}
	}
	err = sc.run(ctx)
	if errors.Is(err, errPartMissing) { // as when the run was deleted meanwhile, and is purged
		if _, gone := s.record(ctx, ref); gone != nil {
			return page, gone
		}
	}
	if err != nil {
		return page, classify(err, "read the log")
	}
	page.Items = sc.found[:min(len(sc.found), p.Limit)]
	for i := range page.Items {
		page.Items[i].RunID, page.Items[i].JobID = ref.ID, uuid.MustParse(rec.run.JobID)
	}
	switch {
	case len(sc.found) > p.Limit:
		page.Next = encodePlace(scope, page.Items[p.Limit-1].Place)
	case !sc.over():
		page.Next, page.SearchedUntil = encodePlace(scope, sc.at), sc.until
	}
	return page, nil
}

// A logScan reads a log backwards, one part after the other.
type logScan struct {
	table  dynamo.Table
	pk     string
	filter crawllog.Filter
	want   int
	at     crawllog.Place // what stands here and behind is read
	until  time.Time      // when the outcome there occurred
	found  []crawllog.Entry

	units  float64
	items  int
	bytes  int
	missed int // reads in which a part was missing
}

// run reads until there are as many entries as wanted, the log is read whole, or the scan
// has read its share. Each page gets further than the one before.
func (sc *logScan) run(ctx context.Context) error {
	for limit := firstLogItems; !sc.over() && !sc.full() && !sc.spent(); limit = sc.affordable(growLogItems * limit) {
		before := sc.units
		items, err := sc.query(ctx, limit)
		if err != nil {
			return err
		}
		err = sc.takeAll(items)
		if errors.Is(err, errPartMissing) {
			sc.units = before // what was read in vain is no part of the share
			err = sc.pause(ctx)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// affordable returns how many items to ask for, at most n, so that the scan keeps to its
// share if they are like those before.
func (sc *logScan) affordable(n int) int {
	left := (maxLogUnits - sc.units) * float64(sc.items) / max(sc.units, 0.5)
	return max(1, min(n, int(left), maxLogItems))
}

func (sc *logScan) over() bool { return sc.next() == 0 }

func (sc *logScan) full() bool { return len(sc.found) >= sc.want }

func (sc *logScan) spent() bool { return sc.units >= maxLogUnits || sc.bytes >= maxLogBytes }

// next returns the part to read next, 0 when there is none.
func (sc *logScan) next() int64 {
	if sc.at.Index == 0 {
		return sc.at.Part - 1
	}
	return sc.at.Part
}

// query returns the next part and those before it.
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

// takeAll takes what the items hold. The parts of a log have no gaps; a read may, when it
// lags behind.
func (sc *logScan) takeAll(items []logItem) error {
	if len(items) == 0 {
		return errPartMissing
	}
	for _, item := range items {
		if err := sc.take(item); err != nil || sc.full() || sc.spent() {
			return err
		}
	}
	return nil
}

// take takes what a part holds before the place that the scan is at.
func (sc *logScan) take(item logItem) error {
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

// pause waits before the log is read again, by strongly consistent reads.
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
