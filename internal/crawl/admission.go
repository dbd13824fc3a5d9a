package crawl

import (
	"strings"
	"time"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/weburl"
)

// An admission decides which URLs join the frontier, and records the decision. It belongs to the
// worker's goroutine.
type admission struct {
	settings *settings
	frontier *frontier
	record   func(crawllog.Record) // committer.record
}

// admit admits a URL to the frontier or, if it is new and refused, records the reason. as says how
// it was discovered; its URL is not set. A URL that is queued or in flight is recorded again if the
// link makes its depth smaller, or makes it a seed, a page that was only to be checked, or an asset
// that a pipeline needs.
func (a *admission) admit(l link, as crawllog.Discovered) {
	known := a.frontier.known[l.key]
	if s := known.state(); (s == done || s == excluded) && !as.Seed && l.assetOf == 0 {
		return // as most links do
	}
	isNew := known.state() == unknown || known.state() == excludedHost
	as = a.discovery(l, as)
	if !isNew && !as.Seed && !a.frontier.improves(l.key, known, &as) &&
		(as.AssetOf == 0 || a.frontier.needs(l.key, known, as.AssetOf) == 0) {
		return // most links end here
	}
	discovered := as // not before here, because it escapes
	// The URL is copied, because its memory may be that of all links of a page.
	discovered.URL, discovered.WasExcluded = strings.Clone(l.url), known.state() == excludedHost
	reason := l.refused
	if as.Check && l.byFilter {
		reason = ""
	}
	if reason == "" && (isNew || a.frontier.joinsAgain(l.key, known, as.AssetOf)) {
		reason = a.refuse(&discovered)
	}
	switch {
	case reason == "" && a.frontier.changes(&discovered):
		a.record(&discovered)
	case reason != "" && known.state() == unknown:
		a.record(&crawllog.Outcome{
			URL: discovered.URL, Depth: as.Depth, Step: crawllog.Schedule, Status: crawllog.Excluded,
			ErrorReason: reason, OccurredAt: stamp(time.Now()), Referrer: as.Referrer,
		})
	}
}

// refuse returns why a URL that is new must not join the frontier, or "".
func (a *admission) refuse(discovered *crawllog.Discovered) string {
	if discovered.Redirects > a.settings.maxRedirects {
		return crawllog.ReasonMaxRedirects
	}
	h := a.frontier.hosts[weburl.HostOf(discovered.URL)]
	if reason := a.settings.filters.refuseHost(h, discovered.Seed || discovered.Check); reason != "" {
		return reason
	}
	if !discovered.Seed {
		if reason := a.settings.traps.refuse(a.frontier, h, discovered); reason != "" {
			return reason
		}
	}
	if a.frontier.progress.URLsQueued >= a.settings.maxQueued || a.frontier.queuedBytes >= maxQueuedBytes {
		return reasonQueueFull
	}
	return ""
}

// admitTarget admits the target of a redirect from a known URL. A target that is already in the
// frontier is recorded as discovered once more, so that the log says where the redirect leads.
func (a *admission) admitTarget(target link, from request, known knownURL) {
	as := a.discoveredTarget(target, from, known)
	a.admit(target, *as)
	if a.frontier.target != target.url && a.frontier.known[target.key].state().unfinished() {
		a.record(as)
	}
}

// discoveredTarget returns the record of the target of a redirect from a URL that is known. The
// target of a check is checked as well.
func (a *admission) discoveredTarget(target link, from request, known knownURL) *crawllog.Discovered {
	as := a.discovery(target, crawllog.Discovered{
		URL: target.url, Depth: known.depth(), Redirects: known.redirects() + 1, Seed: known.seed(),
		Referrer: from.url, Check: known.check(), Asset: known.asset(),
	})
	return &as
}
