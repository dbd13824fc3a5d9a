package config

import "testing"

func TestPatternsDefaultAllow(t *testing.T) {
	checkForms(t, []formsCase{
		{
			"patterns that only deny allow the rest",
			`{"filters":[{"kind":"regex_patterns","params":{"deny":["x"]}},{"kind":"url_patterns"}]}`,
			`{"filters":[{"kind":"regex_patterns","params":{"deny":["x"]}},{"kind":"url_patterns","params":{}}]}`,
			replace(t, defaults, `{"kind":"seed_hosts","params":{}}`,
				`{"kind":"regex_patterns","params":{"allow":[],"deny":["x"],"default_allow":true}},`+
					`{"kind":"url_patterns","params":{"allow":[],"deny":[],"default_allow":true}}`),
		},
		{
			"patterns that allow something allow nothing else",
			`{"filters":[{"kind":"regex_patterns","params":{"allow":["x"],"deny":[]}},{"kind":"url_patterns","params":{"allow":[{"pathname":"/"}]}}]}`,
			`{"filters":[{"kind":"regex_patterns","params":{"allow":["x"],"deny":[]}},{"kind":"url_patterns","params":{"allow":[{"pathname":"/"}]}}]}`,
			replace(t, defaults, `{"kind":"seed_hosts","params":{}}`,
				`{"kind":"regex_patterns","params":{"allow":["x"],"deny":[],"default_allow":false}},`+
					`{"kind":"url_patterns","params":{"allow":[{"pathname":"/"}],"deny":[],"default_allow":false}}`),
		},
	})
}
