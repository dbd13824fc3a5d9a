package fetch

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
)

func TestIsPublic(t *testing.T) {
	for _, s := range []string{
		"1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255",
		"128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.167.255.255",
		"192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255", "::ffff:8.8.8.8",
		"2001:200::1", "2001:4860:4860::8888", "2606:4700:4700::1111", "2a00:1450::1", "3ffe::1",
	} {
		if !isPublic(netip.MustParseAddr(s)) {
			t.Errorf("%s is not public", s)
		}
	}
	for _, s := range []string{
		"0.0.0.0", "0.1.2.3", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255", "127.0.0.1", "127.255.255.255",
		"169.254.0.1", "169.254.169.254", "169.254.170.2", "172.16.0.0", "172.31.255.255", "192.0.0.1", "192.0.0.170",
		"192.0.2.1", "192.88.99.1", "192.168.0.0", "192.168.255.255", "198.18.0.0", "198.19.255.255", "198.51.100.1",
		"203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "168.63.129.16",
		"::", "::1", "::8.8.8.8", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:0:127.0.0.1", "64:ff9b::8.8.8.8",
		"64:ff9b:1::1", "100::1", "2001::1", "2001:10::1", "2001:db8::1", "2002:7f00:1::", "3fff::1", "4000::1",
		"5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "2606:4700::1%eth0",
	} {
		if isPublic(netip.MustParseAddr(s)) {
			t.Errorf("%s is public", s)
		}
	}
}

// A name that resolves to a public address first and to a private one later is refused.
func TestRebinding(t *testing.T) {
	hits := atomic.Int32{}
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer srv.Close()
	names := newNameServer(t, map[string][]string{"rebind.test.": {"127.0.0.1"}})
	c := New(Options{UserAgent: "inndx/test"})
	defer c.Close()
	c.dialer.Resolver = names.resolver()
	_, port, _ := net.SplitHostPort(srv.Listener.Addr().String())
	u := mustParse(t, "http://rebind.test:"+port+"/")

	// The first connection is allowed, as if its address were public.
	c.dialer.ControlContext = nil
	res, err := c.Get(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	res.Close()
	c.transport.CloseIdleConnections()
	c.dialer.ControlContext = checkConnection
	if _, err := c.Get(t.Context(), u); reason(err) != AddressRefused {
		t.Errorf("the second connection gives the error %v", err)
	}
	if hits.Load() != 1 {
		t.Errorf("the server had %d requests, want 1", hits.Load())
	}
}

// The client connects only to the public addresses of a host.
func TestMixedAddresses(t *testing.T) {
	hits := atomic.Int32{}
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer srv.Close()
	c := New(Options{UserAgent: "inndx/test"})
	defer c.Close()
	_, port, _ := net.SplitHostPort(srv.Listener.Addr().String())
	c.dialer.Resolver = newNameServer(t, map[string][]string{"mixed.test.": {"10.0.0.1", "127.0.0.1"}}).resolver()
	var attempted sync.Map
	c.dialer.ControlContext = func(ctx context.Context, network, address string, rc syscall.RawConn) error {
		attempted.Store(address, true)
		if strings.HasPrefix(address, "127.0.0.1:") {
			return nil // stands for a public address
		}
		return checkConnection(ctx, network, address, rc)
	}
	res, err := c.Get(t.Context(), mustParse(t, "http://mixed.test:"+port+"/"))
	if err != nil {
		t.Fatal(err)
	}
	res.Close()
	if _, ok := attempted.Load("127.0.0.1:" + port); !ok || hits.Load() != 1 {
		t.Errorf("the public address had %d requests", hits.Load())
	}
}

func TestRobotsRedirectInward(t *testing.T) {
	inner := atomic.Int32{}
	private := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { inner.Add(1) }))
	defer private.Close()
	for _, target := range []string{private.URL, "http://169.254.169.254/latest/", "http://[fd00:ec2::254]/", "//2852039166/"} {
		public := httptest.NewServer(http.RedirectHandler(target, http.StatusFound))
		c := New(Options{UserAgent: "inndx/test"})
		addr := public.Listener.Addr().String()
		c.dialer.ControlContext = func(ctx context.Context, network, address string, rc syscall.RawConn) error {
			if address == addr {
				return nil // stands for a public address
			}
			return checkConnection(ctx, network, address, rc)
		}
		rules, err := c.Robots(t.Context(), mustParse(t, public.URL))
		if reason(err) != AddressRefused || !strings.Contains(err.Error(), "not public") || rules.Allowed(mustParse(t, public.URL)) {
			t.Errorf("a redirect to %s gives the error %v", target, err)
		}
		c.Close()
		public.Close()
	}
	if inner.Load() != 0 {
		t.Error("the private server was reached")
	}
}

// A proxy would connect to unchecked addresses. Package net/http reads the environment once in a
// process, so the test runs itself in another process.
func TestEnvironmentProxyIsIgnored(t *testing.T) {
	hits := atomic.Int32{}
	proxy := serve(t, func(http.ResponseWriter, *http.Request) { hits.Add(1) })
	if os.Getenv("HTTP_PROXY") == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestEnvironmentProxyIsIgnored$")
		cmd.Env = append(os.Environ(), "HTTP_PROXY="+proxy.URL)
		if out, err := cmd.CombinedOutput(); err != nil || hits.Load() != 0 {
			t.Errorf("the proxy had %d requests: %v\n%s", hits.Load(), err, out)
		}
		return
	}
	c := newTestClient(t, Options{})
	c.dialer.Resolver = newNameServer(t, map[string][]string{"a.test.": {"127.0.0.1"}}).resolver()
	_, port, _ := net.SplitHostPort(serve(t, func(http.ResponseWriter, *http.Request) {}).Listener.Addr().String())
	if _, err := get(t, c, "http://a.test:"+port+"/"); err != nil {
		t.Error(err)
	}
}
