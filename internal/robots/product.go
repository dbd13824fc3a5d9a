package robots

import (
	"regexp"
	"strings"
)

// Product returns the product token of a user agent, by which robots.txt calls it, in lower case:
// the beginning as far as a token's characters go (RFC 9309, section 2.2.1), such as "inndx" of
// "inndx/0.1 (+https://example.com/bot)". Unlike in RFC 9309, a token may have digits and dots, as
// names of crawlers do.
//
// A user agent that begins like a browser's names the crawler later, such as "mybot" in
// "Mozilla/5.0 (compatible; MyBot/1.0)". It is the first product after the word "compatible", or
// else the first product that browsers do not have.
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
	// compatible finds the product after the word. It skips platforms, which contain a space, such
	// as "Linux x86_64".
	compatible = regexp.MustCompile(`(?i)\bcompatible; *(?:[^;()/]* [^;()/]*; *)*([-.\w]+) *(?:[/;)]|$)`)
	products   = regexp.MustCompile(`(?:^|[ (;])([-.\w]+)/`)
)

// ofBrowsers are the products in user agents of browsers.
var ofBrowsers = map[string]bool{
	"mozilla": true, "applewebkit": true, "gecko": true, "chrome": true, "chromium": true, "headlesschrome": true,
	"crios": true, "safari": true, "version": true, "mobile": true, "firefox": true, "fxios": true, "edg": true,
	"edge": true, "edga": true, "edgios": true, "opr": true, "opera": true, "presto": true, "trident": true,
	"samsungbrowser": true, "vivaldi": true, "build": true,
}

// token returns the token that s begins with, in lower case.
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
