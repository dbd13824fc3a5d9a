package control

import (
	"context"
	"maps"
	"net/url"
	"slices"
	"time"

	"github.com/inndx/runs/internal/client"
	"github.com/inndx/runs/internal/run"
)

// A follower prints the entries of a log as they are recorded. The API lists the last recorded
// first, so each round reads pages until the newest entry of the round before.
type follower struct {
	client *client.Client
	run    string // the path
	filter url.Values
	w      *itemWriter

	newest string // the id of the newest entry that was printed
	probed item   // the newest entry of the whole log, if there is a filter
	// since bounds a round that finds no printed entry, because none matched the filter before:
	// what occurred earlier was recorded before the last round.
	since time.Time
}

const (
	// followInterval is the time between two rounds at least.
	followInterval = time.Second
	// maxDisorder bounds how much later an entry is recorded than one that occurred after it, which
	// is the time between two commits of a log.
	maxDisorder = time.Minute
)

func newFollower(c *client.Client, runID string, filter url.Values, w *itemWriter) *follower {
	return &follower{client: c, run: "/v1/runs/" + runID, filter: filter, w: w}
}

// follow prints entries until the run ends, and returns the run. Of what was recorded before, it
// prints up to limit entries, or all for 0.
func (f *follower) follow(ctx context.Context, limit int) (state, error) {
	w := waiter{client: f.client, path: f.run}
	interval := followInterval
	for last := run.Status(""); ; limit = 0 {
		s, err := w.next(ctx, last, interval)
		if err != nil {
			return s, err
		}
		began := time.Now()
		// The status was read before the log, so the log of a finished run is read whole.
		if err := f.round(ctx, limit); err != nil {
			return s, err
		}
		if last = s.Status; last == run.Finished {
			return s, nil
		}
		// A log that takes long to read is read rarely.
		interval = max(followInterval, min(4*time.Since(began), maxWait).Truncate(time.Second))
	}
}

// round prints what was recorded since the last round.
func (f *follower) round(ctx context.Context, limit int) error {
	if len(f.filter) > 0 {
		newest, err := f.probe(ctx)
		if err != nil || newest.text("id") == f.probed.text("id") {
			return err
		}
		if t := f.probed.time("occurred_at"); !t.IsZero() {
			f.since = t.Add(-maxDisorder)
		}
		f.probed = newest
	}
	found, err := f.read(ctx, limit)
	if err != nil || len(found) == 0 {
		return err
	}
	f.newest = found[0].text("id")
	slices.Reverse(found)
	return f.w.write(found)
}

// probe returns the newest entry of the whole log.
func (f *follower) probe(ctx context.Context) (newest item, err error) {
	for page, err := range f.client.Pages(ctx, f.run+"/logs", nil, 1) {
		if err != nil {
			return newest, err
		}
		for _, raw := range page.Items {
			return newItem(raw)
		}
	}
	return newest, nil
}

// read returns the entries after the newest one that was printed, the last recorded first.
func (f *follower) read(ctx context.Context, limit int) (found []item, err error) {
	perPage := client.MaxPage
	if limit > 0 {
		perPage = min(perPage, limit)
	}
	for page, err := range f.client.Pages(ctx, f.run+"/logs", maps.Clone(f.filter), perPage) {
		if err != nil {
			return nil, err
		}
		items, err := newItems(page.Items)
		if err != nil {
			return nil, err
		}
		for _, i := range items {
			if f.newest != "" && i.text("id") == f.newest || i.time("occurred_at").Before(f.since) {
				return found, nil
			}
			if found = append(found, i); limit > 0 && len(found) == limit {
				return found, nil
			}
		}
		if page.SearchedUntil != nil && page.SearchedUntil.Before(f.since) {
			return found, nil
		}
	}
	return found, nil
}
