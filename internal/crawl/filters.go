package crawl

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/weburl"
)

// A filter refuses URLs, for the reason that is the name of its kind. It has one of two
// rules.
type filter struct {
	reason string
	// byURL passes a URL for what it is. It may be called by many goroutines at once.
	byURL func(weburl.URL) bool
	// byHost passes a URL for what the crawl knows of its host, which is nil when that is
	// nothing. seed says whether the URL is a seed, or the target of a redirected one.
	byHost func(h *host, seed bool) bool
}

// filters are those of a configuration, in its order. A URL must pass all of them.
type filters []filter

// filterKinds makes filters of their params.
var filterKinds = map[string]func(params any) (filter, error){
	reasonSeedHosts: func(any) (filter, error) {
		return filter{byHost: func(h *host, seed bool) bool { return seed || h != nil && h.seed }}, nil
	},
	"budget": func(params any) (filter, error) {
		limit := params.(*config.Budget).Limit
		return filter{byHost: func(h *host, _ bool) bool { return h == nil || h.joined < limit }}, nil
	},
	"regex_patterns": func(params any) (filter, error) {
		p := params.(*config.RegexPatterns)
		allow, err := regexes(p.Allow)
		if err != nil {
			return filter{}, err
		}
		deny, err := regexes(p.Deny)
		return filter{byURL: func(u weburl.URL) bool {
			return decide(allow, deny, *p.DefaultAllow, func(re *regexp.Regexp) bool { return re.MatchString(u.String()) })
		}}, err
	},
	"url_patterns": func(params any) (filter, error) {
		p := params.(*config.URLPatterns)
		return filter{byURL: func(u weburl.URL) bool {
			return decide(p.Allow, p.Deny, *p.DefaultAllow, func(p config.URLPattern) bool {
				return (p.Hostname == "" || wildcard(strings.ToLower(p.Hostname), u.Hostname())) &&
					(p.Pathname == "" || wildcard(p.Pathname, u.Path()))
			})
		}}, nil
	},
}

func newFilters(parts []config.Part) (filters, error) {
	var fs filters
	for _, p := range parts {
		kind, ok := filterKinds[p.Kind]
		if !ok {
			return nil, fmt.Errorf("crawl: unknown filter %q", p.Kind)
		}
		f, err := kind(p.Params)
		if err != nil {
			return nil, fmt.Errorf("crawl: filter %s: %w", p.Kind, err)
		}
		f.reason = p.Kind
		fs = append(fs, f)
	}
	return fs, nil
}

// refuseURL returns the reason of the first filter that refuses u for what it is, or "".
func (fs filters) refuseURL(u weburl.URL) string {
	for _, f := range fs {
		if f.byURL != nil && !f.byURL(u) {
			return f.reason
		}
	}
	return ""
}

// refuseHost returns the reason of the first filter that refuses a URL for its host, or "".
func (fs filters) refuseHost(h *host, seed bool) string {
	for _, f := range fs {
		if f.byHost != nil && !f.byHost(h, seed) {
			return f.reason
		}
	}
	return ""
}

// decide lets what is denied lose, what is allowed pass, and otherwise decides for the rest.
func decide[P any](allow, deny []P, otherwise bool, match func(P) bool) bool {
	for _, p := range deny {
		if match(p) {
			return false
		}
	}
	for _, p := range allow {
		if match(p) {
			return true
		}
	}
	return otherwise
}

func regexes(patterns []string) ([]*regexp.Regexp, error) {
	var list []*regexp.Regexp
	for _, p := range patterns {
		re, err := regexp.Compile(p)
		if err != nil {
			return nil, err
		}
		list = append(list, re)
	}
	return list, nil
}

// wildcard reports whether the pattern, in which * stands for any bytes, matches all of s.
func wildcard(pattern, s string) bool {
	head, rest, star := strings.Cut(pattern, "*")
	if !star {
		return s == pattern
	}
	s, ok := strings.CutPrefix(s, head)
	if !ok {
		return false
	}
	for {
		head, rest, star = strings.Cut(rest, "*")
		if !star {
			return strings.HasSuffix(s, head)
		}
		i := strings.Index(s, head)
		if i < 0 {
			return false
		}
		s = s[i+len(head):]
	}
}
