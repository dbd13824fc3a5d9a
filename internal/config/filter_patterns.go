package config

import "github.com/inndx/runs/internal/strictjson"

// The bounds that regex_patterns and url_patterns share.
const (
	// MaxPatterns bounds the patterns of one allow or deny list.
	MaxPatterns = 1000
	// MaxPatternBytes bounds the length of a regular expression or of a pattern for the pathname.
	MaxPatternBytes = 1000
)

// patterns reads an optional list of patterns.
func patterns[P any](o *strictjson.Object, name string, read func(strictjson.Value) (P, bool)) []P {
	v, ok := o.Member(name)
	if !ok {
		return nil
	}
	return items(v, 0, MaxPatterns, read)
}
