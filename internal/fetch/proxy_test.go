package fetch

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const proxyUser, proxyPassword = "alice", "hidden&pass:word"

// A testProxy is a proxy on loopback that wants a password, and records what it was asked for.
// Whatever the host, it connects to the server at target.
type testProxy struct {
	t      *testing.T
	target string // host and port
	status int    // of the response to requests and to CONNECT if not 0; of SOCKS, the reply

	mu    sync.Mutex
	asked []string
}

func (p *testProxy) record(what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, what)
}

func (p *testProxy) requests() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.asked)
}

// ServeHTTP forwards requests, and opens tunnels for CONNECT.
func (p *testProxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.record(r.Method + " " + r.RequestURI)
	probe := &http.Request{Header: http.Header{"Authorization": r.Header["Proxy-Authorization"]}}
	if user, password, _ := probe.BasicAuth(); user != proxyUser || password != proxyPassword {
		http.Error(w, password, http.StatusProxyAuthRequired)
		return
	}
	if p.status != 0 {
		http.Error(w, "no", p.status)
		return
	}
	if r.Method == http.MethodConnect {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
			p.tunnel(conn)
		}
		return
	}
	forwarded := r.Clone(r.Context())
	forwarded.URL.Host = p.target
	forwarded.Header.Del("Proxy-Authorization")
	res, err := http.DefaultTransport.RoundTrip(forwarded)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	defer res.Body.Close()
	w.WriteHeader(res.StatusCode)
	io.Copy(w, res.Body)
}

// tunnel connects the client to the target until one of them ends.
func (p *testProxy) tunnel(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		return
	}
	defer server.Close()
	go io.Copy(server, client)
	io.Copy(client, server)
}

// serveSOCKS serves one client by SOCKS 5 (RFC 1928, RFC 1929).
func (p *testProxy) serveSOCKS(conn net.Conn) {
	defer conn.Close()
	r := bufio.NewReader(conn)
	read := func(n int) []byte { b := make([]byte, n); io.ReadFull(r, b); return b }
	if !slices.Contains(read(int(read(2)[1])), 2) {
		conn.Write([]byte{5, 0xff})
		return
	}
	conn.Write([]byte{5, 2})
	user := string(read(int(read(2)[1])))
	password := string(read(int(read(1)[0])))
	if user != proxyUser || password != proxyPassword {
		conn.Write([]byte{1, 1})
		return
	}
	conn.Write([]byte{1, 0})
	head := read(4)
	host := ""
	switch head[3] {
	case 1:
		host = net.IP(read(4)).String()
	case 3:
		host = string(read(int(read(1)[0])))
	case 4:
		host = net.IP(read(16)).String()
	}
	port := int(binary.BigEndian.Uint16(read(2)))
	p.record("SOCKS " + net.JoinHostPort(host, strconv.Itoa(port)))
	conn.Write([]byte{5, byte(p.status), 0, 1, 0, 0, 0, 0, 0, 0})
	if p.status == 0 {
		p.tunnel(conn)
	}
}

// start starts the proxy for a scheme, and returns its URL with the user name and the password.
func (p *testProxy) start(scheme string, password string) *url.URL {
	u := &url.URL{Scheme: scheme, User: url.UserPassword(proxyUser, password)}
	switch scheme {
	case "socks5":
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			p.t.Fatal(err)
		}
		p.t.Cleanup(func() { ln.Close() })
		go func() {
			for {
				conn, err := ln.Accept()
				if err != nil {
					return
				}
				go p.serveSOCKS(conn)
			}
		}()
		u.Host = ln.Addr().String()
	default:
		srv := httptest.NewUnstartedServer(p)
		srv.EnableHTTP2 = true // which the client must not use with a proxy
		if scheme == "https" {
			srv.StartTLS()
		} else {
			srv.Start()
		}
		p.t.Cleanup(srv.Close)
		u.Host = srv.Listener.Addr().String()
	}
	return u
}

// proxied returns a client of the proxy that may connect to loopback, but checks hosts as one that
// may not. The host public.test has a public address.
func proxied(t *testing.T, proxy *url.URL) *Client {
	c := New(Options{UserAgent: "inndx/test", Proxy: proxy})
	t.Cleanup(c.Close)
	c.dialer.ControlContext = onlyLoopback
	c.dialer.Resolver = inwardNames(t)
	c.transport.TLSClientConfig = &tls.Config{InsecureSkipVerify: true}
	return c
}

// onlyLoopback refuses connections that would leave the machine, which no test may make.
func onlyLoopback(_ context.Context, _, address string, _ syscall.RawConn) error {
	if ap, err := netip.ParseAddrPort(address); err != nil || !ap.Addr().IsLoopback() {
		return fmt.Errorf("a test would connect to %s", address)
	}
	return nil
}

var proxySchemes = []string{"http", "https", "socks5"}

func TestProxy(t *testing.T) {
	for _, scheme := range proxySchemes {
		for _, secure := range []bool{false, true} {
			t.Run(fmt.Sprint(scheme, secure), func(t *testing.T) {
				var got *http.Request
				site := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					got = r
					io.WriteString(w, "hello")
				}))
				site.EnableHTTP2 = true
				target := "http://public.test:8080"
				if secure {
					site.StartTLS()
					target = "https://public.test:8080"
				} else {
					site.Start()
				}
				t.Cleanup(site.Close)
				p := &testProxy{t: t, target: site.Listener.Addr().String()}
				c := proxied(t, p.start(scheme, proxyPassword))
				for range 2 {
					res, err := get(t, c, target+"/path?q")
					if err != nil || string(res.Body) != "hello" {
						t.Fatalf("%+v, %v", res, err)
					}
				}
				if got.Host != "public.test:8080" || got.Header.Get("Proxy-Authorization") != "" || got.Header.Get("User-Agent") != "inndx/test" {
					t.Errorf("the site gets %s, %v", got.Host, got.Header)
				}
				want := []string{"CONNECT public.test:8080"}
				switch {
				case scheme == "socks5":
					want = []string{"SOCKS public.test:8080"}
				case !secure:
					want = []string{"GET http://public.test:8080/path?q", "GET http://public.test:8080/path?q"}
				}
				if asked := p.requests(); !slices.Equal(asked, want) {
					t.Errorf("the proxy was asked for %v, want %v", asked, want)
				}
			})
		}
	}
}

// Behind a proxy, the hosts that are refused without one are refused too, and the proxy is not
// asked.
func TestInwardIsRefusedThroughProxies(t *testing.T) {
	base := mustParse(t, "http://example.com/")
	for _, scheme := range proxySchemes {
		p := &testProxy{t: t, target: "127.0.0.1:1"}
		c := proxied(t, p.start(scheme, proxyPassword))
		for _, way := range inward {
			u, err := base.Resolve(way.url)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.Get(t.Context(), u); reason(err) != AddressRefused {
				t.Errorf("%s through %s: %s gives %v", way.name, scheme, way.url, err)
			}
		}
		for url, want := range map[string]Reason{"http://mixed.test/": AddressRefused, "http://missing.test/": DNS} {
			if _, err := c.Get(t.Context(), mustParse(t, url)); reason(err) != want {
				t.Errorf("%s through %s gives %v", url, scheme, err)
			}
		}
		if asked := p.requests(); len(asked) > 0 {
			t.Errorf("the proxy was asked for %v", asked)
		}
	}
}

// The address and the port of the proxy itself are checked like any other. No connection is made.
func TestInwardProxiesAreRefused(t *testing.T) {
	for _, proxy := range []string{
		"http://127.0.0.1:3128", "https://[::1]:3128", "socks5://10.0.0.1", "http://169.254.169.254", "socks5://private.test",
		"http://user:hidden@metadata.test:3128", "http://8.8.8.8:25", "socks5://8.8.8.8:22",
	} {
		u, _ := url.Parse(proxy)
		c := New(Options{UserAgent: "inndx/test", Proxy: u})
		t.Cleanup(c.Close)
		c.dialer.Resolver = inwardNames(t)
		c.dialer.ControlContext = func(ctx context.Context, network, address string, conn syscall.RawConn) error {
			return cmp.Or(checkConnection(ctx, network, address, conn), errors.New("a test would connect to "+address))
		}
		_, err := get(t, c, "https://public.test/")
		if e := (*Error)(nil); !errors.As(err, &e) || e.Reason != AddressRefused || e.Retryable || !strings.Contains(e.Detail(), "of the proxy") {
			t.Errorf("%s gives %v", proxy, err)
		}
		if strings.Contains(err.Error(), u.Hostname()) {
			t.Errorf("the error has the proxy: %v", err)
		}
	}
}

// An error says that the proxy is at fault, and nothing that may be a secret.
func TestProxyErrors(t *testing.T) {
	const site = "https://public.test/"
	for _, tt := range []struct {
		name, scheme, password string
		status                 int
		url, detail            string
		retryable              bool
	}{
		{"wrong password, forwarded", "http", "hidden&wrong", 0, "http://public.test/", errProxyRefuses.Error(), false},
		{"wrong password, CONNECT", "http", "hidden&wrong", 0, site, errProxyRefuses.Error(), false},
		{"wrong password by TLS", "https", "hidden&wrong", 0, site, errProxyRefuses.Error(), false},
		{"wrong password by SOCKS", "socks5", "hidden&wrong", 0, site, errProxyRefuses.Error(), false},
		{"forbidden", "http", proxyPassword, 403, site, "the proxy responded with the status 403", false},
		{"bad gateway", "http", proxyPassword, 502, site, "the proxy responded with the status 502", true},
		{"forbidden by SOCKS", "socks5", proxyPassword, 2, site, "the proxy does not allow the connection", false},
		{"host unreachable by SOCKS", "socks5", proxyPassword, 4, site, "the proxy could not connect to the host", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := &testProxy{t: t, target: "127.0.0.1:1", status: tt.status}
			proxy := p.start(tt.scheme, tt.password)
			_, err := get(t, proxied(t, proxy), tt.url)
			expectProxyError(t, err, proxy, tt.detail, tt.retryable)
		})
	}
	for _, scheme := range proxySchemes {
		t.Run("not there, "+scheme, func(t *testing.T) {
			proxy := &url.URL{Scheme: scheme, User: url.UserPassword(proxyUser, proxyPassword), Host: "127.0.0.1:1023"}
			_, err := get(t, proxied(t, proxy), site)
			expectProxyError(t, err, proxy, "the proxy could not be connected to", true)
		})
	}
	t.Run("no such name", func(t *testing.T) {
		proxy := &url.URL{Scheme: "http", User: url.UserPassword(proxyUser, proxyPassword), Host: "missing.test:3128"}
		_, err := get(t, proxied(t, proxy), site)
		expectProxyError(t, err, proxy, "the address of the proxy could not be resolved", false)
	})
	t.Run("untrusted", func(t *testing.T) {
		proxy := (&testProxy{t: t}).start("https", proxyPassword)
		c := proxied(t, proxy)
		c.transport.TLSClientConfig = nil
		_, err := get(t, c, site)
		expectProxyError(t, err, proxy, "there is no trusted TLS connection to the proxy", false)
	})
	t.Run("silent", func(t *testing.T) {
		proxy, _ := url.Parse(serveRaw(t, func(c net.Conn) { c.Read(make([]byte, 1)) }))
		c := New(Options{UserAgent: "inndx/test", Proxy: proxy, Timeout: 100 * time.Millisecond, AllowPrivate: true})
		t.Cleanup(c.Close)
		if _, err := get(t, c, site); reason(err) != Timeout {
			t.Errorf("got %v", err)
		}
	})
}

func expectProxyError(t *testing.T, err error, proxy *url.URL, detail string, retryable bool) {
	t.Helper()
	e := (*Error)(nil)
	if !errors.As(err, &e) || e.Reason != Proxy || e.Detail() != detail || e.Retryable != retryable {
		t.Fatalf("got %v (%+v), want %s, retryable %v", err, e, detail, retryable)
	}
	for _, hidden := range []string{"hidden", proxyUser, proxy.Hostname(), proxy.Port()} {
		if text := fmt.Sprintf("%v %+v", err, e.Err); strings.Contains(text, hidden) {
			t.Errorf("the error has %s: %s", hidden, text)
		}
	}
}
