package config

import (
	"testing"

	"pgregory.net/rapid"
)

func TestRobotsTxtInvalid(t *testing.T) {
	checkInvalid(t, []invalidCase{
		{"default_delay", part("policies", "robots_txt", `{"default_delay":"61m"}`), []string{"config.policies[0].params.default_delay range between 0s and 1h"}},
		{"negative default_delay", part("policies", "robots_txt", `{"default_delay":"-1s"}`), []string{"config.policies[0].params.default_delay range between 0s and 1h"}},
	})
}

func init() {
	drawParams["robots_txt"] = func(t *rapid.T) any {
		return &RobotsTxt{maybe(t, rapid.Just(drawDuration(t, 0, MaxDelay)))}
	}
}
