package store

import (
	"context"
	"crypto/sha256"
	"slices"
	"strconv"
	"strings"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/rollup"
	"github.com/inndx/runs/internal/run"
)

// The series of chosen hosts are folded by readers and kept as the hosts of the run are: in the
// memory of a process, and as an item from which other processes continue. Anyone may choose any
// hosts, so the items of a run are as many as the slots. A choice has two of them, and replaces the
// choice of which less was folded.
const (
	chosenPrefix = rollupPrefix + "CHOSEN#"
	chosenSlots  = 16
)

// chosenSorts returns the sort keys of the slots of chosen hosts.
func chosenSorts(hosts string) []string {
	sum := sha256.Sum256([]byte(hosts))
	first := int(sum[0]) % chosenSlots
	second := (first + 1 + int(sum[1])%(chosenSlots-1)) % chosenSlots
	return []string{chosenSort(first), chosenSort(second)}
}

// chosenSort returns the sort key of a slot. None is the beginning of another.
func chosenSort(slot int) string { return chosenPrefix + strconv.FormatInt(int64(slot), 16) }

// hostSeries is RunSeries for some hosts.
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
	if err := s.loadHostSeries(ctx, ref, items, f, key.hosts, hosts); err != nil {
		return nil, nil, err
	}
	r := s.foldReader(ref)
	if len(f.series.Parts) == 0 && items.progress.Seq > firstIndexItems { // a small log is folded as quickly
		if all, err := s.seriesOfOnly(ctx, ref, r, hosts); all != nil || err != nil {
			return all, nil, err
		}
	}
	seq, before := items.progress.Seq, r.units
	err = r.fold(ctx, &f.series.Parts, seq, f.series.Add)
	f.bytes = f.series.Size()
	if err := s.logError(ctx, ref, err); err != nil {
		return nil, nil, err
	}
	f.unstored += r.units - before
	item := s.newReadItem(ref, items, f.stored.SK, f.series.Parts.Count(seq), nil)
	item.Hosts = key.hosts
	err = s.keepFold(ctx, ref, items, f, item, func() []byte { return f.series.EncodeWithin(maxTotalBytes) })
	if err != nil {
		return nil, nil, err
	}
	copied := rollup.NewSeries(hosts...)
	copied.Merge(f.series)
	return copied, searchedParts(f.series.Parts, seq), nil
}

// loadHostSeries reads the stored series of chosen hosts, unless the process has one that the item
// is known to continue.
func (s *Store) loadHostSeries(ctx context.Context, ref run.Ref, items runItems, f *keptFold, names string, hosts []string) error {
	if f.series != nil && !f.lost {
		return nil
	}
	item, err := s.chosenItem(ctx, ref, items, names, f.lost)
	if err != nil {
		return err
	}
	series := rollup.NewSeries(hosts...)
	if item.Hosts == names {
		if stored, err := rollup.DecodeSeries(item.Data, hosts...); err == nil {
			series = stored
		}
	}
	if seq := items.progress.Seq; f.series == nil || series.Parts.Count(seq) > f.series.Parts.Count(seq) {
		f.series, f.unstored = series, 0
	}
	f.stored, f.lost = item, false
	f.stored.Data = nil
	return nil
}

// chosenItem returns the item of chosen hosts. If they have none yet, it returns the item that theirs
// will replace, which may be empty except for its key.
func (s *Store) chosenItem(ctx context.Context, ref run.Ref, items runItems, names string, consistent bool) (rollupItem, error) {
	var replace rollupItem
	for i, sort := range chosenSorts(names) {
		found, err := s.rollupItems(ctx, ref, items, sort, consistent)
		if err != nil {
			return replace, err
		}
		item, ok := found[sort]
		if !ok {
			item.primaryKey = primaryKey{PK: runKey(ref), SK: sort}
		}
		if item.Hosts == names {
			return item, nil
		}
		if i == 0 || item.At < replace.At {
			replace = item
		}
	}
	return replace, nil
}

// seriesOfOnly returns the series of the run as that of the hosts if no other host has an outcome,
// and nil if another one has, or that is not known. It is known if the hosts of the run were folded
// before. Then it takes no fold of the log but that of the last parts, which the run shares.
func (s *Store) seriesOfOnly(ctx context.Context, ref run.Ref, r foldReader, hosts []string) (*rollup.Series, error) {
	p, err := s.readPieces(ctx, ref)
	if err != nil {
		return nil, err
	}
	f, release, err := s.acquireFold(ctx, foldKey{ref: ref, created: p.items.run.CreatedAt.UnixMicro()})
	if err != nil {
		return nil, err
	}
	defer release()
	if err := s.loadHosts(ctx, ref, p.items, f); err != nil {
		return nil, err
	}
	if len(f.hosts.Parts) == 0 || !f.hosts.Only(hosts) {
		return nil, nil
	}
	if err := s.extendHosts(ctx, ref, p.items, r, f); err != nil {
		return nil, err
	}
	seq := p.items.progress.Seq
	if searchedParts(f.hosts.Parts, seq) != nil || !f.hosts.Only(hosts) {
		return nil, nil
	}
	if err := s.extendPieces(ctx, ref, r, p); err != nil || searchedParts(p.parts, seq) != nil {
		return nil, err
	}
	return p.merge().WithoutQueue(), nil
}

// extendPieces folds the parts that no piece has, and stores what is worth it.
func (s *Store) extendPieces(ctx context.Context, ref run.Ref, r foldReader, p *pieces) error {
	seq, before := p.items.progress.Seq, r.units
	err := r.fold(ctx, &p.parts, seq, func(part int64, records []crawllog.Record) {
		p.read.Add(part, records)
		p.parts.Add(part, part)
	})
	if err := s.logError(ctx, ref, err); err != nil || r.units-before < keepUnits {
		return err
	}
	item := s.newReadItem(ref, p.items, readSort, p.read.Parts.Count(seq), p.read.EncodeWithin(maxTotalBytes))
	_, err = s.keepRead(ctx, ref, p.items, item, rollupItem{At: p.readAt})
	return err
}
