package config

import (
	"testing"

	"pgregory.net/rapid"
)

func TestURLPatternsInvalid(t *testing.T) {
	checkInvalid(t, []invalidCase{
		{"url pattern", part("filters", "url_patterns", `{"allow":[{},{"hostname":""},{"hostname":"a:80"},{"hostname":"bücher.de"},{"pathname":"a"},{"pathname":"/a?b"},{"host":"a"},"a"]}`), []string{
			"config.filters[0].params.allow[0] required hostname, a pathname or both",
			"config.filters[0].params.allow[1].hostname length between 1 and 253 bytes",
			"config.filters[0].params.allow[2].hostname format without a port",
			"config.filters[0].params.allow[3].hostname format xn--",
			"config.filters[0].params.allow[4].pathname format begin with /",
			"config.filters[0].params.allow[5].pathname format no query",
			"config.filters[0].params.allow[6] required hostname, a pathname or both",
			"config.filters[0].params.allow[6].host unknown known: hostname, pathname",
			"config.filters[0].params.allow[7] type an object"}},
	})
}

func init() {
	drawParams["url_patterns"] = func(t *rapid.T) any {
		patterns := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) URLPattern {
			return URLPattern{
				rapid.StringMatching(`(\*\.)?[a-z]{1,9}|\[::1\]|`).Draw(t, "hostname"),
				rapid.StringMatching(`[/*][a-z*%.]{0,9}`).Draw(t, "pathname"),
			}
		}), 0, 3)
		return &URLPatterns{maybeList(t, patterns), maybeList(t, patterns), maybe(t, rapid.Bool())}
	}
}
