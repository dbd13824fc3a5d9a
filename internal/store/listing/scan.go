package listing

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/guregu/dynamo/v2"
	"golang.org/x/sync/errgroup"
)

// A scan reads one plan: it merges several partitions, each sorted by created key descending, into
// one order.
type scan[I any] struct {
	table  dynamo.Table
	plan   *Plan
	key    func(I) string // created key
	match  func(I) bool   // the list's filter
	budget *budget

	sources []*source[I]
	queries int
	each    float64 // the greatest read units of an item so far
}

// A source is one partition. All its keys down to examined, which is included, were read. buf holds
// the hits that take has not returned yet.
type source[I any] struct {
	hash     string
	examined string // highest before the first read
	start    dynamo.PagingKey
	buf      []hit[I]
	done     bool
	chunk    int
}

// highest is greater than every created key.
const highest = "~"

// newScan returns a scan of the items that follow the created key, or of all when it is empty.
func newScan[I any](
	table dynamo.Table, p *Plan, after string, key func(I) string, match func(I) bool, b *budget,
) *scan[I] {
	sc := &scan[I]{table: table, plan: p, key: key, match: match, budget: b, each: indexUnits}
	if p.hasEntries() {
		sc.each = entryUnits
	}
	for _, hash := range p.Partitions {
		src := &source[I]{hash: hash, examined: highest}
		if after != "" {
			src.examined = after
			src.start = p.startKey(hash, after)
		}
		sc.sources = append(sc.sources, src)
	}
	return sc
}

// take returns the next want hits. If it returns fewer because the scan reached its bounds, it also
// returns the created key at which the scan stopped. If nothing is left, that key is empty.
func (sc *scan[I]) take(ctx context.Context, want int) ([]hit[I], string, error) {
	var out []hit[I]
	for len(out) < want {
		head := sc.head()
		blocking := sc.blocking(head)
		switch {
		case len(blocking) > 0:
			if sc.spent() {
				return out, sc.reached(blocking), nil
			}
			if err := sc.read(ctx, blocking, want-len(out)); err != nil {
				return nil, "", err
			}
		case head == nil:
			return out, "", nil
		default:
			h := head.buf[0]
			head.buf = head.buf[1:]
			// An item that moved from one partition to another during the read is in both.
			if len(out) == 0 || out[len(out)-1].key != h.key {
				out = append(out, h)
			}
		}
	}
	return out, "", nil
}

// head returns the source with the most recent hit in a buffer, or nil.
func (sc *scan[I]) head() *source[I] {
	var head *source[I]
	for _, src := range sc.sources {
		if len(src.buf) > 0 && (head == nil || src.buf[0].key > head.buf[0].key) {
			head = src
		}
	}
	return head
}

// blocking returns the sources that may hold an unread item that is more recent than the head's.
func (sc *scan[I]) blocking(head *source[I]) []*source[I] {
	var blocking []*source[I]
	for _, src := range sc.sources {
		if !src.done && len(src.buf) == 0 && (head == nil || src.examined > head.buf[0].key) {
			blocking = append(blocking, src)
		}
	}
	return blocking
}

// spent reports whether the scan has used its budget. Every source is read at least once, so that
// each page ends later in the list than the page before.
func (sc *scan[I]) spent() bool {
	return sc.queries >= len(sc.sources) && (sc.budget.spent() || sc.queries >= len(sc.sources)+maxReadQueries)
}

// reached returns the most recent of the created keys to which the blocking sources were read. All
// sources were read at least down to this key, and take has returned all their hits down to it.
func (sc *scan[I]) reached(blocking []*source[I]) string {
	last := slices.MaxFunc(blocking, func(a, b *source[I]) int { return cmp.Compare(a.examined, b.examined) })
	return last.examined
}

// read queries the sources in parallel for their next items. The scan still needs need hits.
func (sc *scan[I]) read(ctx context.Context, sources []*source[I], need int) error {
	units := make([]float64, len(sources))
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(parallelReads)
	for i, src := range sources {
		src.chunk = sc.chunk(src.chunk, len(sources), need)
		group.Go(func() error {
			var err error
			units[i], err = sc.query(gctx, src)
			return err
		})
	}
	err := group.Wait()
	for i, src := range sources {
		sc.budget.use(units[i], src.chunk, len(src.buf))
		if !src.done && src.chunk >= minSample {
			sc.each = max(sc.each, units[i]/float64(src.chunk))
		}
	}
	sc.queries += len(sources)
	if err != nil {
		return fmt.Errorf("query a partition: %w", err)
	}
	return nil
}

// chunk returns how many items to request of each of n sources, whose previous query requested
// last items. Without a filter expression every item is a hit, so no more than needed are
// requested.
func (sc *scan[I]) chunk(last, n, need int) int {
	if len(sc.plan.conditions) == 0 {
		if last == 0 {
			return min(need, 2*need/n+2)
		}
		return min(need, 2*last)
	}
	if last == 0 {
		last = max(need, firstFiltered) / n
	} else {
		last *= growFiltered
	}
	return max(1, min(last, sc.budget.left(sc.each)/n, maxChunk))
}

// query reads the next chunk of the source and returns the read units that it used.
func (sc *scan[I]) query(ctx context.Context, src *source[I]) (float64, error) {
	var items []I
	var used dynamo.ConsumedCapacity
	next, err := sc.plan.query(sc.table, src.hash, src.start, src.examined, src.chunk).
		ConsumedCapacity(&used).
		AllWithLastEvaluatedKey(ctx, &items)
	if err != nil {
		return used.Total, err
	}
	for _, item := range items {
		if sc.match(item) {
			src.buf = append(src.buf, hit[I]{item: item, key: sc.key(item)})
		}
	}
	src.start, src.done = next, next == nil
	if !src.done {
		var at struct {
			CreatedKey string `dynamo:"created_key"` // in an index
			SK         string `dynamo:"sk"`          // the created key of an entry
		}
		if err := dynamo.UnmarshalItem(dynamo.Item(next), &at); err != nil {
			return used.Total, err
		}
		src.examined = cmp.Or(at.CreatedKey, at.SK)
	}
	return used.Total, nil
}
