// Package weburl parses, resolves and normalises the URLs of pages.
//
// A crawl fetches each URL once, so all spellings of a URL must become one. URLs are read as
// browsers read them (the WHATWG URL standard: backslashes count as slashes, tabs and newlines are
// removed, 0x7f.1 is an IPv4 address). They are then normalised by RFC 3986, section 6.2.2, which
// changes how a URL is written and never what it identifies: percent-encoding has upper-case digits
// and is used only where it is needed. Unlike browsers, the package accepts only http and https,
// refuses credentials, and drops fragments.
package weburl

import (
	"bytes"
	"errors"
	"strings"
)

// MaxLength is the maximum length of a normalised URL in bytes. In practice, longer URLs come from
// crawler traps.
const MaxLength = 2048

// maxRaw bounds the bytes of a reference before it is normalised, which may shorten it.
const maxRaw = 8 * MaxLength

// The reasons why a URL is refused.
var (
	ErrTooLong     = errors.New("the URL is longer than 2048 bytes")
	ErrRelative    = errors.New("the URL is not absolute")
	ErrScheme      = errors.New("the URL's scheme is neither http nor https")
	ErrCredentials = errors.New("the URL contains credentials")
	ErrHost        = errors.New("the URL's host is not valid")
	ErrPort        = errors.New("the URL's port is not between 1 and 65535")
)

// A URL is an absolute, normalised http or https URL. URLs are comparable: two are equal if they
// are written the same. The zero value is not a URL.
type URL struct {
	s       string
	hostEnd uint16 // the index where the path begins
	pathEnd uint16 // the index where the path ends: of the '?' of a query, or len(s)
}

// Parse parses and normalises an absolute URL. The result may share raw's memory.
func Parse(raw string) (URL, error) {
	return URL{}.Resolve(raw)
}

// Resolve parses ref, which may be relative to u, and normalises it. The result may share
// ref's memory or u's.
func (u URL) Resolve(ref string) (URL, error) {
	var in, out [256]byte
	b, hostEnd, pathEnd, err := appendResolved(out[:0], u, append(in[:0], ref...))
	if err != nil {
		return URL{}, err
	}
	if string(b) == ref {
		return URL{ref, uint16(hostEnd), uint16(pathEnd)}, nil
	}
	return URL{string(b), uint16(hostEnd), uint16(pathEnd)}, nil
}

// ResolveBytes is like Resolve, but the result does not share ref's memory.
func (u URL) ResolveBytes(ref []byte) (URL, error) {
	var out [256]byte
	b, hostEnd, pathEnd, err := appendResolved(out[:0], u, ref)
	if err != nil {
		return URL{}, err
	}
	return URL{string(b), uint16(hostEnd), uint16(pathEnd)}, nil
}

// Beginning returns the beginning of a URL that Resolve refuses with ErrTooLong, for people to
// read. It has less than MaxLength bytes and ends in an ellipsis, so it differs from every
// normalised URL. It is empty if ref does not begin like a URL.
func (u URL) Beginning(ref string) string {
	const ellipsis = "…"
	const room = len("%E2%80%A6") // for the ellipsis when the result is parsed
	b, _, _, err := appendResolved(nil, u, []byte(ref[:min(len(ref), maxRaw)]))
	if err != nil && err != ErrTooLong {
		return ""
	}
	return string(b[:min(len(b), MaxLength-room)]) + ellipsis
}

// String returns the normalised URL. It is empty for the zero URL.
func (u URL) String() string { return u.s }

// IsZero reports whether u is the zero URL.
func (u URL) IsZero() bool { return u.s == "" }

// Scheme returns "http" or "https".
func (u URL) Scheme() string {
	if u.s == "" {
		return ""
	}
	return u.s[:u.hostStart()-len("://")]
}

// Host returns the host in lower case, followed by ":" and the port unless the port is the scheme's
// default. An IPv6 address is in brackets.
func (u URL) Host() string {
	if u.s == "" {
		return ""
	}
	return u.s[u.hostStart():u.hostEnd]
}

// Hostname returns the host without the port and without brackets.
func (u URL) Hostname() string {
	h := u.Host()
	if strings.HasPrefix(h, "[") {
		return h[1:strings.IndexByte(h, ']')]
	}
	name, _, _ := strings.Cut(h, ":")
	return name
}

// Port returns the port to connect to, in decimal.
func (u URL) Port() string {
	h := u.Host()
	if i := strings.LastIndexByte(h, ':'); i > strings.LastIndexByte(h, ']') {
		return h[i+1:]
	}
	if u.Scheme() == "https" {
		return "443"
	}
	return "80"
}

// Origin returns the scheme, the host and the port, such as "https://example.com". A robots.txt
// applies to one origin.
func (u URL) Origin() string { return u.s[:u.hostEnd] }

// Path returns the percent-encoded path. It begins with a slash.
func (u URL) Path() string { return u.s[u.hostEnd:u.pathEnd] }

// Query returns the percent-encoded query without the question mark.
func (u URL) Query() string { return strings.TrimPrefix(u.s[u.pathEnd:], "?") }

// WithoutQuery returns the URL without its query.
func (u URL) WithoutQuery() URL { return URL{u.s[:u.pathEnd], u.hostEnd, u.pathEnd} }

// RequestURI returns the percent-encoded path, followed by the question mark and the query if there
// is one.
func (u URL) RequestURI() string { return u.s[u.hostEnd:] }

// hostStart returns the index where the host begins. u must not be zero.
func (u URL) hostStart() int {
	if u.s[len("http")] == 's' {
		return len("https://")
	}
	return len("http://")
}

// appendResolved resolves ref against base and appends the normalised URL to dst, which must be
// empty. It returns the indexes where the host and the path end. With ErrTooLong it returns the
// first MaxLength bytes of the URL.
func appendResolved(dst []byte, base URL, ref []byte) (_ []byte, hostEnd, pathEnd int, err error) {
	if isPlainPath(ref) && !base.IsZero() { // the rest of the function would not change it
		dst = append(append(dst, base.s[:base.hostEnd]...), ref...)
		if len(dst) > MaxLength {
			return dst[:MaxLength], 0, 0, ErrTooLong
		}
		return dst, int(base.hostEnd), len(dst), nil
	}
	ref, err = clean(ref)
	if err != nil {
		return nil, 0, 0, err
	}
	scheme, rest, err := splitScheme(base, ref)
	if err != nil {
		return nil, 0, 0, err
	}
	path, query, hasQuery := rest, []byte(nil), false
	if i := bytes.IndexByte(rest, '?'); i >= 0 {
		path, query, hasQuery = rest[:i], rest[i+1:], true
	}
	switch {
	case scheme != "": // ref has an authority, with or without a scheme
		for len(path) > 0 && isSlash(path[0]) {
			path = path[1:]
		}
		end := 0
		for end < len(path) && !isSlash(path[end]) {
			end++
		}
		dst = append(append(dst, scheme...), "://"...)
		if host := base.Host(); string(path[:end]) == host && host != "" && scheme == base.Scheme() {
			dst = append(dst, host...) // normalised already
		} else if dst, err = appendAuthority(dst, path[:end]); err != nil {
			return nil, 0, 0, err
		}
		hostEnd = len(dst)
		dst = appendPath(dst, hostEnd, path[end:])
	case len(path) == 0 && !hasQuery:
		dst = append(dst, base.s...)
		return dst, int(base.hostEnd), int(base.pathEnd), nil
	case len(path) == 0:
		hostEnd = int(base.hostEnd)
		dst = append(dst, base.s[:base.pathEnd]...)
	case isSlash(path[0]):
		hostEnd = int(base.hostEnd)
		dst = appendPath(append(dst, base.s[:hostEnd]...), hostEnd, path)
	default:
		hostEnd = int(base.hostEnd)
		dir := hostEnd + strings.LastIndexByte(base.Path(), '/') + 1
		dst = appendPath(append(dst, base.s[:dir]...), hostEnd, path)
	}
	pathEnd = len(dst)
	if hasQuery {
		dst = appendEncoded(append(dst, '?'), query, inQuery)
	}
	if len(dst) > MaxLength {
		return dst[:MaxLength], 0, 0, ErrTooLong
	}
	return dst, hostEnd, pathEnd, nil
}

// clean removes what browsers remove before they parse: surrounding control characters and spaces,
// then the fragment, and tabs and newlines anywhere. A space before the fragment stays.
func clean(ref []byte) ([]byte, error) {
	for len(ref) > 0 && ref[0] <= ' ' {
		ref = ref[1:]
	}
	for len(ref) > 0 && ref[len(ref)-1] <= ' ' {
		ref = ref[:len(ref)-1]
	}
	if i := bytes.IndexByte(ref, '#'); i >= 0 {
		ref = ref[:i]
	}
	if len(ref) > maxRaw {
		return nil, ErrTooLong
	}
	if bytes.IndexByte(ref, '\n') < 0 && bytes.IndexByte(ref, '\t') < 0 && bytes.IndexByte(ref, '\r') < 0 {
		return ref, nil
	}
	kept := make([]byte, 0, len(ref))
	for _, c := range ref {
		if c != '\t' && c != '\n' && c != '\r' {
			kept = append(kept, c)
		}
	}
	return kept, nil
}

// splitScheme splits ref after its scheme. The scheme is empty if ref is relative to base's host.
// Like browsers, it treats http:a as relative if the scheme of base is http.
func splitScheme(base URL, ref []byte) (scheme string, rest []byte, err error) {
	i := 0
	for i < len(ref) && class[ref[i]]&inScheme != 0 {
		i++
	}
	switch {
	case i == 0 || i == len(ref) || ref[i] != ':' || !isLetter(ref[0]):
		if base.IsZero() {
			return "", nil, ErrRelative
		}
		if startsAuthority(ref) {
			return base.Scheme(), ref, nil
		}
		return "", ref, nil
	case equalFold(ref[:i], "https"):
		scheme = "https"
	case equalFold(ref[:i], "http"):
		scheme = "http"
	default:
		return "", nil, ErrScheme
	}
	rest = ref[i+1:]
	if scheme == base.Scheme() && !startsAuthority(rest) {
		return "", rest, nil
	}
	return scheme, rest, nil
}

func startsAuthority(b []byte) bool {
	return len(b) >= 2 && isSlash(b[0]) && isSlash(b[1])
}

func isSlash(c byte) bool { return c == '/' || c == '\\' }

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// equalFold reports whether b equals the lower-case word, ignoring ASCII case.
func equalFold(b []byte, word string) bool {
	if len(b) != len(word) {
		return false
	}
	for i, c := range b {
		if c|0x20 != word[i] {
			return false
		}
	}
	return true
}
