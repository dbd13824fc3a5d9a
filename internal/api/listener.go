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

// Listener returns a listener for an http.Server that serves the Server's Handler. It turns the
// error responses of net/http itself, such as that to a request with two Host headers, into errors
// of the API.
//
// http.Server has no hook for this. It writes its own text to the connection. So the listener's
// connections check each write and replace an error response without an X-Request-Id. Every
// response of the Handler has one.
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

// CloseWrite closes the writing side. http.Server calls it, so that the client can read the
// response to a request that was not read completely.
func (c *conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// Write replaces an error response of net/http, which comes in one Write. It does not change
// anything else.
func (c *conn) Write(p []byte) (int, error) {
	err := rawError(p)
	if err == nil {
		return c.Conn.Write(p)
	}
	id := uuid.Must(uuid.NewV7()).String()
	c.server.opts.Logger.Info("request rejected", "reason", err.Reason, "error", err, "request_id", id)
	if _, err := c.Conn.Write(rawErrorResponse(err, id)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// rawErrors maps the status of an error response of net/http to the API's error.
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

// rawError returns the error in p if p is an error response of net/http, and nil otherwise. It
// cannot mistake a part of a body for one, because no body has a CR, which ends a status line.
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
	// The body is a text such as "400 Bad Request: too many Host headers".
	if _, detail, ok := strings.Cut(body, ": "); ok && code == http.StatusBadRequest {
		e.Message += ": " + detail
	}
	return e
}

// rawErrorResponse returns the bytes of an error response after which the connection is closed.
func rawErrorResponse(err error, id string) []byte {
	resp := errorResponse(err)
	raw := http.Response{
		StatusCode: resp.status, ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Close: true,
		Body: io.NopCloser(bytes.NewReader(resp.body)), ContentLength: int64(len(resp.body)),
	}
	resp.setHeader(raw.Header, id)
	var b bytes.Buffer
	raw.Write(&b) // does not fail
	return b.Bytes()
}
