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
	passes, denies func(weburl.URL, func(units int64) bool) bool
}

// Passes reports whether a URL passes. Before each match it calls spend with about the units that
// the match takes: one instruction of a compiled expression for one byte of the URL. If spend
// returns false, the pattern does not match; the caller must ignore the result.
func (l List) Passes(u weburl.URL, spend func(units int64) bool) bool { return l.passes(u, spend) }

// Denies reports whether a deny pattern matches a URL. spend is as for Passes.
func (l List) Denies(u weburl.URL, spend func(units int64) bool) bool { return l.denies(u, spend) }

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
	return newList(allow, deny, *p.DefaultAllow, func(u weburl.URL, spend func(int64) bool) func(expression) bool {
		url := u.String()
		return func(e expression) bool { return spend(e.size*int64(len(url))) && e.MatchString(url) }
	}), nil
}

// URL compiles url_patterns, which must be resolved.
func URL(p *config.URLPatterns) List {
	allow, deny := lowered(p.Allow), lowered(p.Deny)
	return newList(allow, deny, *p.DefaultAllow, func(u weburl.URL, spend func(int64) bool) func(config.URLPattern) bool {
		protocol, hostname, port, path, query := u.Scheme(), u.Hostname(), u.Port(), u.Path(), u.Query()
		return func(p config.URLPattern) bool {
			// A wildcard scans memory for its next piece: about twenty bytes take as long as a
			// unit.
			return spend(1+int64(len(hostname)+len(path)+len(query))/20) &&
				matches(p.Hostname, hostname) && matches(p.Pathname, path) && matches(p.Search, query) &&
				matches(p.Protocol, protocol) && matches(p.Port, port)
		}
	})
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

// newList returns the list of the patterns. matcher returns a function that reports whether a
// pattern matches a URL. A URL does not pass if a deny pattern matches. Otherwise it does if an
// allow pattern matches. If neither matches, the result is otherwise.
func newList[P any](
	allow, deny []P, otherwise bool, matcher func(weburl.URL, func(units int64) bool) func(P) bool,
) List {
	return List{
		passes: func(u weburl.URL, spend func(int64) bool) bool {
			match := matcher(u, spend)
			return !slices.ContainsFunc(deny, match) && (slices.ContainsFunc(allow, match) || otherwise)
		},
		denies: func(u weburl.URL, spend func(int64) bool) bool {
			return len(deny) > 0 && slices.ContainsFunc(deny, matcher(u, spend))
		},
	}
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
