package crawl

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/weburl"
)

// This file has what a worker does with the results that arrive. All of it runs in the worker's
// goroutine.

// complete handles the end of a fetch.
func (w *worker) complete(res result) {
	defer releaseLinks(res.links)
	w.endFetch(&res)
	w.observer.noteHold(res)
	dropped := w.exit != nil && w.exit.kind == exitFinished
	if dropped || res.outcome == nil && res.retry == nil || w.outdated(&res) {
		w.frontier.requeue(res.request, res.requested)
		return
	}
	if res.retry != nil {
		w.recordRetry(res)
	} else {
		w.recordOutcome(res)
	}
	w.frontier.complete(res.request, res.requested)
}

// endFetch frees what a fetch had of the budget and at its host.
func (w *worker) endFetch(res *result) {
	w.inFlight--
	w.share.EndFetch()
	if res.delayKnown {
		w.frontier.setDelay(res.host, res.delay, res.crawlDelay)
	}
	w.waiter.finish(res.host.name, res.requested, w.frontier.pace(res.host), res.holdUntil(), time.Now())
}

// recordRetry records that a URL gets another attempt. A URL that closed a loop of redirects
// continues with the URL that its redirect leads back to; see redirects.go.
func (w *worker) recordRetry(res result) {
	res.retry.Referrer = w.frontier.referrer(res.key, res.referrer)
	if !res.redirect {
		w.committer.record(res.retry)
		return
	}
	w.committer.record(w.admission.discoveredTarget(res.links[0], res.request, w.frontier.known[res.key]))
	w.committer.record(res.retry)
	w.frontier.noteCookies(res.url, res.cookies)
	if res.host.name != weburl.HostOf(res.url) {
		// The records set the time of the last fetch for the URL's own host only.
		w.frontier.holdHost(res.host, time.Now().Add(res.host.delay))
	}
}

// recordOutcome records the outcome of a URL, after its links: if the worker dies between two
// commits, the page is fetched again and no link is lost.
func (w *worker) recordOutcome(res result) {
	known := w.frontier.known[res.key] // its depth may have become smaller since the fetch started
	for i := range res.links {
		if res.redirect {
			w.admission.admitTarget(res.links[i], res.request, known)
		} else {
			w.admission.admit(res.links[i], crawllog.Discovered{Depth: known.depth() + 1, Referrer: res.url})
		}
	}
	w.recordEdges(res)
	res.outcome.Depth = known.depth()
	if res.kept != nil {
		res.outcome.Artifacts = res.kept.artifacts
	}
	res.outcome.Check = res.check
	res.outcome.Again = w.frontier.assets[res.key].again
	res.outcome.Referrer = w.frontier.referrer(res.key, res.referrer)
	res.outcome.Delay, res.outcome.HasDelay = res.host.delay.Truncate(time.Millisecond), res.outcome.Step != crawllog.Schedule
	w.committer.record(res.outcome)
	if res.kept != nil {
		w.committer.keep(res.kept)
	}
	if res.redirect {
		w.frontier.noteCookies(res.links[0].url, res.cookies)
	}
}

// recordEdges records the links of a page if the configuration asks for it.
func (w *worker) recordEdges(res result) {
	if !w.settings.edges || res.redirect || len(res.links) == 0 {
		return
	}
	to := make([]string, len(res.links))
	for i, l := range res.links {
		to[i] = l.url
	}
	for _, e := range crawllog.NewEdges(res.url, to) {
		w.committer.record(e)
	}
}

// addSeeds admits seeds.
func (w *worker) addSeeds(batch []link) {
	for _, l := range batch {
		w.admission.admit(l, crawllog.Discovered{Seed: true})
	}
}

// completeSeeding handles the end of reading the seeds. After an interruption another worker reads
// them again: at once, or when the run has its turn at the host of a sitemap.
func (w *worker) completeSeeding(err error) {
	w.seeding.active = false
	var turn *turnError
	switch {
	case err == nil:
		// Together with SeedsRead, because until then the sitemaps may be read again.
		for _, o := range w.seeding.reader.unread {
			if !w.frontier.sitemaps[weburl.KeyOf(o.URL)] {
				w.committer.record(o)
			}
		}
		w.committer.record(&crawllog.SeedsRead{})
		for name, h := range w.seeding.reader.hosts.hosts { // sitemaps are fetches too
			if !h.due.IsZero() {
				w.frontier.holdHost(w.frontier.host(name), h.due)
			}
		}
	case errors.As(err, &turn):
		w.leave(exit{kind: exitReleased, wakeAt: turn.due, cancelAt: time.Now()})
	case !errors.Is(err, context.Canceled):
		w.leave(exit{kind: exitAborted, err: err})
	}
}

// completeRead handles the end of a status read.
func (w *worker) completeRead(r statusResult) {
	status, ok := w.status.complete(r)
	switch {
	case errors.As(r.err, new(*panicError)):
		w.leave(exit{kind: exitAborted, err: r.err})
	case !ok:
	case status == run.Finished:
		w.leave(exit{kind: exitStopped})
	case w.exit != nil:
	case status == run.Paused:
		w.leave(exit{kind: exitPaused, cancelAt: time.Now().Add(pauseTimeout)})
	default:
		w.status.open(r, w.committer.leaseUntil)
	}
}

// completeCommit handles the end of a commit. If the commit failed, the worker discards its state
// and leaves: another worker may have written to the log, or the run was stopped.
func (w *worker) completeCommit(err error) {
	w.committer.complete()
	if err == nil {
		if w.exit == nil {
			w.status.extend(w.committer.leaseUntil)
		}
		return
	}
	e := exit{kind: exitAborted}
	if !fault.Is(err, fault.Conflict) {
		e.err = fmt.Errorf("commit: %w", err)
	}
	w.leave(e)
}
