package fetch

import (
	"context"
	"errors"
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
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/inndx/runs/internal/weburl"
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

// inward are the ways in which people try to turn a crawler against its own network.
var inward = []string{
	// this machine
	"http://127.0.0.1/", "http://127.0.0.1:8022/v1/runs", "http://127.1/", "http://127.0.1/", "http://127.255.255.254/",
	"http://2130706433/", "http://017700000001/", "http://0x7f000001/", "http://0x7f.1/", "http://0177.0.0.1/",
	"http://0x7F.0x00.0x00.0x01/", "http://127.0.0.1./", "http://1%32%37.0.0.1/", "http://１２７.０.０.１/",
	"http://①②⑦.⓪.⓪.①/", "http://127。0。0。1/", "http://0/", "http://0.0.0.0/", "http://0x0/",
	"http://localhost/", "http://LOCALHOST/", "http://localhost./", "http://loc%61lhost/", "http://ⓛocalhost/",
	"http:\\\\127.0.0.1\\", "https:127.0.0.1", "\thttp://127.0.\n0.1/", "https://127.0.0.1/", "//127.0.0.1/",
	"http://[::1]/", "http://[::]/", "http://[0:0:0:0:0:0:0:1]/", "http://[0000::1]:8022/",
	"http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/", "http://[::127.0.0.1]/", "http://[::ffff:0:127.0.0.1]/",
	"http://[64:ff9b::127.0.0.1]/", "http://[64:ff9b::7f00:1]/", "http://[64:ff9b:1::7f00:1]/",
	"http://[2002:7f00:1::]/", "http://[2001:0:7f00:1::]/",
	// cloud metadata
	"http://169.254.169.254/latest/meta-data/", "http://2852039166/", "http://0xa9fea9fe/", "http://0251.0376.0251.0376/",
	"http://0xa9.254.0251.254/", "http://169.254.43518/", "http://169.254.170.2/v2/credentials", "http://[::ffff:169.254.169.254]/",
	"http://[fd00:ec2::254]/", "http://[fd00:ec2::23]/", "http://[64:ff9b::a9fe:a9fe]/", "http://[2002:a9fe:a9fe::1]/",
	"http://[::a9fe:a9fe]/", "http://100.100.100.200/", "http://192.0.0.192/", "http://168.63.129.16/",
	// the network around
	"http://10.0.0.1/", "http://10.1/", "http://172.16.0.1/", "http://172.31.255.255/", "http://192.168.1.1/", "http://192.168.257/",
	"http://100.64.0.1/", "http://198.18.0.1/", "http://224.0.0.1/", "http://239.255.255.250:1900/", "http://255.255.255.255/",
	"http://240.0.0.1/", "http://192.0.2.1/", "http://[fe80::1]/", "http://[fec0::1]/", "http://[fc00::1]/", "http://[ff02::1]/",
	// other services of public machines
	"http://8.8.8.8:53/", "http://8.8.8.8:25/", "http://8.8.8.8:22/", "http://8.8.8.8:6667/",
	// names, as the test's name server has them
	"http://private.test/", "http://metadata.test/", "http://loopback.test/", "http://mapped.test/", "http://ula.test/",
	"http://alias.test/", "http://both.test/", "http://127.0.0.1.test/", "http://nat64.test/",
}

func TestInwardIsRefused(t *testing.T) {
	c := New(Options{UserAgent: "inndx/test"})
	defer c.Close()
	c.dialer.Resolver = newNameServer(t, map[string][]string{
		"private.test.": {"10.0.0.1"}, "metadata.test.": {"169.254.169.254"}, "loopback.test.": {"127.0.0.1", "::1"},
		"mapped.test.": {"::ffff:127.0.0.1"}, "ula.test.": {"fd00:ec2::254"}, "alias.test.": {"127.0.0.1"},
		"both.test.": {"192.168.0.1", "fe80::1"}, "127.0.0.1.test.": {"127.0.0.1"}, "nat64.test.": {"64:ff9b::7f00:1"},
		"localhost.": {"127.0.0.1"},
	}).resolver()
	base := mustParse(t, "http://example.com/")
	for _, raw := range inward {
		u, err := base.Resolve(raw)
		if err != nil {
			t.Errorf("%s is no URL: %v", raw, err)
			continue
		}
		res, err := c.Get(t.Context(), u)
		if e := (*Error)(nil); !errors.As(err, &e) || e.Reason != AddressRefused || e.Retryable {
			t.Errorf("%s gives %v, %v; want it refused", raw, res, err)
		}
	}
	if len(inward) < 40 {
		t.Errorf("only %d ways were tried", len(inward))
	}
}

// What is no URL of a web page never reaches the client.
func TestInwardIsNoURL(t *testing.T) {
	base := mustParse(t, "http://example.com/")
	for _, raw := range []string{
		"file:///etc/passwd", "gopher://127.0.0.1:6379/_FLUSHALL", "dict://127.0.0.1:11211/", "ftp://127.0.0.1/",
		"ldap://127.0.0.1/", "jar:http://127.0.0.1!/", "unix:/var/run/docker.sock", "http+unix://%2Fvar%2Frun%2Fdocker.sock/",
		"http://example.com@127.0.0.1/", "http://127.0.0.1@example.com/", "http://[::1%25lo]/", "http://[127.0.0.1]/",
		"http://256.0.0.1/", "http://127.0.0.0x100/", "http://0x100000000/", "http://127.0.0.1%00.example.com/",
		"http://127.0.0.1%2f.example.com/", "http://127.0.0.1 .example.com/", "http://localhost:0/", "http://localhost:99999/",
	} {
		if u, err := base.Resolve(raw); err == nil {
			t.Errorf("%q is the URL %s", raw, u)
		}
	}
}

// A name that has a public address when it is looked at, and a private one when it is
// connected to, gains nothing.
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

	// The first connection is let through, as if its address were public.
	c.dialer.ControlContext = nil
	res, err := c.Get(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	res.Close()
	c.transport.CloseIdleConnections()
	c.dialer.ControlContext = checkConnection
	if _, err := c.Get(t.Context(), u); reason(err) != AddressRefused {
		t.Errorf("the second connection gives %v", err)
	}
	if hits.Load() != 1 {
		t.Errorf("the server had %d requests, want 1", hits.Load())
	}
}

// A host with several addresses is connected to at those that are public alone.
func TestMixedAddresses(t *testing.T) {
	hits := atomic.Int32{}
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer srv.Close()
	c := New(Options{UserAgent: "inndx/test"})
	defer c.Close()
	_, port, _ := net.SplitHostPort(srv.Listener.Addr().String())
	c.dialer.Resolver = newNameServer(t, map[string][]string{"mixed.test.": {"10.0.0.1", "127.0.0.1"}}).resolver()
	var tried sync.Map
	c.dialer.ControlContext = func(ctx context.Context, network, address string, rc syscall.RawConn) error {
		tried.Store(address, true)
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
	if _, ok := tried.Load("127.0.0.1:" + port); !ok || hits.Load() != 1 {
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
		if reason(err) != RobotsUnavailable || !strings.Contains(err.Error(), "not public") || rules.Allowed(mustParse(t, public.URL)) {
			t.Errorf("a redirect to %s gives %v", target, err)
		}
		c.Close()
		public.Close()
	}
	if inner.Load() != 0 {
		t.Error("the private server was reached")
	}
}

// A proxy would connect to addresses that nobody checks. The environment is read once a
// process, so the test needs one of its own.
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

// A nameServer answers for the names it has, and says of others that they do not exist.
type nameServer struct {
	conn  net.PacketConn
	names map[string][]string
}

func newNameServer(t *testing.T, names map[string][]string) *nameServer {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &nameServer{conn, names}
	done := make(chan struct{})
	go func() { defer close(done); s.serve() }()
	t.Cleanup(func() { conn.Close(); <-done })
	return s
}

func (s *nameServer) resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		d := net.Dialer{Timeout: 5 * time.Second}
		return d.DialContext(ctx, "udp", s.conn.LocalAddr().String())
	}}
}

func (s *nameServer) serve() {
	buf := make([]byte, 1500)
	for {
		n, from, err := s.conn.ReadFrom(buf)
		if err != nil {
			return
		}
		var m dnsmessage.Message
		if m.Unpack(buf[:n]) != nil || len(m.Questions) != 1 {
			continue
		}
		answer, err := s.answer(m)
		if err == nil {
			s.conn.WriteTo(answer, from)
		}
	}
}

func (s *nameServer) answer(m dnsmessage.Message) ([]byte, error) {
	q := m.Questions[0]
	m.Response, m.Authoritative, m.RecursionAvailable, m.Additionals = true, true, true, nil
	addrs, ok := s.names[strings.ToLower(q.Name.String())]
	if !ok {
		m.RCode = dnsmessage.RCodeNameError
	}
	head := dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, TTL: 0}
	for _, a := range addrs {
		addr := netip.MustParseAddr(a)
		switch {
		case q.Type == dnsmessage.TypeA && addr.Is4():
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.AResource{A: addr.As4()}})
		case q.Type == dnsmessage.TypeAAAA && addr.Is6():
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.AAAAResource{AAAA: addr.As16()}})
		}
	}
	return m.Pack()
}

func mustParse(t *testing.T, raw string) weburl.URL {
	t.Helper()
	u, err := weburl.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// reason returns the Reason of an error, empty when it is none of this package.
func reason(err error) Reason {
	if e := (*Error)(nil); errors.As(err, &e) {
		return e.Reason
	}
	return ""
}
