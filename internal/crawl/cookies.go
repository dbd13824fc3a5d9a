package crawl

import (
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/inndx/runs/internal/crawllog"
)

// sameExpiry is how far the expiry of a cookie may move before the cookie is recorded again: many
// sites prolong a session with each response.
const sameExpiry = time.Hour

// deletedAt is the expiry of a cookie that is deleted.
var deletedAt = time.Unix(1, 0).UTC()

// newCookieRecord returns the record of a cookie. A path and an expiry that the response leaves out
// or states relative to itself are absolute in the record.
func newCookieRecord(u *url.URL, c *http.Cookie, now time.Time) *crawllog.Cookie {
	r := &crawllog.Cookie{
		Origin: u.Scheme + "://" + u.Host, Domain: strings.ToLower(strings.TrimPrefix(c.Domain, ".")), Path: c.Path,
		Name: c.Name, Value: c.Value, Quoted: c.Quoted, Secure: c.Secure, SetAt: stamp(now),
	}
	if !strings.HasPrefix(r.Path, "/") {
		r.Path = defaultPath(u.Path)
	}
	switch {
	case c.MaxAge < 0:
		r.Expires = deletedAt
	case c.MaxAge > 0:
		const maxAge = 10 * 365 * 24 * time.Hour
		age := maxAge
		if c.MaxAge < int(maxAge/time.Second) {
			age = time.Duration(c.MaxAge) * time.Second
		}
		r.Expires = now.Add(age).UTC().Truncate(time.Second)
	case !c.Expires.IsZero():
		r.Expires = later(deletedAt, c.Expires.UTC().Truncate(time.Second))
	}
	if !utf8.ValidString(r.Path) || !utf8.ValidString(r.Domain) {
		r.Path = ""
	}
	return r
}

// defaultPath returns the path of a cookie that has none, set by a response for a URL with the
// given path (RFC 6265, section 5.1.4).
func defaultPath(path string) string {
	i := strings.LastIndexByte(path, '/')
	if i <= 0 || path[0] != '/' {
		return "/"
	}
	return path[:i]
}

// sameCookie reports whether a cookie that is set again is unchanged.
func sameCookie(a, b *crawllog.Cookie) bool {
	return a.Domain == b.Domain && a.Value == b.Value && a.Quoted == b.Quoted && a.Secure == b.Secure &&
		a.Expires.IsZero() == b.Expires.IsZero() && a.Expires.Sub(b.Expires).Abs() < sameExpiry
}

// cookieSize returns the length of a cookie's texts, in bytes.
func cookieSize(r *crawllog.Cookie) int {
	return len(r.Origin) + len(r.Domain) + len(r.Path) + len(r.Name) + len(r.Value)
}
