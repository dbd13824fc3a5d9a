package crawl

import (
	"container/heap"
	"time"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/weburl"
)

// changes reports whether recording r would change anything.
func (f *frontier) changes(r *crawllog.Discovered) bool {
	known := f.known[weburl.KeyOf(r.URL)]
	switch {
	case known.state() == unknown || known.state() == excludedHost:
		return true
	case r.Seed && !f.host(weburl.HostOf(r.URL)).seed:
		return true
	}
	k := weburl.KeyOf(r.URL)
	return f.improves(k, known, r) || f.needs(k, known, r.AssetOf) != 0
}

// improves reports whether discovering an unfinished URL again changes it: to a smaller depth, to a
// seed, from a check to a page, or from any check to that of an asset. Deeper than the maximum
// depth a page is not fetched, so a check of its URL is not replaced. Nor is that of a URL that
// joined again, as it was fetched.
func (f *frontier) improves(k weburl.Key, known knownURL, r *crawllog.Discovered) bool {
	if !known.state().unfinished() || len(f.assets) > 0 && f.assets[k].again {
		return false
	}
	return r.Depth < known.depth() || r.Seed && !known.seed() ||
		known.check() && (!r.Check && !f.beyond(r.Depth) || r.Asset && !known.asset())
}

// checks reports whether an unfinished URL that is discovered again is only checked from now on.
// That happens to a page that was too deep to be fetched.
func (f *frontier) checks(known knownURL, r *crawllog.Discovered) bool {
	if r.Check {
		return known.check() || r.Depth < known.depth() && f.beyond(known.depth())
	}
	return known.check() && f.beyond(r.Depth)
}

// flagsAfter returns the flags of an unfinished URL after it is discovered again.
func (f *frontier) flagsAfter(known knownURL, r *crawllog.Discovered) flags {
	check := f.checks(known, r)
	return flagsOf(r.Seed || known.seed(), check, check && (r.Asset || known.asset()))
}

// beyond reports whether pages of that depth are not fetched because of the maximum depth.
func (f *frontier) beyond(depth int) bool { return f.maxDepth >= 0 && depth > f.maxDepth }

// apply folds one record into the frontier. Only apply changes the durable part.
func (f *frontier) apply(r crawllog.Record) {
	target := f.target
	f.target = ""
	switch r := r.(type) {
	case *crawllog.Discovered:
		f.applyDiscovered(r)
		if r.Redirects > 0 {
			f.target = r.URL
		}
	case *crawllog.Outcome:
		f.applyOutcome(r)
		f.endChain(r, target)
	case *crawllog.Retry:
		if target != "" {
			f.continueChain(r.URL, target)
		}
		f.applyRetry(r)
	case *crawllog.Cookie:
		f.cookies.restore(r)
		f.target = target
	case *crawllog.Edges, *crawllog.QueueLength:
		f.target = target
	case *crawllog.SeedsRead:
		f.seedsRead, f.sitemaps = true, nil
	}
}

// replay folds a record that was read from the log at now. A record with a time after now comes
// from a machine whose clock is ahead. It is folded as if it had the time now, so that neither its
// host nor the end of the run waits for that time.
func (f *frontier) replay(record crawllog.Record, now time.Time) {
	switch r := record.(type) {
	case *crawllog.Outcome:
		f.originals.replay(r)
		if ahead := r.OccurredAt.Sub(now); ahead > 0 {
			o := *r
			o.OccurredAt = now
			if !o.HoldHost.IsZero() {
				o.HoldHost = o.HoldHost.Add(-ahead)
			}
			record = &o
		}
	case *crawllog.Retry:
		if ahead := r.OccurredAt.Sub(now); ahead > 0 {
			again := *r
			again.OccurredAt, again.Due = now, r.Due.Add(-ahead)
			record = &again
		}
	}
	f.apply(record)
}

func (f *frontier) applyDiscovered(r *crawllog.Discovered) {
	k := weburl.KeyOf(r.URL)
	known := f.known[k]
	h := f.host(weburl.HostOf(r.URL))
	h.seed = h.seed || r.Seed
	again := f.joinsAgain(k, known, r.AssetOf)
	if r.AssetOf != 0 {
		f.applyAsset(k, r, again)
	}
	switch s := known.state(); {
	case again:
		f.known[k] = newKnownURL(queued, flagsOf(known.seed(), true, r.Asset), r.Redirects, r.Depth)
		f.progress.URLsQueued++
		f.addToLevel(r.Depth)
		f.enqueue(h, r.Depth, r.URL, r.Referrer)
	case f.assets[k].again:
	case s == unknown, s == excludedHost:
		if s == excludedHost {
			f.progress.URLsExcluded--
		}
		f.known[k] = newKnownURL(queued, flagsOf(r.Seed, r.Check, r.Asset), r.Redirects, r.Depth)
		h.joined++
		for _, g := range groupsOf(r.URL) {
			f.variants[g.id]++
		}
		f.progress.URLsQueued++
		f.addToLevel(r.Depth)
		f.enqueue(h, r.Depth, r.URL, r.Referrer)
	case s.unfinished() && r.Depth < known.depth():
		f.known[k] = newKnownURL(s, f.flagsAfter(known, r), r.Redirects, r.Depth)
		f.addToLevel(r.Depth)
		f.removeFromLevel(known.depth())
		if s == queued { // dropStale later removes it from the queue of the greater depth
			f.enqueue(h, r.Depth, r.URL, r.Referrer)
		} else {
			f.referrers[k] = r.Referrer
		}
	case f.improves(k, known, r):
		f.known[k] = newKnownURL(s, f.flagsAfter(known, r), known.redirects(), known.depth())
	}
}

func (f *frontier) applyOutcome(r *crawllog.Outcome) {
	k := weburl.KeyOf(r.URL)
	known := f.known[k]
	f.last = later(f.last, r.OccurredAt)
	if r.Sitemap {
		if !f.seedsRead {
			f.sitemaps[k] = true
		}
		return
	}
	if known.state() == unknown && r.Status == crawllog.Excluded {
		s := excluded
		if r.ErrorReason == crawllog.ReasonSeedHosts {
			s = excludedHost
		}
		f.known[k] = newKnownURL(s, 0, 0, 0)
		f.progress.URLsExcluded++
		return
	}
	if !known.state().unfinished() {
		return
	}
	f.known[k] = known.withState(done)
	delete(f.attempts, k)
	delete(f.referrers, k)
	f.progress.URLsQueued--
	f.removeFromLevel(known.depth())
	if f.endAsset(k) {
		f.progress.BytesFetched += r.Bytes
	} else {
		f.count(r)
	}
	h := f.host(weburl.HostOf(r.URL))
	if r.Status != crawllog.Excluded {
		h.last = later(h.last, r.OccurredAt)
	}
	f.holdHost(h, r.HoldHost)
}

// count adds the outcome of a URL that joined the frontier to the counters.
func (f *frontier) count(r *crawllog.Outcome) {
	p := &f.progress
	switch r.LinkState() {
	case crawllog.LinkExcluded:
		p.URLsExcluded++
		return
	case crawllog.LinkFetched:
		p.URLsFetched++
	default:
		p.URLsFailed++
	}
	p.BytesFetched += r.Bytes
	p.Depth = max(p.Depth, r.Depth)
}

func (f *frontier) applyRetry(r *crawllog.Retry) {
	k := weburl.KeyOf(r.URL)
	known := f.known[k]
	if !known.state().unfinished() {
		return
	}
	f.known[k] = known.withState(retrying)
	f.attempts[k] = r.Attempt
	delete(f.referrers, k)
	heap.Push(&f.retries, retryURL{due: r.Due, attempt: r.Attempt, url: r.URL, referrer: r.Referrer})
	h := f.host(weburl.HostOf(r.URL))
	h.last = later(h.last, r.OccurredAt)
	if r.HoldHost {
		h.holdUntil = later(h.holdUntil, r.Due)
	}
	f.place(h)
}
