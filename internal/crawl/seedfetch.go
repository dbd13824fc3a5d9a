package crawl

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fetch"
	"github.com/inndx/runs/internal/robots"
	"github.com/inndx/runs/internal/weburl"
)

// maxSitemapWait bounds the wait before another attempt at a sitemap. A sitemap whose server asks
// for a longer wait is not read.
const maxSitemapWait = 2 * maxBackOff

// getSafely is get, except that it turns a panic into an error.
func (s *seedReader) getSafely(ctx context.Context, u weburl.URL) (_ *fetch.Response, at weburl.URL, err error) {
	defer catch("fetching a sitemap", &err)
	return s.get(ctx, u)
}

// get fetches a sitemap, with as many attempts as a page, and follows redirects. It returns the URL
// that was fetched in the end. With an error it may return the response that caused it.
func (s *seedReader) get(ctx context.Context, u weburl.URL) (*fetch.Response, weburl.URL, error) {
	for redirects := 0; ; redirects++ {
		response, err := s.getWithRetries(ctx, u)
		if err != nil || response.Status/100 == 2 {
			return response, u, err
		}
		response.Close()
		switch {
		case !response.IsRedirect():
			return response, u, &sitemapError{crawllog.ReasonHTTPStatus, http.StatusText(response.Status)}
		case redirects == s.fetcher.settings.maxRedirects:
			return response, u, &sitemapError{crawllog.ReasonMaxRedirects, "too many redirects"}
		}
		target, err := resolveRedirect(u, response.Location)
		if err != nil {
			return response, u, &sitemapError{reasonInvalidRedirect, err.Error()}
		}
		u = target
	}
}

func (s *seedReader) getWithRetries(ctx context.Context, u weburl.URL) (*fetch.Response, error) {
	for attempt := 0; ; attempt++ {
		response, wait, err := s.getOnce(ctx, u, attempt)
		if !s.mayRetry(wait, attempt) {
			return response, err
		}
		if response != nil {
			response.Close()
		}
		if err := sleep(ctx, wait); err != nil {
			return nil, err
		}
	}
}

// mayRetry reports whether another attempt follows after wait, which is 0 if the failure is final.
func (s *seedReader) mayRetry(wait time.Duration, attempt int) bool {
	return wait > 0 && wait <= maxSitemapWait && attempt < s.fetcher.settings.maxRetries
}

// getOnce fetches u if robots.txt allows it. wait is the time before another attempt, 0 if there is
// to be none.
func (s *seedReader) getOnce(ctx context.Context, u weburl.URL, attempt int) (
	_ *fetch.Response, wait time.Duration, _ error,
) {
	p, finish, err := s.startFetch(ctx, u)
	if err != nil {
		return nil, 0, err
	}
	host := s.hosts.host(u.Host(), *p)
	requested, hold := false, time.Time{}
	defer func() { finish(requested, hold) }()
	if s.fetcher.settings.obeyRobots {
		rules, fetched, err := s.rules(ctx, u, attempt)
		requested = fetched
		if err != nil {
			hold = retryAfter(err)
			return nil, retryWait(err, attempt), err
		}
		if d, ok := rules.CrawlDelay(); ok {
			p.delay, p.crawlDelay = d, true
		}
		if !rules.Allowed(u) {
			return nil, 0, &sitemapError{reasonRobots, "robots.txt forbids it"}
		}
	}
	if err := s.fetcher.guard.wait(ctx); err != nil {
		return nil, 0, err
	}
	requested = true
	response, err := s.fetcher.client.Get(ctx, u)
	if err == nil && retryable[response.Status] {
		wait = backOff(attempt, response.RetryAfter)
	}
	if err == nil && busy[response.Status] {
		hold = time.Now().Add(wait)
	}
	delay := p.delay
	if !p.crawlDelay {
		delay += rand.N(s.fetcher.settings.delayRange + 1)
	}
	s.hosts.delay(host, delay, hold)
	if err != nil {
		return nil, retryWait(err, attempt), err
	}
	return response, wait, nil
}

// startFetch waits until a fetch from the host of u may start, and starts it at the gate. It
// returns the host's pace, which the caller may change, and finish, which must be called when the
// fetch is over. If nothing was fetched yet and the wait would be longer than maxIdle, it returns a
// *turnError, and the next invocation continues.
func (s *seedReader) startFetch(ctx context.Context, u weburl.URL) (
	p *pace, finish func(requested bool, hold time.Time), _ error,
) {
	name := u.Host()
	host := s.hosts.host(name, pace{delay: s.fetcher.settings.delay, perHost: s.fetcher.settings.perHost})
	own, err := s.hosts.acquire(ctx, host)
	if err != nil {
		return nil, nil, err
	}
	maxWait := s.maxIdle
	switch {
	case !s.hosts.none():
		maxWait = math.MaxInt64
	case s.fetcher.share.NeighborDue(time.Now().Add(s.maxIdle)):
		maxWait = max(maxWait, maxSharedIdle)
	}
	err = s.fetcher.guard.wait(ctx)
	if err == nil {
		err = s.waiter.wait(ctx, name, own, maxWait)
	}
	if err == nil {
		if err = s.fetcher.share.Fetch(ctx); err != nil {
			s.waiter.finish(name, false, own, time.Time{}, time.Now())
		}
	}
	if err != nil {
		s.hosts.release(host, own)
		return nil, nil, err
	}
	s.hosts.started()
	return &own, func(requested bool, hold time.Time) {
		s.fetcher.share.EndFetch()
		s.waiter.finish(name, requested, own, hold, time.Now())
		s.hosts.release(host, own)
	}, nil
}

// rules returns the robots.txt rules for u as soon as a request may start, and whether they were
// fetched just now.
func (s *seedReader) rules(ctx context.Context, u weburl.URL, attempt int) (
	rules *robots.Rules, fetched bool, err error,
) {
	for {
		if err := s.fetcher.guard.wait(ctx); err != nil {
			return nil, false, err
		}
		rules, fetched, err = s.fetcher.rules(ctx, u, attempt >= s.fetcher.settings.maxRetries)
		if !errors.Is(err, errGuardClosed) {
			return rules, fetched, err
		}
	}
}

// robotsOf returns the robots.txt rules of u's origin, with as many attempts as a page.
func (s *seedReader) robotsOf(ctx context.Context, u weburl.URL) (*robots.Rules, error) {
	for attempt := 0; ; attempt++ {
		rules, err := s.robotsOnce(ctx, u, attempt)
		wait := retryWait(err, attempt)
		if !s.mayRetry(wait, attempt) {
			return rules, err
		}
		if err := sleep(ctx, wait); err != nil {
			return nil, err
		}
	}
}

func (s *seedReader) robotsOnce(ctx context.Context, u weburl.URL, attempt int) (*robots.Rules, error) {
	p, finish, err := s.startFetch(ctx, u)
	if err != nil {
		return nil, err
	}
	rules, fetched, err := s.rules(ctx, u, attempt)
	if d, ok := rules.CrawlDelay(); ok {
		p.delay, p.crawlDelay = d, true
	}
	finish(fetched, retryAfter(err))
	return rules, err
}

// retryWait returns how long to wait before another attempt after err, 0 if there is to be none.
func retryWait(err error, attempt int) time.Duration {
	var e *fetch.Error
	if errors.As(err, &e) && e.Retryable {
		return backOff(attempt, e.RetryAfter)
	}
	return 0
}

// retryAfter returns until when the server of an error wants no requests, or zero.
func retryAfter(err error) time.Time {
	var e *fetch.Error
	if errors.As(err, &e) && e.RetryAfter > 0 {
		return time.Now().Add(e.RetryAfter)
	}
	return time.Time{}
}
