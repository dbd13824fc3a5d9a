package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/fault"
)

// A client calls the API.
type client struct {
	base     string
	http     http.Client // without a timeout, because a content may have any size
	attempts int         // of a call
	reached  atomic.Bool // whether the service has responded
}

const (
	// callTimeout bounds one attempt of a call.
	callTimeout = 30 * time.Second
	// remoteAttempts bounds the attempts of a call to a service that may be far away, and those of
	// a download that get no byte further.
	remoteAttempts = 5
	// maxRetryDelay bounds the time between two attempts, also if the service asks for more.
	maxRetryDelay = 30 * time.Second
)

// newClient returns a client of the service at the URL, which does not repeat calls.
func newClient(base string) *client { return &client{base: base, attempts: 1} }

// serviceClient returns a client of the service that the environment names. It repeats calls that
// fail for a while. If sign is true, it signs requests with the AWS credentials of the environment.
func serviceClient(ctx context.Context, getenv func(string) string, sign bool) (*client, error) {
	base, err := url.Parse(cmp.Or(getenv("INNDX_URL"), "http://localhost:8022"))
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" || base.RawQuery != "" || base.Fragment != "" {
		return nil, wrongUsage("INNDX_URL must be an http or https URL without a query")
	}
	origin := &origin{url: base, header: http.Header{}}
	if t := getenv("DEFAULT_TENANT_ID"); t != "" {
		origin.header.Set("X-Tenant-Id", t)
	}
	token := getenv("INNDX_TOKEN")
	switch {
	case token != "" && sign:
		return nil, wrongUsage("INNDX_TOKEN and --aws-sigv4 exclude each other")
	case token != "":
		origin.header.Set("Authorization", "Bearer "+token)
	case sign:
		if origin.sign, err = signer(ctx, base.Hostname()); err != nil {
			return nil, err
		}
	}
	c := &client{base: strings.TrimSuffix(base.String(), "/"), attempts: remoteAttempts}
	c.http.Transport = origin
	return c, nil
}

// once returns a client of the same service that does not repeat calls.
func (c *client) once() *client { return &client{base: c.base, http: c.http, attempts: 1} }

// An apiError is an error response of the API.
type apiError struct {
	Code    int           `json:"code"`
	Reason  string        `json:"reason"`
	Message string        `json:"message"`
	Fields  []fault.Field `json:"fields"`

	retryAfter time.Duration
}

func (e *apiError) Error() string {
	s := e.Message
	for _, f := range e.Fields {
		for _, r := range f.Errors {
			s += fmt.Sprintf("; %s %s", f.Field, r.Message)
		}
	}
	return fmt.Sprintf("the service responded with status %d: %s", e.Code, s)
}

// newAPIError reads an error response. Gateways and buckets have other bodies than the API.
func newAPIError(resp *http.Response) *apiError {
	e := &apiError{}
	text, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err != nil || json.Unmarshal(text, e) != nil || e.Message == "" {
		e.Message = string(bytes.TrimSpace(text[:min(len(text), 1000)]))
	}
	e.Code = resp.StatusCode
	if e.Message == "" {
		e.Message = http.StatusText(e.Code)
	}
	if seconds, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && seconds > 0 {
		e.retryAfter = min(time.Duration(seconds)*time.Second, maxRetryDelay)
	}
	return e
}

// temporary reports whether a request that failed with err may succeed if it is sent again.
func temporary(err error) bool {
	var refused *apiError
	return !errors.As(err, &refused) ||
		refused.Code == http.StatusTooManyRequests || refused.Code >= 500 || refused.Reason == string(fault.ReasonRequestInProgress)
}

// pause waits before the next attempt of what failed a number of times in a row, last with err. Its
// error is that of ctx.
func pause(ctx context.Context, failed int, err error) error {
	delay := min(pollInterval<<failed, maxRetryDelay)
	var refused *apiError
	if errors.As(err, &refused) {
		delay = max(delay, refused.retryAfter)
	}
	select {
	case <-time.After(delay):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// call sends a request and returns the JSON body of the response. It sends body as JSON unless it
// is nil. The error is an *apiError if the status is 300 or higher.
func (c *client) call(ctx context.Context, method, path string, body any) (json.RawMessage, error) {
	var sent []byte
	header := http.Header{}
	if body != nil {
		var err error
		if sent, err = json.Marshal(body); err != nil {
			return nil, err
		}
		header.Set("Content-Type", "application/json")
	}
	if method == http.MethodPost && c.attempts > 1 {
		header.Set("Idempotency-Key", uuid.NewString())
	}
	for failed := 1; ; failed++ {
		text, err := c.attempt(ctx, method, path, header, sent)
		if c.attempts > 1 && !c.reached.Load() && errors.Is(err, syscall.ECONNREFUSED) && isLoopback(c.base) {
			return nil, fmt.Errorf("no service listens at %s: start it with make run, or set INNDX_URL to the URL of another one", c.base)
		}
		if err == nil || failed == c.attempts || !temporary(err) || pause(ctx, failed-1, err) != nil {
			return text, err
		}
	}
}

// isLoopback reports whether the URL is of this machine by its name.
func isLoopback(base string) bool {
	u, err := url.Parse(base)
	if err != nil {
		return false
	}
	return u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback()
}

func (c *client) attempt(ctx context.Context, method, path string, header http.Header, body []byte) (json.RawMessage, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	resp, err := c.send(ctx, method, path, header, body)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}

// send sends a request and returns the response, whose body the caller closes. The error is an
// *apiError if the status is 300 or higher.
func (c *client) send(ctx context.Context, method, path string, header http.Header, body []byte) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	maps.Copy(req.Header, header)
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	c.reached.Store(true)
	if resp.StatusCode >= 300 {
		defer resp.Body.Close()
		return nil, newAPIError(resp)
	}
	return resp, nil
}
