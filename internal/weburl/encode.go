package weburl

import "bytes"

// The classes of bytes, one bit each.
const (
	inPath    = 1 << iota // stands in a path as it is
	inQuery               // stands in a query as it is
	inScheme              // may be part of a scheme
	inHost                // stands in a host name as it is
	inPattern             // stands in a pattern for both path and query as it is
	bare                  // unreserved (RFC 3986, section 2.3): never percent-encoded

	keepPercent // a mode of appendEncoded, not a class: percent signs that do not begin an escape stay
)

// class says what each byte may be. Paths and queries have what RFC 3986 allows them: pchar
// and "/", and queries "?". A query has no apostrophe, as browsers encode it there: it is in the
// special-query percent-encode set of the WHATWG URL standard.
var class = func() (t [256]byte) {
	set := func(chars string, bits byte) {
		for _, c := range []byte(chars) {
			t[c] |= bits
		}
	}
	set("abcdefghijklmnopqrstuvwxyz0123456789", inPath|inQuery|inPattern|inScheme|inHost|bare)
	set("ABCDEFGHIJKLMNOPQRSTUVWXYZ", inPath|inQuery|inPattern|inScheme|bare)
	set("-._~", inPath|inQuery|inPattern|bare)
	set("!$&()*+,;=:@/", inPath|inQuery|inPattern)
	set("'", inPath|inPattern)
	set("?", inQuery|inPattern)
	set("+-.", inScheme)
	set("-._", inHost)
	return t
}()

// appendPath appends p to dst[start:], the part of the path that is there already, and
// removes dot segments. A path that does not begin with a slash is given one.
func appendPath(dst []byte, start int, p []byte) []byte {
	if len(dst) == start && (len(p) == 0 || !isSlash(p[0])) {
		dst = append(dst, '/')
	}
	from := len(dst)
	dst = appendEncoded(dst, p, inPath)
	if bytes.Contains(dst[max(start, from-1):], []byte("/.")) {
		dst = removeDots(dst, start)
	}
	return dst
}

// appendEncoded appends b with its percent-encoding normalised: bytes that are not of the
// class are encoded, unreserved ones are decoded. A percent sign that begins no encoded
// byte is encoded itself, as it could else become the beginning of one. In a path, which
// inPath means, backslashes become slashes.
func appendEncoded(dst, b []byte, as byte) []byte {
	plain := 0
	for plain < len(b) && class[b[plain]]&as != 0 {
		plain++
	}
	dst = append(dst, b[:plain]...)
	for i := plain; i < len(b); i++ {
		c := b[i]
		switch {
		case class[c]&as != 0:
			dst = append(dst, c)
		case c == '\\' && as == inPath:
			dst = append(dst, '/')
		case c == '%' && i+2 < len(b) && isHex(b[i+1]) && isHex(b[i+2]):
			c = unhex(b[i+1])<<4 | unhex(b[i+2])
			i += 2
			if class[c]&bare != 0 {
				dst = append(dst, c)
				break
			}
			dst = appendEscape(dst, c)
		case c == '%' && as&keepPercent != 0:
			dst = append(dst, c)
			if i+1 < len(b) && isHex(b[i+1]) { // of an escape that is cut: URLs have upper-case digits
				i++
				dst = append(dst, bytes.ToUpper(b[i:i+1])...)
			}
		default:
			dst = appendEscape(dst, c)
		}
	}
	return dst
}

func appendEscape(dst []byte, c byte) []byte {
	const digits = "0123456789ABCDEF"
	return append(dst, '%', digits[c>>4], digits[c&15])
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f'
}

func unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}

// removeDots removes the segments "." and ".." from the path b[start:] in place, as RFC
// 3986, section 5.2.4, says.
func removeDots(b []byte, start int) []byte {
	w := start // b[start:w] is what the path up to r has become
	for r := start; r < len(b); {
		end := r + 1
		for end < len(b) && b[end] != '/' {
			end++
		}
		segment := string(b[r+1 : end])
		switch segment {
		case "..":
			for w > start && b[w-1] != '/' {
				w--
			}
			w = max(start, w-1)
			fallthrough
		case ".":
			if end == len(b) {
				b[w] = '/'
				w++
			}
		default:
			w += copy(b[w:], b[r:end])
		}
		r = end
	}
	return b[:w]
}

// EncodePattern normalises the percent-encoding of a pattern for paths and queries, such as
// a rule of robots.txt, as that of URLs is. An encoded * or $ stays encoded and so differs
// from one that means something. An apostrophe and its escape stay as written, because paths have
// the one and queries the other.
//
// The two patterns differ in percent signs that do not begin an escape. They are encoded in the
// first pattern, as in URLs. They stay in the second one, to match escapes that the pattern cuts.
func EncodePattern(pattern string) (encoded, cut string) {
	return string(appendEncoded(nil, []byte(pattern), inPattern)),
		string(appendEncoded(nil, []byte(pattern), inPattern|keepPercent))
}
