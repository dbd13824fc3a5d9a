package config

import "testing"

func TestCanonicalAndResolve(t *testing.T) {
	checkForms(t, []formsCase{
		{"nothing", `{}`, `{}`, defaults},
		{"everything", full, full, full},
		{
			"spelling does not matter",
			" {\"policies\" : [ {\"params\":{\"default_delay\":\"60s\"}, \"kind\":\"robots\\u005ftxt\"} ],\n\"user_agent\":\"a&b\" }",
			`{"user_agent":"a&b","policies":[{"kind":"robots_txt","params":{"default_delay":"1m"}}]}`,
			replace(t, defaults, `inndx/0.1.0 (+https://github.com/inndx/runs)`, `a&b`, `"1s"`, `"1m"`),
		},
		{
			"an empty list means none, except for the criterion of every run",
			`{"stopping_criteria":[],"filters":[],"policies":[]}`,
			`{"stopping_criteria":[],"filters":[],"policies":[]}`,
			replace(t, defaults, `{"kind":"seed_hosts","params":{}}`, ``,
				`{"kind":"robots_txt","params":{"default_delay":"1s"}}`, ``),
		},
		{
			"half a group",
			`{"speed":{"concurrency":1},"fetcher":{"timeout":"100ms"},"traps":{"max_depth":9}}`,
			`{"speed":{"concurrency":1},"fetcher":{"timeout":"100ms"},"traps":{"max_depth":9}}`,
			replace(t, defaults, `"concurrency":16`, `"concurrency":1`, `"timeout":"30s"`, `"timeout":"100ms"`, `"max_depth":256`, `"max_depth":9`),
		},
	})
}

func TestFind(t *testing.T) {
	c, err := Parse([]byte(full), "config")
	if err != nil {
		t.Fatal(err)
	}
	if p, ok := Find[*MaxURLs](c.StoppingCriteria); !ok || p.MaxURLs != 1000 {
		t.Errorf("got %v, %v", p, ok)
	}
	if p, ok := Find[*MaxURLs](nil); ok {
		t.Errorf("got %v in an empty list", p)
	}
}
