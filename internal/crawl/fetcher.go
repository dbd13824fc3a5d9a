package crawl

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fetch"
	"github.com/inndx/runs/internal/metrics"
	"github.com/inndx/runs/internal/page"
	"github.com/inndx/runs/internal/robots"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/weburl"
)

// A Client does the requests of one run: *fetch.Client.
type Client interface {
	Get(ctx context.Context, u weburl.URL) (*fetch.Response, error)
	Robots(ctx context.Context, u weburl.URL) (*robots.Rules, error)
	Close()
}

const (
	// maxPageLinks and maxPageLinkBytes bound the different links that are read from one
	// page: a small page of relative links can stand for gigabytes of URLs.
	maxPageLinks     = 20_000
	maxPageLinkBytes = 4 << 20

	maxDetail = 200 // bytes of an outcome's detail

	firstBackOff = time.Second
	maxBackOff   = time.Minute
)

// retryable are the statuses that may be others at another try; busy are those of a server
// that wants to be left alone as a whole.
var (
	retryable = map[int]bool{
		http.StatusTooManyRequests: true, http.StatusInternalServerError: true, http.StatusBadGateway: true,
		http.StatusServiceUnavailable: true, http.StatusGatewayTimeout: true,
	}
	busy = map[int]bool{http.StatusTooManyRequests: true, http.StatusServiceUnavailable: true}
)

// A link is a URL that was found.
type link struct {
	url     string
	key     key
	refused string // why it must not join: the reason of a filter, or of a URL that is none; else empty
}

// A result is what came of a flight. Without outcome and retry it did not take place.
type result struct {
	request
	outcome   *crawllog.Outcome
	retry     *crawllog.Retry
	links     []link
	redirect  bool          // links are the target of a redirect
	contacted bool          // something was requested from the host
	delay     time.Duration // of the host, as robots.txt says
	delayed   bool          // delay is known
	stated    bool          // delay is a Crawl-delay
	cut       bool          // the context ended while the links were filtered
	sent      uint64        // a hash of the cookies that were sent, 0 for none
}

// hold returns until when the visit found the host to want to be left alone, zero when it did not.
func (v *result) hold() time.Time {
	switch {
	case v.retry != nil && v.retry.HoldHost:
		return v.retry.Due
	case v.outcome != nil:
		return v.outcome.HoldHost
	}
	return time.Time{}
}

// A fetcher fetches URLs and reads their links. It may be used by many goroutines at once.
type fetcher struct {
	*settings
	client  Client
	guard   *guard
	robots  *robotsCache
	jar     *jar    // nil when no cookies are kept
	run     run.Ref // names the run
	gate    *gate
	log     *slog.Logger
	metrics *metrics.Recorder
}

// newCaller returns what asks the gate for the run.
func (v *fetcher) newCaller() *caller {
	product := v.product
	if !v.obeyRobots {
		product = ""
	}
	return v.gate.caller(v.run, product)
}

// fetch fetches one URL. A page that makes it panic costs that page alone.
func (v *fetcher) fetch(ctx context.Context, req request) (res result) {
	res.request = req
	defer func() {
		if p := recover(); p != nil {
			v.log.Error("panic while visiting a page", "url", req.url, "panic", p, "stack", string(debug.Stack()))
			res.contacted = true
			res.retry, res.links = nil, nil
			res.outcome = v.outcome(req, crawllog.Fetch, reasonInternal, "")
		}
	}()
	u, err := weburl.Parse(req.fetchURL())
	if err != nil { // of a log that another version wrote
		res.outcome = v.outcome(req, crawllog.Fetch, reasonInvalidURL, err.Error())
		return res
	}
	if v.obeyRobots && !v.allowed(ctx, u, &res) {
		return res
	}
	if ctx.Err() != nil || !v.guard.ok() {
		return res
	}
	res.contacted = true
	res.sent = v.jar.sum(u.String())
	answer, err := v.client.Get(ctx, u)
	if err != nil {
		v.failed(ctx, err, &res)
		return res
	}
	defer answer.Close()
	v.answered(ctx, u, answer, &res)
	if res.cut {
		res.outcome, res.retry, res.links = nil, nil, nil
	}
	return res
}

// allowed reports whether robots.txt lets u be fetched now. If not, res says what becomes
// of it.
func (v *fetcher) allowed(ctx context.Context, u weburl.URL, res *result) bool {
	rules, fetched, err := v.rules(ctx, u, res.attempt >= v.maxRetries)
	res.contacted = fetched
	if ctx.Err() != nil || errors.Is(err, errClosed) {
		return false
	}
	if err != nil {
		var e *fetch.Error
		if errors.As(err, &e) && e.Retryable && res.attempt < v.maxRetries {
			res.retry = v.tryAgain(res.request, e.RetryAfter, true)
			return false
		}
		res.outcome = v.withoutRobots(res.request, err)
		return false
	}
	res.delay, res.delayed = v.delay, true
	if d, ok := rules.CrawlDelay(); ok {
		res.delay, res.stated = d, true
	}
	if !rules.Allowed(u) {
		res.outcome = v.outcome(res.request, crawllog.Fetch, reasonRobots, "")
		res.outcome.Status = crawllog.Excluded
		return false
	}
	// The flight began without knowing the host's delay: is it too early?
	return res.delay <= res.request.delay || res.last.IsZero() || !time.Now().Before(res.last.Add(res.delay))
}

// withoutRobots returns the outcome of a URL whose robots.txt could not be had. The server may
// have said so: then it allows nothing. If it said nothing, its host cannot be reached, which is
// an error of the URL as well.
func (v *fetcher) withoutRobots(req request, err error) *crawllog.Outcome {
	var e *fetch.Error
	if !errors.As(err, &e) {
		e = &fetch.Error{Reason: reasonInternal, Err: err}
	}
	if e.Reason != fetch.RobotsUnavailable {
		return v.outcome(req, crawllog.Fetch, string(e.Reason), e.Detail())
	}
	o := v.outcome(req, crawllog.Fetch, reasonRobotsUnreachable, e.Detail())
	o.Status = crawllog.Excluded
	return o
}

// outcome returns an outcome that is an error when it has a reason.
func (v *fetcher) outcome(req request, step crawllog.Step, reason, detail string) *crawllog.Outcome {
	o := &crawllog.Outcome{
		URL: req.url, Depth: req.depth, Step: step, Status: crawllog.OK,
		ErrorReason: reason, ErrorDetail: cut(detail, maxDetail), OccurredAt: stamp(time.Now()),
	}
	if reason != "" {
		o.Status = crawllog.Error
	}
	return o
}

// cut returns at most n bytes of s, whole characters.
func cut(s string, n int) string {
	if len(s) > n {
		s = s[:n]
	}
	return strings.ToValidUTF8(s, "")
}

// stamp returns a time as it is recorded.
func stamp(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// backOff returns how long to wait after a try that failed, of which attempt came before. A
// server's wish counts when it is longer than the back-off, which doubles with each try and
// is spread so that many URLs do not come back at once.
func backOff(attempt int, wish time.Duration) time.Duration {
	wait := min(firstBackOff<<attempt, maxBackOff)
	return max(wait/2+rand.N(wait), wish)
}

// tryAgain returns the record of a failed try.
func (v *fetcher) tryAgain(req request, wish time.Duration, holdHost bool) *crawllog.Retry {
	now := time.Now()
	return &crawllog.Retry{
		URL: req.url, Attempt: req.attempt + 1, HoldHost: holdHost,
		Due: stamp(now.Add(backOff(req.attempt, wish))), OccurredAt: stamp(now),
	}
}

// tryNow returns the record of a try that is followed by another one as soon as the host's delay
// allows it.
func (v *fetcher) tryNow(req request) *crawllog.Retry {
	now := stamp(time.Now())
	return &crawllog.Retry{URL: req.url, Attempt: req.attempt + 1, Due: now, OccurredAt: now}
}

// failed says what becomes of a URL that had no answer.
func (v *fetcher) failed(ctx context.Context, err error, res *result) {
	var e *fetch.Error
	if ctx.Err() != nil {
		return
	}
	if !errors.As(err, &e) {
		e = &fetch.Error{Reason: reasonInternal, Err: err}
	}
	if e.Retryable && res.attempt < v.maxRetries {
		res.retry = v.tryAgain(res.request, e.RetryAfter, e.RetryAfter > 0)
		return
	}
	res.outcome = v.outcome(res.request, crawllog.Fetch, string(e.Reason), e.Detail())
}

// answered says what becomes of a URL that had an answer.
func (v *fetcher) answered(ctx context.Context, u weburl.URL, a *fetch.Response, res *result) {
	if retryable[a.Status] && res.attempt < v.maxRetries {
		res.retry = v.tryAgain(res.request, a.RetryAfter, busy[a.Status])
		return
	}
	step, reason, detail := crawllog.Fetch, "", ""
	switch {
	case a.Status >= 400:
		reason, detail = reasonHTTPStatus, http.StatusText(a.Status)
	case a.IsRedirect():
		target, err := redirectTarget(u, a.Location)
		if err != nil {
			step, reason, detail = crawllog.Parse, reasonInvalidRedirect, err.Error()
			if long, ok := tooLong(u, a.Location, err); ok {
				res.redirect, res.links = true, []link{long}
			}
			break
		}
		var ended bool
		if reason, ended = v.redirected(ctx, u, target, res); !ended {
			return
		}
	case a.Status >= 200 && a.Status < 300:
		filtering := newWork(ctx, v.filterBudget)
		if res.links, reason = v.read(filtering, u, a); reason != "" {
			step = crawllog.Parse
		}
		res.cut = filtering.ended && ctx.Err() != nil
	}
	res.outcome = v.outcome(res.request, step, reason, detail)
	res.outcome.HTTPStatus = a.Status
	res.outcome.Latency = a.Latency.Truncate(time.Millisecond)
	res.outcome.Bytes = a.Bytes
	if busy[a.Status] { // to the other URLs of the host, too
		res.outcome.HoldHost = stamp(time.Now().Add(backOff(res.attempt, a.RetryAfter)))
	}
}

// errNoLocation says that a redirect leads nowhere.
var errNoLocation = errors.New("the redirect has no Location")

// redirectTarget returns where a redirect from u leads.
func redirectTarget(u weburl.URL, location string) (weburl.URL, error) {
	if strings.TrimSpace(location) == "" {
		return weburl.URL{}, errNoLocation
	}
	return u.Resolve(location)
}

// link returns the link to a URL, which the filters judge at the expense of a work.
func (v *fetcher) link(u weburl.URL, w *work) link {
	return link{url: u.String(), key: u.Key(), refused: v.filters.refuseURL(u, w)}
}

// refusedLink returns a link to what is no URL of a page, for it to be recorded.
func refusedLink(url, reason string) link {
	return link{url: url, key: weburl.KeyOf(url), refused: reason}
}

// tooLong returns the link that stands for ref, which base refused with err, when that is
// because of its length.
func tooLong(base weburl.URL, ref string, err error) (link, bool) {
	if !errors.Is(err, weburl.ErrTooLong) {
		return link{}, false
	}
	beginning := base.Beginning(ref)
	return refusedLink(beginning, reasonTooLong), beginning != ""
}

var seenLinks = sync.Pool{New: func() any { return make(map[weburl.URL]struct{}) }}

// read returns the different links of a page, filtered by a work, and why some may be missing.
func (v *fetcher) read(filtering *work, u weburl.URL, a *fetch.Response) (links []link, reason string) {
	seen := seenLinks.Get().(map[weburl.URL]struct{})
	defer func() {
		if len(seen) <= 1<<10 {
			clear(seen)
			seenLinks.Put(seen)
		}
	}()
	size := 0
	info := page.Links(page.Document{
		URL: u, ContentType: a.ContentType, RobotsTags: a.Header.Values("X-Robots-Tag"),
		Link: a.Header.Values("Link"), Refresh: a.Header.Values("Refresh"), Product: v.product, Body: a.Body,
		TooLong: func(beginning string) { links = append(links, refusedLink(beginning, reasonTooLong)) },
	}, func(to weburl.URL) {
		if _, ok := seen[to]; ok || filtering.ended {
			return
		}
		if len(links) >= maxPageLinks || size >= maxPageLinkBytes {
			reason = reasonTooManyLinks
			return
		}
		seen[to] = struct{}{}
		size += len(to.String())
		l := v.link(to, filtering)
		if filtering.ended {
			reason = reasonFiltersTooSlow
			return
		}
		links = append(links, l)
	})
	if info.TooMany && reason == "" {
		reason = reasonTooManyLinks
	}
	if info.HTML && (a.Truncated || info.Truncated) {
		reason = reasonTruncated
	}
	return links, reason
}
