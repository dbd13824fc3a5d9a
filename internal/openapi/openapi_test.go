package openapi

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/tenant"
)

// TestBounds checks that the bounds, defaults and enums of the description are those of the code.
func TestBounds(t *testing.T) {
	var doc any
	if err := json.Unmarshal(JSON(), &doc); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]any{
		"info/version":                       config.Version,
		"components/schemas/Status/enum":     run.Statuses(),
		"components/schemas/StopReason/enum": run.StopReasons(),
		"components/schemas/Reason/enum":     fault.Reasons(),

		"components/schemas/Step/enum":        crawllog.Steps(),
		"components/schemas/LogStatus/enum":   crawllog.Statuses(),
		"components/schemas/ErrorReason/enum": crawllog.Reasons(),

		"components/schemas/Name/maxLength":                          job.MaxNameLength,
		"components/schemas/LabelSet/maxProperties":                  job.MaxLabels,
		"components/schemas/LabelSet/propertyNames/maxLength":        job.MaxLabelKeyLength,
		"components/schemas/LabelSet/additionalProperties/maxLength": job.MaxLabelValueLength,

		"components/schemas/Config/properties/user_agent/maxLength":       config.MaxUserAgentBytes,
		"components/schemas/Config/properties/user_agent/x-default":       config.DefaultUserAgent,
		"components/schemas/Config/properties/seeds/maxItems":             config.MaxParts,
		"components/schemas/Config/properties/stopping_criteria/maxItems": config.MaxParts,
		"components/schemas/Config/properties/starting_criteria/maxItems": config.MaxParts,
		"components/schemas/Config/properties/filters/maxItems":           config.MaxParts,
		"components/schemas/Config/properties/policies/maxItems":          config.MaxParts,

		"components/schemas/UrlList/maxItems":                          config.MaxListURLs,
		"components/schemas/UrlList/items/maxLength":                   config.MaxURLBytes,
		"components/schemas/SitemapHostList/maxItems":                  config.MaxListURLs,
		"components/schemas/SitemapHostList/items/maxLength":           config.MaxURLBytes,
		"components/schemas/SitemapParams/properties/limit/maximum":    config.MaxSitemapURLs,
		"components/schemas/SitemapParams/properties/limit/x-default":  config.DefaultSitemapURLs,
		"components/schemas/MaxUrlsParams/properties/max_urls/maximum": config.MaxMaxURLs,

		"components/schemas/MaxDepthParams/properties/max_depth/maximum":                        config.MaxMaxDepth,
		"components/schemas/MaxAgeParams/properties/max_age/x-minimum":                          config.MinMaxAge,
		"components/schemas/MaxAgeParams/properties/max_age/x-maximum":                          config.MaxMaxAge,
		"components/schemas/MaxEmptyEvaluationsParams/properties/max_empty_evaluations/maximum": config.MaxMaxEmptyEvaluations,
		"components/schemas/ExclusiveParams/properties/limit/maximum":                           config.MaxExclusiveRuns,

		"components/schemas/RegexList/maxItems":                                 config.MaxPatterns,
		"components/schemas/RegexList/items/maxLength":                          config.MaxPatternBytes,
		"components/schemas/UrlPatternList/maxItems":                            config.MaxPatterns,
		"components/schemas/UrlPattern/properties/hostname/maxLength":           config.MaxHostnameBytes,
		"components/schemas/UrlPattern/properties/pathname/maxLength":           config.MaxPatternBytes,
		"components/schemas/BudgetParams/properties/limit/maximum":              config.MaxHostURLs,
		"components/schemas/RobotsTxtParams/properties/default_delay/x-maximum": config.MaxDelay,
		"components/schemas/RobotsTxtParams/properties/default_delay/x-default": config.DefaultDelay,

		"components/schemas/Speed/properties/concurrency/maximum":             config.MaxConcurrency,
		"components/schemas/Speed/properties/concurrency/x-default":           config.DefaultConcurrency,
		"components/schemas/Speed/properties/per_host_concurrency/maximum":    config.MaxConcurrency,
		"components/schemas/Speed/properties/per_host_concurrency/x-default":  config.DefaultPerHostConcurrency,
		"components/schemas/Fetcher/properties/timeout/x-minimum":             config.MinTimeout,
		"components/schemas/Fetcher/properties/timeout/x-maximum":             config.MaxTimeout,
		"components/schemas/Fetcher/properties/timeout/x-default":             config.DefaultTimeout,
		"components/schemas/Fetcher/properties/max_body_bytes/minimum":        config.MinBodyBytes,
		"components/schemas/Fetcher/properties/max_body_bytes/maximum":        config.MaxBodyBytes,
		"components/schemas/Fetcher/properties/max_body_bytes/x-default":      config.DefaultMaxBodyBytes,
		"components/schemas/Fetcher/properties/max_redirects/maximum":         config.MaxRedirects,
		"components/schemas/Fetcher/properties/max_redirects/x-default":       config.DefaultMaxRedirects,
		"components/schemas/Fetcher/properties/max_retries/maximum":           config.MaxRetries,
		"components/schemas/Fetcher/properties/max_retries/x-default":         config.DefaultMaxRetries,
		"components/schemas/Traps/properties/max_path_segments/maximum":       config.MaxPathSegments,
		"components/schemas/Traps/properties/max_path_segments/x-default":     config.DefaultMaxPathSegments,
		"components/schemas/Traps/properties/max_repeated_segments/maximum":   config.MaxPathSegments,
		"components/schemas/Traps/properties/max_repeated_segments/x-default": config.DefaultMaxRepeatedSegments,
		"components/schemas/Traps/properties/max_url_variants/maximum":        config.MaxURLVariants,
		"components/schemas/Traps/properties/max_url_variants/x-default":      config.DefaultMaxURLVariants,
		"components/schemas/Traps/properties/max_session_variants/maximum":    config.MaxURLVariants,
		"components/schemas/Traps/properties/max_session_variants/x-default":  config.DefaultMaxSessionVariants,
		"components/schemas/Traps/properties/max_depth/maximum":               config.MaxTrapDepth,
		"components/schemas/Traps/properties/max_depth/x-default":             config.DefaultTrapDepth,
		"components/schemas/Traps/properties/max_host_urls/maximum":           config.MaxHostURLs,
		"components/schemas/Traps/properties/max_host_urls/x-default":         config.DefaultTrapHostURLs,
		"components/schemas/Config/properties/max_queue_size/maximum":         config.MaxQueueSize,
		"components/schemas/Config/properties/max_queue_size/x-default":       config.DefaultMaxQueueSize,
	} {
		t.Run(path, func(t *testing.T) {
			wantJSON, err := json.Marshal(want)
			if err != nil {
				t.Fatal(err)
			}
			gotJSON, err := json.Marshal(at(t, doc, path))
			if err != nil {
				t.Fatal(err)
			}
			if string(gotJSON) != string(wantJSON) {
				t.Errorf("got %s, want %s", gotJSON, wantJSON)
			}
		})
	}
}

// TestTenantPattern checks that the code accepts the tenants that the description's pattern
// matches, and no others.
func TestTenantPattern(t *testing.T) {
	pattern := regexp.MustCompile(at(t, parse(t), "components/parameters/TenantId/schema/pattern").(string))
	for _, id := range []string{"a", "9", "a.b_c-D", strings.Repeat("a", 63), "", "-a", ".a", "a b", "a#", "é", strings.Repeat("a", 64)} {
		t.Run(id, func(t *testing.T) {
			if _, ok := tenant.Parse(id); ok != pattern.MatchString(id) {
				t.Errorf("tenant.Parse(%q): %v, the pattern: %v", id, ok, !ok)
			}
		})
	}
}

// TestConfigSchema checks that the description's schema and the code accept the same
// configurations.
func TestConfigSchema(t *testing.T) {
	schema := load(t).Components.Schemas["Config"].Value
	for given, valid := range map[string]bool{
		`{}`: true,
		`{"seeds":[],"stopping_criteria":[],"starting_criteria":[],"filters":[],"policies":[]}`:             true,
		`{"filters":[{"kind":"seed_hosts"},{"kind":"regex_patterns"}],"policies":[{"kind":"robots_txt"}]}`:  true,
		`{"seeds":[{"kind":"static_list","params":{"urls":["HTTP://EXAMPLE.com"]}}]}`:                       true,
		`{"seeds":[{"kind":"static_list","params":{"urls":["http://h/100%"," http:h"]}}]}`:                  true,
		`{"seeds":[{"kind":"sitemap","params":{"hosts":["example.com","http://h:81/"]}}]}`:                  true,
		`{"seeds":[{"kind":"sitemap","params":{"hosts":["example.com/a"]}}]}`:                               false,
		`{"seeds":[{"kind":"sitemap","params":{"hosts":[]}}]}`:                                              false,
		`{"stopping_criteria":[{"kind":"max_age","params":{"max_age":"1h0.5m"}}]}`:                          true,
		`{"filters":[{"kind":"url_patterns","params":{"allow":[{"hostname":"*"}],"default_allow":false}}]}`: true,
		`{"stopping_criteria":[{"kind":"max_depth","params":{"max_depth":0}}]}`:                             true,
		`{"speed":{},"fetcher":{"max_retries":0}}`:                                                          true,
		`{"seed":[]}`:                        false,
		`{"seeds":null}`:                     false,
		`{"seeds":[{"kind":"url"}]}`:         false,
		`{"seeds":[{"kind":"static_list"}]}`: false,
		`{"seeds":[{"kind":"static_list","params":{"urls":["/relative"]}}]}`:            false,
		`{"seeds":[{"kind":"static_list","params":{"urls":[]}}]}`:                       false,
		`{"stopping_criteria":[{"kind":"max_age","params":{"max_age":60}}]}`:            false,
		`{"stopping_criteria":[{"kind":"max_age","params":{"max_age":"60"}}]}`:          false,
		`{"stopping_criteria":[{"kind":"max_urls","params":{"max_urls":0}}]}`:           false,
		`{"starting_criteria":[{"kind":"exclusive","params":{"limit":1}}]}`:             false,
		`{"filters":[{"kind":"budget","params":{"by":"domain","limit":1}}]}`:            false,
		`{"filters":[{"kind":"seed_hosts","params":{"x":1}}]}`:                          false,
		`{"filters":[{"kind":"url_patterns","params":{"allow":[{}]}}]}`:                 false,
		`{"filters":[{"kind":"url_patterns","params":{"allow":[{"pathname":"/?q"}]}}]}`: false,
		`{"policies":[{"kind":"robots_txt","params":{"default_delay":"soon"}}]}`:        false,
		`{"user_agent":" a"}`:                 false,
		`{"speed":{"concurrency":257}}`:       false,
		`{"fetcher":{"max_body_bytes":1023}}`: false,
		`{"traps":{},"max_queue_size":1}`:     true,
		`{"traps":{"max_path_segments":1,"max_repeated_segments":1000,"max_url_variants":10000000,"max_session_variants":1,"max_depth":100000,"max_host_urls":1}}`: true,
		`{"traps":{"max_depth":0}}`:    false,
		`{"traps":{"max_segments":1}}`: false,
		`{"traps":[]}`:                 false,
		`{"max_queue_size":0}`:         false,
		`{"max_queue_size":5000001}`:   false,
	} {
		t.Run(given, func(t *testing.T) {
			if _, err := config.Parse([]byte(given), "config"); (err == nil) != valid {
				t.Errorf("config.Parse: %v, want valid %v", err, valid)
			}
			var v any
			if err := json.Unmarshal([]byte(given), &v); err != nil {
				t.Fatal(err)
			}
			if err := schema.VisitJSON(v, openapi3.EnableJSONSchema2020()); (err == nil) != valid {
				t.Errorf("the schema: %v, want valid %v", err, valid)
			}
		})
	}
}
