// Package fetch is the HTTP client of the crawler. It fetches what strangers ask it to from
// hosts that strangers run, so it trusts neither: every address is checked when it is
// connected to, and every answer is bounded in time, header and body.
package fetch

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/inndx/runs/internal/weburl"
)

// The bounds of a fetch that users do not set.
const (
	maxHeaderBytes  = 64 << 10
	connectTimeout  = 10 * time.Second // each for the connection and for its TLS handshake
	idleTimeout     = 30 * time.Second
	maxDrain        = 64 << 10 // of a body that is not wanted, so that its connection can be used again
	maxRetryAfter   = 24 * time.Hour
	defaultTimeout  = 30 * time.Second
	defaultMaxBody  = 10 << 20
	defaultParallel = 16
)

// accept asks for pages before anything else.
const accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

// Options configure a Client. Zero values mean the defaults.
type Options struct {
	UserAgent     string         // sent as it is; its product token is what robots.txt is read for
	Timeout       time.Duration  // for a whole fetch, from looking up the host to the end of the body; default 30s
	HeaderTimeout time.Duration  // from the request sent to the end of the answer's header; default Timeout
	MaxBodyBytes  int64          // of a body, decompressed; a longer one is cut off; default 10 MiB
	Concurrency   int            // fetches at a time; only sizes the pool of idle connections; default 16
	Jar           http.CookieJar // keeps the cookies that responses set and requests send; nil for none
	AllowPrivate  bool           // allow addresses that are not public, and ports that browsers block
}

// A Client fetches URLs. It may be used by many goroutines at once and follows no redirects.
type Client struct {
	opts      Options
	dialer    *net.Dialer
	transport *http.Transport
}

// New returns a client. Close must be called when it is no longer used.
func New(opts Options) *Client {
	opts.Timeout = orDefault(opts.Timeout, defaultTimeout)
	opts.HeaderTimeout = orDefault(opts.HeaderTimeout, opts.Timeout)
	opts.MaxBodyBytes = orDefault(opts.MaxBodyBytes, defaultMaxBody)
	opts.Concurrency = orDefault(opts.Concurrency, defaultParallel)
	c := &Client{opts: opts, dialer: &net.Dialer{Timeout: connectTimeout, KeepAlive: -1}}
	if !opts.AllowPrivate {
		c.dialer.ControlContext = checkConnection
	}
	c.transport = &http.Transport{
		Proxy:                  nil, // a proxy of the environment would connect to unchecked addresses
		DialContext:            c.dialer.DialContext,
		TLSHandshakeTimeout:    connectTimeout,
		ResponseHeaderTimeout:  opts.HeaderTimeout,
		MaxResponseHeaderBytes: maxHeaderBytes,
		MaxIdleConns:           4 * opts.Concurrency,
		MaxIdleConnsPerHost:    opts.Concurrency,
		IdleConnTimeout:        idleTimeout,
		DisableCompression:     true, // Get decompresses within bounds
		ForceAttemptHTTP2:      true, // which a DialContext would turn off
		ReadBufferSize:         16 << 10,
	}
	return c
}

func orDefault[T int | int64 | time.Duration](v, def T) T {
	if v <= 0 {
		return def
	}
	return v
}

// Close closes the client's idle connections.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// A Response is an answer with any status.
type Response struct {
	Status      int
	Header      http.Header
	ContentType string        // the header's values, joined by commas; empty when missing
	Location    string        // of a redirect, as sent: relative to the URL fetched; empty when missing
	RetryAfter  time.Duration // how long the server asks to wait, at most 24 hours; 0 when it does not
	Latency     time.Duration // from the start of the fetch to the end of the body
	Bytes       int64         // of the body, as transferred

	// Body is the body of a 2xx, decompressed, and empty otherwise. It is valid until Close.
	Body []byte
	// Truncated says that Body is the beginning of a body longer than MaxBodyBytes.
	Truncated bool

	buf *buffer
}

// redirects are the statuses that send a client to another URL: those of the Fetch standard
// (https://fetch.spec.whatwg.org/#redirect-status), and 300, whose Location a client may follow
// (RFC 9110, section 15.4.1) and which has none otherwise. 304, 305, 306 and 310 are no redirects.
var redirects = map[int]bool{
	http.StatusMovedPermanently: true, http.StatusFound: true, http.StatusSeeOther: true,
	http.StatusTemporaryRedirect: true, http.StatusPermanentRedirect: true,
}

// IsRedirect reports whether the response sends the client to Location. A redirect may have an
// empty Location: then it leads nowhere.
func (r *Response) IsRedirect() bool {
	return redirects[r.Status] || r.Status == http.StatusMultipleChoices && r.Location != ""
}

// Close gives the body's memory back. Body must not be used afterwards.
func (r *Response) Close() {
	if r.buf != nil {
		r.buf.release()
		r.buf, r.Body = nil, nil
	}
}

// Get fetches u. Whatever the status, an answer is a Response, which the caller closes. All
// errors are *Error. A body that breaks off before its end is an error, because links that
// it would have had are missing; one that is longer than allowed is cut off, because it
// would be longer at every try. Cancelling ctx ends the fetch at once.
func (c *Client) Get(ctx context.Context, u weburl.URL) (*Response, error) {
	return c.get(ctx, u, c.opts.MaxBodyBytes)
}

func (c *Client) get(parent context.Context, u weburl.URL, maxBody int64) (*Response, error) {
	start := time.Now()
	ctx, cancel := context.WithTimeout(parent, c.opts.Timeout)
	defer cancel()
	req, err := c.request(ctx, u)
	if err != nil {
		return nil, err
	}
	res, err := c.transport.RoundTrip(req)
	if err != nil {
		return nil, classify(parent, err)
	}
	defer res.Body.Close()
	if err := checkStatus(res.StatusCode); err != nil {
		return nil, classify(parent, err)
	}
	if c.opts.Jar != nil && len(res.Header["Set-Cookie"]) > 0 {
		c.opts.Jar.SetCookies(req.URL, res.Cookies())
	}
	r := &Response{
		Status:      res.StatusCode,
		Header:      res.Header,
		ContentType: strings.Join(res.Header.Values("Content-Type"), ", "),
		RetryAfter:  retryAfter(res.Header.Get("Retry-After"), start),
	}
	if redirects[r.Status] || r.Status == http.StatusMultipleChoices {
		r.Location = res.Header.Get("Location")
	}
	if r.Status/100 == 2 {
		err = r.readBody(res, u.Path(), maxBody)
	} else {
		r.Bytes, _ = io.CopyN(io.Discard, res.Body, maxDrain) // its end is of no interest
	}
	if err != nil {
		return nil, classify(parent, err)
	}
	r.Latency = time.Since(start)
	return r, nil
}

// checkStatus refuses the final statuses that package net/http hands over and that HTTP does not
// have: those below 100 (RFC 9110, section 15), and 101, which answers a request for another
// protocol, and none was made (section 15.2.2). Package net/http reads over other 1xx itself.
func checkStatus(status int) error {
	if status < 200 {
		return fmt.Errorf("the response has the status %03d", status)
	}
	return nil
}

func (c *Client) request(ctx context.Context, u weburl.URL) (*http.Request, error) {
	if !c.opts.AllowPrivate && blockedPorts[u.Port()] {
		return nil, &Error{Reason: AddressRefused, Err: errBlockedPort}
	}
	target, err := url.Parse(u.String())
	if err != nil {
		return nil, &Error{Reason: InvalidURL, Err: err}
	}
	req := &http.Request{
		Method: http.MethodGet,
		URL:    target,
		Host:   target.Host,
		Header: http.Header{
			"Accept":          {accept},
			"Accept-Encoding": {"gzip"},
			"User-Agent":      {c.opts.UserAgent},
		},
	}
	if c.opts.Jar != nil {
		for _, cookie := range c.opts.Jar.Cookies(target) {
			req.AddCookie(cookie)
		}
	}
	return req.WithContext(ctx), nil
}
