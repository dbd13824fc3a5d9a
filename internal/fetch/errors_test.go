package fetch

import (
	"errors"
	"io"
	"log"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestReasons(t *testing.T) {
	hang := make(chan struct{})
	t.Cleanup(func() { close(hang) })
	selfSigned := httptest.NewUnstartedServer(nil)
	selfSigned.Config.ErrorLog = log.New(io.Discard, "", 0)
	selfSigned.StartTLS()
	t.Cleanup(selfSigned.Close)
	raw := func(response string) string {
		return serveRaw(t, func(c net.Conn) { io.WriteString(c, response) })
	}
	for _, tt := range []struct {
		name, url string
		want      Reason
		retryable bool
	}{
		{"no such name", "http://nowhere.test/", DNS, false},
		// A port that was free a moment ago may be another server's by now. Port 1 never is.
		{"closed port", "http://127.0.0.1:1/", Refused, true},
		{"closed at once", raw(""), Reset, true},
		{"reset", serveRaw(t, func(c net.Conn) { c.(*net.TCPConn).SetLinger(0) }), Reset, true},
		{"half a header", raw("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"), Reset, true},
		{"untrusted certificate", selfSigned.URL, TLS, false},
		{"no TLS", strings.Replace(raw("hello"), "http:", "https:", 1), TLS, true},
		{"not HTTP", raw("SSH-2.0-OpenSSH_9.6\r\n"), Protocol, true},
		{"status 099", raw("HTTP/1.1 099 x\r\nContent-Length: 0\r\n\r\n"), Protocol, true},
		{"status 000", raw("HTTP/1.1 000\r\nContent-Length: 0\r\n\r\n"), Protocol, true},
		{"status of one digit", raw("HTTP/1.1 2 OK\r\n\r\n"), Protocol, true},
		{"negative status", raw("HTTP/1.1 -01 x\r\n\r\n"), Protocol, true},
		{"unexpected 101", raw("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n<a href=/x></a>"), Protocol, true},
		{"unexpected 101 of WebSocket", raw("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"), Protocol, true},
		{"nothing after 100", raw("HTTP/1.1 100 Continue\r\n\r\n"), Reset, true},
		{"bad length", raw("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"), Protocol, true},
		{"bad chunk", raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), Incomplete, true},
		{"body too short", raw("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"), Incomplete, true},
		{"chunks end early", raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"), Incomplete, true},
		{"reset inside the body", serveRaw(t, func(c net.Conn) {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
			c.(*net.TCPConn).SetLinger(0)
		}), Incomplete, true},
		{"endless header", serveRaw(t, func(c net.Conn) {
			io.WriteString(c, "HTTP/1.1 200 OK\r\n")
			for {
				if _, err := io.WriteString(c, "A: "+strings.Repeat("a", 1000)+"\r\n"); err != nil {
					return
				}
			}
		}), HeaderTooLarge, false},
		{"endless early hints", serveRaw(t, func(c net.Conn) {
			for {
				if _, err := io.WriteString(c, "HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n"); err != nil {
					return
				}
			}
		}), HeaderTooLarge, false},
		{"endless trailer", serveRaw(t, func(c net.Conn) {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n")
			for {
				if _, err := io.WriteString(c, "A: "+strings.Repeat("a", 1000)+"\r\n"); err != nil {
					return
				}
			}
		}), Incomplete, true},
		{"endless chunk extension", serveRaw(t, func(c net.Conn) {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;")
			for {
				if _, err := io.WriteString(c, strings.Repeat("a", 1000)); err != nil {
					return
				}
			}
		}), Incomplete, true},
		{"no response", serveRaw(t, func(c net.Conn) { <-hang }), Timeout, true},
		{"no end of the header", serveRaw(t, func(c net.Conn) { io.WriteString(c, "HTTP/1.1 200 OK\r\n"); <-hang }), Timeout, true},
		{"no end of the body", serveRaw(t, func(c net.Conn) {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
			<-hang
		}), Timeout, true},
		{"endless small chunks", serveRaw(t, func(c net.Conn) {
			io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n")
			for {
				if _, err := io.WriteString(c, "."); err != nil {
					return
				}
			}
		}), "", false}, // truncated
	} {
		t.Run(tt.name, func(t *testing.T) {
			timeout := time.Minute
			if tt.want == Timeout {
				timeout = 100 * time.Millisecond
			}
			client := newTestClient(t, Options{Timeout: timeout, MaxBodyBytes: 1000})
			client.dialer.Resolver = newNameServer(t, nil).resolver()
			_, err := get(t, client, tt.url)
			if reason(err) != tt.want {
				t.Fatalf("the reason is %q, want %q: %v", reason(err), tt.want, err)
			}
			if e := (*Error)(nil); errors.As(err, &e) {
				if e.Retryable != tt.retryable {
					t.Errorf("Retryable is %v, want %v", e.Retryable, tt.retryable)
				}
				if strings.Contains(e.Detail(), "127.0.0.1") {
					t.Errorf("the detail %q contains an address of the crawler's network", e.Detail())
				}
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"":                                  0,
		"0":                                 0,
		"120":                               2 * time.Minute,
		" 5 ":                               5 * time.Second,
		"-5":                                0,
		"1.5":                               0,
		"soon":                              0,
		"99999999999999999999999":           24 * time.Hour,
		"86401":                             24 * time.Hour,
		"Wed, 01 May 2024 12:00:30 GMT":     30 * time.Second,
		"Wednesday, 01-May-24 12:00:30 GMT": 30 * time.Second,
		"Wed May  1 12:00:30 2024":          30 * time.Second,
		"Wed, 01 May 2024 11:00:00 GMT":     0,
		"Wed, 01 May 2034 11:00:00 GMT":     24 * time.Hour,
	} {
		t.Run(value, func(t *testing.T) {
			if got := retryAfter(value, now); got != want {
				t.Errorf("retryAfter(%q) = %v, want %v", value, got, want)
			}
		})
	}
}
