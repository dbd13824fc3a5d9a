package store

import (
	"context"
	"errors"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/lru"
	"github.com/inndx/runs/internal/rollup"
	"github.com/inndx/runs/internal/run"
)

// fold calls add with each part of the log up to the part last that is not in the set, in order,
// until the bounds are reached. The function add must add the part to the set.
func (r foldReader) fold(ctx context.Context, parts *rollup.Parts, last int64, add func(int64, []crawllog.Record)) error {
	for limit := firstIndexItems; !r.spent(); limit = r.affordable(growLogItems * limit) {
		missing, ok := parts.Missing(last)
		if !ok {
			return nil
		}
		before := r.units
		items, err := r.query(ctx, missing.First, missing.Last, forwards, limit)
		if err != nil {
			return err
		}
		next, err := r.foldItems(items, missing.First, add)
		if errors.Is(err, errPartMissing) {
			r.units = before // an incomplete read does not count
			err = r.pause(ctx, next)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// foldItems calls add with the parts, of which the first one should be the given one. It returns
// the number of the part that should follow.
func (r foldReader) foldItems(items []logItem, part int64, add func(int64, []crawllog.Record)) (int64, error) {
	if len(items) == 0 {
		return part, errPartMissing
	}
	for _, item := range items {
		records, err := r.decode(item, part)
		if err != nil {
			return part, err
		}
		add(part, records)
		part++
		if _, bytes := r.bounds(); r.bytes >= bytes { // what was read is paid for, but not decoded yet
			break
		}
	}
	return part, nil
}

// Bounds of the folds that a process keeps in memory.
const (
	maxFoldMemory = 32 << 20
	maxFolds      = 100
)

// A foldKey names a fold of the log of a run. A run that was deleted may have the id of another
// one, so the time when it was created is part of the key.
type foldKey struct {
	ref     run.Ref
	created int64  // Unix microseconds
	hosts   string // of the series, with line ends; empty for the hosts of the run
}

// A keptFold is a fold in memory: a series of some hosts, or the hosts of the run. One request at a
// time uses it.
type keptFold struct {
	turn   chan struct{} // holds a value while a request has its turn
	series *rollup.Series
	hosts  *rollup.Hosts // nil until they are read, as series
	// stored is the item of the fold, without its data, or the one that it is to replace. unstored
	// is how many units were read of the log for what the item lacks.
	stored   rollupItem
	unstored float64
	// lost says that another reader changed the item, so it must be read again.
	lost  bool
	bytes int
}

type foldCache = lru.Cache[foldKey, *keptFold]

func newFoldCache() *foldCache {
	const overhead = 1 << 10
	bounds := lru.Bounds{Bytes: maxFoldMemory, Entries: maxFolds}
	return lru.New[foldKey](bounds, func(f *keptFold) int { return overhead + f.bytes })
}

// acquireFold returns the fold of the key when it is the turn of the request, and a function that
// ends the turn.
func (s *Store) acquireFold(ctx context.Context, key foldKey) (*keptFold, func(), error) {
	f := s.folds.GetOrPut(key, func() *keptFold { return &keptFold{turn: make(chan struct{}, 1)} })
	select {
	case f.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, nil, classify(ctx.Err(), "wait for a fold of the log")
	}
	return f, func() {
		s.folds.Put(key, f) // it may have grown
		<-f.turn
	}, nil
}

// foldBytesPerUnit makes a fold in memory be stored only when reading what it has in addition took a
// unit for each so many bytes.
const foldBytesPerUnit = 4 << 10

// keepFold stores a fold in memory, which encode returns as bytes, if what its item lacks is worth
// it.
func (s *Store) keepFold(ctx context.Context, ref run.Ref, items runItems, f *keptFold, item rollupItem, encode func() []byte) error {
	if f.unstored < keepUnits {
		return nil
	}
	item.Data = encode()
	if f.unstored < float64(len(item.Data))/foldBytesPerUnit {
		return nil
	}
	if len(item.Data) > MaxLogItemBytes {
		f.unstored = 0 // more parts make it no smaller
		return nil
	}
	kept, err := s.keepRead(ctx, ref, items, item, f.stored)
	if err != nil {
		return err
	}
	if f.lost = !kept; kept {
		f.stored, f.unstored = item, 0
		f.stored.Data = nil
	}
	return nil
}
