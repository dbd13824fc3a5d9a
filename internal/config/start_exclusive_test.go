package config

import (
	"testing"

	"pgregory.net/rapid"
)

func TestExclusiveInvalid(t *testing.T) {
	checkInvalid(t, []invalidCase{
		{"exclusive empty", `{"starting_criteria":[{"kind":"exclusive"}]}`,
			[]string{"config.starting_criteria[0].params.by required given", "config.starting_criteria[0].params.limit required given"}},
		{"exclusive wrong", part("starting_criteria", "exclusive", `{"by":"tenant","limit":1001}`),
			[]string{"config.starting_criteria[0].params.by enum job_id", "config.starting_criteria[0].params.limit range between 1 and 1000"}},
	})
}

func init() {
	drawParams["exclusive"] = func(t *rapid.T) any {
		return &Exclusive{"job_id", rapid.IntRange(1, MaxExclusiveRuns).Draw(t, "exclusive")}
	}
}
