package config

import (
	"testing"

	"pgregory.net/rapid"
)

func TestMaxDepthInvalid(t *testing.T) {
	checkInvalid(t, []invalidCase{
		{"max_depth below", part("stopping_criteria", "max_depth", `{"max_depth":-1}`), []string{"config.stopping_criteria[0].params.max_depth range between 0 and 1000"}},
		{"max_depth above", part("stopping_criteria", "max_depth", `{"max_depth":1001}`), []string{"config.stopping_criteria[0].params.max_depth range between 0 and 1000"}},
	})
}

func init() {
	drawParams["max_depth"] = func(t *rapid.T) any {
		return &MaxDepth{rapid.IntRange(0, MaxMaxDepth).Draw(t, "max_depth")}
	}
}
