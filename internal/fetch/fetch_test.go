package fetch

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestGet(t *testing.T) {
	var got *http.Request
	srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, "<p>hello")
	})
	c := newTestClient(t, Options{})
	res, err := get(t, c, srv.URL+"/a%2Fb//c?d=%C3%A4&e=%2f#f")
	if err != nil {
		t.Fatal(err)
	}
	if res.Status != 200 || string(res.Body) != "<p>hello" || res.ContentType != "text/html; charset=utf-8" ||
		res.Bytes != 8 || res.Truncated || res.Latency <= 0 || res.Location != "" {
		t.Errorf("the response is %+v", res)
	}
	if got.RequestURI != "/a%2Fb//c?d=%C3%A4&e=%2F" || got.Host != srv.Listener.Addr().String() {
		t.Errorf("the request is for %s of the host %s", got.RequestURI, got.Host)
	}
	if ua := got.Header.Get("User-Agent"); ua != "inndx/test (+https://example.com/)" {
		t.Errorf("the user agent is %q", ua)
	}
	if got.Header.Get("Cookie")+got.Header.Get("Referer")+got.Header.Get("Authorization") != "" {
		t.Errorf("the request has unwanted headers: %v", got.Header)
	}
}

// A check reads no body with HEAD, and a part of one with GET.
func TestCheck(t *testing.T) {
	srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Method", r.Method)
		w.Header().Set("Content-Type", "image/png")
		w.Header().Set("Content-Encoding", "gzip") // of a body that HEAD leaves out
		if r.Method == http.MethodGet {
			w.Header().Del("Content-Encoding")
		}
		w.Write(make([]byte, 1<<20))
	})
	c := newTestClient(t, Options{})
	for method, want := range map[string]int{http.MethodHead: 0, http.MethodGet: 64 << 10} {
		r, err := c.Check(t.Context(), method, mustParse(t, srv.URL+"/"))
		if err != nil {
			t.Fatalf("%s: %v", method, err)
		}
		if r.Status != 200 || r.Header.Get("Method") != method || r.ContentType != "image/png" || len(r.Body) != want || r.Truncated != (want > 0) {
			t.Errorf("%s: %d %q, %d bytes, truncated: %t", method, r.Status, r.Header, len(r.Body), r.Truncated)
		}
		r.Close()
	}
}

func TestOtherStatuses(t *testing.T) {
	srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
		status, _ := strconv.Atoi(strings.Trim(r.URL.Path, "/"))
		w.Header().Set("Location", "../b?c")
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(status)
		if status != 204 && status != 304 {
			io.WriteString(w, "body")
		}
	})
	c := newTestClient(t, Options{})
	for _, status := range []int{204, 301, 302, 303, 304, 307, 308, 400, 404, 429, 500, 503} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			res, err := get(t, c, srv.URL+"/"+strconv.Itoa(status))
			if err != nil {
				t.Fatal(err)
			}
			location := ""
			if status/100 == 3 && status != 304 {
				location = "../b?c"
			}
			if res.Status != status || len(res.Body) != 0 || res.Location != location || res.RetryAfter != 7*time.Second {
				t.Errorf("the response is %+v", res)
			}
		})
	}
}

// Only the statuses that browsers follow are redirects, not every 3xx.
func TestRedirects(t *testing.T) {
	srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
		status, _ := strconv.Atoi(strings.Trim(r.URL.Path, "/"))
		if r.URL.RawQuery != "" {
			w.Header().Set("Location", r.URL.RawQuery)
		}
		w.WriteHeader(status)
	})
	c := newTestClient(t, Options{})
	for status := 300; status <= 310; status++ {
		always := status >= 301 && status <= 303 || status == 307 || status == 308
		for _, location := range []string{"", "/b"} {
			t.Run(fmt.Sprintf("%d to %q", status, location), func(t *testing.T) {
				res, err := get(t, c, fmt.Sprintf("%s/%d?%s", srv.URL, status, location))
				if err != nil {
					t.Fatal(err)
				}
				want := always || status == 300 && location != ""
				if res.IsRedirect() != want {
					t.Errorf("IsRedirect = %t, want %t", res.IsRedirect(), want)
				}
				if want && res.Location != location || !want && res.Location != "" {
					t.Errorf("the Location is %q", res.Location)
				}
			})
		}
	}
}

// Repeated headers are one list.
func TestContentTypeInTwoLines(t *testing.T) {
	srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Content-Type"] = []string{"text/plain", "text/html"}
	})
	if res, err := get(t, newTestClient(t, Options{}), srv.URL); err != nil || res.ContentType != "text/plain, text/html" {
		t.Errorf("the response is %v, %v", res, err)
	}
}

// A crawl opens as few connections as it has concurrent fetches, whatever the responses.
func TestConnectionsAreReused(t *testing.T) {
	var conns atomic.Int32
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/404":
			http.NotFound(w, r)
		case "/gzip":
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(gzipped([]byte("hello")))
		case "/redirect":
			http.Redirect(w, r, "/", http.StatusFound)
		default:
			io.WriteString(w, "hello")
		}
	}))
	srv.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			conns.Add(1)
		}
	}
	srv.Start()
	defer srv.Close()
	c := newTestClient(t, Options{})
	for range 3 {
		for _, path := range []string{"/", "/404", "/gzip", "/redirect"} {
			if _, err := get(t, c, srv.URL+path); err != nil {
				t.Fatal(err)
			}
		}
	}
	if conns.Load() != 1 {
		t.Errorf("%d connections were made, want 1", conns.Load())
	}
}

func TestSlowDripEndsInTime(t *testing.T) {
	srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			io.WriteString(w, ".")
			w.(http.Flusher).Flush()
			select {
			case <-tick.C:
			case <-r.Context().Done():
				return
			}
		}
	})
	_, err := get(t, newTestClient(t, Options{Timeout: 200 * time.Millisecond}), srv.URL)
	if reason(err) != Timeout {
		t.Errorf("the error is %v", err)
	}
}

func TestHeaderTimeout(t *testing.T) {
	hang := make(chan struct{})
	url := serveRaw(t, func(net.Conn) { <-hang })
	defer close(hang)
	// Without HeaderTimeout the test would wait for the whole Timeout.
	_, err := get(t, newTestClient(t, Options{Timeout: time.Hour, HeaderTimeout: 50 * time.Millisecond}), url)
	if reason(err) != Timeout {
		t.Errorf("the error is %v", err)
	}
}

func TestCancel(t *testing.T) {
	for name, head := range map[string]string{
		"before the header": "",
		"in the body":       "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello",
	} {
		t.Run(name, func(t *testing.T) {
			arrived, hang := make(chan struct{}), make(chan struct{})
			url := serveRaw(t, func(c net.Conn) { io.WriteString(c, head); close(arrived); <-hang })
			defer close(hang)
			ctx, cancel := context.WithCancel(t.Context())
			go func() { <-arrived; cancel() }()
			_, err := newTestClient(t, Options{Timeout: time.Hour}).Get(ctx, mustParse(t, url))
			if e := (*Error)(nil); !errors.As(err, &e) || e.Reason != Canceled || e.Retryable || !errors.Is(err, context.Canceled) {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

func TestHTTP2(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/header" {
			for i := range 70 {
				w.Header().Set(fmt.Sprint("A", i), strings.Repeat("a", 1000))
			}
		}
		io.WriteString(w, r.Proto)
	}))
	srv.EnableHTTP2 = true
	srv.StartTLS()
	defer srv.Close()
	c := newTestClient(t, Options{})
	c.transport.TLSClientConfig = &tls.Config{RootCAs: srv.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}
	res, err := get(t, c, srv.URL)
	if err != nil || string(res.Body) != "HTTP/2.0" {
		t.Errorf("the response is %v, %v", res, err)
	}
	if _, err := get(t, c, srv.URL+"/header"); reason(err) != HeaderTooLarge {
		t.Errorf("a header of 70 KB gives the error %v", err)
	}
}
