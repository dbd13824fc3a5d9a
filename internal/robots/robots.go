// Package robots reads robots.txt as RFC 9309 has it.
//
// It exists because the known Go libraries do otherwise. temoto/robotstxt rejects a whole
// file for one bad line, does not anchor patterns with wildcards at the beginning of the
// path, compares the lengths of regular expressions instead of patterns, lets the first of
// two equally long rules win instead of Allow, takes the rules for "in" to be for "inndx",
// reads what stands behind a # as part of the path, and compares paths without regard to
// percent-encoding. The Go port of Google's parser, github.com/jimsmart/grobotstxt, knows no
// Crawl-delay, parses the file anew for each URL, and compares most percent-encoding as it is
// written; the tests compare this package with it and name each difference.
package robots

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"

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
	length  int    // of the pattern as normalised, with its '$'; the longest match decides
	anchor  bool   // the match must end where the path ends
	allow   bool
}

// match reports whether the rule is about a path.
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
		// Of rules that are equally long the one that allows wins (section 2.2.2).
		if rule.length > best || rule.length == best && rule.allow {
			if rule.match(path) {
				best, allow = rule.length, rule.allow
			}
		}
	}
	return allow
}

// inURL and inPattern give a URL's path and a pattern one form. Characters that are special in a
// pattern are encoded where they are not meant to be special (RFC 9309, section 2.2.3). An
// apostrophe is not encoded, because paths have it so, and queries do not.
var (
	inURL     = strings.NewReplacer("*", "%2A", "$", "%24", "%27", "'")
	inPattern = strings.NewReplacer("$", "%24", "%27", "'")
)

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

// A group is one or more User-agent lines and the lines that follow them.
type group struct {
	mine, all bool // a User-agent line names the crawler, is "*"
	open      bool // no rule has followed yet, so that another User-agent line joins it
}

// Parse reads a robots.txt for the crawler with the given product token. Groups that name
// the crawler are one; those for "*" are taken when none does. Lines that make no sense are
// ignored, all others hold. Parse accepts the spellings that Google's parser accepts; see keyOf and
// splitLine. A file may be in UTF-16.
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
		case sitemap: // of no group (RFC 9309, section 2.2.4): it ends no list of agents
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

// isStar reports whether the value of a User-agent line names all crawlers: a star, which more words
// may follow.
func isStar(value string) bool {
	rest, ok := strings.CutPrefix(value, "*")
	return ok && (rest == "" || rest[0] == ' ' || rest[0] == '\t')
}

// add adds a line to the rules. A rule without a path says nothing.
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
		pattern = "/" + pattern // what its author meant
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

// addDelay adds a Crawl-delay in seconds, which a unit may follow. It may stand in quotes, have a
// decimal comma, and end in punctuation. The longest of several delays holds, because it satisfies
// all of them.
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
