// Package robots reads robots.txt as RFC 9309 has it.
//
// It exists because the known Go libraries do otherwise. temoto/robotstxt rejects a whole
// file for one bad line, does not anchor patterns with wildcards at the beginning of the
// path, compares the lengths of regular expressions instead of patterns, lets the first of
// two equally long rules win instead of Allow, takes the rules for "in" to be for "inndx",
// reads what stands behind a # as part of the path, and compares paths without regard to
// percent-encoding.
package robots

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/inndx/runs/internal/weburl"
)

// MaxBytes is how much of a robots.txt is read (RFC 9309, section 2.5); what follows is
// ignored.
const MaxBytes = 500 << 10

// MaxCrawlDelay bounds the Crawl-delay. A longer one would make a crawl stand still.
const MaxCrawlDelay = 5 * time.Minute

// maxSitemaps bounds how many sitemaps are kept.
const maxSitemaps = 1000

// Rules are what a robots.txt says to one crawler. A nil *Rules allows nothing: it stands
// for a robots.txt that could not be had.
type Rules struct {
	rules    []rule
	delay    time.Duration
	hasDelay bool
	sitemaps []string
}

type rule struct {
	pattern string // normalised, without the '$' that anchors it
	length  int    // of the pattern as normalised; the longest match decides
	anchor  bool   // the match must end where the path ends
	allow   bool
}

// Allowed reports whether the crawler may fetch u.
func (r *Rules) Allowed(u weburl.URL) bool {
	if r == nil {
		return false
	}
	path := literal.Replace(u.RequestURI())
	if path == "/robots.txt" {
		return true
	}
	best, allow := -1, true
	for _, rule := range r.rules {
		// Of rules that are equally long the one that allows wins (section 2.2.2).
		if rule.length > best || rule.length == best && rule.allow {
			if match(rule.pattern, path, rule.anchor) {
				best, allow = rule.length, rule.allow
			}
		}
	}
	return allow
}

// literal writes the characters that mean something in a pattern as a pattern writes them
// when they mean themselves (RFC 9309, section 2.2.3).
var literal = strings.NewReplacer("*", "%2A", "$", "%24")

// CrawlDelay returns how long to wait between two fetches from the host, at most
// MaxCrawlDelay, and whether robots.txt says so. RFC 9309 does not know it; its users do.
func (r *Rules) CrawlDelay() (time.Duration, bool) {
	if r == nil {
		return 0, false
	}
	return r.delay, r.hasDelay
}

// Sitemaps returns the values of the Sitemap lines, which are for all crawlers, at most
// 1000.
func (r *Rules) Sitemaps() []string {
	if r == nil {
		return nil
	}
	return r.sitemaps
}

// Product returns the product token of a user agent, by which robots.txt calls it: what
// stands before the first character that a token cannot have (RFC 9309, section 2.2.1),
// such as "inndx" of "inndx/0.1 (+https://example.com/bot)". It is in lower case.
func Product(userAgent string) string {
	end := 0
	for end < len(userAgent) && isTokenByte(userAgent[end]) {
		end++
	}
	return strings.ToLower(userAgent[:end])
}

func isTokenByte(c byte) bool {
	return c == '-' || c == '_' || 'a' <= c|0x20 && c|0x20 <= 'z'
}

// A group is one or more User-agent lines and the lines that follow them.
type group struct {
	mine, all bool // a User-agent line names the crawler, is "*"
	open      bool // no rule has followed yet, so that another User-agent line joins it
}

// Parse reads a robots.txt for the crawler with the given product token. Groups that name
// the crawler are one; those for "*" are taken when none does. Lines that make no sense are
// ignored, all others hold.
func Parse(body []byte, product string) *Rules {
	if len(body) > MaxBytes {
		// Half a line might forbid more than the whole one.
		body = body[:MaxBytes]
		body = body[:bytes.LastIndexAny(body, "\r\n")+1]
	}
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	var (
		mine, all Rules
		sitemaps  []string
		named     bool
		g         group
	)
	for len(body) > 0 {
		var line []byte
		line, body = cutLine(body)
		key, value, ok := splitLine(line)
		if !ok {
			continue
		}
		switch key {
		case "user-agent", "useragent":
			if !g.open {
				g = group{open: true}
			}
			switch {
			case value == "*":
				g.all = true
			case product != "" && Product(value) == product:
				g.mine, named = true, true
			}
			continue
		case "sitemap":
			if len(sitemaps) < maxSitemaps {
				sitemaps = append(sitemaps, value)
			}
			continue // of no group
		case "allow", "disallow":
			g.open = false
		case "crawl-delay": // other records do not end a group (RFC 9309, section 2.2.4)
		default:
			continue
		}
		if g.mine {
			mine.add(key, value)
		}
		if g.all {
			all.add(key, value)
		}
	}
	r := &all
	if named {
		r = &mine
	}
	r.sitemaps = sitemaps
	return r
}

// cutLine splits off the first line, which ends in LF, CR or both.
func cutLine(b []byte) (line, rest []byte) {
	if i := bytes.IndexAny(b, "\r\n"); i >= 0 {
		return b[:i], b[i+1:]
	}
	return b, nil
}

// splitLine returns a line's key in lower case and its value, without comment.
func splitLine(line []byte) (key, value string, ok bool) {
	if i := bytes.IndexByte(line, '#'); i >= 0 {
		line = line[:i]
	}
	k, v, ok := bytes.Cut(line, []byte(":"))
	if !ok {
		return "", "", false
	}
	return strings.ToLower(string(bytes.TrimSpace(k))), string(bytes.TrimSpace(v)), true
}

// add adds a line to the rules. A rule without a path says nothing.
func (r *Rules) add(key, value string) {
	if key == "crawl-delay" {
		seconds, err := strconv.ParseFloat(value, 64)
		if err != nil || math.IsNaN(seconds) || seconds < 0 {
			return
		}
		r.delay = time.Duration(min(seconds, MaxCrawlDelay.Seconds()) * float64(time.Second))
		r.hasDelay = true
		return
	}
	if value == "" {
		return
	}
	pattern, anchor := strings.CutSuffix(value, "$")
	if !strings.HasPrefix(pattern, "/") && !strings.HasPrefix(pattern, "*") {
		pattern = "/" + pattern // what its author meant
	}
	pattern = strings.ReplaceAll(weburl.EncodePattern(pattern), "$", "%24")
	length := len(pattern)
	if anchor {
		length++
	}
	r.rules = append(r.rules, rule{pattern, length, anchor, key == "allow"})
}

// match reports whether the pattern, in which * stands for any bytes, matches the beginning
// of path, or with anchor all of it. Its time is at most the product of both lengths, and
// in practice the length of path, because a * never needs to be revisited once a later one
// is reached.
func match(pattern, path string, anchor bool) bool {
	head, rest, star := strings.Cut(pattern, "*")
	if !strings.HasPrefix(path, head) {
		return false
	}
	path = path[len(head):]
	for star {
		head, rest, star = strings.Cut(rest, "*")
		if !star && anchor {
			return strings.HasSuffix(path, head)
		}
		i := strings.Index(path, head)
		if i < 0 {
			return false
		}
		path = path[i+len(head):]
	}
	return !anchor || path == ""
}
