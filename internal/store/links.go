package store

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store/listing"
)

// runLinksRoute is the route of the list of links, as cursors name it.
const runLinksRoute = "run_links"

// Links returns a page of the URLs that the run knows and the filter selects, each with its state.
// A walk through the pages shows each URL once, as the run was when the walk began. First come the
// URLs that the log decides where it records their end, the last recorded first. Then come the URLs
// that only the whole log decides: those that are queued, and those that seed_hosts excludes. A
// page may have fewer links than the limit and still a cursor, as a page of LogEntries may. The
// errors are those of LogEntries.
func (s *Store) Links(ctx context.Context, ref run.Ref, f crawllog.LinkFilter, p paging.Request) (paging.Page[crawllog.Link], error) {
	var page paging.Page[crawllog.Link]
	items, err := s.readRun(ctx, ref)
	if err != nil {
		return page, err
	}
	f = canonicalLinks(f)
	scope := listing.Scope{Tenant: ref.Tenant, Route: runLinksRoute, Filter: linkFilter{ref.ID, items.run.CreatedAt, f}}
	urls := knownURLs(items)
	at := newLinkPlace(items, f, s.links.slicesOf(urls))
	if p.Cursor != "" {
		if at, err = decodeLinkPlace(scope, p.Cursor, items.progress.Seq); err != nil {
			return page, err
		}
	}
	indexing := s.logReader(ref)
	indexing.indexing = time.Now().Add(s.links.indexTime)
	w := linkWalk{
		logReader: s.logReader(ref), indexing: indexing, store: s, filter: f, want: p.Limit + 1, at: at,
		index: indexKey{ref, items.run.CreatedAt.UnixMicro(), at.slices, at.slice}, urls: urls/at.slices + 1,
	}
	if err := s.logError(ctx, ref, w.run(ctx)); err != nil {
		return page, err
	}
	for _, found := range w.found[:min(len(w.found), p.Limit)] {
		link := found.link
		link.RunID, link.JobID = ref.ID, uuid.MustParse(items.run.JobID)
		page.Items = append(page.Items, link)
	}
	switch {
	case len(w.found) > p.Limit:
		page.Next = w.found[p.Limit-1].at.encode(scope)
	case !w.at.over():
		page.Next, page.SearchedUntil, page.Searched = w.at.encode(scope), w.until, w.searched()
	}
	return page, nil
}

// knownURLs returns how many URLs the run knows.
func knownURLs(items runItems) int {
	p := items.progress.Progress
	return int(p.URLsQueued + p.URLsFetched + p.URLsFailed + p.URLsExcluded)
}

// A linkWalk finds the links of one page.
type linkWalk struct {
	*logReader            // reads for scans
	indexing   *logReader // reads for indexes
	store      *Store
	filter     crawllog.LinkFilter
	want       int
	at         linkPlace // everything before this place of the walk was read
	index      indexKey
	urls       int // that the index is expected to have
	until      time.Time
	read       int64 // parts of the index of the present slice
	found      []foundLink
}

// foundLink is a link and the place of the walk after it.
type foundLink struct {
	link crawllog.Link
	at   linkPlace
}

// run reads until enough links are found, the walk is over, or the bounds are reached.
func (w *linkWalk) run(ctx context.Context) error {
	for !w.at.over() && len(w.found) < w.want && !w.spent() {
		if w.at.phase == endedLinks {
			if err := w.scan(ctx, crawllog.EndedLinks, nil); err != nil {
				return err
			}
			continue
		}
		if done, err := w.scanOpen(ctx); err != nil || !done {
			return err
		}
	}
	return nil
}

// scanOpen scans the log for the links of one slice that only the whole log decides. It reports
// whether the walk may continue: not if the index of the slice is still incomplete.
func (w *linkWalk) scanOpen(ctx context.Context) (bool, error) {
	w.index.slice = w.at.slice
	index, release, err := w.store.links.acquire(ctx, w.index, w.urls)
	if err != nil || index == nil {
		return false, err
	}
	defer release()
	if err := w.complete(ctx, index.LinkIndex); err != nil {
		return false, err
	}
	if w.read = index.Parts(); w.read < w.at.parts {
		return false, nil
	}
	list := func(part int64, records []crawllog.Record) iter.Seq2[int, crawllog.Link] {
		return index.OpenLinks(part, records, w.at.parts)
	}
	return true, w.scan(ctx, list, index.before(w.at.parts))
}

// scan scans the log from the place of the walk. At the beginning of the log it moves to the next
// phase or slice.
func (w *linkWalk) scan(
	ctx context.Context, list func(int64, []crawllog.Record) iter.Seq2[int, crawllog.Link], before func(int64) int64,
) error {
	sc := logScan[crawllog.Link]{
		logReader: w.logReader, list: list, match: w.filter.Match, before: before,
		want: w.want - len(w.found), at: w.at.Place, until: w.until,
	}
	if err := sc.run(ctx); err != nil {
		return err
	}
	for _, p := range sc.found {
		at := w.at
		at.Place = p.at
		w.found = append(w.found, foundLink{p.item, at})
	}
	w.until = sc.until
	if w.at.Place = sc.at; sc.over() {
		w.at.next()
		w.until, w.read = time.Time{}, 0
	}
	return nil
}

// complete adds parts to the index, until it has those of the walk or the bounds are reached.
func (w *linkWalk) complete(ctx context.Context, index *crawllog.LinkIndex) error {
	r := w.indexing
	for limit := firstIndexItems; index.Parts() < w.at.parts && !r.spent(); limit = r.affordable(growLogItems * limit) {
		before := r.units
		items, err := r.query(ctx, index.Parts()+1, w.at.parts, forwards, limit)
		if err != nil {
			return err
		}
		err = w.addItems(index, items)
		if errors.Is(err, errPartMissing) {
			r.units = before // an incomplete read does not count
			err = r.pause(ctx, index.Parts()+1)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *linkWalk) addItems(index *crawllog.LinkIndex, items []logItem) error {
	if len(items) == 0 {
		return errPartMissing
	}
	for _, item := range items {
		records, err := w.indexing.decode(item, index.Parts()+1)
		if err != nil {
			return err
		}
		index.Add(records)
		if index.Len() > w.store.links.maxURLs() {
			return listing.InvalidCursor() // a cursor of this list has more slices
		}
		if w.indexing.spent() {
			return nil
		}
	}
	return nil
}

// searched returns how much of the log the walk has read.
func (w *linkWalk) searched() *paging.Searched {
	at := w.at
	s := &paging.Searched{Parts: at.parts + 1 - at.Part} // of the present scan
	if at.ended {
		s.Of += at.parts
	}
	if at.phase == openLinks {
		s.Parts += s.Of + 2*at.parts*int64(at.slice) + min(w.read, at.parts)
	}
	if at.open {
		s.Of += 2 * at.parts * int64(at.slices)
	}
	return s
}

// linkFilter selects links of one run. The time when the run was created tells runs with the same
// id apart.
type linkFilter struct {
	RunID   uuid.UUID
	Created time.Time
	crawllog.LinkFilter
}
