package fetch

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/inndx/runs/internal/lru"
	"github.com/inndx/runs/internal/weburl"
)

// A proxy connects to hosts in place of the client, so the dialer's check of addresses sees the
// address of the proxy only. That must be public like any other. The host of each URL is resolved
// here too, and refused unless all of its addresses are public. The proxy may resolve it to another
// address, or itself be in a network that it should not open to others: neither can be seen from
// here.

// The bounds of the hosts whose check is remembered, since each request is checked.
const (
	checkMaxAge = 30 * time.Second
	maxChecked  = 4096
)

var (
	errProxyInward  = errors.New("the address of the proxy is not public")
	errProxyPort    = errors.New("the port of the proxy belongs to a service that is not a proxy")
	errProxyRefuses = errors.New("the proxy refused the user name and password, or wants them")
)

// A checkedHost is a host that may be fetched through the proxy until a time.
type checkedHost struct{ until time.Time }

// useProxy makes the client send all requests through the proxy.
func (c *Client) useProxy(proxy *url.URL) {
	c.transport.Proxy = http.ProxyURL(proxy)
	c.transport.OnProxyConnectResponse = checkConnect
	c.checked = lru.New[string](lru.Bounds{Entries: maxChecked}, func(checkedHost) int { return 0 })
	if proxy.Scheme == "https" {
		// The transport would offer HTTP/2 to the proxy, but speaks HTTP/1.1 with it.
		c.transport.DialTLSContext = c.dialProxy
	}
}

// dialProxy connects to a proxy by TLS.
func (c *Client) dialProxy(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := c.dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	cfg := &tls.Config{}
	if c.transport.TLSClientConfig != nil {
		cfg = c.transport.TLSClientConfig.Clone()
	}
	cfg.NextProtos = []string{"http/1.1"}
	cfg.ServerName, _, _ = net.SplitHostPort(address)
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	secure := tls.Client(conn, cfg)
	if err := secure.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, err
	}
	return secure, nil
}

// checkProxied refuses what the dialer would refuse if there were no proxy: see above.
func (c *Client) checkProxied(ctx context.Context, u weburl.URL) error {
	if c.opts.Proxy == nil || c.opts.AllowPrivate {
		return nil
	}
	if blockedPorts[c.opts.Proxy.Port()] {
		return &Error{Reason: AddressRefused, Err: errProxyPort}
	}
	host := u.Hostname()
	if checked, ok := c.checked.Get(host); ok && time.Now().Before(checked.until) {
		return nil
	}
	addrs := []netip.Addr{}
	if a, err := netip.ParseAddr(host); err == nil {
		addrs = append(addrs, a)
	} else if addrs, err = c.dialer.Resolver.LookupNetIP(ctx, "ip", host); err != nil {
		return err
	}
	for _, a := range addrs {
		if !isPublic(a) {
			return &refusedError{a.Unmap()}
		}
	}
	c.checked.Put(host, checkedHost{time.Now().Add(checkMaxAge)})
	return nil
}

// checkConnect refuses a response to CONNECT that is not 200. A proxy that cannot reach the host
// responds with a 5xx.
func checkConnect(_ context.Context, _ *url.URL, _ *http.Request, res *http.Response) error {
	switch {
	case res.StatusCode == http.StatusOK:
		return nil
	case res.StatusCode == http.StatusProxyAuthRequired:
		return &Error{Reason: Proxy, Err: errProxyRefuses}
	}
	return &Error{
		Reason: Proxy, Retryable: res.StatusCode >= 500,
		Err: fmt.Errorf("the proxy responded with the status %03d", res.StatusCode),
	}
}

// checkForwarded refuses a response of the proxy itself to a request that it should have forwarded.
func (c *Client) checkForwarded(u weburl.URL, status int) error {
	if p := c.opts.Proxy; p != nil && p.Scheme != "socks5" && u.Scheme() == "http" && status == http.StatusProxyAuthRequired {
		return &Error{Reason: Proxy, Err: errProxyRefuses}
	}
	return nil
}

// proxyFailure returns err, or an error that takes its place if err is about the proxy. The URL of
// a proxy may be a secret, so the error has neither its host nor its address.
func (c *Client) proxyFailure(err error) error {
	op := (*net.OpError)(nil)
	if c.opts.Proxy == nil || !errors.As(err, &op) {
		return err
	}
	e := &Error{Reason: Proxy, Retryable: true}
	switch op.Op {
	case "proxyconnect": // the names are those of net/http
		reason, retry := reasonOf(op.Err)
		switch reason {
		case AddressRefused:
			e.Reason, e.Retryable, e.Err = AddressRefused, false, errProxyInward
		case DNS:
			e.Retryable, e.Err = retry, errors.New("the address of the proxy could not be resolved")
		case TLS:
			e.Retryable, e.Err = retry, errors.New("there is no trusted TLS connection to the proxy")
		default:
			e.Err = errors.New("the proxy could not be connected to")
		}
	case "socks connect":
		switch text := op.Err.Error(); {
		case strings.Contains(text, "authentication"):
			e.Retryable, e.Err = false, errProxyRefuses
		case strings.Contains(text, "not allowed by ruleset"):
			e.Retryable, e.Err = false, errors.New("the proxy does not allow the connection")
		default:
			e.Err = errors.New("the proxy could not connect to the host")
		}
	default:
		return err
	}
	return e
}
