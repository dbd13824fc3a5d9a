package crawl

import (
	"context"
	"errors"
	"log/slog"
	"runtime/debug"
	"strings"
	"time"

	"github.com/inndx/runs/internal/budget"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fetch"
	"github.com/inndx/runs/internal/pipeline"
	"github.com/inndx/runs/internal/robots"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/weburl"
)

// A Client sends the requests of one run. *fetch.Client implements it and documents the methods.
type Client interface {
	Get(ctx context.Context, u weburl.URL) (*fetch.Response, error)
	Check(ctx context.Context, method string, u weburl.URL) (*fetch.Response, error)
	Robots(ctx context.Context, u weburl.URL) (*robots.Rules, error)
	Close()
}

// maxDetail and maxContentType bound the bytes of an outcome's detail and content type.
const (
	maxDetail      = 200
	maxContentType = 200
)

// A result is the result of a request. If outcome and retry are both nil, the URL was not fetched,
// and is to be queued again.
type result struct {
	request
	outcome    *crawllog.Outcome
	retry      *crawllog.Retry
	links      []link
	contents   []pipeline.Content // what the pipelines keep of the response
	kept       *keptPage          // its records; nil if there are none
	redirect   bool               // links is the target of a redirect
	requested  bool               // a request was sent to the host
	delay      time.Duration      // between two fetches from the host
	delayKnown bool               // delay is set
	crawlDelay bool               // delay is a Crawl-delay
	canceled   bool               // the context ended while the links were filtered
	cookies    uint64             // hash of the cookies sent, 0 for none
}

// holdUntil returns the time before which the server wants no requests, or zero.
func (res *result) holdUntil() time.Time {
	switch {
	case res.retry != nil && res.retry.HoldHost:
		return res.retry.Due
	case res.outcome != nil:
		return res.outcome.HoldHost
	}
	return time.Time{}
}

// A fetcher fetches the URLs of one run and reads their links. It may be used by many goroutines at
// once.
type fetcher struct {
	settings  *settings
	client    Client
	guard     *guard
	robots    *robotsCache
	jar       *jar // nil when the run keeps no cookies
	originals *originals
	run       run.Ref
	gate      *hostGate
	share     *budget.Share
	log       *slog.Logger
}

// newWaiter returns a waiter at the gate for the run.
func (ft *fetcher) newWaiter() *waiter {
	product := ft.settings.product
	if !ft.settings.obeyRobots {
		product = ""
	}
	proxy := ""
	if p := ft.settings.fetch.Proxy; p != nil {
		proxy = p.Host
	}
	return ft.gate.newWaiter(ft.run, product, proxy)
}

// fetch fetches one URL. A page that causes a panic fails, and no other page does.
func (ft *fetcher) fetch(ctx context.Context, req request) (res result) {
	res.request = req
	defer func() {
		if p := recover(); p != nil {
			ft.log.Error("panic while fetching a page", "url", req.url, "panic", p, "stack", string(debug.Stack()))
			res.requested = true
			res.retry, res.links, res.contents, res.kept = nil, nil, nil, nil
			res.outcome = newOutcome(req, crawllog.Fetch, reasonInternal, "")
			res.outcome.Attempt = req.attempt + 1
		}
	}()
	u, err := weburl.Parse(req.fetchURL())
	if err != nil { // another version wrote the log
		res.outcome = newOutcome(req, crawllog.Fetch, crawllog.ReasonInvalidURL, err.Error())
		return res
	}
	if ft.settings.obeyRobots && !ft.allowed(ctx, u, &res) {
		return res
	}
	if ctx.Err() != nil || !ft.guard.ok() {
		return res
	}
	res.requested = true
	res.cookies = ft.jar.hash(u.String())
	response, err := ft.request(ctx, u, &req)
	if err != nil {
		ft.handleError(ctx, err, &res)
		return res
	}
	defer response.Close()
	if ft.share.Parse(ctx) != nil {
		return res
	}
	defer ft.share.EndParse()
	ft.handleResponse(ctx, u, response, &res)
	if res.canceled {
		res.outcome, res.retry, res.links, res.contents, res.kept = nil, nil, nil, nil, nil
	}
	return res
}

// request sends the request for a URL.
func (ft *fetcher) request(ctx context.Context, u weburl.URL, req *request) (*fetch.Response, error) {
	d := ft.timeout(req)
	if d == 0 {
		return ft.send(ctx, u, req)
	}
	bounded, cancel := fetch.WithTimeout(ctx, d)
	defer cancel()
	r, err := ft.send(bounded, u, req)
	if err != nil && bounded.Err() != nil && ctx.Err() == nil {
		err = &fetch.Error{Reason: fetch.Timeout, Retryable: true, Err: bounded.Err()}
	}
	return r, err
}

func (ft *fetcher) send(ctx context.Context, u weburl.URL, req *request) (*fetch.Response, error) {
	if req.check && !req.keeps(ft.settings) {
		return ft.client.Check(ctx, req.method(ft.settings), u)
	}
	return ft.client.Get(ctx, u)
}

// allowed reports whether robots.txt allows u to be fetched now. If not, it sets the result.
func (ft *fetcher) allowed(ctx context.Context, u weburl.URL, res *result) bool {
	lastAttempt := res.attempt >= ft.maxRetries(&res.request)
	rules, fetched, err := ft.rules(ctx, u, lastAttempt)
	res.requested = fetched
	if ctx.Err() != nil || errors.Is(err, errGuardClosed) {
		return false
	}
	if err != nil {
		var e *fetch.Error
		if errors.As(err, &e) && e.Retryable && !lastAttempt {
			res.retry = retryLater(res.request, e.RetryAfter, true)
			return false
		}
		res.outcome = withoutRobots(res.request, err)
		res.outcome.Attempt = res.attempt + 1
		return false
	}
	res.delay, res.delayKnown = ft.settings.delay, true
	if d, ok := rules.CrawlDelay(); ok {
		res.delay, res.crawlDelay = d, true
	}
	if !rules.Allowed(u) {
		res.outcome = newOutcome(res.request, crawllog.Fetch, reasonRobots, "")
		res.outcome.Status = crawllog.Excluded
		return false
	}
	// The URL was picked before the host's delay was known, maybe too early.
	return res.delay <= res.request.delay || res.last.IsZero() || !time.Now().Before(res.last.Add(res.delay))
}

// withoutRobots returns the outcome of a URL whose robots.txt could not be fetched. If the server
// responded with an error, no URL is allowed. If it did not respond, the host cannot be reached,
// and the URL fails for the same reason.
func withoutRobots(req request, err error) *crawllog.Outcome {
	e := asFetchError(err)
	if e.Reason != fetch.RobotsUnavailable {
		return newOutcome(req, crawllog.Fetch, string(e.Reason), e.Detail())
	}
	o := newOutcome(req, crawllog.Fetch, reasonRobotsUnreachable, e.Detail())
	o.Status = crawllog.Excluded
	return o
}

// handleError sets the result of a request without a response.
func (ft *fetcher) handleError(ctx context.Context, err error, res *result) {
	if ctx.Err() != nil {
		return
	}
	e := asFetchError(err)
	if e.Reused && ft.mayResend(&res.request) {
		res.retry = retryNow(res.request)
		return
	}
	if e.Retryable && ft.mayRetry(&res.request) {
		res.retry = retryLater(res.request, e.RetryAfter, e.RetryAfter > 0)
		return
	}
	res.outcome = newOutcome(res.request, crawllog.Fetch, string(e.Reason), e.Detail())
	res.outcome.Attempt = res.attempt + 1
}

// asFetchError returns err as a *fetch.Error. Any other error is a defect of the crawler and gets
// the reason internal.
func asFetchError(err error) *fetch.Error {
	var e *fetch.Error
	if !errors.As(err, &e) {
		e = &fetch.Error{Reason: reasonInternal, Err: err}
	}
	return e
}

// newOutcome returns the outcome of a request: an error if reason is not empty, otherwise OK.
func newOutcome(req request, step crawllog.Step, reason, detail string) *crawllog.Outcome {
	o := &crawllog.Outcome{
		URL: req.url, Depth: req.depth, Step: step, Status: crawllog.OK,
		ErrorReason: reason, ErrorDetail: truncate(detail, maxDetail), OccurredAt: stamp(time.Now()),
	}
	if reason != "" {
		o.Status = crawllog.Error
	}
	return o
}

// truncate returns at most n bytes of s, in whole characters.
func truncate(s string, n int) string {
	if len(s) > n {
		s = s[:n]
	}
	return strings.ToValidUTF8(s, "")
}

// stamp returns a time as the log records it: in UTC, in whole milliseconds.
func stamp(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// stampEnd returns the end of a wait as it is recorded. It rounds up, so that no wait is shorter
// than the server asked for.
func stampEnd(t time.Time) time.Time { return stamp(t.Add(time.Millisecond - 1)) }
