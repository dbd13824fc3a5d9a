package runs

import (
	"errors"
	"math/rand/v2"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
)

// A doer sends requests as the generated client made them. It adds the headers of Options, repeats
// requests, and returns responses without success as errors.
type doer struct{ o Options }

// Bounds of the delay before a request is repeated.
const (
	firstDelay = 500 * time.Millisecond
	// maxDelay is the longest Retry-After that is obeyed. After a longer one the caller gets the error.
	maxDelay = 30 * time.Second
)

// Do returns a response with a status below 400, or else an error. If the service responded, it is
// an *Error.
func (d *doer) Do(req *http.Request) (*http.Response, error) {
	if d.o.Tenant != "" && req.Header.Get("X-Tenant-Id") == "" {
		req.Header.Set("X-Tenant-Id", d.o.Tenant)
	}
	if d.o.Token != "" && req.Header.Get("Authorization") == "" {
		req.Header.Set("Authorization", "Bearer "+d.o.Token)
	}
	// With a key the service does once what is sent twice. The other methods need none.
	if req.Method == http.MethodPost && req.Header.Get("Idempotency-Key") == "" {
		req.Header.Set("Idempotency-Key", uuid.NewString())
	}
	for attempt := 0; ; attempt++ {
		resp, err := d.once(req)
		if err == nil {
			return resp, nil
		}
		delay, ok := delayAfter(err, attempt)
		if !ok || attempt >= d.o.Retries || (req.Body != nil && req.GetBody == nil) {
			return nil, err
		}
		select {
		case <-req.Context().Done():
			return nil, err
		case <-time.After(delay):
		}
	}
}

// once sends the request once.
func (d *doer) once(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	if req.GetBody != nil {
		body, err := req.GetBody()
		if err != nil {
			return nil, err
		}
		req.Body = body
	}
	resp, err := d.o.HTTPClient.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode >= 400 {
		return nil, newError(resp)
	}
	if resp.StatusCode < 300 && resp.StatusCode != http.StatusNoContent && !hasJSON(resp) && !hasContent(req.URL.Path) {
		resp.Body.Close()
		return nil, &Error{Status: resp.StatusCode, Message: "the response is not JSON, so it is not the service's"}
	}
	return resp, nil
}

func hasJSON(resp *http.Response) bool {
	mediaType, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	return err == nil && mediaType == "application/json"
}

// hasContent reports whether the service responds at the path with content of any type.
func hasContent(path string) bool {
	return strings.HasSuffix(path, "/blob") || strings.HasSuffix(path, "/file")
}

// delayAfter returns how long to wait after a failed attempt, the first of which has the number 0,
// and whether another one may succeed: the service was busy, or the connection broke.
func delayAfter(err error, attempt int) (time.Duration, bool) {
	// The delay doubles. Half of it is random, so that clients that were refused together do not
	// return together.
	delay := firstDelay << attempt
	delay = delay/2 + rand.N(delay/2)
	var e *Error
	if !errors.As(err, &e) {
		return min(delay, maxDelay), true
	}
	switch {
	case e.Status == http.StatusTooManyRequests, e.Status == http.StatusServiceUnavailable:
	case e.Reason == "request_in_progress": // the first attempt, whose response was lost
	default:
		return 0, false
	}
	delay = max(delay, e.RetryAfter)
	return delay, delay <= maxDelay
}
