// Package fetch is the HTTP client of the crawler. It trusts neither the users who choose the URLs
// nor the hosts that serve them: every address is checked when the client connects to it, and every
// response is bounded in time, header and body.
package fetch

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/inndx/runs/internal/lru"
	"github.com/inndx/runs/internal/page"
	"github.com/inndx/runs/internal/weburl"
)

// The bounds of a fetch that users do not set.
const (
	maxHeaderBytes  = 64 << 10
	connectTimeout  = 10 * time.Second // each for the connection and for its TLS handshake
	idleTimeout     = 30 * time.Second
	maxCheckedBody  = 64 << 10 // of a body that Check reads
	maxDrain        = 64 << 10 // of a body that is not kept, so that its connection can be reused
	maxRetryAfter   = 24 * time.Hour
	defaultTimeout  = 30 * time.Second
	defaultMaxBody  = 10 << 20
	defaultParallel = 16
)

// accept prefers pages to other media types.
const accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

// Options configure a Client. Zero values mean the defaults.
type Options struct {
	UserAgent string // sent unchanged; its product token selects rules of robots.txt
	// Timeout bounds the time from the lookup of the host to the end of the body, without the wait
	// for the memory of the body; default 30s.
	Timeout       time.Duration
	HeaderTimeout time.Duration  // from the request to the end of the header; default Timeout
	MaxBodyBytes  int64          // a longer decompressed body is truncated; default 10 MiB
	Concurrency   int            // only sizes the pool of idle connections; default 16
	Jar           http.CookieJar // the cookies that responses set and requests send; may be nil
	Headers       []Header       // set in requests, in order
	Cookies       []Cookie       // sent in requests, unless Jar has one of the same name
	// Proxy is the proxy that all requests are sent through, by http, https or socks5; nil for
	// none. Its user name and password, if any, are sent to it.
	Proxy *url.URL
	// EditRequest changes the header of each request before it is sent, and EditResponse that of
	// each response before it is read. They must not set headers of the connection or of the
	// body's encoding. They are called by many goroutines at once, and may be nil.
	EditRequest, EditResponse func(http.Header)
	// Resources are shared with other clients; nil for none that are shared.
	Resources Resources

	AllowPrivate bool // allow addresses that are not public and blocked ports
}

// A Client fetches URLs. It is safe for concurrent use. It follows no redirects, except to a
// robots.txt.
type Client struct {
	opts      Options
	dialer    *net.Dialer
	transport *http.Transport
	header    http.Header                     // of every request; never changed
	checked   *lru.Cache[string, checkedHost] // nil without a proxy
}

// New returns a client. Close must be called when it is no longer used.
func New(opts Options) *Client {
	opts.Timeout = orDefault(opts.Timeout, defaultTimeout)
	opts.HeaderTimeout = orDefault(opts.HeaderTimeout, opts.Timeout)
	opts.MaxBodyBytes = orDefault(opts.MaxBodyBytes, defaultMaxBody)
	opts.Concurrency = orDefault(opts.Concurrency, defaultParallel)
	c := &Client{opts: opts, dialer: &net.Dialer{Timeout: connectTimeout, KeepAlive: -1}}
	c.header = http.Header{"Accept": {accept}, "Accept-Encoding": {"gzip"}, "User-Agent": {opts.UserAgent}}
	if !opts.AllowPrivate {
		c.dialer.ControlContext = checkConnection
	}
	c.transport = &http.Transport{
		Proxy:                  nil, // not that of the environment
		DialContext:            c.dial,
		TLSHandshakeTimeout:    min(connectTimeout, opts.Timeout),
		MaxResponseHeaderBytes: maxHeaderBytes,
		MaxIdleConns:           4 * opts.Concurrency,
		MaxIdleConnsPerHost:    opts.Concurrency,
		IdleConnTimeout:        idleTimeout,
		DisableCompression:     true, // Get decompresses within bounds
		ForceAttemptHTTP2:      true, // a DialContext would turn HTTP/2 off
		ReadBufferSize:         16 << 10,
	}
	if opts.HeaderTimeout < opts.Timeout { // otherwise the timeout ends first
		c.transport.ResponseHeaderTimeout = opts.HeaderTimeout
	}
	if opts.Proxy != nil {
		c.useProxy(opts.Proxy)
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

// A Response is a server's response with any status.
type Response struct {
	Request     *http.Request // as sent, with the credentials of its header; must not be changed
	Status      int
	Proto       string // of the response, such as "HTTP/1.1"
	Header      http.Header
	ContentType string        // the values of the header, joined by commas; empty if missing
	Location    string        // of a redirect, as sent: it may be relative; empty if missing
	RetryAfter  time.Duration // the wait that the server asks for, at most 24 hours, or 0
	Latency     time.Duration // from the start of the fetch to the end of the body, as for Timeout
	Bytes       int64         // of the body, as transferred

	// Body is the decompressed body of a response with a status of 2xx, and empty otherwise. It is
	// valid until Close.
	Body []byte
	// Truncated reports that Body is the beginning of a body longer than MaxBodyBytes.
	Truncated bool

	buf         *buffer
	reservation reservation
}

// redirects are the redirect statuses of the Fetch standard
// (https://fetch.spec.whatwg.org/#redirect-status). A 300 is a redirect too if it has a Location,
// which clients may follow (RFC 9110, section 15.4.1). 304, 305, 306 and 310 are not redirects.
var redirects = map[int]bool{
	http.StatusMovedPermanently: true, http.StatusFound: true, http.StatusSeeOther: true,
	http.StatusTemporaryRedirect: true, http.StatusPermanentRedirect: true,
}

// IsRedirect reports whether the response is a redirect to Location. The Location of a redirect may
// be empty.
func (r *Response) IsRedirect() bool {
	return redirects[r.Status] || r.Status == http.StatusMultipleChoices && r.Location != ""
}

// Close releases the memory of the body. Body must not be used afterwards.
func (r *Response) Close() {
	r.reservation.shrink(0)
	if r.buf != nil {
		r.buf.release()
		r.buf, r.Body = nil, nil
	}
}

// Get fetches u. A response with any status is a Response, which the caller must close. All errors
// are of type *Error. A body that ends early is an error, because its links may be missing. A body
// that is longer than allowed is truncated, because it would be too long at every attempt.
// Cancelling ctx ends the fetch at once.
func (c *Client) Get(ctx context.Context, u weburl.URL) (*Response, error) {
	return c.get(ctx, u, c.opts.MaxBodyBytes)
}

// Check is Get with the method HEAD or GET, for a URL of which only the response matters, not the
// content: it reads at most 64 KiB of the body, except of a style sheet, which may name assets.
func (c *Client) Check(ctx context.Context, method string, u weburl.URL) (*Response, error) {
	return c.send(ctx, method, u, func(r *Response) int64 {
		if page.IsStyleSheet(r.ContentType) {
			return c.opts.MaxBodyBytes
		}
		return min(maxCheckedBody, c.opts.MaxBodyBytes)
	})
}

func (c *Client) get(ctx context.Context, u weburl.URL, maxBody int64) (*Response, error) {
	return c.send(ctx, http.MethodGet, u, func(*Response) int64 { return maxBody })
}

// send sends a request. maxBody returns how many bytes of the response's body are read.
func (c *Client) send(parent context.Context, method string, u weburl.URL, maxBody func(*Response) int64) (*Response, error) {
	start := time.Now()
	ctx, cancel := WithTimeout(parent, c.opts.Timeout)
	defer cancel()
	req, err := c.request(u)
	if err != nil {
		return nil, err
	}
	req.Method = method
	if err := c.checkProxied(ctx, u); err != nil {
		return nil, classify(parent, err)
	}
	res, err := c.roundTrip(ctx, cancel, req)
	if err != nil {
		return nil, classify(parent, c.proxyFailure(causeOf(ctx, err)))
	}
	defer res.Body.Close()
	if err := cmp.Or(checkStatus(res.StatusCode), c.checkForwarded(u, res.StatusCode)); err != nil {
		return nil, classify(parent, err)
	}
	if c.opts.EditResponse != nil {
		c.opts.EditResponse(res.Header)
	}
	if c.opts.Jar != nil && len(res.Header["Set-Cookie"]) > 0 {
		c.opts.Jar.SetCookies(req.URL, c.withoutConfigured(u, res.Cookies()))
	}
	r := &Response{
		Request:     req,
		Status:      res.StatusCode,
		Proto:       res.Proto,
		Header:      res.Header,
		ContentType: strings.Join(res.Header.Values("Content-Type"), ", "),
		RetryAfter:  retryAfter(res.Header.Get("Retry-After"), start),
		reservation: reservation{resources: c.opts.Resources},
	}
	if redirects[r.Status] || r.Status == http.StatusMultipleChoices {
		r.Location = res.Header.Get("Location")
	}
	if r.Status/100 == 2 && method != http.MethodHead {
		err = r.readBody(ctx, res, u.Path(), maxBody(r))
	} else {
		r.Bytes, _ = io.CopyN(io.Discard, res.Body, maxDrain) // an early end does not matter
	}
	if err != nil {
		return nil, classify(parent, causeOf(ctx, err))
	}
	r.Latency = time.Since(start) - r.reservation.waited
	return r, nil
}

// checkStatus refuses final statuses that package net/http returns although HTTP does not allow
// them: statuses below 100 (RFC 9110, section 15), and 101, because no request asks for another
// protocol (section 15.2.2). Package net/http skips the other 1xx itself.
func checkStatus(status int) error {
	if status < 200 {
		return fmt.Errorf("the response has the status %03d", status)
	}
	return nil
}

// request returns a request for u.
func (c *Client) request(u weburl.URL) (*http.Request, error) {
	if !c.opts.AllowPrivate && blockedPorts[u.Port()] {
		return nil, &Error{Reason: AddressRefused, Err: errBlockedPort}
	}
	target, err := netURL(u)
	if err != nil {
		return nil, &Error{Reason: InvalidURL, Err: err}
	}
	req := &http.Request{
		Method: http.MethodGet,
		URL:    target,
		Host:   target.Host,
		Header: c.header,
	}
	var kept []*http.Cookie
	if c.opts.Jar != nil {
		kept = c.opts.Jar.Cookies(target)
	}
	if len(kept)+len(c.opts.Headers)+len(c.opts.Cookies) > 0 || c.opts.EditRequest != nil {
		req.Header = c.header.Clone()
		c.addCredentials(req, u, kept)
	}
	if c.opts.EditRequest != nil {
		c.opts.EditRequest(req.Header)
	}
	return req, nil
}
