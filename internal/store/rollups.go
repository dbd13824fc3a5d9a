package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/guregu/dynamo/v2"

	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/rollup"
	"github.com/inndx/runs/internal/run"
)

// The rollups of a run.
//
// The series of a run is kept in pieces, each the fold of other parts of the log. The worker keeps
// three. The fold of the last commits is an attribute of the progress item, which every commit
// writes anyway. Before it becomes too large for that, a transaction merges it into the recent
// piece, and that, when it becomes too large, into the total. So a commit rarely writes more than
// it would otherwise, and never reads the log.
//
// Readers fold the parts that no piece has, such as those that an earlier version wrote, and keep
// the result as the piece of readers. Workers never write that piece, and readers never another
// one. So no part is in two pieces, and neither waits for the other.
//
// A piece that is missing, damaged, or of a later version is as if its parts had never been folded.
const (
	recentSort = rollupPrefix + "RUN#RECENT"
	totalSort  = rollupPrefix + "RUN#TOTAL"
	readSort   = rollupPrefix + "RUN#READ"
	hostsSort  = rollupPrefix + "HOSTS"
)

// A rollupItem holds a piece of a series, or the hosts of a run.
type rollupItem struct {
	primaryKey
	// Created is when the run was created, in Unix microseconds. An item of another run with the
	// same id counts as missing.
	Created int64 `dynamo:"created"`
	// At changes with every write: of a piece of the worker, it is the number of the last part of
	// the log when it was written, and otherwise the number of parts in it.
	At   int64  `dynamo:"at"`
	Data []byte `dynamo:"data"`
	// Hosts are the chosen hosts of the series, with line ends, and empty for all; see hostseries.go.
	Hosts string `dynamo:"hosts,omitempty"`
}

// RunSeries returns the outcomes of the run over time. If hosts are given, only their outcomes
// count. searched is nil if the whole log counts. Otherwise it says how many parts of it do: a
// request reads a bounded number of parts that no piece has, and the next one continues. It fails
// with NotFound if there is no such run.
func (s *Store) RunSeries(ctx context.Context, ref run.Ref, hosts []string) (*rollup.Series, *paging.Searched, error) {
	if len(hosts) > 0 {
		return s.hostSeries(ctx, ref, hosts)
	}
	p, err := s.readPieces(ctx, ref)
	if err != nil {
		return nil, nil, err
	}
	if err := s.extendPieces(ctx, ref, s.foldReader(ref), p); err != nil {
		return nil, nil, err
	}
	return p.merge(), searchedParts(p.parts, p.items.progress.Seq), nil
}

// searchedParts returns how many parts of a log of seq parts are in the set, nil for all.
func searchedParts(parts rollup.Parts, seq int64) *paging.Searched {
	if n := parts.Count(seq); n < seq {
		return &paging.Searched{Parts: n, Of: seq}
	}
	return nil
}

// pieces are the pieces of the series of a run.
type pieces struct {
	items  runItems
	worker []*rollup.Series // of workers
	read   *rollup.Series   // of readers
	readAt int64            // At of its item, 0 without an item
	parts  rollup.Parts     // of all pieces
}

// maxPieceReads bounds the reads of the pieces of a series that do not fit together. A piece that
// is not there then is lost.
const maxPieceReads = 3

// readPieces reads the pieces of the series of a run. The read of the run is strongly consistent,
// and says which versions of the other pieces belong to it. If these are not found, because an
// eventually consistent read lagged behind or a commit came in between, everything is read again,
// strongly consistent.
func (s *Store) readPieces(ctx context.Context, ref run.Ref) (*pieces, error) {
	for attempt := 1; ; attempt++ {
		items, err := s.readRun(ctx, ref)
		if err != nil {
			return nil, err
		}
		found, err := s.rollupItems(ctx, ref, items, rollupPrefix+"RUN#", attempt > 1)
		if err != nil {
			return nil, err
		}
		progress := items.progress
		if attempt < maxPieceReads && (found[recentSort].At != progress.RecentAt || found[totalSort].At != progress.TotalAt) {
			continue
		}
		return newPieces(items, found), nil
	}
}

// newPieces decodes pieces.
func newPieces(items runItems, found map[string]rollupItem) *pieces {
	p := &pieces{items: items, read: rollup.NewSeries()}
	for _, data := range [][]byte{found[totalSort].Data, found[recentSort].Data, items.progress.Rollup} {
		p.add(data, func(s *rollup.Series) { p.worker = append(p.worker, s) })
	}
	p.readAt = found[readSort].At
	p.add(found[readSort].Data, func(s *rollup.Series) { p.read = s })
	return p
}

// add decodes a piece, unless it is missing, damaged, or has parts that another piece has.
func (p *pieces) add(data []byte, keep func(*rollup.Series)) {
	if len(data) == 0 {
		return
	}
	if s, err := rollup.DecodeSeries(data); err == nil && !s.Parts.Overlaps(p.parts) {
		p.parts.AddAll(s.Parts)
		keep(s)
	}
}

// merge returns the series of all pieces. They are merged in the order of the log.
func (p *pieces) merge() *rollup.Series {
	all := append(slices.Clone(p.worker), p.read)
	all = slices.DeleteFunc(all, func(s *rollup.Series) bool { return len(s.Parts) == 0 })
	slices.SortFunc(all, func(a, b *rollup.Series) int { return cmp.Compare(a.Parts[0].First, b.Parts[0].First) })
	series := rollup.NewSeries()
	for _, s := range all {
		series.Merge(s)
	}
	return series
}

// rollupItems returns the items of the run whose sort keys begin with the prefix, by their sort
// keys.
func (s *Store) rollupItems(ctx context.Context, ref run.Ref, items runItems, prefix string, consistent bool) (map[string]rollupItem, error) {
	var all []rollupItem
	err := s.table.Get("pk", runKey(ref)).Range("sk", dynamo.BeginsWith, prefix).Consistent(consistent).All(ctx, &all)
	if err != nil {
		return nil, classify(err, "read a rollup")
	}
	found := map[string]rollupItem{}
	for _, item := range all {
		created := items.run.CreatedAt
		if item.SK == recentSort || item.SK == totalSort {
			created = items.progress.CreatedAt
		}
		if item.Created == created.UnixMicro() {
			found[item.SK] = item
		}
	}
	return found, nil
}

// keepUnits is how many units a request must read of a log before it keeps what it folded. What
// takes less is read again the next time.
const keepUnits = 8

func (s *Store) newReadItem(ref run.Ref, items runItems, sort string, at int64, data []byte) rollupItem {
	return rollupItem{
		primaryKey: primaryKey{PK: runKey(ref), SK: sort},
		Created:    items.run.CreatedAt.UnixMicro(), At: at, Data: data,
	}
}

// keepRead stores what a reader folded in place of an item, unless the run was deleted, or another
// reader stored what it folded since that item was read. So no such item outlives its run. It
// reports whether the item is stored. One that is too large is not.
func (s *Store) keepRead(ctx context.Context, ref run.Ref, items runItems, item, replaced rollupItem) (bool, error) {
	if len(item.Data) > MaxLogItemBytes {
		return false, nil
	}
	put := s.table.Put(item)
	if replaced.At == 0 {
		put.If("attribute_not_exists(pk) OR created <> ?", item.Created)
	} else {
		put.If("created = ? AND 'at' = ?", item.Created, replaced.At)
	}
	if replaced.Hosts != "" {
		put.If("hosts = ?", replaced.Hosts)
	}
	tx := s.db.WriteTx().
		Check(s.check(runItemKey(ref)).If("created_key = ?", items.run.CreatedKey)).
		Put(put)
	err := s.write(ctx, tx)
	if dynamo.IsCondCheckFailed(err) || isBusy(err) {
		return false, nil // the next request reads what is missing then
	}
	return err == nil, classify(err, "store a rollup")
}

// A foldReader reads parts of a log to fold them.
type foldReader struct{ *logReader }

func (s *Store) foldReader(ref run.Ref) foldReader {
	r := foldReader{s.logReader(ref)}
	r.indexing = time.Now().Add(s.links.indexTime)
	return r
}
