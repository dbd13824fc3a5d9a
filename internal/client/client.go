// Package client calls the API of a service.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/google/uuid"
)

// A Client calls the API.
type Client struct {
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
	// minRetryDelay is the time before the second attempt. It doubles with each attempt.
	minRetryDelay = 250 * time.Millisecond
	// maxRetryDelay bounds the time between two attempts, also if the service asks for more.
	maxRetryDelay = 30 * time.Second
)

// ForStack returns a client of a service in the same process, which does not repeat calls.
func ForStack(base string) *Client { return &Client{base: base, attempts: 1} }

// Once returns a client of the same service that does not repeat calls.
func (c *Client) Once() *Client { return &Client{base: c.base, http: c.http, attempts: 1} }

// pause waits before the next attempt of what failed a number of times in a row, last with err. Its
// error is that of ctx.
func pause(ctx context.Context, failed int, err error) error {
	delay := min(minRetryDelay<<failed, maxRetryDelay)
	var refused *Error
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

// Call sends a request and returns the JSON body of the response. It sends body as JSON unless it
// is nil. The error is an *Error if the status is 300 or higher.
func (c *Client) Call(ctx context.Context, method, path string, body any) (json.RawMessage, error) {
	return c.CallWith(ctx, method, path, http.Header{}, body)
}

// CallWith is Call with header fields, which it may change.
func (c *Client) CallWith(ctx context.Context, method, path string, header http.Header, body any) (json.RawMessage, error) {
	var sent []byte
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
	text, _, err := c.repeat(ctx, method, path, header, sent)
	return text, err
}

// Tagged reads the JSON at the path, and its entity tag, for If-Match.
func (c *Client) Tagged(ctx context.Context, path string) (text json.RawMessage, etag string, err error) {
	text, header, err := c.repeat(ctx, http.MethodGet, path, nil, nil)
	return text, header.Get("ETag"), err
}

// repeat sends a request until it succeeds, or fails for good.
func (c *Client) repeat(ctx context.Context, method, path string, header http.Header, sent []byte) (json.RawMessage, http.Header, error) {
	for failed := 1; ; failed++ {
		text, received, err := c.attempt(ctx, method, path, header, sent)
		var refused *Error
		switch {
		case c.attempts > 1 && !c.reached.Load() && errors.Is(err, syscall.ECONNREFUSED) && isLoopback(c.base):
			return nil, nil, fmt.Errorf("no service listens at %s: start it with make run, or set INNDX_URL to the URL of another one", c.base)
		case failed > 1 && method == http.MethodDelete && errors.As(err, &refused) && refused.Code == http.StatusNotFound:
			return nil, nil, nil // the response to an earlier attempt was lost
		case err == nil || failed == c.attempts || !Temporary(err) || pause(ctx, failed-1, err) != nil:
			return text, received, err
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

func (c *Client) attempt(ctx context.Context, method, path string, header http.Header, body []byte) (json.RawMessage, http.Header, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	resp, err := c.Send(ctx, method, path, header, body)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusNoContent && !json.Valid(text) {
		err = &Error{Code: resp.StatusCode, Message: "the response is not JSON, so this is not the URL of a service: " + c.base}
	}
	return text, resp.Header, err
}

// Send sends a request and returns the response, whose body the caller closes. The error is an
// *Error if the status is 300 or higher.
func (c *Client) Send(ctx context.Context, method, path string, header http.Header, body []byte) (*http.Response, error) {
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
		return nil, newError(resp)
	}
	return resp, nil
}
