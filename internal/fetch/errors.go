package fetch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A Reason says why a fetch failed. Reasons are stable and machine-readable.
type Reason string

// The reasons.
const (
	DNS               Reason = "dns"                // the host has no address, or the lookup failed
	Refused           Reason = "refused"            // the connection was refused, or the host is unreachable
	Reset             Reason = "reset"              // the connection was closed before a whole header
	TLS               Reason = "tls"                // no trusted TLS connection
	Timeout           Reason = "timeout"            // no complete response within the time allowed
	AddressRefused    Reason = "address_refused"    // the address is not public, or the port blocked
	HeaderTooLarge    Reason = "header_too_large"   // the response header exceeds 64 KiB
	Protocol          Reason = "protocol"           // not HTTP, or a status that HTTP does not allow
	Incomplete        Reason = "incomplete"         // the body ended early
	Encoding          Reason = "encoding"           // the body is in another encoding than gzip, or damaged
	Proxy             Reason = "proxy"              // the proxy does not work, or refuses to
	RobotsUnavailable Reason = "robots_unavailable" // a 5xx or a 429 for robots.txt: nothing is allowed
	InvalidURL        Reason = "invalid_url"        // the URL cannot be requested
	Canceled          Reason = "canceled"           // the caller's context ended
)

// retryable has the reasons for which another attempt may succeed. For DNS and TLS it depends on
// the error, see reasonOf.
var retryable = map[Reason]bool{
	Refused: true, Reset: true, Timeout: true, Protocol: true, Incomplete: true,
}

// details replace errors of package net, which contain addresses of the crawler's own network.
var details = map[Reason]string{
	DNS:        "the host's address could not be resolved",
	Refused:    "the host could not be connected to",
	Reset:      "the connection was closed before there was a response",
	Timeout:    "there was no complete response in the time allowed",
	Incomplete: "the body ended early",
	Canceled:   "the fetch was canceled",
}

// An Error says why a fetch failed.
type Error struct {
	Reason     Reason
	Retryable  bool          // whether another attempt may succeed
	RetryAfter time.Duration // how long the server asks to wait, 0 if it does not
	// Reused says that the connection had served another request. The server may have closed it
	// before it read this one.
	Reused bool
	Err    error // for logs: it may contain addresses of the crawler's own network
}

// Error returns the reason and the detail.
func (e *Error) Error() string { return string(e.Reason) + ": " + e.Detail() }

// Detail describes the error for users. It contains no addresses of the crawler's own network.
func (e *Error) Detail() string {
	detail, ok := details[e.Reason]
	if !ok {
		return e.Err.Error()
	}
	if errno := syscall.Errno(0); errors.As(e.Err, &errno) {
		detail += ": " + errno.Error()
	}
	return detail
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// classify returns an *Error for an error of net/http or of this package. parent is the caller's
// context, without the timeout of the client.
func classify(parent context.Context, err error) error {
	if e := (*Error)(nil); errors.As(err, &e) {
		return e
	}
	reason, retry := reasonOf(err)
	if parent.Err() != nil {
		reason, retry = Canceled, false
	}
	return &Error{Reason: reason, Retryable: retry, Reused: retry && reused(err), Err: err}
}

func reasonOf(err error) (_ Reason, retry bool) {
	var (
		refused  *refusedError
		dns      *net.DNSError
		netErr   net.Error
		certErr  *tls.CertificateVerificationError
		hostErr  x509.HostnameError
		record   tls.RecordHeaderError
		alert    tls.AlertError
		opErr    *net.OpError
		encoding *encodingError
	)
	reason := Protocol
	switch {
	case errors.As(err, &refused):
		reason = AddressRefused
	case errors.As(err, &encoding):
		reason = Encoding
	case errors.As(err, &certErr), errors.As(err, &hostErr):
		return TLS, false
	case errors.As(err, &dns):
		return DNS, !dns.IsNotFound
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded),
		errors.As(err, &netErr) && netErr.Timeout():
		reason = Timeout
	case errors.As(err, &record), errors.As(err, &alert), strings.Contains(err.Error(), "tls: "):
		return TLS, true
	case errors.Is(err, errIncomplete):
		reason = Incomplete
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE),
		errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		reason = Reset
	case errors.As(err, &opErr) && opErr.Op == "dial":
		reason = Refused
	case errors.As(err, &opErr):
		reason = Reset
	case strings.Contains(err.Error(), "server response headers exceeded"),
		strings.Contains(err.Error(), "response header list larger"):
		reason = HeaderTooLarge
	}
	return reason, retryable[reason]
}

// retryAfter reads a Retry-After header, which is a number of seconds or an HTTP date (RFC 9110,
// section 10.2.3). It returns at most maxRetryAfter, and 0 for values that are missing, in the past
// or invalid.
func retryAfter(value string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	if value == "" {
		return 0
	}
	var d time.Duration
	if n, err := strconv.ParseUint(value, 10, 64); err == nil || errors.Is(err, strconv.ErrRange) {
		d = time.Duration(min(n, uint64(maxRetryAfter/time.Second))) * time.Second
	} else if t, err := http.ParseTime(value); err == nil {
		d = t.Sub(now)
	}
	return min(max(d, 0), maxRetryAfter)
}
