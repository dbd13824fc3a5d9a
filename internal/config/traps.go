package config

import "github.com/inndx/runs/internal/strictjson"

// The bounds of the params of traps.
const (
	// MaxPathSegments bounds max_path_segments and max_repeated_segments. A URL of MaxURLBytes has
	// no room for more.
	MaxPathSegments = 1000
	// MaxURLVariants bounds max_url_variants and max_session_variants.
	MaxURLVariants = MaxMaxURLs
	// MaxTrapDepth bounds the max_depth of traps, in links from a seed.
	MaxTrapDepth = 100_000
)

// The defaults of traps. Sites for people stay below them. Heritrix, which archives much of the
// web, refuses URLs beyond 20 segments, beyond 20 links from a seed, and with a segment three times
// in a row (TooManyPathSegmentsDecideRule, TooManyHopsDecideRule and PathologicalPathDecideRule).
const (
	DefaultMaxPathSegments     = 32
	DefaultMaxRepeatedSegments = 3
	DefaultMaxURLVariants      = 10_000
	DefaultMaxSessionVariants  = 10
	DefaultTrapDepth           = 256
	DefaultTrapHostURLs        = 1_000_000
)

// Traps bounds the URLs of a site without end, such as a calendar, paths that grow with each link,
// or session ids. A URL beyond a bound is excluded, unless it is a seed.
type Traps struct {
	// MaxPathSegments bounds the segments of a path. MaxRepeatedSegments bounds how often one
	// segment occurs in a path.
	MaxPathSegments     *int `json:"max_path_segments,omitzero"`
	MaxRepeatedSegments *int `json:"max_repeated_segments,omitzero"`
	// MaxURLVariants bounds the URLs that differ only in the query or in path parameters (;a=b).
	// MaxSessionVariants bounds the URLs that differ only in a session id.
	MaxURLVariants     *int64 `json:"max_url_variants,omitzero"`
	MaxSessionVariants *int64 `json:"max_session_variants,omitzero"`
	// MaxDepth bounds the depth, in links from a seed. It has no effect on a run with the stopping
	// criterion max_depth.
	MaxDepth *int `json:"max_depth,omitzero"`
	// MaxHostURLs bounds the URLs of one host. It bounds the sites that the other bounds miss.
	MaxHostURLs *int64 `json:"max_host_urls,omitzero"`
}

var trapsField = field{
	read:    func(_ *reader, o *strictjson.Object, c *Config) { c.Traps = readTraps(o) },
	resolve: func(c *Config) { c.Traps = deref(c.Traps).resolve() },
}

func readTraps(o *strictjson.Object) *Traps {
	p, ok := group(o, "traps")
	if !ok {
		return nil
	}
	defer p.Close()
	return &Traps{
		MaxPathSegments:     integer(p, "max_path_segments", 1, MaxPathSegments),
		MaxRepeatedSegments: integer(p, "max_repeated_segments", 1, MaxPathSegments),
		MaxURLVariants:      integer[int64](p, "max_url_variants", 1, MaxURLVariants),
		MaxSessionVariants:  integer[int64](p, "max_session_variants", 1, MaxURLVariants),
		MaxDepth:            integer(p, "max_depth", 1, MaxTrapDepth),
		MaxHostURLs:         integer[int64](p, "max_host_urls", 1, MaxHostURLs),
	}
}

func (t Traps) resolve() *Traps {
	return &Traps{
		MaxPathSegments:     or(t.MaxPathSegments, DefaultMaxPathSegments),
		MaxRepeatedSegments: or(t.MaxRepeatedSegments, DefaultMaxRepeatedSegments),
		MaxURLVariants:      or(t.MaxURLVariants, DefaultMaxURLVariants),
		MaxSessionVariants:  or(t.MaxSessionVariants, DefaultMaxSessionVariants),
		MaxDepth:            or(t.MaxDepth, DefaultTrapDepth),
		MaxHostURLs:         or(t.MaxHostURLs, DefaultTrapHostURLs),
	}
}
