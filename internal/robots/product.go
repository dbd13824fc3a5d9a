package robots

import (
	"regexp"
	"strings"
)

// Product returns the product token of a user agent in lower case. A robots.txt names a crawler by
// this token. It is the longest beginning that consists of the characters of a token (RFC 9309,
// section 2.2.1), such as "inndx" of "inndx/0.1 (+https://example.com/bot)". Unlike in RFC 9309,
// digits and dots are allowed, because names of crawlers contain them.
//
// If a user agent begins like that of a browser, the token is the first product after the word
// "compatible", or else the first product that browsers do not have. It is "mybot" of
// "Mozilla/5.0 (compatible; MyBot/1.0)".
func Product(userAgent string) string {
	first := token(userAgent)
	if first != "mozilla" {
		return first
	}
	if m := compatible.FindStringSubmatch(userAgent); m != nil && !ofBrowsers[token(m[1])] {
		return token(m[1])
	}
	for _, m := range products.FindAllStringSubmatch(userAgent, -1) {
		if !ofBrowsers[token(m[1])] {
			return token(m[1])
		}
	}
	return first
}

var (
	// compatible finds the product after the word "compatible". It skips platforms, which contain a
	// space, such as "Linux x86_64".
	compatible = regexp.MustCompile(`(?i)\bcompatible; *(?:[^;()/]* [^;()/]*; *)*([-.\w]+) *(?:[/;)]|$)`)
	products   = regexp.MustCompile(`(?:^|[ (;])([-.\w]+)/`)
)

// ofBrowsers are the products in the user agents of browsers.
var ofBrowsers = map[string]bool{
	"mozilla": true, "applewebkit": true, "gecko": true, "chrome": true, "chromium": true, "headlesschrome": true,
	"crios": true, "safari": true, "version": true, "mobile": true, "firefox": true, "fxios": true, "edg": true,
	"edge": true, "edga": true, "edgios": true, "opr": true, "opera": true, "presto": true, "trident": true,
	"samsungbrowser": true, "vivaldi": true, "build": true,
}

// token returns the token at the beginning of s, in lower case.
func token(s string) string {
	end := 0
	for end < len(s) && isTokenByte(s[end]) {
		end++
	}
	return strings.ToLower(s[:end])
}

func isTokenByte(c byte) bool {
	return c == '-' || c == '_' || c == '.' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}
