package config

import (
	"testing"
)

func TestPartsInvalid(t *testing.T) {
	checkInvalid(t, []invalidCase{
		{"part is not an object", `{"seeds":["http://a/"]}`, []string{"config.seeds[0] type an object"}},
		{"part without kind", `{"seeds":[{}]}`, []string{"config.seeds[0].kind required must be given"}},
		{"kind is not a string", `{"seeds":[{"kind":1}]}`, []string{"config.seeds[0].kind type a string"}},
		{"unknown kind", `{"filters":[{"kind":"seed_host"}]}`,
			[]string{"config.filters[0].kind unknown known: seed_hosts, regex_patterns, url_patterns, budget"}},
		{"kind of another list", part("seeds", "max_urls", `{"max_urls":1}`), []string{"config.seeds[0].kind unknown static_list, sitemap"}},
		{"part with more", `{"seeds":[{"kind":"static_list","params":{"urls":["http://a/"]},"x":1}]}`, []string{"config.seeds[0].x unknown kind, params"}},
		{"params is a list", `{"filters":[{"kind":"seed_hosts","params":[]}]}`, []string{"config.filters[0].params type an object"}},
		{"too many parts", `{"filters":` + many(101, `{"kind":"url_patterns"}`) + `}`, []string{"config.filters too_many 100"}},
		{"second criterion", `{"stopping_criteria":` + many(3, `{"kind":"max_urls","params":{"max_urls":1}}`) + `}`,
			[]string{"config.stopping_criteria[1] duplicate only max_urls", "config.stopping_criteria[2] duplicate only max_urls"}},
	})
}

func TestParamsHaveDefaults(t *testing.T) {
	checkForms(t, []formsCase{
		{
			"params have defaults and may be missing",
			`{"seeds":[{"kind":"sitemap","params":{"urls":["http://a/"]}}],"policies":[{"kind":"robots_txt"}]}`,
			`{"seeds":[{"kind":"sitemap","params":{"urls":["http://a/"]}}],"policies":[{"kind":"robots_txt","params":{}}]}`,
			replace(t, defaults, `"seeds":[]`, `"seeds":[{"kind":"sitemap","params":{"urls":["http://a/"],"limit":50000}}]`),
		},
	})
}
