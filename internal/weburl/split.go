package weburl

import "strings"

// HostOf returns the host of a normalised URL, as URL.Host does. Unlike Parse it checks nothing, so
// it serves URLs that were normalised before, such as those of a log. It returns an empty host for
// a text without "://".
func HostOf(url string) string {
	origin, host := splitOrigin(url)
	return url[origin-host : origin]
}

// Split splits a normalised URL into its origin, its path and its query, which has no question
// mark. Unlike Parse it checks nothing. A text that has no path after an origin is an origin with
// the path "/".
func Split(url string) (origin, path, query string) {
	end, _ := splitOrigin(url)
	if end == len(url) {
		return url, "/", ""
	}
	path, query, _ = strings.Cut(url[end:], "?")
	return url[:end], path, query
}

// splitOrigin returns the lengths of a normalised URL's origin and of the host within.
func splitOrigin(url string) (origin, host int) {
	_, rest, _ := strings.Cut(url, "://")
	host = strings.IndexByte(rest, '/')
	if host < 0 {
		host = len(rest)
	}
	return len(url) - len(rest) + host, host
}

// SharedPrefix returns the length of the prefix that two texts share, in bytes. The URLs of a site
// are stored without it.
func SharedPrefix(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}
