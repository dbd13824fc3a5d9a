package store

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/crawllog"
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
	sc := logScan{
		table: s.table, pk: runKey(ref), filter: f, want: p.Limit + 1,
		at: crawllog.Place{Part: items.progress.Seq + 1},
	}
	if p.Cursor != "" {
		if sc.at, err = decodePlace(scope, p.Cursor, items.progress.Seq); err != nil {
			return page, err
		}
	}
	err = sc.run(ctx)
	if errors.Is(err, errPartMissing) { // the run may be deleted and purged since
		if _, err := s.readRun(ctx, ref); err != nil {
			return page, err
		}
	}
	if err != nil {
		return page, classify(err, "read the log")
	}
	page.Items = sc.found[:min(len(sc.found), p.Limit)]
	for i := range page.Items {
		page.Items[i].RunID, page.Items[i].JobID = ref.ID, uuid.MustParse(items.run.JobID)
	}
	switch {
	case len(sc.found) > p.Limit:
		page.Next = encodePlace(scope, page.Items[p.Limit-1].Place)
	case !sc.over():
		page.Next, page.SearchedUntil = encodePlace(scope, sc.at), sc.until
	}
	return page, nil
}
