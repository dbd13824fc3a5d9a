package config

import (
	"testing"

	"pgregory.net/rapid"
)

func TestMaxEmptyEvaluationsInvalid(t *testing.T) {
	checkInvalid(t, []invalidCase{
		{"max_empty_evaluations", part("stopping_criteria", "max_empty_evaluations", `{"max_empty_evaluations":101}`),
			[]string{"config.stopping_criteria[0].params.max_empty_evaluations range between 1 and 100"}},
	})
}

func TestEveryRunHasMaxEmptyEvaluations(t *testing.T) {
	checkForms(t, []formsCase{
		{
			"the criterion of every run comes last",
			`{"stopping_criteria":[{"kind":"max_urls","params":{"max_urls":1e3}}]}`,
			`{"stopping_criteria":[{"kind":"max_urls","params":{"max_urls":1000}}]}`,
			replace(t, defaults, `"stopping_criteria":[`, `"stopping_criteria":[{"kind":"max_urls","params":{"max_urls":1000}},`),
		},
	})
}

func init() {
	drawParams["max_empty_evaluations"] = func(t *rapid.T) any {
		return &MaxEmptyEvaluations{rapid.IntRange(1, MaxMaxEmptyEvaluations).Draw(t, "max_empty_evaluations")}
	}
}
