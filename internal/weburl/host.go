package weburl

import (
	"bytes"
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// The maximum lengths of a host name in DNS, without a trailing dot, and of a label (RFC 1035,
// section 2.3.4).
const (
	maxName  = 253
	maxLabel = 63
)

// dots separate the labels of a name (UTS 46, section 2.3).
const dots = ".\u3002\uff0e\uff61"

// names converts host names as browsers do: by UTS 46, not transitional, with hyphens anywhere, and
// with checks of joiners and of the Bidi rule (RFC 5893). The ASCII characters of a name are
// checked afterwards.
var names = idna.New(
	idna.MapForLookup(),
	idna.Transitional(false),
	idna.CheckHyphens(false),
	idna.StrictDomainName(false),
	idna.BidiRule(),
	idna.VerifyDNSLength(false),
)

// appendAuthority appends the normalised form of a, the host and port of a URL. dst holds the
// scheme.
func appendAuthority(dst, a []byte) ([]byte, error) {
	if bytes.IndexByte(a, '@') >= 0 {
		return nil, ErrCredentials
	}
	host, port := a, []byte(nil)
	if i := bytes.LastIndexByte(a, ':'); i >= 0 && i > bytes.LastIndexByte(a, ']') {
		host, port = a[:i], a[i+1:]
	}
	https := dst[len("http")] == 's'
	dst, err := appendHost(dst, host)
	if err != nil || len(port) == 0 {
		return dst, err
	}
	for len(port) > 1 && port[0] == '0' {
		port = port[1:]
	}
	n, err := strconv.ParseUint(string(port), 10, 16)
	if err != nil || n == 0 {
		return nil, ErrPort
	}
	if n == 443 && https || n == 80 && !https {
		return dst, nil
	}
	return strconv.AppendUint(append(dst, ':'), n, 10), nil
}

// appendHost appends the normalised form of the host h.
func appendHost(dst, h []byte) ([]byte, error) {
	if isPlainName(h) || isPlainIPv4(h) {
		return append(dst, h...), nil
	}
	if len(h) > 0 && h[0] == '[' {
		return appendIPv6(dst, h)
	}
	name := string(decodeAll(h))
	if !utf8.ValidString(name) || strings.ContainsRune(name, utf8.RuneError) || isOverlong(name) {
		return nil, ErrHost
	}
	given := capitalSharpS.Replace(name)
	name, err := names.ToASCII(given)
	if err != nil || strings.HasSuffix(name, ".") && endsInEmptyPunycode(given) {
		return nil, ErrHost
	}
	if last := lastLabel(name); isNumber(last) {
		return appendIPv4(dst, name)
	}
	if !isName([]byte(name)) {
		return nil, ErrHost
	}
	return append(dst, name...), nil
}

// capitalSharpS maps ẞ to ß, as UTS 46 does since Unicode 15.1. Older tables of package idna map it
// to "ss".
var capitalSharpS = strings.NewReplacer("\u1e9e", "\u00df")

// endsInEmptyPunycode reports whether the last label of a name is "xn--" and no more. Such a name
// is not valid, but package idna turns the label into an empty one, so that the ASCII form of the
// name ends in a dot.
func endsInEmptyPunycode(name string) bool {
	last := name
	for i, r := range name {
		if strings.ContainsRune(dots, r) {
			last = name[i+utf8.RuneLen(r):]
		}
	}
	ascii, err := names.ToASCII("a" + last) // "xn--" has no meaning after a letter
	return err != nil || ascii != "a"
}

// isPlainName reports whether h is a valid name that is normalised already. It may report false for
// such a name.
func isPlainName(h []byte) bool {
	if !isName(h) || bytes.Contains(h, []byte("xn--")) {
		return false
	}
	last := bytes.TrimSuffix(h, []byte("."))
	if i := bytes.LastIndexByte(last, '.'); i >= 0 {
		last = last[i+1:]
	}
	return last[0] > '9' || last[0] < '0' // a number begins with a digit
}

// isPlainIPv4 reports whether h is a normalised IPv4 address. It may report false for one.
func isPlainIPv4(h []byte) bool {
	parts, n := 1, -1 // n is the number so far, -1 before its first digit
	for _, c := range h {
		switch {
		case c == '.' && n >= 0:
			parts, n = parts+1, -1
		case c < '0' || c > '9' || n == 0: // normalised numbers have no leading zeros
			return false
		default:
			if n = 10*max(n, 0) + int(c-'0'); n > 255 {
				return false
			}
		}
	}
	return parts == 4 && n >= 0
}

// isName reports whether h consists of labels of lower-case letters, digits, hyphens and
// underscores, and is not too long for DNS. It may end in a dot.
func isName(h []byte) bool {
	label := 0
	for i, c := range h {
		switch {
		case class[c]&inHost == 0:
			return false
		case c != '.':
			label++
		case label == 0 || label > maxLabel:
			return false
		default:
			label = 0
			if i == len(h)-1 {
				return i <= maxName
			}
		}
	}
	return label > 0 && label <= maxLabel && len(h) <= maxName
}

// isOverlong reports whether a name is too long for DNS before it is converted. The conversion
// removes invisible characters and shortens no name otherwise. It takes quadratic time for a label,
// and pages choose the labels, so the length is checked first.
func isOverlong(name string) bool {
	total, label := 0, 0
	for _, r := range name {
		total++
		label++
		if strings.ContainsRune(dots, r) {
			label = 0
		}
		if label > maxLabel || total > maxName+1 {
			return true
		}
	}
	return false
}

// decodeAll decodes the percent-encoding of a host.
func decodeAll(h []byte) []byte {
	if bytes.IndexByte(h, '%') < 0 {
		return h
	}
	var out []byte
	for i := 0; i < len(h); i++ {
		c := h[i]
		if c == '%' && i+2 < len(h) && isHex(h[i+1]) && isHex(h[i+2]) {
			c = unhex(h[i+1])<<4 | unhex(h[i+2])
			i += 2
		}
		out = append(out, c)
	}
	return out
}

func appendIPv6(dst, h []byte) ([]byte, error) {
	if h[len(h)-1] != ']' {
		return nil, ErrHost
	}
	a, err := netip.ParseAddr(string(h[1 : len(h)-1]))
	if err != nil || !a.Is6() || a.Zone() != "" {
		return nil, ErrHost
	}
	return append(a.AppendTo(append(dst, '[')), ']'), nil
}

// lastLabel returns the last label of a name that may end in a dot.
func lastLabel(name string) string {
	name = strings.TrimSuffix(name, ".")
	return name[strings.LastIndexByte(name, '.')+1:]
}

// isNumber reports whether a label is a number. Browsers read a host whose last label is a number
// as an IPv4 address.
func isNumber(label string) bool {
	if label == "" {
		return false
	}
	if hex, ok := strings.CutPrefix(label, "0x"); ok {
		return strings.Trim(hex, "0123456789abcdef") == ""
	}
	return strings.Trim(label, "0123456789") == ""
}

// appendIPv4 appends the IPv4 address that browsers read in name: one to four numbers, each
// decimal, octal (017) or hexadecimal (0xf). The last number fills the remaining bytes.
func appendIPv4(dst []byte, name string) ([]byte, error) {
	parts := strings.Split(strings.TrimSuffix(name, "."), ".")
	if len(parts) > 4 {
		return nil, ErrHost
	}
	var addr uint64
	for i, part := range parts {
		n, ok := parseNumber(part)
		bits := 8
		if i == len(parts)-1 {
			bits = 8 * (5 - len(parts))
		}
		if !ok || n >= 1<<bits {
			return nil, ErrHost
		}
		addr = addr<<bits | n
	}
	a := netip.AddrFrom4([4]byte{byte(addr >> 24), byte(addr >> 16), byte(addr >> 8), byte(addr)})
	return a.AppendTo(dst), nil
}

// parseNumber parses one number of an IPv4 address. "0x" alone is zero.
func parseNumber(s string) (n uint64, ok bool) {
	base := 10
	switch {
	case strings.HasPrefix(s, "0x"):
		s, base = s[2:], 16
	case len(s) > 1 && s[0] == '0':
		s, base = s[1:], 8
	case s == "":
		return 0, false
	}
	if s == "" {
		return 0, base == 16
	}
	if strings.ContainsAny(s, "+-_") {
		return 0, false
	}
	n, err := strconv.ParseUint(s, base, 64)
	return n, err == nil
}
