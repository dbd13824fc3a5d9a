package store

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/rollup"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store/listing"
)

// runHostsRoute is the route of the list of hosts, as cursors name it.
const runHostsRoute = "run_hosts"

// RunHosts returns hosts of the run in the order. In that of their names the list has pages, and a
// walk through them shows each host once. Of the other orders there is one page. If Searched is
// set, the hosts and their numbers are those of so many parts of the log; see RunSeries. It fails
// with NotFound if there is no such run, and with Invalid if the cursor does not belong to this
// list.
func (s *Store) RunHosts(ctx context.Context, ref run.Ref, order rollup.Order, p paging.Request) (rollup.HostPage, error) {
	var page rollup.HostPage
	items, err := s.readRun(ctx, ref)
	if err != nil {
		return page, err
	}
	scope := listing.Scope{Tenant: ref.Tenant, Route: runHostsRoute, Filter: hostFilter{ref.ID, items.run.CreatedAt}}
	after := ""
	if p.Cursor != "" {
		b, err := scope.Open(p.Cursor)
		if err != nil {
			return page, err
		}
		after = string(b)
	}
	f, release, err := s.acquireFold(ctx, foldKey{ref: ref, created: items.run.CreatedAt.UnixMicro()})
	if err != nil {
		return page, err
	}
	defer release()
	if err := s.completeHosts(ctx, ref, items, f); err != nil {
		return page, err
	}
	page = f.hosts.Page(order, after, p.Cursor != "", p.Limit)
	if page.More {
		page.Next = scope.Seal([]byte(page.Hosts[len(page.Hosts)-1].Name))
	}
	page.Searched = searchedParts(f.hosts.Parts, items.progress.Seq)
	page.Finished = items.run.Status == run.Finished
	return page, nil
}

// hostFilter tells the cursors of runs apart; see linkFilter.
type hostFilter struct {
	RunID   uuid.UUID
	Created time.Time
}

// completeHosts adds the parts that the hosts in memory lack, from the stored item if there are
// none in memory.
func (s *Store) completeHosts(ctx context.Context, ref run.Ref, items runItems, f *keptFold) error {
	if err := s.loadHosts(ctx, ref, items, f); err != nil {
		return err
	}
	return s.extendHosts(ctx, ref, items, s.foldReader(ref), f)
}

// loadHosts reads the stored hosts of the run, unless the process has hosts that the item is known
// to continue.
func (s *Store) loadHosts(ctx context.Context, ref run.Ref, items runItems, f *keptFold) error {
	if f.hosts != nil && !f.lost {
		return nil
	}
	found, err := s.rollupItems(ctx, ref, items, hostsSort, f.lost)
	if err != nil {
		return err
	}
	item := found[hostsSort]
	hosts, err := rollup.DecodeHosts(item.Data)
	if err != nil {
		hosts = rollup.NewHosts()
	}
	if seq := items.progress.Seq; f.hosts == nil || hosts.Parts.Count(seq) > f.hosts.Parts.Count(seq) {
		f.hosts, f.unstored = hosts, 0
	}
	f.stored, f.lost = item, false
	f.stored.Data = nil
	return nil
}

// extendHosts folds the parts of the log that the hosts in memory lack.
func (s *Store) extendHosts(ctx context.Context, ref run.Ref, items runItems, r foldReader, f *keptFold) error {
	before := r.units
	err := r.fold(ctx, &f.hosts.Parts, items.progress.Seq, f.hosts.Add)
	f.bytes = f.hosts.Size()
	if err := s.logError(ctx, ref, err); err != nil {
		return err
	}
	f.unstored += r.units - before
	item := s.newReadItem(ref, items, hostsSort, f.hosts.Parts.Count(items.progress.Seq), nil)
	return s.keepFold(ctx, ref, items, f, item, f.hosts.Encode)
}
