package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestFetcherInvalid(t *testing.T) {
	checkInvalid(t, []invalidCase{
		{"fetcher", `{"fetcher":{"timeout":"99ms","max_body_bytes":1023,"max_redirects":51,"max_retries":11}}`, []string{
			"config.fetcher.timeout range between 100ms and 5m", "config.fetcher.max_body_bytes range between 1024 and 104857600",
			"config.fetcher.max_redirects range between 0 and 50", "config.fetcher.max_retries range between 0 and 10"}},
	})
}

// The version before cookie_jar reads resolved configurations, unless cookies are switched off.
func TestCookieJarIsResolvedForOlderVersions(t *testing.T) {
	for given, want := range map[string]string{
		`{"fetcher":{"cookie_jar":true}}`:  defaults,
		`{"fetcher":{"cookie_jar":false}}`: strings.Replace(defaults, `"max_retries":3}`, `"max_retries":3,"cookie_jar":false}`, 1),
	} {
		t.Run(given, func(t *testing.T) {
			c, err := Parse([]byte(given), "config")
			if err != nil {
				t.Fatal(err)
			}
			if got := string(c.Canonical()); got != given {
				t.Errorf("got canonical %s", got)
			}
			if diff := cmp.Diff(want, string(c.Resolve().Canonical())); diff != "" {
				t.Errorf("resolved (-want +got):\n%s", diff)
			}
		})
	}
}

func drawFetcher(t *rapid.T) *Fetcher {
	return &Fetcher{
		maybe(t, rapid.Just(drawDuration(t, MinTimeout, MaxTimeout))),
		maybe(t, rapid.Int64Range(MinBodyBytes, MaxBodyBytes)),
		maybe(t, rapid.IntRange(0, MaxRedirects)),
		maybe(t, rapid.IntRange(0, MaxRetries)),
		maybe(t, rapid.Bool()),
	}
}
