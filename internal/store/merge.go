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
// cursor. A unit is 8 KB, as the reads are eventually consistent.
const (
	maxReadUnits   = 40.0                // in vain, of items that do not match
	maxTrialUnits  = 5.0                 // in vain, of each plan when there are several
	maxPageUnits   = maxPageBytes / 8192 // in all: items may be so large that a page is short
	maxReadQueries = 50                  // besides the first of each partition
	parallelReads  = 16
)

// Sizes of a partition's queries, in items.
const (
	firstFiltered = 64   // of all partitions together, when most items may be filtered out
	growFiltered  = 4    // the more were read in vain, the more are read next
	maxChunk      = 4096 // more than 1 MB, which ends a query in any case
	minSample     = 16   // a query of fewer items is charged for more than they take
)

// Read units that an item takes until it is known better.
const (
	itemUnits  = 1.0 / 8  // an item of an index, of 1 KB or so
	entryUnits = 1.0 / 32 // an entry, of 250 bytes at most
	runUnits   = 0.5      // an item that is read by its key, of 4 KB at most
)

// A budget is what the reads for one page may take. It is shared by its scans.
type budget struct {
	units  float64
	inVain float64 // of the units, those of items that do not match
	max    float64 // of inVain
}

// use counts the units that so many items took, of which hits match.
func (b *budget) use(units float64, items, hits int) {
	b.units += units
	b.inVain += units * (1 - float64(hits)/float64(max(items, hits, 1)))
}

// left returns how many more items that take so many units each may be read in vain.
func (b *budget) left(each float64) int { return int((b.max - b.inVain) / each) }

// spent reports whether so little is left that reading on does not pay.
func (b *budget) spent() bool { return b.inVain >= 0.9*b.max || b.units >= maxPageUnits }

// A hit is an item of a list.
type hit[I any] struct {
	item I
	key  string // created key
}

// A scan is one list that is being read: several partitions, each sorted by created key
// descending, merged into one order.
type scan[I any] struct {
	store  *Store
	plan   *plan
	key    func(I) string // created key
	match  func(I) bool   // the list's filter
	budget *budget

	sources []*source[I]
	queries int
	each    float64 // read units of an item, the most so far
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

// newScan returns a scan of what follows the created key from, or of everything when it is
// empty.
func newScan[I any](s *Store, p *plan, from string, key func(I) string, match func(I) bool, b *budget) *scan[I] {
	sc := &scan[I]{store: s, plan: p, key: key, match: match, budget: b, each: itemUnits}
	if p.byEntries() {
		sc.each = entryUnits
	}
	for _, hash := range p.partitions {
		src := &source[I]{hash: hash, examined: highest}
		if from != "" {
			src.examined = from
			src.start = p.startKey(hash, from)
		}
		sc.sources = append(sc.sources, src)
	}
	return sc
}

// take returns the next want items. When fewer are there because the scan reached its
// bounds, it returns the created key that it came to; when nothing is left, an empty one.
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
			// An item that moved between two partitions while they were read is in both.
			if len(out) == 0 || out[len(out)-1].key != h.key {
				out = append(out, h)
			}
		}
	}
	return out, "", nil
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
	return sc.queries >= len(sc.sources) && (sc.budget.spent() || sc.queries >= len(sc.sources)+maxReadQueries)
}

// reached returns the most recent of the created keys that the blocking sources came to: all
// sources are read, and all items taken, down to there.
func (sc *scan[I]) reached(blocking []*source[I]) string {
	last := slices.MaxFunc(blocking, func(a, b *source[I]) int { return cmp.Compare(a.examined, b.examined) })
	return last.examined
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
	for i, src := range sources {
		sc.budget.use(units[i], src.chunk, len(src.buf))
		if !src.done && src.chunk >= minSample {
			sc.each = max(sc.each, units[i]/float64(src.chunk))
		}
	}
	sc.queries += len(sources)
	return classify(err, "query a list")
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
	if last == 0 {
		last = max(need, firstFiltered) / n
	} else {
		last *= growFiltered
	}
	return max(1, min(last, sc.budget.left(sc.each)/n, maxChunk))
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
			src.buf = append(src.buf, hit[I]{item: item, key: sc.key(item)})
		}
	}
	src.start, src.done = next, next == nil
	if !src.done {
		var at struct {
			primaryKey
			listKeys
		}
		if err := dynamo.UnmarshalItem(dynamo.Item(next), &at); err != nil {
			return used.Total, err
		}
		src.examined = cmp.Or(at.CreatedKey, at.SK) // the sort key of an entry is a created key
	}
	return used.Total, nil
}

// byID returns the first want of the plan's ids that follow the created key from, strongly
// consistent.
func (sc *scan[I]) byID(ctx context.Context, from string, want int) ([]hit[I], error) {
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
		if sc.match(item) && (from == "" || key < from) {
			out = append(out, hit[I]{item: item, key: key})
		}
	}
	slices.SortFunc(out, func(a, b hit[I]) int { return cmp.Compare(b.key, a.key) })
	return out[:min(want, len(out))], nil
}
