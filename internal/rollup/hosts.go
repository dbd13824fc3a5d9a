package rollup

import (
	"cmp"
	"slices"
	"time"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/weburl"
)

// MaxHosts bounds the hosts that Hosts distinguishes. The first ones of the log are kept.
const MaxHosts = 10_000

// Hosts is the fold of some parts of a log by host.
type Hosts struct {
	Parts  Parts
	hosts  map[string]*Host
	others *Host // the hosts beyond MaxHosts together; nil if there are no others
}

// A Host is what happened to the URLs of a host.
type Host struct {
	Name string // and ":" and the port, unless it is the scheme's default; empty for what is not a URL
	Counts
	Latency Histogram

	delay   int64 // one more than the delay in milliseconds when it was last known; 0 if it never was
	delayAt int64 // the end of that fetch; Unix milliseconds
	last    int64 // the end of the last fetch; Unix milliseconds, 0 if there was none
	hold    int64 // before which no fetch starts; Unix milliseconds
}

// NewHosts returns the hosts of no parts.
func NewHosts() *Hosts { return &Hosts{hosts: map[string]*Host{}} }

// Add adds a part of the log with the given number, which must not have been added.
func (h *Hosts) Add(part int64, records []crawllog.Record) {
	h.Parts.Add(part, part)
	for _, r := range records {
		switch r := r.(type) {
		case *crawllog.Outcome:
			if !r.Sitemap {
				h.host(weburl.HostOf(r.URL)).outcome(r)
			}
		case *crawllog.Discovered:
			if r.WasExcluded {
				h.host(weburl.HostOf(r.URL)).Excluded-- // an earlier part may have excluded it
			}
		case *crawllog.Retry:
			h.host(weburl.HostOf(r.URL)).retry(r)
		}
	}
}

// host returns the host of that name. It creates a missing one.
func (h *Hosts) host(name string) *Host {
	if host := h.hosts[name]; host != nil {
		return host
	}
	if len(h.hosts) >= MaxHosts {
		if h.others == nil {
			h.others = new(Host)
		}
		return h.others
	}
	host := &Host{Name: name}
	h.hosts[name] = host
	return host
}

func (h *Host) outcome(o *crawllog.Outcome) {
	h.Counts.add(o)
	if o.Step != crawllog.Schedule && o.Status != crawllog.Excluded {
		h.last = max(h.last, millis(o.OccurredAt))
		if o.HasDelay {
			h.setDelay(1+o.Delay.Milliseconds(), millis(o.OccurredAt))
		}
	}
	h.hold = max(h.hold, millis(o.HoldHost))
	if responded(o) && !o.Again {
		h.Latency.add(o.Latency.Milliseconds())
	}
}

func (h *Host) retry(r *crawllog.Retry) {
	h.last = max(h.last, millis(r.OccurredAt))
	if r.HoldHost {
		h.hold = max(h.hold, millis(r.Due))
	}
}

// setDelay sets the delay, plus one, as it was after a fetch, unless a later one is known.
func (h *Host) setDelay(delay, at int64) {
	switch {
	case delay == 0 || at < h.delayAt:
	case at == h.delayAt:
		h.delay = max(h.delay, delay) // in whatever order parts are merged
	default:
		h.delay, h.delayAt = delay, at
	}
}

// Delay returns the delay between two fetches, as of the last one, and whether it is known.
func (h *Host) Delay() (time.Duration, bool) {
	return time.Duration(h.delay-1) * time.Millisecond, h.delay > 0
}

// LastFetch returns when the last fetch ended. It is zero if there was none.
func (h *Host) LastFetch() time.Time { return timeOf(h.last) }

// NextFetch returns when the next fetch may start: the delay after the end of the last one, and not
// before a time that the server asked for. It is zero if nothing was fetched.
func (h *Host) NextFetch() time.Time {
	if h.last == 0 {
		return timeOf(h.hold)
	}
	return timeOf(max(h.hold, h.last+max(0, h.delay-1)))
}

func timeOf(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

func (h *Host) join(g *Host) {
	h.Counts.join(&g.Counts)
	h.Latency.join(&g.Latency)
	h.setDelay(g.delay, g.delayAt)
	h.last = max(h.last, g.last)
	h.hold = max(h.hold, g.hold)
}

// Merge adds the parts of g, which h must not have.
func (h *Hosts) Merge(g *Hosts) {
	h.Parts.AddAll(g.Parts)
	for _, name := range g.names() {
		h.host(name).join(g.hosts[name])
	}
	if g.others != nil {
		if h.others == nil {
			h.others = new(Host)
		}
		h.others.join(g.others)
	}
}

// Only reports whether no other host than the given ones has an outcome.
func (h *Hosts) Only(hosts []string) bool {
	if h.others != nil {
		return false
	}
	for name, host := range h.hosts {
		if host.Counts != (Counts{}) && !slices.Contains(hosts, name) {
			return false
		}
	}
	return true
}

// names returns the names of the hosts in order.
func (h *Hosts) names() []string {
	names := make([]string, 0, len(h.hosts))
	for name := range h.hosts {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// All returns the hosts in the order of their names.
func (h *Hosts) All() []*Host {
	var all []*Host
	for _, name := range h.names() {
		all = append(all, h.hosts[name])
	}
	return all
}

// Others returns the hosts beyond MaxHosts together, without a name, or nil if there are no others.
func (h *Hosts) Others() *Host { return h.others }

// An Order is the order of a list of hosts.
type Order string

// The orders. Equal hosts are in the order of their names.
const (
	ByHost    Order = "host"    // by name
	ByURLs    Order = "urls"    // those with the most URLs fetched or failed first
	ByFailed  Order = "failed"  // those with the most URLs failed first
	ByLatency Order = "latency" // those with the greatest p90 first
)

// Orders returns every order, in the order of the API's description.
func Orders() []Order { return []Order{ByHost, ByURLs, ByFailed, ByLatency} }

// rank returns by which number of a host an order sorts, the greatest first.
func (o Order) rank(h *Host) int64 {
	switch o {
	case ByURLs:
		return h.Fetched + h.Failed
	case ByFailed:
		return h.Failed
	case ByLatency:
		return h.Latency.Quantile(0.9)
	}
	return 0
}

// A HostPage is a page of a list of hosts.
type HostPage struct {
	Hosts    []Host
	Others   *Host            // see Hosts.Others
	More     bool             // hosts follow
	Next     string           // cursor of the next page; empty on the last page
	Searched *paging.Searched // see paging.Page; nil if the whole log counts
	Finished bool             // nothing is fetched any more
}

// Page returns at most limit hosts in the order. Of the order ByHost it returns those whose names
// follow after, if there was such a page, and reports whether more follow.
func (h *Hosts) Page(order Order, after string, follows bool, limit int) HostPage {
	all := h.All()
	if order != ByHost {
		slices.SortStableFunc(all, func(a, b *Host) int { return cmp.Compare(order.rank(b), order.rank(a)) })
	} else if follows {
		all = slices.DeleteFunc(all, func(h *Host) bool { return h.Name <= after })
	}
	page := HostPage{Others: h.others.copy(), More: order == ByHost && len(all) > limit}
	for _, host := range all[:min(limit, len(all))] {
		page.Hosts = append(page.Hosts, *host.copy())
	}
	return page
}

// copy returns a copy that does not change with h, or nil.
func (h *Host) copy() *Host {
	if h == nil {
		return nil
	}
	c := *h
	c.Latency.bins = slices.Clone(h.Latency.bins)
	return &c
}

// Size returns about how many bytes of memory the hosts take.
func (h *Hosts) Size() int {
	const perHost, perBin = 400, 8
	n := 0
	for _, host := range h.hosts {
		n += perHost + len(host.Name) + perBin*len(host.Latency.bins)
	}
	return n
}
