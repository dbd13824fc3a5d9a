// Package robots reads robots.txt files by RFC 9309.
//
// It exists because the known Go libraries differ from the RFC. temoto/robotstxt rejects a whole
// file for one bad line, does not anchor patterns with wildcards at the beginning of the path,
// compares the lengths of regular expressions instead of patterns, prefers the first of two equally
// long rules instead of Allow, applies the rules for "in" to "inndx", reads comments after a # as
// part of the path, and ignores percent-encoding when it compares paths. The Go port of Google's
// parser, github.com/jimsmart/grobotstxt, does not support Crawl-delay, parses the file again for
// each URL, and does not normalise most percent-encoding. The tests compare this package with the
// port and name each difference.
package robots

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/inndx/runs/internal/weburl"
)

// MaxBytes bounds the bytes of a robots.txt that are read (RFC 9309, section 2.5). The rest is
// ignored.
const MaxBytes = 500 << 10

// MaxCrawlDelay bounds the Crawl-delay, because a longer one would stop a crawl.
const MaxCrawlDelay = 5 * time.Minute

// maxSitemaps bounds the sitemaps of a robots.txt.
const maxSitemaps = 1000

// Rules are the rules of a robots.txt for one crawler. A nil *Rules allows nothing: it stands for a
// robots.txt that could not be fetched.
type Rules struct {
	rules    []rule
	delay    time.Duration
	hasDelay bool
	sitemaps []string
}

type rule struct {
	pattern string // normalised, without the '$' that anchors it
	length  int    // of the normalised pattern with its '$'; the longest match decides
	anchor  bool   // the pattern must match the whole path
	allow   bool
}

// match reports whether the rule applies to a path.
func (r rule) match(path string) bool {
	if r.anchor {
		return weburl.Match(r.pattern, path)
	}
	return weburl.MatchPrefix(r.pattern, path)
}

// Allowed reports whether the crawler may fetch u.
func (r *Rules) Allowed(u weburl.URL) bool {
	if r == nil {
		return false
	}
	path := inURL.Replace(u.RequestURI())
	if path == "/robots.txt" {
		return true
	}
	best, allow := -1, true
	for _, rule := range r.rules {
		// If rules are equally long, allow wins (section 2.2.2).
		if rule.length > best || rule.length == best && rule.allow {
			if rule.match(path) {
				best, allow = rule.length, rule.allow
			}
		}
	}
	return allow
}

// inURL and inPattern bring URLs and patterns into one form. Characters that are special in a
// pattern are encoded where they have no special meaning (RFC 9309, section 2.2.3). Apostrophes are
// decoded, because they are encoded in normalised queries and not in normalised paths.
var (
	inURL     = strings.NewReplacer("*", "%2A", "$", "%24", "%27", "'")
	inPattern = strings.NewReplacer("$", "%24", "%27", "'")
)

// CrawlDelay returns the delay between two fetches from the host, at most MaxCrawlDelay, and
// whether the robots.txt has one. Crawl-delay is not part of RFC 9309, but sites use it.
func (r *Rules) CrawlDelay() (time.Duration, bool) {
	if r == nil {
		return 0, false
	}
	return r.delay, r.hasDelay
}

// Sitemaps returns the values of the Sitemap lines, at most 1000. They are for all crawlers.
func (r *Rules) Sitemaps() []string {
	if r == nil {
		return nil
	}
	return r.sitemaps
}

// Size returns about how many bytes of memory the rules take, so that a cache can bound them.
func (r *Rules) Size() int {
	const perRules, perRule, perString = 72, 32, 16 // the sizes of the types
	if r == nil {
		return 0
	}
	size := perRules
	for _, rule := range r.rules {
		size += perRule + len(rule.pattern)
	}
	for _, sitemap := range r.sitemaps {
		size += perString + len(sitemap)
	}
	return size
}

// A group is one or more User-agent lines and the lines that follow them.
type group struct {
	mine bool // a User-agent line names the crawler
	all  bool // a User-agent line is "*"
	open bool // no rule has followed yet: further User-agent lines join the group
}

// Parse reads a robots.txt for the crawler with the given product token. All groups that name the
// crawler count as one. Without such groups, all groups for "*" count as one. Invalid lines are
// ignored. Parse accepts the spellings that Google's parser accepts, see keyOf and splitLine. The
// file may be in UTF-16.
func Parse(body []byte, product string) *Rules {
	var (
		mine, all Rules
		sitemaps  []string
		named     bool
		g         group
	)
	for body = text(body); len(body) > 0; {
		var line []byte
		line, body = cutLine(body)
		key, value, ok := splitLine(line)
		if !ok {
			continue
		}
		switch key {
		case userAgent:
			if !g.open {
				g = group{open: true}
			}
			switch {
			case isStar(value):
				g.all = true
			case product != "" && Product(value) == product:
				g.mine, named = true, true
			}
			continue
		case sitemap: // belongs to no group (RFC 9309, section 2.2.4) and ends no list of agents
			if len(sitemaps) < maxSitemaps && value != "" {
				sitemaps = append(sitemaps, value)
			}
			continue
		}
		g.open = false
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

// isStar reports whether the value of a User-agent line names all crawlers. Words may follow the
// star.
func isStar(value string) bool {
	rest, ok := strings.CutPrefix(value, "*")
	return ok && (rest == "" || rest[0] == ' ' || rest[0] == '\t')
}

// add adds a line to the rules. A rule without a path has no effect.
func (r *Rules) add(k key, value string) {
	if k == crawlDelay {
		r.addDelay(value)
		return
	}
	if value == "" {
		return
	}
	pattern, anchor := strings.CutSuffix(value, "$")
	if !strings.HasPrefix(pattern, "/") && !strings.HasPrefix(pattern, "*") {
		pattern = "/" + pattern // as its author meant
	}
	encoded, cut := weburl.EncodePattern(pattern)
	encoded, cut = inPattern.Replace(encoded), inPattern.Replace(cut)
	length := len(cut)
	if anchor {
		length++
	}
	r.rules = append(r.rules, rule{encoded, length, anchor, k == allow})
	if cut != encoded {
		r.rules = append(r.rules, rule{cut, length, anchor, k == allow})
	}
}

// addDelay adds a Crawl-delay in seconds. The value may have a unit, a decimal comma, quotes, and
// punctuation at its end. The longest of several delays counts, because it satisfies all of them.
func (r *Rules) addDelay(value string) {
	seconds, err := strconv.ParseFloat(value, 64)
	if err != nil {
		value = strings.TrimLeft(value, `"'`)
		value = strings.TrimRightFunc(value, func(c rune) bool { return strings.ContainsRune(`.,;"' `, c) || unicode.IsLetter(c) })
		seconds, err = strconv.ParseFloat(strings.Replace(value, ",", ".", 1), 64)
	}
	if err != nil || math.IsNaN(seconds) || seconds < 0 {
		return
	}
	r.delay = max(r.delay, time.Duration(min(seconds, MaxCrawlDelay.Seconds())*float64(time.Second)))
	r.hasDelay = true
}
