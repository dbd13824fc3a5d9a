package config

import (
	"testing"

	"pgregory.net/rapid"
)

func TestBudgetInvalid(t *testing.T) {
	checkInvalid(t, []invalidCase{
		{"budget wrong", part("filters", "budget", `{"by":"domain","limit":0}`),
			[]string{"config.filters[0].params.by enum host", "config.filters[0].params.limit range between 1 and 10000000"}},
	})
}

func init() {
	drawParams["budget"] = func(t *rapid.T) any {
		return &Budget{"host", rapid.Int64Range(1, MaxHostURLs).Draw(t, "budget")}
	}
}
