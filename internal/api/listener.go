package api

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/fault"
)

// Listener returns a listener for an http.Server that serves the Server's Handler. Requests
// that net/http refuses before it calls a handler, such as one with two Host headers, are
// answered in the shape of the API's errors.
//
// An http.Server has no hook for that: it writes a text of its own to the connection. So what
// is written to a connection is looked at, and an error answer that has no X-Request-Id, which
// every answer of a handler has, is replaced.
func (s *Server) Listener(l net.Listener) net.Listener { return listener{l, s} }

type listener struct {
	net.Listener
	server *Server
}

func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &conn{Conn: c, server: l.server}, nil
}

type conn struct {
	net.Conn
	server *Server
}

// CloseWrite lets the http.Server end its side first, so that the client can read the answer
// to a request that was not read whole.
func (c *conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// Write replaces an error answer of net/http, which comes in one Write, and passes on all else.
func (c *conn) Write(p []byte) (int, error) {
	err := rawError(p)
	if err == nil {
		return c.Conn.Write(p)
	}
	id := uuid.Must(uuid.NewV7()).String()
	c.server.log.Info("request refused", "reason", err.Reason, "error", err, "request_id", id)
	if _, err := c.Conn.Write(rawAnswer(err, id)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// rawErrors says what an error answer of net/http means, by its status.
var rawErrors = map[int]struct {
	reason  fault.Reason
	message string
}{
	http.StatusBadRequest:                  {fault.ReasonMalformedRequest, "the request is not well-formed HTTP: check the escapes of its path, that it has one Host, and its other header fields"},
	http.StatusExpectationFailed:           {fault.ReasonExpectation, "the header Expect may be 100-continue only"},
	http.StatusRequestHeaderFieldsTooLarge: {fault.ReasonHeaderTooLarge, "the request line and the header are too large"},
	http.StatusNotImplemented:              {fault.ReasonTransferEncoding, "the Transfer-Encoding may be chunked only"},
	http.StatusHTTPVersionNotSupported:     {fault.ReasonHTTPVersion, "the version of HTTP must be 1.0 or 1.1"},
}

// rawError returns what p says if it is an error answer of net/http, or nil. Parts of bodies
// are none: neither JSON nor the documents have the CR that ends a status line.
func rawError(p []byte) *fault.Error {
	const version = "HTTP/1.x "
	if len(p) < len(version)+3 || !bytes.HasPrefix(p, []byte("HTTP/1.")) || p[len(version)-1] != ' ' {
		return nil
	}
	code, err := strconv.Atoi(string(p[len(version) : len(version)+3]))
	known, ok := rawErrors[code]
	header, body, whole := strings.Cut(string(p), "\r\n\r\n")
	if err != nil || !ok || !whole || strings.Contains(header, "\r\n"+headerRequestID+": ") {
		return nil
	}
	e := fault.Because(known.reason, "%s", known.message)
	// Such as "400 Bad Request: too many Host headers".
	if _, detail, ok := strings.Cut(body, ": "); ok && code == http.StatusBadRequest {
		e.Message += ": " + detail
	}
	return e
}

// rawAnswer returns an error as it goes over a connection that is closed afterwards.
func rawAnswer(err error, id string) []byte {
	a := errorAnswer(err)
	resp := http.Response{
		StatusCode: a.status, ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Close: true,
		Body: io.NopCloser(bytes.NewReader(a.body)), ContentLength: int64(len(a.body)),
	}
	a.setHeader(resp.Header, id)
	var b bytes.Buffer
	resp.Write(&b) // to memory
	return b.Bytes()
}
