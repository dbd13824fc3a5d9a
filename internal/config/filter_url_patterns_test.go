package config

import (
	"testing"

	"pgregory.net/rapid"
)

func TestURLPatternsInvalid(t *testing.T) {
	checkInvalid(t, []invalidCase{
		{"url pattern", part("filters", "url_patterns", `{"allow":[{},{"hostname":""},{"hostname":"a:80"},{"hostname":"bücher.de"},{"pathname":"a"},{"pathname":"/a?b"},{"host":"a"},"a"]}`), []string{
			"config.filters[0].params.allow[0] required must have a protocol, a hostname",
			"config.filters[0].params.allow[1].hostname length between 1 and 253 bytes",
			"config.filters[0].params.allow[2].hostname format without a port",
			"config.filters[0].params.allow[3].hostname format xn--",
			"config.filters[0].params.allow[4].pathname format begin with /",
			"config.filters[0].params.allow[5].pathname format no query",
			"config.filters[0].params.allow[6] required must have a protocol, a hostname",
			"config.filters[0].params.allow[6].host unknown known: protocol, hostname, port, pathname, search, hash",
			"config.filters[0].params.allow[7] type an object"}},
		{"components", part("filters", "url_patterns", `{"deny":[{"protocol":"ftp"},{"protocol":"https:"},{"port":"80a"},{"port":"123456"},{"port":""},{"search":"a b"},{"search":"?"},{"search":"a#b"},{"hash":"*"},{"pathname":"/a","hash":"top"}]}`), []string{
			"config.filters[0].params.deny[0].protocol format http or https",
			"config.filters[0].params.deny[1].protocol length 5",
			"config.filters[0].params.deny[2].port format digits",
			"config.filters[0].params.deny[3].port length 5",
			"config.filters[0].params.deny[4].port length 5",
			"config.filters[0].params.deny[5].search format page=*",
			"config.filters[0].params.deny[6].search format page=*",
			"config.filters[0].params.deny[7].search format page=*",
			"config.filters[0].params.deny[8] required must have a protocol",
			"config.filters[0].params.deny[9].hash unsupported have no fragments"}},
	})
}

func TestURLPatternForms(t *testing.T) {
	const all = `{"protocol":"http*","hostname":"*.example.com","port":"80*","pathname":"/docs/*","search":"page=*","hash":"*"}`
	const filter = `{"filters":[{"kind":"url_patterns","params":{"allow":[` + all + `],"deny":[{"search":"a=?"}],"default_allow":false}}]}`
	checkForms(t, []formsCase{{
		"every component", replace(t, filter, `"page=*"`, `"?page=*"`), filter,
		replace(t, defaults, `{"kind":"seed_hosts","params":{}}`, filter[len(`{"filters":[`):len(filter)-2]),
	}})
}

func init() {
	drawParams["url_patterns"] = func(t *rapid.T) any {
		patterns := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) URLPattern {
			return URLPattern{
				Protocol: rapid.SampledFrom([]string{"", "http*", "HTTPS"}).Draw(t, "protocol"),
				Hostname: rapid.StringMatching(`(\*\.)?[a-z]{1,9}|\[::1\]|`).Draw(t, "hostname"),
				Port:     rapid.StringMatching(`[0-9*]{0,5}`).Draw(t, "port"),
				Pathname: rapid.StringMatching(`[/*][a-z*%.]{0,9}`).Draw(t, "pathname"),
				Search:   rapid.StringMatching(`([a-z=*][a-z=*&?]{0,9})?`).Draw(t, "search"),
				Hash:     rapid.SampledFrom([]string{"", "*"}).Draw(t, "hash"),
			}
		}), 0, 3)
		return &URLPatterns{maybeList(t, patterns), maybeList(t, patterns), maybe(t, rapid.Bool())}
	}
}
