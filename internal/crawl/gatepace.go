package crawl

import (
	"net/netip"
	"strings"
	"time"
)

// A pace is how a run fetches from a host.
type pace struct {
	delay      time.Duration // between two fetches
	crawlDelay bool          // delay is the host's own Crawl-delay, not the run's configuration
	perHost    int           // fetches in flight at a time
	product    string        // see waiter; the gate sets it
}

// spacing returns the time between a fetch of one run and the next fetch of another. A Crawl-delay
// is the host's rule. It holds for every run that is active on the host, except between runs that
// obey robots.txt under different products, for which the host may have different rules. A
// configured delay is the run's own. Between two runs the smaller one holds: the host is fetched
// from as often as the faster run alone would, and no tenant can slow another one down by its
// configuration.
func spacing(a, b pace) time.Duration {
	d := min(a.delay, b.delay)
	if a.product != b.product && a.product != "" && b.product != "" {
		return d
	}
	if a.crawlDelay {
		d = max(d, a.delay)
	}
	if b.crawlDelay {
		d = max(d, b.delay)
	}
	return d
}

// serverOf returns one name for all spellings of a host and port that reach the same server: without
// the dot that ends a complete domain name (RFC 1034, section 3.1), and with an IPv4 address in place
// of the IPv6 address that stands for it (RFC 4291, section 2.5.5.2). http and https share a host,
// whose name has no default port. Other ports are other servers: a robots.txt holds for one port (RFC
// 9309, section 2.3).
func serverOf(host string) string {
	name, port := host, ""
	if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') {
		name, port = host[:i], host[i:]
	}
	if strings.HasPrefix(name, "[") {
		if addr, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil && addr.Is4In6() {
			return addr.Unmap().String() + port
		}
		return host
	}
	if !strings.HasSuffix(name, ".") {
		return host
	}
	return strings.TrimSuffix(name, ".") + port
}
