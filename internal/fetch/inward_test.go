package fetch

import (
	"errors"
	"net"
	"testing"
)

// inward are URLs that would turn a crawler against its own network. The host names are those of
// the test's DNS server.
var inward = []struct{ name, url string }{
	// this machine, by its IPv4 address
	{"loopback", "http://127.0.0.1/"},
	{"loopback with TLS", "https://127.0.0.1/"},
	{"loopback and the port of a service", "http://127.0.0.1:8022/v1/runs"},
	{"another loopback address", "http://127.255.255.254/"},
	{"short form of two parts", "http://127.1/"},
	{"short form of three parts", "http://127.0.1/"},
	{"decimal", "http://2130706433/"},
	{"octal", "http://017700000001/"},
	{"hexadecimal", "http://0x7f000001/"},
	{"octal parts", "http://0177.0.0.1/"},
	{"octal parts with many zeros", "http://00000177.0.0.01/"},
	{"hexadecimal parts in upper case", "http://0x7F.0x00.0x00.0x01/"},
	{"hexadecimal short form", "http://0x7f.1/"},
	{"decimal, octal and hexadecimal parts", "http://127.00.0x0.1/"},
	{"trailing dot", "http://127.0.0.1./"},
	{"trailing dot and port", "http://127.0.0.1.:8022/"},
	{"percent-encoded digits", "http://1%32%37.0.0.1/"},
	{"percent-encoded dots", "http://127%2E0%2e0%2E1/"},
	{"fullwidth digits and dots", "http://１２７．０．０．１/"},
	{"circled digits", "http://①②⑦.⓪.⓪.①/"},
	{"mathematical digits", "http://𝟏𝟐𝟕.𝟎.𝟎.𝟏/"},
	{"ideographic full stops", "http://127。0。0。1/"},
	{"halfwidth ideographic full stops", "http://127｡0｡0｡1/"},
	{"soft hyphen inside", "http://127.0.0.\u00ad1/"},
	{"backslashes", "http:\\\\127.0.0.1\\"},
	{"no slashes", "https:127.0.0.1"},
	{"many slashes", "http://////127.0.0.1/"},
	{"tab and newline inside", "\thttp://127.0.\n0.1/"},
	{"scheme in mixed case", "hTTp://127.0.0.1/"},
	{"without scheme", "//127.0.0.1/"},
	{"question mark for the path", "http://127.0.0.1?http://example.com/"},
	{"fragment for the path", "http://127.0.0.1#@example.com/"},
	{"backslash before a public name", "http://127.0.0.1\\@example.com/"},
	{"unspecified", "http://0.0.0.0/"},
	{"unspecified as one digit", "http://0/"},
	{"unspecified in hexadecimal", "http://0x0/"},
	{"unspecified as a bare prefix", "http://0x/"},
	{"this network", "http://0.1.2.3/"},
	// this machine, by its name
	{"localhost", "http://localhost/"},
	{"localhost in upper case", "http://LOCALHOST/"},
	{"localhost with a trailing dot", "http://localhost./"},
	{"localhost percent-encoded", "http://loc%61lhost/"},
	{"localhost with a circled letter", "http://ⓛocalhost/"},
	{"localhost with a long s", "http://localhoſt/"},
	{"below localhost", "http://app.localhost/"},
	{"localhost6", "http://ip6-localhost/"},
	// this machine, by its IPv6 address
	{"IPv6 loopback", "http://[::1]/"},
	{"IPv6 loopback in full", "http://[0:0:0:0:0:0:0:1]/"},
	{"IPv6 loopback with zeros and port", "http://[0000::1]:8022/"},
	{"IPv6 unspecified", "http://[::]/"},
	{"IPv4-mapped", "http://[::ffff:127.0.0.1]/"},
	{"IPv4-mapped in hexadecimal", "http://[::ffff:7f00:1]/"},
	{"IPv4-mapped in full", "http://[0:0:0:0:0:FFFF:127.0.0.1]/"},
	{"IPv4-compatible", "http://[::127.0.0.1]/"},
	{"IPv4-translated", "http://[::ffff:0:127.0.0.1]/"},
	{"NAT64", "http://[64:ff9b::127.0.0.1]/"},
	{"NAT64 in hexadecimal", "http://[64:ff9b::7f00:1]/"},
	{"NAT64 of the local network", "http://[64:ff9b:1::7f00:1]/"},
	{"6to4", "http://[2002:7f00:1::]/"},
	{"Teredo", "http://[2001:0:7f00:1::]/"},
	{"Teredo with the address in reverse", "http://[2001:0:4136:e378:8000:63bf:80ff:fffe]/"},
	// metadata of clouds
	{"metadata", "http://169.254.169.254/latest/meta-data/"},
	{"metadata in decimal", "http://2852039166/"},
	{"metadata in hexadecimal", "http://0xa9fea9fe/"},
	{"metadata in octal parts", "http://0251.0376.0251.0376/"},
	{"metadata in mixed parts", "http://0xa9.254.0251.254/"},
	{"metadata in short form", "http://169.254.43518/"},
	{"metadata IPv4-mapped", "http://[::ffff:169.254.169.254]/"},
	{"metadata IPv4-compatible", "http://[::a9fe:a9fe]/"},
	{"metadata by NAT64", "http://[64:ff9b::a9fe:a9fe]/"},
	{"metadata by 6to4", "http://[2002:a9fe:a9fe::1]/"},
	{"metadata of AWS by name", "http://instance-data.ec2.internal/latest/"},
	{"metadata of AWS by IPv6", "http://[fd00:ec2::254]/"},
	{"credentials of AWS containers", "http://169.254.170.2/v2/credentials"},
	{"credentials of AWS pods", "http://169.254.170.23/v1/credentials"},
	{"credentials of AWS pods by IPv6", "http://[fd00:ec2::23]/"},
	{"time of AWS", "http://169.254.169.123/"},
	{"the Lambda runtime", "http://169.254.100.1:9001/2018-06-01/runtime/invocation/next"},
	{"metadata of Google by name", "http://metadata.google.internal/computeMetadata/v1/"},
	{"metadata of Google by short name", "http://metadata/computeMetadata/v1/"},
	{"metadata of Google by IPv6", "http://[fd20:ce::254]/"},
	{"metadata of Azure", "http://169.254.169.254/metadata/instance?api-version=2021-02-01"},
	{"platform of Azure", "http://168.63.129.16/?comp=versions"},
	{"metadata of Alibaba", "http://100.100.100.200/latest/meta-data/"},
	{"metadata of Oracle", "http://192.0.0.192/latest/"},
	{"metadata of OpenStack", "http://169.254.169.254/openstack/latest/meta_data.json"},
	{"metadata of Tencent by name", "http://metadata.tencentyun.com/"},
	// the surrounding network
	{"private, class A", "http://10.0.0.1/"},
	{"private, short form", "http://10.1/"},
	{"private, first of class B", "http://172.16.0.1/"},
	{"private, last of class B", "http://172.31.255.255/"},
	{"private, class C", "http://192.168.1.1/"},
	{"private, short form of class C", "http://192.168.257/"},
	{"carrier-grade NAT", "http://100.64.0.1/"},
	{"benchmarks", "http://198.18.0.1/"},
	{"documentation", "http://192.0.2.1/"},
	{"6to4 relay", "http://192.88.99.1/"},
	{"multicast", "http://224.0.0.1/"},
	{"multicast of UPnP", "http://239.255.255.250:1900/"},
	{"reserved", "http://240.0.0.1/"},
	{"broadcast", "http://255.255.255.255/"},
	{"IPv6 link-local", "http://[fe80::1]/"},
	{"IPv6 site-local", "http://[fec0::1]/"},
	{"IPv6 unique local", "http://[fc00::1]/"},
	{"IPv6 multicast", "http://[ff02::1]/"},
	{"IPv6 discard-only", "http://[100::1]/"},
	{"IPv6 documentation", "http://[2001:db8::1]/"},
	// other services of public machines
	{"DNS", "http://8.8.8.8:53/"},
	{"SMTP", "http://8.8.8.8:25/"},
	{"SMTP with zeros", "http://8.8.8.8:00025/"},
	{"SSH", "http://8.8.8.8:22/"},
	{"IRC", "http://8.8.8.8:6667/"},
	{"NFS", "https://8.8.8.8:2049/"},
	// names of private addresses
	{"name of a private address", "http://private.test/"},
	{"name of metadata", "http://metadata.test/"},
	{"name of loopback, both kinds", "http://loopback.test/"},
	{"name of a mapped address", "http://mapped.test/"},
	{"name of a unique local address", "http://ula.test/"},
	{"name of a NAT64 address", "http://nat64.test/"},
	{"name of several private addresses", "http://both.test/"},
	{"name that is an address", "http://127.0.0.1.test/"},
	{"name that is an alias of localhost", "http://alias.test/"},
	{"name with a hyphenated address", "http://10-0-0-1.test/"},
}

// inwardNames returns a resolver of the host names of inward, of a public one, and of one that has
// both kinds of addresses.
func inwardNames(t *testing.T) *net.Resolver {
	loopback, metadata := []string{"127.0.0.1", "::1"}, []string{"169.254.169.254"}
	return newNameServer(t, map[string][]string{
		"localhost.": loopback, "app.localhost.": loopback, "ip6-localhost.": {"::1"},
		"instance-data.ec2.internal.": metadata, "metadata.google.internal.": metadata, "metadata.": metadata,
		"metadata.tencentyun.com.": {"169.254.0.23"},
		"private.test.":            {"10.0.0.1"}, "metadata.test.": metadata, "loopback.test.": loopback,
		"mapped.test.": {"::ffff:127.0.0.1"}, "ula.test.": {"fd00:ec2::254"}, "alias.test.": {"127.0.0.1"},
		"both.test.": {"192.168.0.1", "fe80::1"}, "127.0.0.1.test.": {"127.0.0.1"}, "nat64.test.": {"64:ff9b::7f00:1"},
		"10-0-0-1.test.": {"10.0.0.1"},
		"public.test.":   {"8.8.8.8"}, "mixed.test.": {"8.8.8.8", "10.0.0.1"},
	}).resolver()
}

func TestInwardIsRefused(t *testing.T) {
	c := New(Options{UserAgent: "inndx/test"})
	defer c.Close()
	c.dialer.Resolver = inwardNames(t)
	base := mustParse(t, "http://example.com/")
	names := map[string]bool{}
	for _, way := range inward {
		names[way.name] = true
		t.Run(way.name, func(t *testing.T) {
			u, err := base.Resolve(way.url)
			if err != nil {
				t.Fatalf("%s is not a URL: %v", way.url, err)
			}
			res, err := c.Get(t.Context(), u)
			if e := (*Error)(nil); !errors.As(err, &e) || e.Reason != AddressRefused || e.Retryable {
				t.Errorf("%s gives %v, %v; want it refused", way.url, res, err)
			}
		})
	}
	if len(names) != len(inward) || len(names) < 40 {
		t.Errorf("%d different names of %d URLs", len(names), len(inward))
	}
}

// References that are not URLs of web pages never reach the client.
func TestInwardIsNotAURL(t *testing.T) {
	base := mustParse(t, "http://example.com/")
	for _, way := range []struct{ name, url string }{
		{"file", "file:///etc/passwd"},
		{"gopher, which can speak to Redis", "gopher://127.0.0.1:6379/_FLUSHALL"},
		{"dict", "dict://127.0.0.1:11211/"},
		{"FTP", "ftp://127.0.0.1/"},
		{"TFTP", "tftp://127.0.0.1/"},
		{"LDAP", "ldap://127.0.0.1/"},
		{"SMB", "smb://127.0.0.1/share"},
		{"SFTP", "sftp://127.0.0.1/"},
		{"WebSocket", "ws://127.0.0.1/"},
		{"jar", "jar:http://127.0.0.1!/"},
		{"netdoc", "netdoc:///etc/passwd"},
		{"PHP wrapper", "php://filter/resource=http://127.0.0.1/"},
		{"view-source", "view-source:http://127.0.0.1/"},
		{"blob", "blob:http://127.0.0.1/1"},
		{"data", "data:text/html,<a href=http://127.0.0.1/>"},
		{"script", "javascript:location='http://127.0.0.1/'"},
		{"socket", "unix:/var/run/docker.sock"},
		{"socket by HTTP", "http+unix://%2Fvar%2Frun%2Fdocker.sock/"},
		{"user name like a host", "http://example.com@127.0.0.1/"},
		{"user name and password", "http://example.com:80@127.0.0.1/"},
		{"two user names", "http://example.com@127.0.0.1@example.com/"},
		{"user name that is the address", "http://127.0.0.1@example.com/"},
		{"empty user name", "http://@127.0.0.1/"},
		{"IPv6 zone", "http://[fe80::1%25eth0]/"},
		{"IPv6 zone of loopback", "http://[::1%25lo]/"},
		{"IPv6 zone not encoded", "http://[fe80::1%eth0]/"},
		{"IPv4 in brackets", "http://[127.0.0.1]/"},
		{"IPv6 in part", "http://[::1/"},
		{"IPv6 without brackets", "http://::1/"},
		{"number too large for a part", "http://256.0.0.1/"},
		{"number too large for the last part", "http://127.0.0.0x100/"},
		{"number too large for an address", "http://0x100000000/"},
		{"five parts", "http://127.0.0.0.1/"},
		{"NUL and a public name", "http://127.0.0.1%00.example.com/"},
		{"slash and a public name", "http://127.0.0.1%2f.example.com/"},
		{"space and a public name", "http://127.0.0.1 .example.com/"},
		{"line break for a second header", "http://127.0.0.1%0d%0aX:y/"},
		{"port 0", "http://localhost:0/"},
		{"port too large", "http://localhost:99999/"},
		{"port that wraps around", "http://localhost:65616/"},
		{"two ports", "http://127.0.0.1:80:80/"},
	} {
		t.Run(way.name, func(t *testing.T) {
			if u, err := base.Resolve(way.url); err == nil {
				t.Errorf("%q is the URL %s", way.url, u)
			}
		})
	}
}

// Names of this machine are refused also if the machine itself resolves them.
func TestRealLocalhostIsRefused(t *testing.T) {
	c := New(Options{UserAgent: "inndx/test"})
	defer c.Close()
	if _, err := c.Get(t.Context(), mustParse(t, "http://localhost/")); reason(err) != AddressRefused {
		t.Errorf("localhost gives the error %v", err)
	}
}
