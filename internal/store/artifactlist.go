package store

import (
	"context"
	"slices"
	"time"

	"github.com/inndx/runs/internal/artifact"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/meter"
	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store/keys"
	"github.com/inndx/runs/internal/store/listing"
	"github.com/inndx/runs/internal/tenant"
)

// artifactsRoute is the route of the list of artifacts, as cursors name it.
const artifactsRoute = "artifacts"

// Artifacts returns a page of the tenant's artifacts that the filter selects: those of the most
// recently created run first, and of a run those that were recorded last first. A walk through the
// pages shows an artifact exactly once if it was recorded before the walk and was not deleted
// since. One that is recorded during the walk is shown if its run comes later in the list. A page
// may have fewer artifacts than the limit and still a cursor, as a page of Runs may. It fails with
// Invalid if the cursor does not belong to this list.
//
// No index has artifacts. The list walks the runs that keep artifacts, by their entries or by their
// ids, and reads the log of each backwards, as LogEntries does.
func (s *Store) Artifacts(
	ctx context.Context, t tenant.ID, f artifact.Filter, p paging.Request,
) (paging.Page[artifact.Artifact], error) {
	f = canonicalArtifacts(f)
	w := artifactWalk{
		store: s, tenant: t, filter: f, want: p.Limit + 1,
		scope: listing.Scope{Tenant: t, Route: artifactsRoute, Filter: f},
		units: new(meter.Meter),
	}
	var page paging.Page[artifact.Artifact]
	possible := w.plan()
	if p.Cursor != "" {
		var err error
		if w.at, err = decodeArtifactPosition(w.scope, p.Cursor); err != nil {
			return page, err
		}
		if !w.runs.Base.Created.Contains(w.at.createdKey) {
			return page, listing.InvalidCursor()
		}
	}
	if !possible {
		return page, nil
	}
	if err := w.run(meter.With(ctx, w.units)); err != nil {
		return page, err
	}
	for _, found := range w.found[:min(len(w.found), p.Limit)] {
		page.Items = append(page.Items, found.item)
	}
	switch {
	case len(w.found) > p.Limit:
		last := w.found[p.Limit-1]
		page.Next = artifactPosition{createdKeyOf(last.item), last.at}.encode(w.scope)
	case !w.over:
		page.Next, page.SearchedUntil = w.at.encode(w.scope), w.until
	}
	return page, nil
}

// An artifactWalk reads the artifacts for one page.
type artifactWalk struct {
	store  *Store
	tenant tenant.ID
	filter artifact.Filter
	want   int
	scope  listing.Scope
	runs   listing.List[runItem] // the runs that may have artifacts of the list
	named  int                   // number of runs that the filter names

	at    artifactPosition // everything before this position of the list was read
	until time.Time        // when the last outcome before that position occurred, or its run was created
	over  bool             // the end of the list is reached
	found []placed[artifact.Artifact]

	next    []runItem // the runs to read next
	last    bool      // no run follows those in next
	chunk   int       // number of runs that the last search requested
	units   *meter.Meter
	bytes   int  // of the records that were read
	limited bool // a search for runs reached its bounds
}

// clockMargin is how much the clocks of the processes that create and end runs, and of the workers
// that date artifacts, are assumed to differ at most, when times select which runs are read.
const clockMargin = time.Hour

// plan sets the list of runs. It reports whether an artifact can match the filter.
func (w *artifactWalk) plan() bool {
	f := w.filter
	var before time.Time
	if !f.CreatedBefore.IsZero() { // an artifact is created after its run
		before = f.CreatedBefore.Add(clockMargin)
	}
	base := &listing.Plan{
		PK: tenantKey(w.tenant), SortPrefix: runPrefix,
		Created:    keys.CreatedBetween(time.Time{}, before),
		Partitions: []string{artifactsPartition(w.tenant)},
	}
	base.IDs = f.RunIDs
	if len(f.IncludeIDs) > 0 {
		base.IDs = nil
		for _, id := range f.IncludeIDs {
			if len(f.RunIDs) == 0 || slices.Contains(f.RunIDs, id.Run) {
				base.IDs = append(base.IDs, id.Run)
			}
		}
		base.IDs = slices.Compact(base.IDs) // the ids are sorted by run
	}
	w.named = len(base.IDs)
	w.runs = listing.List[runItem]{
		Table: w.store.table, Scope: w.scope, Base: base, Plans: []*listing.Plan{base}, MaxBytes: maxPageBytes,
		Key: func(i runItem) string { return i.CreatedKey },
		Match: func(i runItem) bool {
			over := i.Status == run.Finished && !f.CreatedAfter.IsZero() && i.FinishedAt.Add(clockMargin).Before(f.CreatedAfter)
			return base.Created.Contains(i.CreatedKey) && !over
		},
	}
	return w.named > 0 || len(f.IncludeIDs) == 0
}

// run reads until enough artifacts are found, the end of the list is reached, or the bounds are
// reached. Each page ends later in the list than the page before.
func (w *artifactWalk) run(ctx context.Context) error {
	if w.at.createdKey != "" {
		if err := w.readRun(ctx, w.at.createdKey); err != nil {
			return err
		}
	}
	for !w.full() && !w.spent() && !w.over {
		if len(w.next) == 0 {
			if err := w.search(ctx); err != nil {
				return err
			}
			continue
		}
		key := w.next[0].CreatedKey
		w.next = w.next[1:]
		if err := w.readRun(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

// full reports whether enough artifacts are found.
func (w *artifactWalk) full() bool { return len(w.found) >= w.want }

// spent reports whether the bounds are reached. The reads of the runs that the filter names do not
// count, as all of them are needed for the order.
func (w *artifactWalk) spent() bool {
	return w.limited || w.used() >= maxLogUnits || w.bytes >= maxLogBytes
}

// used returns the read units that count.
func (w *artifactWalk) used() float64 { return w.units.Usage().Read - float64(w.named) }

// maxRunChunk bounds the runs that one search requests.
const maxRunChunk = 16

// search reads the next runs. Most pages are found in one or two runs, so the first search requests
// few.
func (w *artifactWalk) search(ctx context.Context) error {
	if w.last {
		w.over = true
		return nil
	}
	w.chunk = min(max(2, 2*w.chunk), maxRunChunk)
	if w.named > 0 {
		w.chunk = w.named
	}
	next, reached, err := w.runs.Search(ctx, w.at.createdKey, w.chunk)
	if err != nil {
		return classify(err, "list the runs with artifacts")
	}
	w.next = next
	switch {
	case reached != "":
		w.limited = len(next) == 0
		if w.limited {
			return w.endRun(reached)
		}
	case len(next) < w.chunk, w.named > 0:
		w.last = true
	}
	return nil
}

// endRun sets the position to the end of the run with the created key.
func (w *artifactWalk) endRun(createdKey string) error {
	created, _, err := keys.ParseCreated(createdKey)
	if err != nil {
		return classify(err, "list artifacts")
	}
	w.at = artifactPosition{createdKey: createdKey, place: crawllog.Place{Part: 1}}
	w.until = created
	return nil
}

// readRun reads the artifacts of the run that follow the position, or all of them if the position
// is in another run. A run that is deleted has none.
func (w *artifactWalk) readRun(ctx context.Context, createdKey string) error {
	created, id, err := keys.ParseCreated(createdKey)
	if err != nil {
		return classify(err, "list artifacts")
	}
	ref := run.Ref{Tenant: w.tenant, ID: id}
	items, err := w.store.readRun(ctx, ref)
	switch {
	case fault.Is(err, fault.NotFound), err == nil && items.run.CreatedKey != createdKey:
		return w.endRun(createdKey)
	case err != nil:
		return err
	}
	end := crawllog.Place{Part: items.progress.Seq + 1}
	switch {
	case w.at.createdKey != createdKey:
		w.at = artifactPosition{createdKey: createdKey, place: end}
		w.until = created
	case w.at.place.Compare(end) > 0: // a forged cursor must not reach what is not in the log
		return listing.InvalidCursor()
	}
	done, err := w.scanLog(ctx, ref, items.run)
	err = w.store.logError(ctx, ref, err)
	switch {
	case fault.Is(err, fault.NotFound):
		return w.endRun(createdKey) // the run was deleted meanwhile
	case err != nil, !done:
		return err
	}
	return w.endRun(createdKey)
}
