package config

import (
	"testing"

	"pgregory.net/rapid"
)

func TestRobotsTxtInvalid(t *testing.T) {
	checkInvalid(t, []invalidCase{
		{"default_delay", part("policies", "robots_txt", `{"default_delay":"61m"}`), []string{"config.policies[0].params.default_delay range between 0s and 1h"}},
		{"negative default_delay", part("policies", "robots_txt", `{"default_delay":"-1s"}`), []string{"config.policies[0].params.default_delay range between 0s and 1h"}},
		{"delay range", part("policies", "robots_txt", `{"default_delay":["5s","61m"]}`), []string{"config.policies[0].params.default_delay[1] range between 0s and 1h"}},
		{"delays of the wrong order", part("policies", "robots_txt", `{"default_delay":["5s","1s"]}`), []string{"config.policies[0].params.default_delay format least"}},
		{"one delay", part("policies", "robots_txt", `{"default_delay":["5s"]}`), []string{"config.policies[0].params.default_delay format least"}},
		{"three delays", part("policies", "robots_txt", `{"default_delay":["1s","2s","3s"]}`), []string{"config.policies[0].params.default_delay too_many 2"}},
		{"delays without unit", part("policies", "robots_txt", `{"default_delay":[1,"2"]}`), []string{
			"config.policies[0].params.default_delay[0] type a string", "config.policies[0].params.default_delay[1] format duration"}},
		{"other services", `{"policies":[{"kind":"robots_txt","params":{"scope":"host"}},{"kind":"recrawl","params":{"minimum_delay":"72h"}}]}`, []string{
			"config.policies[0].params.scope unsupported supported: default_delay", "config.policies[1].kind unsupported supported: robots_txt"}},
	})
}

func TestRobotsTxtForms(t *testing.T) {
	checkForms(t, []formsCase{
		{"range", part("policies", "robots_txt", `{"default_delay":["1s","90s"]}`), part("policies", "robots_txt", `{"default_delay":["1s","1m30s"]}`),
			replace(t, defaults, `"default_delay":"1s"`, `"default_delay":["1s","1m30s"]`)},
		{"range of one", part("policies", "robots_txt", `{"default_delay":["2s","2s"]}`), part("policies", "robots_txt", `{"default_delay":"2s"}`),
			replace(t, defaults, `"default_delay":"1s"`, `"default_delay":"2s"`)},
	})
}

func init() {
	drawParams["robots_txt"] = func(t *rapid.T) any {
		min := drawDuration(t, 0, MaxDelay)
		return &RobotsTxt{maybe(t, rapid.Just(Delay{min, drawDuration(t, min, MaxDelay)}))}
	}
}
