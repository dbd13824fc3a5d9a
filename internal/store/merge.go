package store

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/guregu/dynamo/v2"
	"golang.org/x/sync/errgroup"
)

// Bounds of one page's reading. A request that reaches them answers what it has, and a
// cursor.
const (
	maxReadUnits   = 400 // of 8 KB each, as reads of indexes are eventually consistent
	maxReadQueries = 50  // besides the first of each partition
	parallelReads  = 16
)

// Sizes of a partition's queries, in items.
const (
	firstFiltered = 128  // of all partitions together, when most items may be filtered out
	growFiltered  = 4    // the more were read in vain, the more are read next
	maxChunk      = 4096 // more than 1 MB, which ends a query in any case
	itemsPerUnit  = 8    // an item has at most 1 KB or so
)

// A hit is an item of a list and the index partition it was found in.
type hit[I any] struct {
	item I
	hash string
	key  string // created key
}

// A scan is one list that is being read: several partitions, each sorted by created key
// descending, merged into one order.
type scan[I any] struct {
	store *Store
	plan  *plan
	key   func(I) string // created key
	match func(I) bool   // the list's filter

	sources []*source[I]
	units   float64
	queries int
}

// A source is one partition. All of it down to and including the key examined was read; buf
// holds what of that matches and was not taken yet.
type source[I any] struct {
	hash     string
	examined string // highest when nothing was read
	start    dynamo.PagingKey
	buf      []hit[I]
	done     bool
	chunk    int
}

// highest is greater than every created key.
const highest = "~"

// newScan returns a scan of what follows the position from, or of everything when it is nil.
func newScan[I any](s *Store, p *plan, from *position, key func(I) string, match func(I) bool) *scan[I] {
	sc := &scan[I]{store: s, plan: p, key: key, match: match}
	for _, hash := range p.partitions {
		src := &source[I]{hash: hash, examined: highest}
		if from != nil {
			src.examined = from.createdKey
			src.start = p.startKey(hash, from.createdKey)
		}
		sc.sources = append(sc.sources, src)
	}
	return sc
}

// take returns the first want items. When fewer are there because the scan reached its
// bounds, it returns the position it came to.
func (sc *scan[I]) take(ctx context.Context, want int) ([]hit[I], *position, error) {
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
				return nil, nil, err
			}
		case head == nil:
			return out, nil, nil
		default:
			h := head.buf[0]
			head.buf = head.buf[1:]
			// An item that moved between two partitions while they were read is in both.
			if len(out) == 0 || out[len(out)-1].key != h.key {
				out = append(out, h)
			}
		}
	}
	return out, nil, nil
}

// head returns the source with the most recent item that was not taken, nil when there is
// none.
func (sc *scan[I]) head() *source[I] {
	var head *source[I]
	for _, src := range sc.sources {
		if len(src.buf) > 0 && (head == nil || src.buf[0].key > head.buf[0].key) {
			head = src
		}
	}
	return head
}

// blocking returns the sources that may hold an unread item more recent than the head's.
func (sc *scan[I]) blocking(head *source[I]) []*source[I] {
	var blocking []*source[I]
	for _, src := range sc.sources {
		if !src.done && len(src.buf) == 0 && (head == nil || src.examined > head.buf[0].key) {
			blocking = append(blocking, src)
		}
	}
	return blocking
}

// spent reports whether the scan has read its share. Every source is read once before, so
// that each page gets further than the one before.
func (sc *scan[I]) spent() bool {
	return sc.queries >= len(sc.sources) &&
		(sc.units >= maxReadUnits || sc.queries >= len(sc.sources)+maxReadQueries)
}

// reached returns the most recent of the positions that the blocking sources came to: all
// sources are read, and all items taken, down to there.
func (sc *scan[I]) reached(blocking []*source[I]) *position {
	last := slices.MaxFunc(blocking, func(a, b *source[I]) int { return cmp.Compare(a.examined, b.examined) })
	at := sc.plan.position(last.hash, last.examined)
	return &at
}

// read queries the sources side by side for the next items, of which need are still needed.
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
	for _, u := range units {
		sc.units += u
	}
	sc.queries += len(sources)
	return classify(err, "query "+sc.plan.index)
}

// chunk returns how many items to ask of each of n sources of which the last were asked for
// last items. Without a filter expression every item counts, and more than needed are never
// asked for.
func (sc *scan[I]) chunk(last, n, need int) int {
	if len(sc.plan.conditions) == 0 {
		if last == 0 {
			return min(need, 2*need/n+2)
		}
		return min(need, 2*last)
	}
	left := int(maxReadUnits-sc.units) * itemsPerUnit / n
	if last == 0 {
		last = max(need, firstFiltered) / n
	} else {
		last *= growFiltered
	}
	return max(1, min(last, left, maxChunk))
}

// query asks for the next chunk of the source, and returns the read units that took.
func (sc *scan[I]) query(ctx context.Context, src *source[I]) (float64, error) {
	var items []I
	var used dynamo.ConsumedCapacity
	next, err := sc.plan.query(sc.store.table, src.hash, src.start, src.examined, src.chunk).
		ConsumedCapacity(&used).
		AllWithLastEvaluatedKey(ctx, &items)
	if err != nil {
		return used.Total, err
	}
	for _, item := range items {
		if sc.match(item) {
			src.buf = append(src.buf, hit[I]{item: item, hash: src.hash, key: sc.key(item)})
		}
	}
	src.start, src.done = next, next == nil
	if !src.done {
		var at listKeys
		if err := dynamo.UnmarshalItem(dynamo.Item(next), &at); err != nil {
			return used.Total, err
		}
		src.examined = at.CreatedKey
	}
	return used.Total, nil
}

// byID returns the first want of the plan's ids that follow the position from, strongly
// consistent.
func (sc *scan[I]) byID(ctx context.Context, from *position, want int) ([]hit[I], error) {
	batch := sc.store.table.Batch("pk", "sk").Get()
	for _, id := range sc.plan.ids {
		batch.And(dynamo.Keys{sc.plan.pk, sc.plan.prefix + id.String()})
	}
	var items []I
	err := batch.Consistent(true).All(ctx, &items)
	if err != nil && !errors.Is(err, dynamo.ErrNotFound) {
		return nil, classify(err, "read by id")
	}
	var out []hit[I]
	for _, item := range items {
		key := sc.key(item)
		if sc.match(item) && (from == nil || key < from.createdKey) {
			out = append(out, hit[I]{item: item, hash: sc.plan.partitions[0], key: key})
		}
	}
	slices.SortFunc(out, func(a, b hit[I]) int { return cmp.Compare(b.key, a.key) })
	return out[:min(want, len(out))], nil
}
