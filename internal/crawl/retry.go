package crawl

import (
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/inndx/runs/internal/crawllog"
)

const (
	firstBackOff = time.Second
	maxBackOff   = time.Minute
)

var (
	// retryable are the statuses that another attempt may change.
	retryable = map[int]bool{
		http.StatusTooManyRequests: true, http.StatusInternalServerError: true, http.StatusBadGateway: true,
		http.StatusServiceUnavailable: true, http.StatusGatewayTimeout: true,
	}
	// busy are the statuses of a server that asks for no requests at all for a while.
	busy = map[int]bool{http.StatusTooManyRequests: true, http.StatusServiceUnavailable: true}
)

// backOff returns how long to wait after a failed attempt that followed the given number of others.
// The wait doubles with each attempt, from firstBackOff to maxBackOff. A random factor from 0.5 to
// 1.5 keeps many URLs from being fetched again at once. A longer Retry-After replaces it.
func backOff(attempt int, retryAfter time.Duration) time.Duration {
	wait := min(firstBackOff<<attempt, maxBackOff)
	return max(wait/2+rand.N(wait), retryAfter)
}

// mayRetry reports whether another attempt may follow a failed one: after a HEAD a GET always may.
func (ft *fetcher) mayRetry(req *request) bool {
	return req.attempt < ft.maxRetries(req) || req.method(ft.settings) == http.MethodHead
}

// mayResend reports whether another attempt may follow at once one that failed because the server
// closed a connection that had been idle. That says little about the URL, so one may even if the
// configuration allows no retries.
func (ft *fetcher) mayResend(req *request) bool { return req.attempt < max(1, ft.maxRetries(req)) }

// retryLater returns the record of a failed attempt that is followed by another after a back-off.
func retryLater(req request, retryAfter time.Duration, holdHost bool) *crawllog.Retry {
	now := time.Now()
	return &crawllog.Retry{
		URL: req.url, Attempt: req.attempt + 1, HoldHost: holdHost,
		Due: stampEnd(now.Add(backOff(req.attempt, retryAfter))), OccurredAt: stamp(now),
	}
}

// retryNow returns the record of an attempt that is followed by another as soon as the host's delay
// allows it.
func retryNow(req request) *crawllog.Retry {
	now := stamp(time.Now())
	return &crawllog.Retry{URL: req.url, Attempt: req.attempt + 1, Due: now, OccurredAt: now}
}
