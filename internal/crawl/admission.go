package crawl

import (
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

// admit admits a URL to the frontier or, if it is new and refused, records the reason. A URL that
// is queued or in flight is recorded again if the link makes its depth smaller or makes it a seed.
func (a *admission) admit(l link, depth, redirects int, seed bool) {
	known := a.frontier.known[l.key]
	isNew := known.state() == unknown || known.state() == excludedHost
	if !isNew && !seed && (!known.state().unfinished() || known.depth() <= depth) {
		return // most links end here
	}
	discovered := &crawllog.Discovered{URL: l.url, Depth: depth, Redirects: redirects, Seed: seed}
	reason := l.refused
	if reason == "" && isNew {
		reason = a.refuse(discovered)
	}
	switch {
	case reason == "" && a.frontier.changes(discovered):
		a.record(discovered)
	case reason != "" && known.state() == unknown:
		a.record(&crawllog.Outcome{
			URL: l.url, Depth: depth, Step: crawllog.Schedule, Status: crawllog.Excluded,
			ErrorReason: reason, OccurredAt: stamp(time.Now()),
		})
	}
}

// refuse returns why a URL that is new must not join the frontier, or "".
func (a *admission) refuse(discovered *crawllog.Discovered) string {
	if discovered.Redirects > a.settings.maxRedirects {
		return reasonMaxRedirects
	}
	h := a.frontier.hosts[weburl.HostOf(discovered.URL)]
	if reason := a.settings.filters.refuseHost(h, discovered.Seed); reason != "" {
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
func (a *admission) admitTarget(target link, from knownURL) {
	a.admit(target, from.depth(), from.redirects()+1, from.seed())
	if a.frontier.target != target.url && a.frontier.known[target.key].state().unfinished() {
		a.record(discoveredTarget(target, from))
	}
}

// discoveredTarget returns the record of the target of a redirect from a known URL.
func discoveredTarget(target link, from knownURL) *crawllog.Discovered {
	return &crawllog.Discovered{
		URL: target.url, Depth: from.depth(), Redirects: from.redirects() + 1, Seed: from.seed(),
	}
}
