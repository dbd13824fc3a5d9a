package store

import (
	"context"
	"math"
	"time"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/run"
)

// Bounds of the indexes of links that a process keeps.
const (
	// sliceURLs is how many URLs of a run one index is meant to have. The keys of URLs spread
	// evenly, so the index of a slice exceeds it by less than a hundredth.
	sliceURLs = 1 << 20
	// maxIndexMemory bounds the memory of all indexes. The largest one fits.
	maxIndexMemory = 100 << 20
	// indexIdle is how long after its last use an index is removed if another one needs its memory.
	// Two walks that removed the indexes of each other would never end.
	indexIdle = 30 * time.Second
	// indexPause is how long a request waits if there is no memory for its index, before it returns
	// a page without links.
	indexPause = time.Second
	// indexOverhead is the memory of an empty index, in URLs.
	indexOverhead = 100
	// firstIndexItems is how many parts the first query for an index reads. A small run has no
	// more.
	firstIndexItems = 16
)

// An indexKey names an index of links. A run that was deleted may have the id of another one, so
// the time when it was created is part of the key.
type indexKey struct {
	ref           run.Ref
	created       int64 // Unix microseconds
	slices, slice int
}

// A linkIndex is an index of links, with the parts that have open links after a number of parts.
type linkIndex struct {
	*crawllog.LinkIndex
	urls  int // that it is expected to have
	used  time.Time
	parts int64
	open  []uint32
}

// linkIndexes holds the indexes of links of a process. One request at a time uses them.
type linkIndexes struct {
	sliceURLs, maxBytes int
	pause, indexTime    time.Duration
	now                 func() time.Time
	turn                chan struct{} // holds a value while a request has its turn
	all                 map[indexKey]*linkIndex
}

func newLinkIndexes(now func() time.Time) *linkIndexes {
	return &linkIndexes{
		sliceURLs: sliceURLs, maxBytes: maxIndexMemory, pause: indexPause, indexTime: indexTime, now: now,
		turn: make(chan struct{}, 1), all: map[indexKey]*linkIndex{},
	}
}

// acquire returns the index of the key when it is the turn of the request, and a function that ends
// the turn. A new index is empty, and expected to have so many URLs. The index is nil if there is
// no memory for another one.
func (x *linkIndexes) acquire(ctx context.Context, key indexKey, urls int) (*linkIndex, func(), error) {
	select {
	case x.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	}
	release := func() { <-x.turn }
	now := x.now()
	index := x.all[key]
	if index == nil {
		if !x.makeRoom(min(urls, x.maxURLs()), now) {
			release()
			select {
			case <-time.After(x.pause):
				return nil, nil, nil
			case <-ctx.Done():
				return nil, nil, ctx.Err()
			}
		}
		index = &linkIndex{LinkIndex: crawllog.NewLinkIndex(key.slice, key.slices), urls: urls}
		x.all[key] = index
	}
	index.used = now
	return index, release, nil
}

// makeRoom removes idle indexes, the one that was used first before the others, until there is
// memory for another index of so many URLs. It reports whether there is.
func (x *linkIndexes) makeRoom(urls int, now time.Time) bool {
	for {
		total := urls + indexOverhead*(1+len(x.all))
		var oldest *indexKey
		for key, index := range x.all {
			total += max(index.urls, index.Len())
			if now.Sub(index.used) >= indexIdle && (oldest == nil || index.used.Before(x.all[*oldest].used)) {
				oldest = &key
			}
		}
		switch {
		case total*crawllog.LinkIndexBytes <= x.maxBytes:
			return true
		case oldest == nil:
			return false
		}
		delete(x.all, *oldest)
	}
}

// slicesOf returns in how many slices so many URLs are indexed.
func (x *linkIndexes) slicesOf(urls int) int {
	return min(max(1, (urls+x.sliceURLs-1)/x.sliceURLs), math.MaxUint16)
}

// maxURLs bounds the URLs of an index, well above what slices differ by.
func (x *linkIndexes) maxURLs() int { return x.sliceURLs + x.sliceURLs/8 + indexOverhead }

// before returns a function for logScan.before: it finds parts that have open links.
func (x *linkIndex) before(parts int64) func(int64) int64 {
	if x.open == nil || x.parts != parts {
		x.parts, x.open = parts, x.OpenParts(parts)
	}
	return greatestPart(x.open)
}
