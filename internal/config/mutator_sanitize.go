package config

import (
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/strictjson"
)

// Sanitize (sanitize) removes parts of URLs. Fragments are removed from every URL of a crawl, so
// StripFragment is nil or true.
type Sanitize struct {
	StripFragment *bool `json:"strip_fragment,omitzero"`
	// StripQuery says whether the query is removed. The default is false.
	StripQuery *bool `json:"strip_query,omitzero"`
}

var sanitizeKind = kind{
	name: "sanitize",
	once: true,
	read: func(_ *reader, o *strictjson.Object) any {
		s := &Sanitize{StripFragment: boolean(o, "strip_fragment"), StripQuery: boolean(o, "strip_query")}
		if s.StripFragment != nil && !*s.StripFragment {
			v, _ := o.Member("strip_fragment")
			v.Fail(fault.Rule{
				Code:    "unsupported",
				Message: "is not supported; supported: true, because a crawl fetches a URL once, whatever its fragment",
				Params:  map[string]any{"supported": []string{"true"}},
			})
		}
		return s
	},
}

func (s Sanitize) resolve() any {
	return &Sanitize{StripFragment: or(s.StripFragment, true), StripQuery: or(s.StripQuery, false)}
}

var mutators = list{
	name:  "mutators",
	parts: func(c *Config) *[]Part { return &c.Mutators },
	kinds: []kind{sanitizeKind},
}

var mutatorsField = field{
	read: mutators.field().read,
	// A configuration without mutators stays without the member, because earlier versions must read
	// its resolved form.
	resolve: func(c *Config) {
		if len(c.Mutators) == 0 {
			c.Mutators = nil
			return
		}
		c.Mutators = mutators.resolve(c.Mutators)
	},
}

// StripsQueries reports whether the queries of URLs are removed.
func (c Config) StripsQueries() bool {
	s, ok := Find[*Sanitize](c.Mutators)
	return ok && deref(s.StripQuery)
}
