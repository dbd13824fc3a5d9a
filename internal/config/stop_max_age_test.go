package config

import (
	"testing"

	"pgregory.net/rapid"
)

func TestMaxAgeInvalid(t *testing.T) {
	checkInvalid(t, []invalidCase{
		{"max_age below", part("stopping_criteria", "max_age", `{"max_age":"999ms"}`), []string{"config.stopping_criteria[0].params.max_age range between 1s and 720h"}},
		{"max_age above", part("stopping_criteria", "max_age", `{"max_age":"721h"}`), []string{"config.stopping_criteria[0].params.max_age range between 1s and 720h"}},
		{"max_age as a number", part("stopping_criteria", "max_age", `{"max_age":60}`), []string{"config.stopping_criteria[0].params.max_age type a string"}},
		{"max_age without a unit", part("stopping_criteria", "max_age", `{"max_age":"60"}`), []string{"config.stopping_criteria[0].params.max_age format duration such as 30s"}},
	})
}

func init() {
	drawParams["max_age"] = func(t *rapid.T) any {
		return &MaxAge{drawDuration(t, MinMaxAge, MaxMaxAge)}
	}
}
