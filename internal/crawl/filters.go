package crawl

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/weburl"
)

// A filter refuses URLs, for the reason that is the name of its kind. It has one of two
// rules.
type filter struct {
	reason string
	// byURL passes a URL for what it is, at the expense of a work; when that ends, the result means
	// nothing. It may be called by many goroutines at once.
	byURL func(weburl.URL, *work) bool
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
		return filter{byURL: func(u weburl.URL, w *work) bool {
			url := u.String()
			return decide(allow, deny, *p.DefaultAllow, func(re expression) bool {
				return w.spend(re.size*int64(len(url))) && re.MatchString(url)
			})
		}}, err
	},
	"url_patterns": func(params any) (filter, error) {
		p := params.(*config.URLPatterns)
		allow, deny := lowered(p.Allow), lowered(p.Deny)
		return filter{byURL: func(u weburl.URL, w *work) bool {
			hostname, path := u.Hostname(), u.Path()
			return decide(allow, deny, *p.DefaultAllow, func(p config.URLPattern) bool {
				// Memory is scanned for the next piece: some twenty bytes take as long as a unit.
				return w.spend(1+int64(len(hostname)+len(path))/20) &&
					(p.Hostname == "" || weburl.Match(p.Hostname, hostname)) && (p.Pathname == "" || weburl.Match(p.Pathname, path))
			})
		}}, nil
	},
}

// lowered returns the patterns with their hostnames in lower case, as URLs have them.
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

// refuseURL returns the reason of the first filter that refuses u for what it is, or "". When the
// work ends before, the reason is reasonFiltersTooSlow.
func (fs filters) refuseURL(u weburl.URL, w *work) string {
	for _, f := range fs {
		if f.byURL == nil {
			continue
		}
		passed := f.byURL(u, w)
		if w.ended {
			return reasonFiltersTooSlow
		}
		if !passed {
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

// An expression is a compiled RE2 expression. Matching it takes at most about as long as its size
// in instructions times the length of the text.
type expression struct {
	*regexp.Regexp
	size int64
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
