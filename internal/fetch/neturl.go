package fetch

import (
	"net/url"

	"github.com/inndx/runs/internal/weburl"
)

// netURL returns what url.Parse returns for u. Most URLs need no parsing, because they have no
// query and no character that package net/url would write differently.
func netURL(u weburl.URL) (*url.URL, error) {
	if !isPlainPath(u.RequestURI()) {
		return url.Parse(u.String())
	}
	return &url.URL{Scheme: u.Scheme(), Host: u.Host(), Path: u.Path()}, nil
}

func isPlainPath(path string) bool {
	for _, c := range []byte(path) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case c == '/', c == '-', c == '_', c == '.', c == '~':
		default:
			return false
		}
	}
	return true
}
