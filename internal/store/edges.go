package store

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"iter"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store/listing"
)

// runEdgesRoute is the route of the list of edges, as cursors name it.
const runEdgesRoute = "run_edges"

// Edges returns a page of the edges that the log of the run states and the filter selects, the last
// recorded first; see crawllog.EdgesOf. What is recorded during a walk through the pages does not
// change what the walk shows. A page may have fewer edges than the limit and still a cursor, as a
// page of LogEntries may. The errors are those of LogEntries.
func (s *Store) Edges(ctx context.Context, ref run.Ref, f crawllog.EdgeFilter, p paging.Request) (paging.Page[crawllog.Edge], error) {
	var page paging.Page[crawllog.Edge]
	items, err := s.readRun(ctx, ref)
	if err != nil {
		return page, err
	}
	every, err := s.recordsEdges(ctx, ref, items)
	if err != nil {
		return page, err
	}
	f = canonicalEdges(f)
	scope := listing.Scope{Tenant: ref.Tenant, Route: runEdgesRoute, Filter: edgeFilter{ref.ID, items.run.CreatedAt, f}}
	parts := items.progress.Seq
	var match func(crawllog.Edge) bool
	sc := logScan[crawllog.Edge]{
		logReader: s.logReader(ref),
		list: func(_ int64, records []crawllog.Record) iter.Seq2[int, crawllog.Edge] {
			match = f.Matcher()
			return number(crawllog.EdgesOf(records, every))
		},
		match: func(e *crawllog.Edge) bool { return match(*e) },
		want:  p.Limit + 1,
		at:    crawllog.Place{Part: parts + 1},
	}
	if p.Cursor != "" {
		if sc.at, parts, err = decodeEdgePlace(scope, p.Cursor, parts); err != nil {
			return page, err
		}
	}
	if err := s.logError(ctx, ref, sc.run(ctx)); err != nil {
		return page, err
	}
	for _, found := range sc.found[:min(len(sc.found), p.Limit)] {
		page.Items = append(page.Items, found.item)
	}
	switch {
	case len(sc.found) > p.Limit:
		page.Next = encodeEdgePlace(scope, sc.found[p.Limit-1].at, parts)
	case !sc.over():
		page.Next, page.SearchedUntil = encodeEdgePlace(scope, sc.at, parts), sc.until
		page.Searched = &paging.Searched{Parts: parts + 1 - sc.at.Part, Of: parts}
	}
	return page, nil
}

// recordsEdges reports whether the log of the run has every edge.
func (s *Store) recordsEdges(ctx context.Context, ref run.Ref, items runItems) (bool, error) {
	data, err := s.config(ctx, ref.Tenant, items.run.ConfigHash)
	if err != nil {
		return false, err
	}
	var c struct{ Record *config.Record }
	if err := json.Unmarshal(data, &c); err != nil {
		return false, classify(fmt.Errorf("configuration %s: %w", items.run.ConfigHash, err), "read a configuration")
	}
	return config.Config{Record: c.Record}.RecordsEdges(), nil
}

// edgeFilter selects edges of one run; see linkFilter.
type edgeFilter struct {
	RunID   uuid.UUID
	Created time.Time
	crawllog.EdgeFilter
}

// encodeEdgePlace returns the place of an edge in a log, which had so many parts when the walk
// began, as a cursor.
func encodeEdgePlace(scope listing.Scope, at crawllog.Place, parts int64) string {
	payload := binary.BigEndian.AppendUint64(nil, uint64(parts))
	payload = binary.BigEndian.AppendUint64(payload, uint64(at.Part))
	return scope.Seal(binary.BigEndian.AppendUint32(payload, uint32(at.Index)))
}

// decodeEdgePlace is the inverse of encodeEdgePlace. It refuses a place outside a log of the given
// number of parts.
func decodeEdgePlace(scope listing.Scope, cursor string, parts int64) (at crawllog.Place, began int64, err error) {
	b, err := scope.Open(cursor)
	if err != nil {
		return at, 0, err
	}
	if len(b) != 20 {
		return at, 0, listing.InvalidCursor()
	}
	began = int64(binary.BigEndian.Uint64(b))
	at = crawllog.Place{Part: int64(binary.BigEndian.Uint64(b[8:])), Index: int(binary.BigEndian.Uint32(b[16:]))}
	if began < 1 || began > parts || at.Part < 1 || at.Part > began {
		return at, 0, listing.InvalidCursor()
	}
	return at, began, nil
}
