package crawl

import (
	"fmt"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/pattern"
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
		l, err := pattern.Regex(params.(*config.RegexPatterns))
		return byPatterns(l), err
	},
	"url_patterns": func(params any) (filter, error) {
		return byPatterns(pattern.URL(params.(*config.URLPatterns))), nil
	},
}

func byPatterns(l pattern.List) filter {
	return filter{byURL: func(u weburl.URL, f *filtering) bool { return l.Passes(u, f.spend) }}
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
