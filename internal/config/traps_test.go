package config

import (
	"testing"

	"pgregory.net/rapid"
)

func TestTrapsInvalid(t *testing.T) {
	checkInvalid(t, []invalidCase{
		{"traps", `{"traps":{"max_path_segments":1001,"max_repeated_segments":0,"max_url_variants":10000001,"max_session_variants":0,"max_depth":0,"max_host_urls":"1","x":1}}`, []string{
			"config.traps.max_path_segments range between 1 and 1000", "config.traps.max_repeated_segments range between 1 and 1000",
			"config.traps.max_url_variants range between 1 and 10000000", "config.traps.max_session_variants range between 1 and 10000000",
			"config.traps.max_depth range between 1 and 100000", "config.traps.max_host_urls type an integer",
			"config.traps.x unknown max_path_segments, max_repeated_segments, max_url_variants, max_session_variants, max_depth, max_host_urls"}},
	})
}

func drawTraps(t *rapid.T) *Traps {
	return &Traps{
		maybe(t, rapid.IntRange(1, MaxPathSegments)),
		maybe(t, rapid.IntRange(1, MaxPathSegments)),
		maybe(t, rapid.Int64Range(1, MaxURLVariants)),
		maybe(t, rapid.Int64Range(1, MaxURLVariants)),
		maybe(t, rapid.IntRange(1, MaxTrapDepth)),
		maybe(t, rapid.Int64Range(1, MaxHostURLs)),
	}
}
