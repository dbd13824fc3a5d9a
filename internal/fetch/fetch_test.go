package fetch

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// newTestClient returns a client that may connect to the test's servers.
func newTestClient(t *testing.T, opts Options) *Client {
	opts.AllowPrivate = true
	if opts.UserAgent == "" {
		opts.UserAgent = "inndx/test (+https://example.com/)"
	}
	c := New(opts)
	t.Cleanup(c.Close)
	return c
}

func serve(t *testing.T, h http.HandlerFunc) *httptest.Server {
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv
}

// serveRaw answers every connection with what talk writes, and closes it.
func serveRaw(t *testing.T, talk func(c net.Conn)) (url string) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				c.Read(make([]byte, 4<<10)) // the request
				talk(c)
			}()
		}
	}()
	return "http://" + ln.Addr().String()
}

func get(t *testing.T, c *Client, url string) (*Response, error) {
	t.Helper()
	res, err := c.Get(t.Context(), mustParse(t, url))
	if err == nil {
		t.Cleanup(res.Close)
	}
	return res, err
}

func gzipped(data []byte) []byte {
	var b bytes.Buffer
	zw := gzip.NewWriter(&b)
	zw.Write(data)
	zw.Close()
	return b.Bytes()
}

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
		t.Errorf("the server was asked for %s of %s", got.RequestURI, got.Host)
	}
	if ua := got.Header.Get("User-Agent"); ua != "inndx/test (+https://example.com/)" {
		t.Errorf("the user agent is %q", ua)
	}
	if got.Header.Get("Cookie")+got.Header.Get("Referer")+got.Header.Get("Authorization") != "" {
		t.Errorf("the request tells more than it should: %v", got.Header)
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
		res, err := get(t, c, srv.URL+"/"+strconv.Itoa(status))
		if err != nil {
			t.Errorf("status %d is the error %v", status, err)
			continue
		}
		location := ""
		if status/100 == 3 && status != 304 {
			location = "../b?c"
		}
		if res.Status != status || len(res.Body) != 0 || res.Location != location || res.RetryAfter != 7*time.Second {
			t.Errorf("status %d is the response %+v", status, res)
		}
	}
}

// A crawl opens as few connections as it has fetches at a time, whatever the answers.
func TestConnectionsAreUsedAgain(t *testing.T) {
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

func TestBodies(t *testing.T) {
	const limit = 1000
	text := bytes.Repeat([]byte("abcdefghij"), 200) // twice the limit
	noise := make([]byte, 500)
	rand.Read(noise)
	broken := gzipped(noise)
	broken[len(broken)/2] ^= 0xff
	for _, c := range []struct {
		name, encoding string
		wire           []byte
		want           []byte
		truncated      bool
		reason         Reason
	}{
		{"plain", "", text[:limit], text[:limit], false, ""},
		{"too long", "", text[:limit+1], text[:limit], true, ""},
		{"empty", "", nil, nil, false, ""},
		{"gzip", "gzip", gzipped(text[:limit]), text[:limit], false, ""},
		{"x-gzip in upper case", " X-GZIP ", gzipped(noise), noise, false, ""},
		{"gzip too long", "gzip", gzipped(text), text[:limit], true, ""},
		{"gzip in two members", "gzip", append(gzipped(text[:10]), gzipped(text[10:20])...), text[:20], false, ""},
		{"gzip and something behind", "gzip", append(gzipped(text[:10]), "behind it all"...), text[:10], false, ""},
		{"empty gzip", "gzip", gzipped(nil), nil, false, ""},
		{"nothing where gzip should be", "gzip", nil, nil, false, ""},
		{"text where gzip should be", "gzip", text[:limit], nil, false, Encoding},
		{"damaged gzip", "gzip", broken, nil, false, Encoding},
		{"half a gzip", "gzip", gzipped(noise)[:300], nil, false, Incomplete},
		{"half a gzip header", "gzip", gzipped(noise)[:5], nil, false, Incomplete},
		{"brotli", "br", noise, nil, false, Encoding},
		{"gzip twice", "gzip, gzip", gzipped(gzipped(text[:limit])), text[:limit], false, ""},
		{"gzip twice, too long", "gzip,\tx-gzip", gzipped(gzipped(text)), text[:limit], true, ""},
		{"gzip three times", "gzip,gzip , GZIP", gzipped(gzipped(gzipped(noise))), noise, false, ""},
		{"gzip once where twice is said", "gzip, gzip", gzipped(noise), nil, false, Encoding},
		{"damaged gzip within gzip", "gzip, gzip", gzipped(broken), nil, false, Encoding},
		{"half a gzip within gzip", "gzip, gzip", gzipped(gzipped(noise)[:300]), nil, false, Incomplete},
		{"nothing where gzip within gzip should be", "gzip, gzip", gzipped(nil), nil, false, ""},
		{"gzip without end within itself", "gzip, gzip, gzip, gzip, gzip", noise, nil, false, Encoding},
		{"gzip and identity", "gzip, identity", gzipped(noise), noise, false, ""},
		{"identity and gzip", "identity,, gzip", gzipped(noise), noise, false, ""},
		{"identity", "Identity", noise, noise, false, ""},
		{"gzip and brotli", "gzip, br", gzipped(noise), nil, false, Encoding},
		{"deflate", "deflate", noise, nil, false, Encoding},
		{"an encoding that does not exist", "utf-8", text[:10], nil, false, Encoding},
		{"gzip and one that does not exist", "gzip, x", gzipped(noise), nil, false, Encoding},
	} {
		srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if c.encoding != "" {
				w.Header().Set("Content-Encoding", c.encoding)
			}
			w.Write(c.wire)
		})
		res, err := get(t, newTestClient(t, Options{MaxBodyBytes: limit}), srv.URL)
		if reason(err) != c.reason || (err == nil) != (c.reason == "") {
			t.Errorf("%s: the error is %v, want %q", c.name, err, c.reason)
		}
		if err == nil && (!bytes.Equal(res.Body, c.want) || res.Truncated != c.truncated) {
			t.Errorf("%s: %d bytes, truncated %v; want %d, %v", c.name, len(res.Body), res.Truncated, len(c.want), c.truncated)
		}
		if err == nil && !c.truncated && res.Bytes != int64(len(c.wire)) {
			t.Errorf("%s: %d bytes were transferred, want %d", c.name, res.Bytes, len(c.wire))
		}
	}
}

// Fields that are repeated are one list.
func TestContentTypeInTwoLines(t *testing.T) {
	srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Content-Type"] = []string{"text/plain", "text/html"}
	})
	if res, err := get(t, newTestClient(t, Options{}), srv.URL); err != nil || res.ContentType != "text/plain, text/html" {
		t.Errorf("the response is %v, %v", res, err)
	}
}

// A list of content codings may be spread over header lines.
func TestEncodingInTwoLines(t *testing.T) {
	srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Content-Encoding"] = []string{"gzip", "gzip"}
		w.Write(gzipped(gzipped([]byte("hello"))))
	})
	res, err := get(t, newTestClient(t, Options{}), srv.URL)
	if err != nil || string(res.Body) != "hello" {
		t.Errorf("the response is %v, %v", res, err)
	}
}

// A gzip file is kept as it is, although its server calls it the encoding of something else.
func TestGzipFiles(t *testing.T) {
	file := gzipped([]byte("<a href=/tar></a> a file in an archive"))
	page := []byte("<a href=/page></a>")
	for _, c := range []struct {
		path, contentType string
		wire, want        []byte
	}{
		{"/x.tar.gz", "application/x-tar", file, file},
		{"/x.tar.gz", "application/octet-stream", file, file},
		{"/X.TGZ?a=b", "", file, file},
		{"/x.tar.gz", "application/gzip", file, file},
		{"/download?file=x", "Application/X-Gzip; charset=binary", file, file},
		{"/x.tar.gz", "application/gzip", gzipped(file), file}, // compressed for its transfer, too
		{"/x.gz", "application/octet-stream", gzipped(file), file},
		{"/x.gz", "application/gzip", page, page}, // neither
		{"/x.gz", "application/gzip", nil, nil},
		{"/page.html.gz", "text/html", gzipped(page), page},
		{"/sitemap.xml.gz", "text/xml", gzipped(page), page},
		{"/page", "", gzipped(page), page},
		{"/page.gz/", "application/octet-stream", gzipped(page), page},
	} {
		srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header()["Content-Type"] = []string{c.contentType}
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(c.wire)
		})
		res, err := get(t, newTestClient(t, Options{}), srv.URL+c.path)
		if err != nil || !bytes.Equal(res.Body, c.want) || res.Bytes != int64(len(c.wire)) {
			t.Errorf("%s as %q: %.20q (%d bytes transferred), %v; want %.20q", c.path, c.contentType, res.Body, res.Bytes, err, c.want)
		}
	}
}

// What leads to another URL is what a browser follows, and nothing else that begins with a 3.
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
			res, err := get(t, c, fmt.Sprintf("%s/%d?%s", srv.URL, status, location))
			if err != nil {
				t.Fatal(err)
			}
			follows := always || status == 300 && location != ""
			if res.IsRedirect() != follows || follows && res.Location != location || !follows && res.Location != "" {
				t.Errorf("%d with the Location %q: a redirect %t to %q", status, location, res.IsRedirect(), res.Location)
			}
		}
	}
}

// A small body that becomes a huge one costs no more than its limit.
func TestBomb(t *testing.T) {
	bomb := gzipped(make([]byte, 8*maxPooled))
	srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(bomb)
	})
	res, err := get(t, newTestClient(t, Options{MaxBodyBytes: 16 << 10}), srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	// A buffer of the pool may have grown for another body.
	if len(res.Body) != 16<<10 || !res.Truncated || cap(res.Body) > maxPooled {
		t.Errorf("the bomb has become %d bytes of %d", len(res.Body), cap(res.Body))
	}
}

// A layer that becomes huge within another costs no more.
func TestBombWithinGzip(t *testing.T) {
	bomb := gzipped(append(gzipped(nil)[:10], bytes.Repeat([]byte{0, 0, 0, 0xff, 0xff}, 20<<20)...)) // empty blocks
	srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip, gzip")
		w.Write(bomb)
	})
	res, err := get(t, newTestClient(t, Options{MaxBodyBytes: 16 << 10}), srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	if len(res.Body) != 0 || !res.Truncated || res.Bytes > int64(len(bomb))/10 {
		t.Errorf("%d bytes of %d, truncated %v", len(res.Body), res.Bytes, res.Truncated)
	}
}

// A stream that never decompresses to anything ends, too.
func TestEndlessNothing(t *testing.T) {
	srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(gzipped(nil)[:10])
		for r.Context().Err() == nil {
			if _, err := w.Write(bytes.Repeat([]byte{0, 0, 0, 0xff, 0xff}, 1000)); err != nil { // empty blocks
				return
			}
		}
	})
	res, err := get(t, newTestClient(t, Options{MaxBodyBytes: 1000}), srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	if len(res.Body) != 0 || !res.Truncated || res.Bytes > 128<<10 {
		t.Errorf("%d bytes of %d, truncated %v", len(res.Body), res.Bytes, res.Truncated)
	}
}

func TestReasons(t *testing.T) {
	hang := make(chan struct{})
	t.Cleanup(func() { close(hang) })
	closed := httptest.NewServer(nil)
	closed.Close()
	selfSigned := httptest.NewUnstartedServer(nil)
	selfSigned.Config.ErrorLog = log.New(io.Discard, "", 0)
	selfSigned.StartTLS()
	t.Cleanup(selfSigned.Close)
	raw := func(answer string) string {
		return serveRaw(t, func(c net.Conn) { io.WriteString(c, answer) })
	}
	for _, c := range []struct {
		name, url string
		want      Reason
		retryable bool
	}{
		{"no such name", "http://nowhere.test/", DNS, false},
		{"nobody listens", closed.URL, Refused, true},
		{"closed at once", raw(""), Reset, true},
		{"reset", serveRaw(t, func(c net.Conn) { c.(*net.TCPConn).SetLinger(0) }), Reset, true},
		{"half a header", raw("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"), Reset, true},
		{"untrusted certificate", selfSigned.URL, TLS, false},
		{"no TLS", strings.Replace(raw("hello"), "http:", "https:", 1), TLS, true},
		{"not HTTP", raw("SSH-2.0-OpenSSH_9.6\r\n"), Protocol, true},
		{"status 099", raw("HTTP/1.1 099 x\r\nContent-Length: 0\r\n\r\n"), Protocol, true},
		{"status 000", raw("HTTP/1.1 000\r\nContent-Length: 0\r\n\r\n"), Protocol, true},
		{"status of one digit", raw("HTTP/1.1 2 OK\r\n\r\n"), Protocol, true},
		{"status below zero", raw("HTTP/1.1 -01 x\r\n\r\n"), Protocol, true},
		{"unasked 101", raw("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n<a href=/x></a>"), Protocol, true},
		{"unasked 101 of WebSocket", raw("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"), Protocol, true},
		{"nothing behind 100", raw("HTTP/1.1 100 Continue\r\n\r\n"), Reset, true},
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
		{"no answer", serveRaw(t, func(c net.Conn) { <-hang }), Timeout, true},
		{"no end of the header", serveRaw(t, func(c net.Conn) { io.WriteString(c, "HTTP/1.1 200 OK\r\n"); <-hang }), Timeout, true},
		{"no end of the body", serveRaw(t, func(c net.Conn) {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
			<-hang
		}), Timeout, true},
		{"drip", serveRaw(t, func(c net.Conn) {
			io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n")
			for {
				if _, err := io.WriteString(c, "."); err != nil {
					return
				}
			}
		}), "", false}, // cut off at the limit
	} {
		t.Run(c.name, func(t *testing.T) {
			timeout := time.Minute
			if c.want == Timeout {
				timeout = 100 * time.Millisecond
			}
			client := newTestClient(t, Options{Timeout: timeout, MaxBodyBytes: 1000})
			client.dialer.Resolver = newNameServer(t, nil).resolver()
			_, err := get(t, client, c.url)
			if reason(err) != c.want {
				t.Fatalf("the reason is %q of %v, want %q", reason(err), err, c.want)
			}
			if e := (*Error)(nil); errors.As(err, &e) {
				if e.Retryable != c.retryable {
					t.Errorf("retryable is %v, want %v", e.Retryable, c.retryable)
				}
				if strings.Contains(e.Detail(), "127.0.0.1") {
					t.Errorf("%q names an address of the crawler", e.Detail())
				}
			}
		})
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
	// Without it the test would wait for the whole Timeout.
	_, err := get(t, newTestClient(t, Options{Timeout: time.Hour, HeaderTimeout: 50 * time.Millisecond}), url)
	if reason(err) != Timeout {
		t.Errorf("the error is %v", err)
	}
}

func TestCancel(t *testing.T) {
	for _, head := range []string{"", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello"} {
		arrived, hang := make(chan struct{}), make(chan struct{})
		url := serveRaw(t, func(c net.Conn) { io.WriteString(c, head); close(arrived); <-hang })
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-arrived; cancel() }()
		_, err := newTestClient(t, Options{Timeout: time.Hour}).Get(ctx, mustParse(t, url))
		if e := (*Error)(nil); !errors.As(err, &e) || e.Reason != Canceled || e.Retryable || !errors.Is(err, context.Canceled) {
			t.Errorf("the error is %v", err)
		}
		close(hang)
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
		t.Errorf("a header of 70 KB gives %v", err)
	}
}

// Bodies in use are not given to others.
func TestBodiesAreSeparate(t *testing.T) {
	srv := serve(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, strings.Repeat(r.URL.Path, 100)) })
	c := newTestClient(t, Options{})
	for range 20 {
		a, err := c.Get(t.Context(), mustParse(t, srv.URL+"/a"))
		if err != nil {
			t.Fatal(err)
		}
		b, err := c.Get(t.Context(), mustParse(t, srv.URL+"/b"))
		if err != nil {
			t.Fatal(err)
		}
		if string(a.Body) != strings.Repeat("/a", 100) || string(b.Body) != strings.Repeat("/b", 100) {
			t.Fatal("bodies are mixed up")
		}
		a.Close()
		b.Close()
		a.Close() // does no harm
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
		if got := retryAfter(value, now); got != want {
			t.Errorf("Retry-After: %s is %v, want %v", value, got, want)
		}
	}
}
