package crawl

import (
	"fmt"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/pattern"
	"github.com/inndx/runs/internal/weburl"
)

// A filter refuses URLs, either by their text or by their host: exactly one of patterns and byHost
// is set.
type filter struct {
	reason   string // the name of its kind
	patterns *pattern.List
	// byHost reports whether a URL passes because of its host. h is nil if the frontier has no URL
	// of the host. seed says whether the URL is a seed, or the target of a redirected one.
	byHost func(h *host, seed bool) bool
}

// filters are the filters of a configuration, in its order. A URL must pass all of them.
type filters []filter

// filterKinds maps each kind to the function that makes a filter from its params.
var filterKinds = map[string]func(params any) (filter, error){
	crawllog.ReasonSeedHosts: func(any) (filter, error) {
		return filter{byHost: func(h *host, seed bool) bool { return seed || h != nil && h.seed }}, nil
	},
	"budget": func(params any) (filter, error) {
		limit := params.(*config.Budget).Limit
		return filter{byHost: func(h *host, _ bool) bool { return h == nil || h.joined < limit }}, nil
	},
	"regex_patterns": func(params any) (filter, error) {
		l, err := pattern.Regex(params.(*config.RegexPatterns))
		return filter{patterns: &l}, err
	},
	"url_patterns": func(params any) (filter, error) {
		l := pattern.URL(params.(*config.URLPatterns))
		return filter{patterns: &l}, nil
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

// refuseURL returns the reason of the first filter that refuses u because of its text, or "". If
// the filtering ends before, the reason is reasonFiltersTooSlow.
func (fs filters) refuseURL(u weburl.URL, filtering *filtering) string {
	return fs.firstByURL(filtering, func(l *pattern.List) bool { return !l.Passes(u, filtering.spend) })
}

// denyURL is refuseURL for a URL that is only checked: a deny pattern refuses it, and the lack of a
// matching allow pattern does not.
func (fs filters) denyURL(u weburl.URL, filtering *filtering) string {
	return fs.firstByURL(filtering, func(l *pattern.List) bool { return l.Denies(u, filtering.spend) })
}

// firstByURL returns the reason of the first filter whose patterns refuse a URL, or "".
func (fs filters) firstByURL(filtering *filtering, refuses func(*pattern.List) bool) string {
	for _, f := range fs {
		if f.patterns == nil {
			continue
		}
		refused := refuses(f.patterns)
		if filtering.ended {
			return reasonFiltersTooSlow
		}
		if refused {
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
