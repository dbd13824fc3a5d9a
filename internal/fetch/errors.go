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

// A Reason says why there is no answer. Reasons are stable and machine readable.
type Reason string

// The reasons.
const (
	DNS               Reason = "dns"                // the host has no address, or looking it up failed
	Refused           Reason = "refused"            // nothing listens there, or the host cannot be reached
	Reset             Reason = "reset"              // the connection was closed before the answer's header
	TLS               Reason = "tls"                // no trusted TLS connection
	Timeout           Reason = "timeout"            // no whole answer within the time allowed
	AddressRefused    Reason = "address_refused"    // an address or a port that must not be connected to
	HeaderTooLarge    Reason = "header_too_large"   // the answer's header exceeds 64 KiB
	Protocol          Reason = "protocol"           // the answer is not HTTP, or its status is none that HTTP has for the request
	Incomplete        Reason = "incomplete"         // the body broke off
	Encoding          Reason = "encoding"           // the body is not compressed as it says, or in a way that was not asked for
	RobotsUnavailable Reason = "robots_unavailable" // robots.txt was answered with a 5xx or a 429, so nothing is allowed
	InvalidURL        Reason = "invalid_url"        // the URL cannot be requested
	Canceled          Reason = "canceled"           // the caller's context ended
)

// retryable says which reasons may be gone at another try. For DNS and TLS that depends.
var retryable = map[Reason]bool{
	Refused: true, Reset: true, Timeout: true, Protocol: true, Incomplete: true,
}

// details say what happened when the errors of package net would, as they name addresses of
// the network that the crawler itself is in.
var details = map[Reason]string{
	DNS:        "the host's address could not be looked up",
	Refused:    "the host could not be connected to",
	Reset:      "the connection was closed before there was an answer",
	Timeout:    "there was no whole answer in the time allowed",
	Incomplete: "the body broke off",
	Canceled:   "the fetch was canceled",
}

// An Error says why a fetch had no answer.
type Error struct {
	Reason     Reason
	Retryable  bool          // whether another try may end otherwise
	RetryAfter time.Duration // how long the server asks to wait, 0 when it does not
	Err        error         // for logs: it may name addresses of the crawler's own network
}

// Error returns the reason and the detail.
func (e *Error) Error() string { return string(e.Reason) + ": " + e.Detail() }

// Detail says what happened, for the user whose crawl it is.
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

// classify makes an Error of what net/http returned. parent is the caller's context, which
// has no part of the client's own time limit.
func classify(parent context.Context, err error) error {
	if e := (*Error)(nil); errors.As(err, &e) {
		return e
	}
	reason, retry := reasonOf(err)
	if parent.Err() != nil {
		reason, retry = Canceled, false
	}
	return &Error{Reason: reason, Retryable: retry, Err: err}
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
	case errors.Is(err, errBrokeOff):
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

// retryAfter reads a Retry-After header: seconds or an HTTP date (RFC 9110, section
// 10.2.3), at most maxRetryAfter, 0 for one that is missing, past or neither.
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
