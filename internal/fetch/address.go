package fetch

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"syscall"
)

var errBlockedPort = errors.New("the port belongs to a service that is not HTTP")

// A refusedError is the error of a connection to an address that is not public.
type refusedError struct{ addr netip.Addr }

func (e *refusedError) Error() string {
	return fmt.Sprintf("the address %s is not public", e.addr)
}

// checkConnection refuses connections to addresses that are not public. The dialer calls it after
// the lookup, with the address that it connects to, so that no host name, redirect or DNS response
// can bypass the check.
func checkConnection(_ context.Context, network, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("the address %q cannot be checked: %w", address, err)
	}
	if !isPublic(ap.Addr()) {
		return &refusedError{ap.Addr()}
	}
	return nil
}

// isPublic reports whether an address may serve a public web site.
func isPublic(a netip.Addr) bool {
	a = a.Unmap()
	if a.Is4() {
		return !within(a, notPublic4)
	}
	return a.Zone() == "" && globalUnicast.Contains(a) && !within(a, notPublic6)
}

func within(a netip.Addr, blocks []netip.Prefix) bool {
	for _, b := range blocks {
		if b.Contains(a) {
			return true
		}
	}
	return false
}

// globalUnicast contains all IPv6 addresses that IANA has allocated for public use. Addresses
// outside of it are loopback, unspecified, IPv4-compatible, translated (64:ff9b::/96,
// 64:ff9b:1::/48), unique local (such as the metadata service of AWS at fd00:ec2::254), link-local,
// site-local, multicast or unassigned.
var globalUnicast = netip.MustParsePrefix("2000::/3")

// notPublic4 contains the blocks that the IANA IPv4 Special-Purpose Address Registry lists as not
// globally reachable, multicast addresses, and the metadata service of Azure, which has an address
// outside of these blocks.
var notPublic4 = prefixes(
	"0.0.0.0/8",        // this network (RFC 791)
	"10.0.0.0/8",       // private (RFC 1918)
	"100.64.0.0/10",    // carrier-grade NAT (RFC 6598)
	"127.0.0.0/8",      // loopback (RFC 1122)
	"169.254.0.0/16",   // link-local, cloud metadata (RFC 3927)
	"172.16.0.0/12",    // private (RFC 1918)
	"192.0.0.0/24",     // protocol assignments (RFC 6890)
	"192.0.2.0/24",     // documentation (RFC 5737)
	"192.88.99.0/24",   // 6to4 relays (RFC 7526)
	"192.168.0.0/16",   // private (RFC 1918)
	"198.18.0.0/15",    // benchmarks (RFC 2544)
	"198.51.100.0/24",  // documentation (RFC 5737)
	"203.0.113.0/24",   // documentation (RFC 5737)
	"224.0.0.0/4",      // multicast (RFC 5771)
	"240.0.0.0/4",      // reserved (RFC 1112), broadcast (RFC 919)
	"168.63.129.16/32", // Azure's metadata and platform services
)

// notPublic6 contains the blocks of globalUnicast that are not public: addresses that contain an
// IPv4 address, which may be private, and special purposes.
var notPublic6 = prefixes(
	"2001::/23",     // protocol assignments: Teredo, benchmarks, ORCHID (RFC 2928)
	"2001:db8::/32", // documentation (RFC 3849)
	"2002::/16",     // 6to4 (RFC 3056)
	"3fff::/20",     // documentation (RFC 9637)
)

func prefixes(blocks ...string) []netip.Prefix {
	var ps []netip.Prefix
	for _, b := range blocks {
		ps = append(ps, netip.MustParsePrefix(b))
	}
	return ps
}

// blockedPorts are the ports that browsers refuse for HTTP, because the services there may read a
// request as their own protocol (WHATWG Fetch, "port blocking").
var blockedPorts = func() map[string]bool {
	m := map[string]bool{}
	for _, p := range []int{
		1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95,
		101, 102, 103, 104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161,
		179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563,
		587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060,
		5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
	} {
		m[fmt.Sprint(p)] = true
	}
	return m
}()
