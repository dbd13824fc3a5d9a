package config

import (
	"testing"

	"pgregory.net/rapid"
)

func TestMaxURLsInvalid(t *testing.T) {
	checkInvalid(t, []invalidCase{
		{"max_urls missing", part("stopping_criteria", "max_urls", `{}`), []string{"config.stopping_criteria[0].params.max_urls required given"}},
		{"max_urls of 0", part("stopping_criteria", "max_urls", `{"max_urls":0}`), []string{"config.stopping_criteria[0].params.max_urls range between 1 and 10000000"}},
		{"max_urls huge", part("stopping_criteria", "max_urls", `{"max_urls":1e400}`), []string{"config.stopping_criteria[0].params.max_urls range between 1 and 10000000"}},
		{"max_urls larger than int64", part("stopping_criteria", "max_urls", `{"max_urls":9223372036854775808}`), []string{"config.stopping_criteria[0].params.max_urls range between"}},
		{"max_urls broken", part("stopping_criteria", "max_urls", `{"max_urls":1.5}`), []string{"config.stopping_criteria[0].params.max_urls type an integer"}},
		{"max_urls as a string", part("stopping_criteria", "max_urls", `{"max_urls":"1"}`), []string{"config.stopping_criteria[0].params.max_urls type an integer"}},
	})
}

func init() {
	drawParams["max_urls"] = func(t *rapid.T) any {
		return &MaxURLs{rapid.Int64Range(1, MaxMaxURLs).Draw(t, "max_urls")}
	}
}
