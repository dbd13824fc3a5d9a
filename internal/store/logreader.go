package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/guregu/dynamo/v2"

	"github.com/inndx/runs/internal/crawllog"
)

// Bounds of the reads of a log for one page. A request that reaches them returns what it has found,
// and a cursor.
const (
	maxLogUnits = 100      // of 8 KB each, as the reads are eventually consistent
	maxLogBytes = 32 << 20 // of records, as decodedSize counts them, because parts are compressed

	// Most pages lie in one item, so the first query reads one. Each query reads more than the one
	// before.
	firstLogItems = 1
	growLogItems  = 4
	maxLogItems   = 1024
)

// Bounds of the reads of a log for an index of links, until indexTime is over. A process that
// serves one request only gets no further than them: see docs/adr/0012. A function responds 503
// after 6 s.
const (
	maxIndexUnits = 10 * maxLogUnits
	maxIndexBytes = 10 * maxLogBytes
	indexTime     = 3 * time.Second
)

// A read of a log in which a part is missing is repeated.
const (
	maxLogReads  = 6
	logReadPause = 20 * time.Millisecond // doubles each time
)

var errPartMissing = errors.New("store: a part of the log is missing")

// The orders in which parts are read.
const (
	forwards  = dynamo.Ascending
	backwards = dynamo.Descending
)

// A logReader reads parts of a log within the bounds of one request.
type logReader struct {
	table dynamo.Table
	pk    string
	// indexing is when the bounds for an index of links end and those of other reads hold. It is
	// zero for other reads.
	indexing time.Time

	units  float64
	items  int
	bytes  int
	missed int // number of reads in which a part was missing
}

// affordable returns how many items to request, at most n, so that the request stays within its
// units if the items are like those before.
func (r *logReader) affordable(n int) int {
	units, _ := r.bounds()
	left := (units - r.units) * float64(r.items) / max(r.units, 0.5)
	return max(1, min(n, int(left), maxLogItems))
}

// spent reports whether the bounds are reached.
func (r *logReader) spent() bool {
	units, bytes := r.bounds()
	return r.units >= units || r.bytes >= bytes
}

func (r *logReader) bounds() (units float64, bytes int) {
	if r.indexing.IsZero() || !time.Now().Before(r.indexing) {
		return maxLogUnits, maxLogBytes
	}
	return maxIndexUnits, maxIndexBytes
}

// query returns parts from first to last, both included, in the given order, at most limit of them.
func (r *logReader) query(ctx context.Context, first, last int64, order dynamo.Order, limit int) ([]logItem, error) {
	var items []logItem
	var used dynamo.ConsumedCapacity
	err := r.table.Get("pk", r.pk).
		Range("sk", dynamo.Between, logSort(first), logSort(last)).
		Order(order).
		SearchLimit(limit).RequestLimit(1).
		Consistent(r.missed > 0).
		ConsumedCapacity(&used).
		All(ctx, &items)
	r.units += used.Total
	r.items += len(items)
	return items, err
}

// decode returns the records of an item, which must be the given part.
func (r *logReader) decode(item logItem, part int64) ([]crawllog.Record, error) {
	if item.SK != logSort(part) {
		return nil, fmt.Errorf("%w: %d", errPartMissing, part)
	}
	records, err := crawllog.DecodeAll(item.Data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", item.SK, err)
	}
	for _, record := range records {
		r.bytes += decodedSize(record)
	}
	return records, nil
}

// decodedSize returns about how many bytes a record takes when it is decoded. The targets of the
// edges of a part share their text, unlike crawllog.Size says.
func decodedSize(r crawllog.Record) int {
	if e, ok := r.(*crawllog.Edges); ok {
		const target = 16 // bytes of a string without its text
		return crawllog.Size(&crawllog.Edges{From: e.From}) + target*len(e.To)
	}
	return crawllog.Size(r)
}

// pause waits before the log is read again because the part is missing, from then on with strongly
// consistent reads. It fails if a part was missing too often.
func (r *logReader) pause(ctx context.Context, part int64) error {
	r.missed++
	if r.missed == maxLogReads {
		return fmt.Errorf("%w: %d", errPartMissing, part)
	}
	if r.missed == 1 {
		return nil
	}
	select {
	case <-time.After(logReadPause << (r.missed - 2)):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
