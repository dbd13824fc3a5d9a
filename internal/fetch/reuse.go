package fetch

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
)

// Package net/http sends a request again, at once and any number of times, while connections that
// served other requests are closed before there is a response. Usually the server closed an idle
// connection at that moment. But it may as well have read the request and refuse it, and then it
// gets requests that no delay separates and no count of attempts includes. So a client sends each
// request once. A failed one has Error.Reused set, and the caller decides.

// errClosed is the failure of a request on a connection that served another one.
var errClosed = fmt.Errorf("the connection, which was used before, was closed: %w", io.EOF)

// A reusable is a connection that knows the request in flight on it.
type reusable struct {
	net.Conn
	sent   atomic.Pointer[sent] // nil during the first request
	closed func()               // may be called several times
}

// sent is a request in flight on a connection.
type sent struct {
	begun  atomic.Bool // some of it may have been written
	closed atomic.Bool // the connection was closed after that
	cancel context.CancelFunc
}

// dial connects to an address. The connection counts from the lookup of the host on: it takes file
// descriptors long before it is open. The attempt ends with the fetch that needs it: package
// net/http would let it continue for later fetches, and those of a short timeout could use up the
// file descriptors.
func (c *Client) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if fetch := timedOf(ctx); fetch != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(fetch, cancel)()
	}
	closed := func() {}
	if r := c.opts.Resources; r != nil {
		r.ConnOpened()
		closed = sync.OnceFunc(r.ConnClosed)
	}
	conn, err := c.dialer.DialContext(ctx, network, address)
	if err != nil {
		closed()
		return nil, err
	}
	return &reusable{Conn: conn, closed: closed}, nil
}

// Write implements net.Conn.
func (c *reusable) Write(b []byte) (int, error) {
	s := c.sent.Load()
	if s == nil {
		return c.Conn.Write(b)
	}
	begun := s.begun.Swap(true)
	n, err := c.Conn.Write(b)
	if n == 0 && !begun {
		s.begun.Store(false)
	}
	return n, err
}

// Close implements net.Conn. The transport calls it before it sends the request in flight again.
func (c *reusable) Close() error {
	if s := c.sent.Load(); s != nil && s.begun.Load() {
		s.closed.Store(true)
		s.cancel()
	}
	c.closed()
	return c.Conn.Close()
}

// roundTrip sends a request once, with the context ctx, which cancel ends. The caller must end it
// when it has read the response.
func (c *Client) roundTrip(ctx context.Context, cancel context.CancelFunc, req *http.Request) (*http.Response, error) {
	var conn *reusable
	var s *sent
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
		if !info.Reused {
			return
		}
		if conn = reusableOf(info.Conn); conn != nil {
			s = &sent{cancel: cancel}
			conn.sent.Store(s)
		}
	}})
	res, err := c.transport.RoundTrip(req.WithContext(ctx))
	if conn != nil {
		conn.sent.CompareAndSwap(s, nil)
	}
	if s != nil && s.closed.Load() && errors.Is(err, context.Canceled) {
		err = errClosed
	}
	return res, err
}

// reusableOf returns the connection below conn. It returns nil for HTTP/2, of which one connection
// has many requests in flight: a request is only sent again if the server says that it did not
// process it (RFC 9113, section 8.7).
func reusableOf(conn net.Conn) *reusable {
	for conn != nil {
		switch c := conn.(type) {
		case *reusable:
			return c
		case *tls.Conn:
			if c.ConnectionState().NegotiatedProtocol == "h2" {
				return nil
			}
			conn = c.NetConn()
		default:
			return nil
		}
	}
	return nil
}

// reused reports whether a request failed on a connection that served another one.
func reused(err error) bool { return errors.Is(err, errClosed) }
