package crawl

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/weburl"
)

// A filter refuses URLs, either by their text or by their host: exactly one of byURL and byHost is
// set.
type filter struct {
	reason string // the name of its kind
	// byURL reports whether a URL passes because of its text. The result is invalid if the
	// filtering ends. It may be called by many goroutines at once.
	byURL func(weburl.URL, *filtering) bool
	// byHost reports whether a URL passes because of its host. h is nil if the frontier has no URL
	// of the host. seed says whether the URL is a seed, or the target of a redirected one.
	byHost func(h *host, seed bool) bool
}

// filters are the filters of a configuration, in its order. A URL must pass all of them.
type filters []filter

// filterKinds maps each kind to the function that makes a filter from its params.
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
		return filter{byURL: func(u weburl.URL, f *filtering) bool {
			url := u.String()
			return passes(allow, deny, *p.DefaultAllow, func(re expression) bool {
				return f.spend(re.size*int64(len(url))) && re.MatchString(url)
			})
		}}, err
	},
	"url_patterns": func(params any) (filter, error) {
		p := params.(*config.URLPatterns)
		allow, deny := lowered(p.Allow), lowered(p.Deny)
		return filter{byURL: func(u weburl.URL, f *filtering) bool {
			hostname, path := u.Hostname(), u.Path()
			return passes(allow, deny, *p.DefaultAllow, func(p config.URLPattern) bool {
				// A wildcard scans memory for its next piece: about twenty bytes take as long as a
				// unit.
				return f.spend(1+int64(len(hostname)+len(path))/20) &&
					(p.Hostname == "" || weburl.Match(p.Hostname, hostname)) && (p.Pathname == "" || weburl.Match(p.Pathname, path))
			})
		}}, nil
	},
}

// lowered returns the patterns with their hostnames in lower case, as in URLs.
func lowered(patterns []config.URLPattern) []config.URLPattern {
	patterns = slices.Clone(patterns)
	for i := range patterns {
		patterns[i].Hostname = strings.ToLower(patterns[i].Hostname)
	}
	return patterns
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

// refuseURL returns the reason of the first filter that refuses u because of its text, or "". If
// the filtering ends before, the reason is reasonFiltersTooSlow.
func (fs filters) refuseURL(u weburl.URL, filtering *filtering) string {
	for _, f := range fs {
		if f.byURL == nil {
			continue
		}
		passed := f.byURL(u, filtering)
		if filtering.ended {
			return reasonFiltersTooSlow
		}
		if !passed {
			return f.reason
		}
	}
	return ""
}

// refuseHost returns the reason of the first filter that refuses a URL because of its host, or "".
func (fs filters) refuseHost(h *host, seed bool) string {
	for _, f := range fs {
		if f.byHost != nil && !f.byHost(h, seed) {
			return f.reason
		}
	}
	return ""
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

func regexes(patterns []string) ([]expression, error) {
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
