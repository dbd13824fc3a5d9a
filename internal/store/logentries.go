package store

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store/listing"
)

// runLogsRoute is the route of the list of log entries, as cursors name it.
const runLogsRoute = "run_logs"

// LogEntries returns a page of the outcomes of the run that the filter selects, the last recorded
// first. What is recorded during a walk through the pages does not change what the walk shows. A
// page may have fewer entries than the limit and still a cursor, as a page of Runs may. It fails
// with NotFound if there is no such run, and with Invalid if the cursor does not belong to this
// list.
//
// The read of the run is strongly consistent, so it gives the true length of the log. The reads of
// the log are eventually consistent, which costs half, and are repeated if they lag behind.
func (s *Store) LogEntries(ctx context.Context, ref run.Ref, f crawllog.Filter, p paging.Request) (paging.Page[crawllog.Entry], error) {
	var page paging.Page[crawllog.Entry]
	items, err := s.readRun(ctx, ref)
	if err != nil {
		return page, err
	}
	f = canonicalLogs(f)
	scope := listing.Scope{Tenant: ref.Tenant, Route: runLogsRoute, Filter: logFilter{ref.ID, f}}
	sc := logScan[crawllog.Entry]{
		logReader: s.logReader(ref),
		list:      crawllog.Entries,
		match:     func(e *crawllog.Entry) bool { return f.Match(&e.Outcome) },
		want:      p.Limit + 1,
		at:        crawllog.Place{Part: items.progress.Seq + 1},
	}
	if p.Cursor != "" {
		if sc.at, err = decodePlace(scope, p.Cursor, items.progress.Seq); err != nil {
			return page, err
		}
	}
	if err := s.logError(ctx, ref, sc.run(ctx)); err != nil {
		return page, err
	}
	for _, found := range sc.found[:min(len(sc.found), p.Limit)] {
		entry := found.item
		entry.RunID, entry.JobID = ref.ID, uuid.MustParse(items.run.JobID)
		page.Items = append(page.Items, entry)
	}
	switch {
	case len(sc.found) > p.Limit:
		page.Next = encodePlace(scope, sc.found[p.Limit-1].at)
	case !sc.over():
		page.Next, page.SearchedUntil = encodePlace(scope, sc.at), sc.until
	}
	return page, nil
}

// logReader returns a reader of the run's log.
func (s *Store) logReader(ref run.Ref) *logReader {
	return &logReader{table: s.table, pk: runKey(ref)}
}

// logError returns the error of a list for an error of reading the run's log.
func (s *Store) logError(ctx context.Context, ref run.Ref, err error) error {
	if errors.Is(err, errPartMissing) { // the run may be deleted and purged since
		if _, err := s.readRun(ctx, ref); err != nil {
			return err
		}
	}
	if fault.Is(err, fault.Invalid) {
		return err
	}
	return classify(err, "read the log")
}
