// Package pattern matches URLs against the patterns of a configuration: regex_patterns and
// url_patterns, of filters and of pipelines.
package pattern

import (
	"regexp"
	"slices"
	"strings"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/weburl"
)

// A List is a compiled list of patterns. It may be used by many goroutines at once.
type List struct {
	passes func(weburl.URL, func(units int64) bool) bool
}

// Passes reports whether a URL passes. Before each match it calls spend with about the units that
// the match takes: one instruction of a compiled expression for one byte of the URL. If spend
// returns false, the pattern does not match; the caller must ignore the result.
func (l List) Passes(u weburl.URL, spend func(units int64) bool) bool { return l.passes(u, spend) }

// Regex compiles regex_patterns, which must be resolved.
func Regex(p *config.RegexPatterns) (List, error) {
	allow, err := expressions(p.Allow)
	if err != nil {
		return List{}, err
	}
	deny, err := expressions(p.Deny)
	if err != nil {
		return List{}, err
	}
	return List{func(u weburl.URL, spend func(int64) bool) bool {
		url := u.String()
		return passes(allow, deny, *p.DefaultAllow, func(e expression) bool {
			return spend(e.size*int64(len(url))) && e.MatchString(url)
		})
	}}, nil
}

// URL compiles url_patterns, which must be resolved.
func URL(p *config.URLPatterns) List {
	allow, deny := lowered(p.Allow), lowered(p.Deny)
	return List{func(u weburl.URL, spend func(int64) bool) bool {
		protocol, hostname, port, path, query := u.Scheme(), u.Hostname(), u.Port(), u.Path(), u.Query()
		return passes(allow, deny, *p.DefaultAllow, func(p config.URLPattern) bool {
			// A wildcard scans memory for its next piece: about twenty bytes take as long as a
			// unit.
			return spend(1+int64(len(hostname)+len(path)+len(query))/20) &&
				matches(p.Hostname, hostname) && matches(p.Pathname, path) && matches(p.Search, query) &&
				matches(p.Protocol, protocol) && matches(p.Port, port)
		})
	}}
}

// matches reports whether a component of a URL matches its pattern, which is empty if it was not
// given.
func matches(pattern, component string) bool {
	return pattern == "" || weburl.Match(pattern, component)
}

// lowered returns the patterns with their protocols and hostnames in lower case, as in URLs.
func lowered(patterns []config.URLPattern) []config.URLPattern {
	patterns = slices.Clone(patterns)
	for i := range patterns {
		patterns[i].Protocol = strings.ToLower(patterns[i].Protocol)
		patterns[i].Hostname = strings.ToLower(patterns[i].Hostname)
	}
	return patterns
}

// passes reports whether a URL passes. It does not if a deny pattern matches. Otherwise it does if
// an allow pattern matches. If neither matches, the result is otherwise.
func passes[P any](allow, deny []P, otherwise bool, match func(P) bool) bool {
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

// An expression is a compiled RE2 expression. The time of a match is bounded by about its size
// times the length of the text.
type expression struct {
	*regexp.Regexp
	size int64 // instructions
}

func expressions(patterns []string) ([]expression, error) {
	var list []expression
	for _, p := range patterns {
		re, err := regexp.Compile(p)
		if err != nil {
			return nil, err
		}
		size, err := config.RegexSize(p)
		if err != nil {
			return nil, err
		}
		list = append(list, expression{re, int64(size)})
	}
	return list, nil
}
