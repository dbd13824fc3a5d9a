package api

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/run"
)

// startServer starts a server with the settings of a service on one machine, and returns its
// address.
func startServer(t *testing.T) string {
	t.Helper()
	s := New(Options{
		Store: stubStore{run: func() (run.Run, error) { return run.Run{}, fault.Because(fault.ReasonNoSuchRun, "no such run") }},
		Queue: queueFunc(noQueue), LoopbackOnly: true, Logger: slog.New(slog.DiscardHandler),
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: s.Handler(), DisableGeneralOptionsHandler: true, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0)}
	go server.Serve(s.Listener(l))
	t.Cleanup(func() { server.Close() })
	return l.Addr().String()
}

// A request that net/http itself rejects gets an error of the API.
func TestRequestsThatReachNoHandler(t *testing.T) {
	addr := startServer(t)
	const ok = "GET /v1/runs HTTP/1.1\r\nHost: localhost\r\n"
	for name, tt := range map[string]struct {
		request string
		status  int
		reason  fault.Reason
		message string // part of it
	}{
		"two hosts":             {ok + "Host: localhost\r\n\r\n", 400, fault.ReasonMalformedRequest, "one Host"},
		"no host":               {"GET /v1/runs HTTP/1.1\r\n\r\n", 400, fault.ReasonMalformedRequest, "missing required Host header"},
		"an invalid host":       {"GET /v1/runs HTTP/1.1\r\nHost: a b\r\n\r\n", 400, fault.ReasonMalformedRequest, "malformed Host header"},
		"an invalid escape":     {"GET /v1/runs/%zz HTTP/1.1\r\nHost: localhost\r\n\r\n", 400, fault.ReasonMalformedRequest, ""},
		"no request line":       {"hello\r\n\r\n", 400, fault.ReasonMalformedRequest, ""},
		"a TLS handshake":       {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400, fault.ReasonMalformedRequest, ""},
		"a header with a space": {ok + "A b: c\r\n\r\n", 400, fault.ReasonMalformedRequest, ""},
		"a value with a zero":   {ok + "A: \x00\r\n\r\n", 400, fault.ReasonMalformedRequest, ""},
		"an invalid length":     {"POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n", 400, fault.ReasonMalformedRequest, ""},
		"HTTP/2":                {"GET /v1/runs HTTP/2.0\r\nHost: localhost\r\n\r\n", 505, fault.ReasonHTTPVersion, "1.1"},
		"HTTP/3":                {"GET /v1/runs HTTP/3.1\r\nHost: localhost\r\n\r\n", 505, fault.ReasonHTTPVersion, "1.1"},
		"a large header":        {ok + "A: " + strings.Repeat("a", 2<<20) + "\r\n\r\n", 431, fault.ReasonHeaderTooLarge, "too large"},
		"a transfer coding":     {ok + "Transfer-Encoding: gzip\r\n\r\n", 501, fault.ReasonTransferEncoding, "chunked"},
		"an expectation":        {ok + "Expect: wonders\r\n\r\n", 417, fault.ReasonExpectation, "100-continue"},
		"the second request":    {ok + "\r\nGET / HTTP/9.9\r\n\r\n", 505, fault.ReasonHTTPVersion, ""},
		"a request that a handler rejects": {"GET /v1/runs/" + idA + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
			404, fault.ReasonNoSuchRun, ""},
	} {
		t.Run(name, func(t *testing.T) {
			resp, body, rest := exchange(t, addr, tt.request, strings.Count(tt.request, "HTTP/")-1)
			var e errorJSON
			if err := json.Unmarshal(body, &e); err != nil {
				t.Fatalf("%s: %v", body, err)
			}
			if resp.StatusCode != tt.status || e.Code != tt.status || e.Reason != tt.reason || !strings.Contains(e.Message, tt.message) {
				t.Errorf("%d %s", resp.StatusCode, body)
			}
			if !usableID.MatchString(resp.Header.Get("X-Request-Id")) || resp.Header.Get("Content-Type") != "application/json; charset=utf-8" ||
				!resp.Close || rest != "" {
				t.Errorf("header %v, followed by %q", resp.Header, rest)
			}
		})
	}
}

// exchange sends bytes, skips a number of responses, and returns the next response, its body, and
// the bytes after it.
func exchange(t *testing.T, addr, request string, skip int) (*http.Response, []byte, string) {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(30 * time.Second))
	go io.WriteString(c, request) // the server may not read all of it
	r := bufio.NewReader(c)
	for {
		resp, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		if skip--; skip < 0 {
			rest, _ := io.ReadAll(r)
			return resp, body, string(rest)
		}
	}
}

// The listener replaces the error responses of net/http, and nothing that a handler writes.
func TestListenerKeepsResponsesOfHandlers(t *testing.T) {
	status := "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n"
	for written, replaced := range map[string]bool{
		status + "\r\n400 Bad Request":                                true,
		status + "X-Request-Id: " + uuid.Nil.String() + "\r\n\r\n400": false,
		"HTTP/1.1 404 Not Found\r\n\r\n":                              false,
		"HTTP/1.1 200 OK\r\n\r\n":                                     false,
		"HTTP/1.1 400 Bad Request":                                    false,
		`{"message":"HTTP/1.1 400 Bad Request\r\n\r\n"}`:              false,
		"":           false,
		"HTTP/1.1 4": false,
		strings.Replace(status, "\r\n", "\n", -1) + "\n" + strings.Repeat("x", 1<<10): false,
	} {
		t.Run(fmt.Sprintf("%.40q", written), func(t *testing.T) {
			if got := rawError([]byte(written)) != nil; got != replaced {
				t.Errorf("%q: replaced %v, want %v", written, got, replaced)
			}
		})
	}
}

func FuzzRawError(f *testing.F) {
	f.Add([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
	f.Fuzz(func(t *testing.T, p []byte) {
		if err := rawError(p); err != nil && !bytes.HasPrefix(p, []byte("HTTP/1.")) {
			t.Errorf("%q: %v", p, err)
		}
	})
}
