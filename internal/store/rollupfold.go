package store

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/lru"
	"github.com/inndx/runs/internal/paging"
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
	hosts  *rollup.Hosts // nil until they are read
	// storedAt is At of the item of the hosts, 0 if there is none. unstored is how many units were
	// read of the log for what the item lacks.
	storedAt int64
	unstored float64
	bytes    int
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

// hostSeries is RunSeries for some hosts. Their outcomes are in no stored item. So the process
// folds the whole log, keeps the fold in memory, and extends it the next time.
func (s *Store) hostSeries(ctx context.Context, ref run.Ref, hosts []string) (*rollup.Series, *paging.Searched, error) {
	items, err := s.readRun(ctx, ref)
	if err != nil {
		return nil, nil, err
	}
	hosts = slices.Compact(slices.Sorted(slices.Values(hosts)))
	key := foldKey{ref, items.run.CreatedAt.UnixMicro(), strings.Join(hosts, "\n") + "\n"}
	f, release, err := s.acquireFold(ctx, key)
	if err != nil {
		return nil, nil, err
	}
	defer release()
	if f.series == nil {
		f.series = rollup.NewSeries(hosts...)
	}
	seq := items.progress.Seq
	err = s.foldReader(ref).fold(ctx, &f.series.Parts, seq, f.series.Add)
	f.bytes = f.series.Size()
	if err := s.logError(ctx, ref, err); err != nil {
		return nil, nil, err
	}
	copied := rollup.NewSeries(hosts...)
	copied.Merge(f.series)
	return copied, searchedParts(f.series.Parts, seq), nil
}
