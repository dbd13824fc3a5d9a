package weburl

import "bytes"

// The classes of bytes, one bit each.
const (
	inPath    = 1 << iota // not percent-encoded in a path
	inQuery               // not percent-encoded in a query
	inScheme              // allowed in a scheme
	inHost                // allowed in a host name
	inPattern             // not percent-encoded in a pattern for paths and queries
	bare                  // unreserved (RFC 3986, section 2.3): never percent-encoded

	keepPercent // a mode of appendEncoded, not a class: keeps percent signs that begin no escape
)

// class has the classes of each byte. Paths and queries contain what RFC 3986 allows: pchar and
// "/", and "?" in queries. Apostrophes are encoded in queries, as browsers do: they are in the
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

// appendPath appends p to dst[start:], the beginning of the path, and removes dot segments. It adds
// a slash to a path that does not begin with one.
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

// appendEncoded appends b with its percent-encoding normalised: bytes outside of the class are
// encoded, and escapes of unreserved bytes are decoded. A percent sign that begins no escape is
// encoded, because it could become the beginning of one when bytes after it are decoded. With
// inPath, backslashes become slashes.
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
			if i+1 < len(b) && isHex(b[i+1]) { // a cut escape: URLs have upper-case digits
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

// removeDots removes the segments "." and ".." from the path b[start:] in place (RFC 3986, section
// 5.2.4).
func removeDots(b []byte, start int) []byte {
	w := start // b[start:w] is the result for b[start:r]
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

// EncodePattern normalises the percent-encoding of a pattern for paths and queries, such as a rule
// of robots.txt, as Parse does for URLs. An encoded * or $ stays encoded, so it differs from one
// with a special meaning. Apostrophes and their escapes are not changed, because normalised paths
// have apostrophes and normalised queries have escapes.
//
// The results differ in percent signs that begin no escape. Encoded has them encoded, as URLs have.
// Cut keeps them, so that they match the beginnings of escapes.
func EncodePattern(pattern string) (encoded, cut string) {
	return string(appendEncoded(nil, []byte(pattern), inPattern)),
		string(appendEncoded(nil, []byte(pattern), inPattern|keepPercent))
}

// isPlainPath reports whether ref is an absolute path that is normalised already. It may report
// false for such a path.
func isPlainPath(ref []byte) bool {
	if len(ref) == 0 || len(ref) > MaxLength || ref[0] != '/' || len(ref) > 1 && ref[1] == '/' {
		return false
	}
	before := byte(0)
	for _, c := range ref {
		if class[c]&inPath == 0 || c == '.' && before == '/' {
			return false
		}
		before = c
	}
	return true
}
