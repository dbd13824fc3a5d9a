package crawl

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fetch"
	"github.com/inndx/runs/internal/weburl"
)

// handleResponse sets the result of a request with a response.
func (ft *fetcher) handleResponse(ctx context.Context, u weburl.URL, r *fetch.Response, res *result) {
	if retryable[r.Status] && ft.mayRetry(&res.request) {
		res.retry = retryLater(res.request, r.RetryAfter, busy[r.Status])
		return
	}
	if res.wantsGet(ft.settings, r) {
		res.retry = retryNow(res.request)
		return
	}
	read := reading{step: crawllog.Fetch}
	if ended := ft.read(ctx, u, r, res, &read); !ended {
		return
	}
	if read.reason == "" && !res.canceled && !res.check {
		if reason, detail := ft.applyPipelines(ctx, u, r, res); reason != "" {
			read.fail(crawllog.Parse, reason, detail)
		}
	}
	if res.keeps(ft.settings) {
		res.contents = append(res.contents, ft.keptAsset(&res.request)...)
	}
	res.outcome = ft.outcomeOf(u, r, res, read)
	if res.outcome.Status == crawllog.OK && !res.canceled && len(res.contents) > 0 {
		res.kept = ft.keep(u, r, res)
	}
}

// A reading is what was read from a response besides its links.
type reading struct {
	step           crawllog.Step
	reason, detail string // of an error
	title          string
	redirectURL    string
}

func (rd *reading) fail(step crawllog.Step, reason, detail string) {
	rd.step, rd.reason, rd.detail = step, reason, detail
}

// read reads a response into the result and rd. It reports whether the URL has ended: if not, the
// result is another attempt.
func (ft *fetcher) read(ctx context.Context, u weburl.URL, r *fetch.Response, res *result, rd *reading) (ended bool) {
	switch {
	case r.Status >= 400:
		rd.fail(crawllog.Fetch, crawllog.ReasonHTTPStatus, http.StatusText(r.Status))
	case r.IsRedirect():
		return ft.readRedirect(ctx, u, r, res, rd)
	case r.Status >= 200 && r.Status < 300 && !res.check:
		filtering := newFiltering(ctx, ft.settings.filterBudget)
		var reason string
		if res.links, reason, rd.title = ft.settings.readLinks(filtering, u, r); reason != "" {
			rd.fail(crawllog.Parse, reason, "")
		}
		res.canceled = filtering.ended && ctx.Err() != nil
	case res.isStyleSheet(r):
		filtering := newFiltering(ctx, ft.settings.filterBudget)
		res.links = ft.settings.readStyleSheet(filtering, u, r, res.assetOf)
		res.canceled = filtering.ended && ctx.Err() != nil
	}
	return true
}

// readRedirect is read for a redirect.
func (ft *fetcher) readRedirect(ctx context.Context, u weburl.URL, r *fetch.Response, res *result, rd *reading) (ended bool) {
	target, err := resolveRedirect(u, r.Location)
	if err != nil {
		rd.fail(crawllog.Parse, reasonInvalidRedirect, err.Error())
		if long, ok := tooLong(u, r.Location, err); ok {
			res.redirect, res.links = true, []link{long}
		}
		return true
	}
	rd.redirectURL = target.String()
	rd.reason, ended = ft.handleRedirect(ctx, u, target, res)
	return ended
}

// outcomeOf returns the outcome of a request with a response.
func (ft *fetcher) outcomeOf(u weburl.URL, r *fetch.Response, res *result, rd reading) *crawllog.Outcome {
	o := newOutcome(res.request, rd.step, rd.reason, rd.detail)
	o.HTTPStatus = r.Status
	o.Latency = r.Latency.Truncate(time.Millisecond)
	o.Bytes = r.Bytes
	o.ContentType = truncate(r.ContentType, maxContentType)
	o.Title, o.RedirectURL = rd.title, rd.redirectURL
	if fetched := u.String(); fetched != res.url && !r.IsRedirect() {
		o.RedirectURL = fetched // the redirects of the URL led back to it, see redirects.go
	}
	if r.Status/100 == 2 && ft.settings.digests && (!res.check || res.keeps(ft.settings)) {
		o.Digest = sha256.Sum256(r.Body)
	}
	o.Attempt = res.attempt + 1
	if busy[r.Status] { // for the other URLs of the host as well
		o.HoldHost = stampEnd(time.Now().Add(backOff(res.attempt, r.RetryAfter)))
	}
	return o
}

// errNoLocation says that a redirect has no target.
var errNoLocation = errors.New("the redirect has no Location")

// resolveRedirect returns the target of a redirect from u.
func resolveRedirect(u weburl.URL, location string) (weburl.URL, error) {
	if strings.TrimSpace(location) == "" {
		return weburl.URL{}, errNoLocation
	}
	return u.Resolve(location)
}
