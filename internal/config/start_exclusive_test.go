package config

import (
	"testing"

	"pgregory.net/rapid"
)

func TestExclusiveInvalid(t *testing.T) {
	checkInvalid(t, []invalidCase{
		{"exclusive wrong", part("starting_criteria", "exclusive", `{"by":"tenant","limit":1001}`),
			[]string{"config.starting_criteria[0].params.by enum tenant_id, job_id, labels", "config.starting_criteria[0].params.limit range between 1 and 1000"}},
		{"exclusive zero", part("starting_criteria", "exclusive", `{"limit":0}`), []string{"config.starting_criteria[0].params.limit range between 1 and 1000"}},
	})
}

func TestExclusiveForms(t *testing.T) {
	resolved := func(by, limit string) string {
		return replace(t, defaults, `"starting_criteria":[]`, `"starting_criteria":[{"kind":"exclusive","params":{"by":"`+by+`","limit":`+limit+`}}]`)
	}
	checkForms(t, []formsCase{
		{"defaults", `{"starting_criteria":[{"kind":"exclusive"}]}`, part("starting_criteria", "exclusive", `{}`), resolved("labels", "1")},
		{"by", part("starting_criteria", "exclusive", `{"by":"job_id"}`), part("starting_criteria", "exclusive", `{"by":"job_id"}`), resolved("job_id", "1")},
		{"limit", part("starting_criteria", "exclusive", `{"limit":3}`), part("starting_criteria", "exclusive", `{"limit":3}`), resolved("labels", "3")},
		{"tenant", part("starting_criteria", "exclusive", `{"by":"tenant_id","limit":3}`), part("starting_criteria", "exclusive", `{"by":"tenant_id","limit":3}`), resolved("tenant_id", "3")},
	})
}

func init() {
	drawParams["exclusive"] = func(t *rapid.T) any {
		return &Exclusive{
			rapid.SampledFrom([]string{"", ExclusiveByJob, ExclusiveByTenant, ExclusiveByLabels}).Draw(t, "by"),
			rapid.IntRange(0, MaxExclusiveRuns).Draw(t, "exclusive"),
		}
	}
}
