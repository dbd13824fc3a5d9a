package openapi

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/inndx/runs/internal/api"
	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/export"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/rollup"
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
		"components/schemas/WaitReason/enum": run.WaitReasons(),
		"components/schemas/Reason/enum":     fault.Reasons(),

		"components/schemas/WaitDuration/x-minimum": config.Duration(api.MinWait),
		"components/schemas/WaitDuration/x-maximum": config.Duration(api.MaxWait),

		"components/schemas/Step/enum":        crawllog.Steps(),
		"components/schemas/LogStatus/enum":   crawllog.Statuses(),
		"components/schemas/ErrorReason/enum": crawllog.Reasons(),
		"components/schemas/LinkState/enum":   crawllog.LinkStates(),
		"components/schemas/EdgeKind/enum":    crawllog.EdgeKinds(),

		"components/schemas/Window/enum":                               rollup.Windows(),
		"components/schemas/Metrics/properties/buckets/maxItems":       rollup.MaxBuckets,
		"components/schemas/LatencySeries/properties/buckets/maxItems": rollup.MaxBuckets,
		"components/schemas/HostOrder/enum":                            rollup.Orders(),

		"components/schemas/ArtifactKind/enum": crawllog.Kinds(),
		"components/schemas/ExportFormat/enum": export.Formats(),
		"components/schemas/ExportState/enum":  export.States(),

		"components/schemas/ExportPage/properties/items/maxItems": export.MaxPerRun,

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

		"components/schemas/Config/properties/pipelines/maxItems":                         config.MaxPipelines,
		"components/schemas/Config/properties/mutators/maxItems":                          config.MaxParts,
		"components/schemas/SitemapParams/properties/concurrency/maximum":                 config.MaxSitemapConcurrency,
		"components/schemas/SeedUrl/maxLength":                                            config.MaxURLBytes,
		"components/schemas/ExclusiveParams/properties/by/x-default":                      config.DefaultExclusiveBy,
		"components/schemas/ExclusiveParams/properties/limit/x-default":                   config.DefaultExclusiveLimit,
		"components/schemas/UrlPattern/properties/search/maxLength":                       config.MaxPatternBytes,
		"components/schemas/Fetcher/properties/cookies/maxItems":                          config.MaxCookies,
		"components/schemas/Fetcher/properties/middleware/maxItems":                       config.MaxMiddleware,
		"components/schemas/Fetcher/properties/accept_language/maxLength":                 config.MaxAcceptLanguageBytes,
		"components/schemas/RequestHeaders/maxProperties":                                 config.MaxHeaders,
		"components/schemas/CredentialHosts/maxItems":                                     config.MaxCredentialHosts,
		"components/schemas/CredentialHosts/items/maxLength":                              config.MaxURLBytes,
		"components/schemas/BasicAuth/properties/username/maxLength":                      config.MaxUsernameBytes,
		"components/schemas/Cookie/properties/name/maxLength":                             config.MaxCookieNameBytes,
		"components/schemas/SetLanguageParams/properties/languages/maxItems":              config.MaxLanguages,
		"components/schemas/MutateHeadersParams/properties/headers/maxItems":              config.MaxHeaders,
		"components/schemas/MutateHeadersParams/properties/headers/items/items/maxLength": config.MaxHeaderBytes,
		"components/schemas/Pipeline/properties/id/maxLength":                             config.MaxPipelineIDBytes,
		"components/schemas/Pipeline/properties/steps/maxItems":                           config.MaxSteps,
		"components/schemas/Pipeline/properties/actions/maxItems":                         config.MaxActions,
		"components/schemas/ConditionStep/properties/params/maxItems":                     config.MaxConditions,
		"components/schemas/Expression/maxLength":                                         config.MaxExpressionBytes,
		"components/schemas/MarkdownParams/properties/skip_tags/maxItems":                 config.MaxSkipTags,
		"components/schemas/MarkdownParams/properties/skip_tags/items/maxLength":          config.MaxTagBytes,
		"components/schemas/DataMap/properties/fields/maxItems":                           config.MaxDataFields,
		"components/schemas/DataField/properties/name/maxLength":                          config.MaxDataFieldBytes,
		"components/schemas/DataSourceParams/properties/expressions/maxItems":             config.MaxFieldExpressions,
		"components/schemas/ToBlobParams/properties/directory/maxLength":                  config.MaxDirectoryBytes,
		"components/schemas/LogParams/properties/event/maxLength":                         config.MaxEventBytes,

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
		`{"seeds":[{"kind":"static_list","params":{"urls":["/relative"]}}]}`:                                                     false,
		`{"seeds":[{"kind":"static_list","params":{"urls":[]}}]}`:                                                                false,
		`{"stopping_criteria":[{"kind":"max_age","params":{"max_age":60}}]}`:                                                     false,
		`{"stopping_criteria":[{"kind":"max_age","params":{"max_age":"60"}}]}`:                                                   false,
		`{"stopping_criteria":[{"kind":"max_urls","params":{"max_urls":0}}]}`:                                                    false,
		`{"starting_criteria":[{"kind":"exclusive"}]}`:                                                                           true,
		`{"starting_criteria":[{"kind":"exclusive","params":{"limit":1}}]}`:                                                      true,
		`{"starting_criteria":[{"kind":"exclusive","params":{"by":"host"}}]}`:                                                    false,
		`{"filters":[{"kind":"url_patterns","params":{"deny":[{"protocol":"http*","port":"80*","search":"?a=*","hash":"*"}]}}]}`: true,
		`{"filters":[{"kind":"url_patterns","params":{"deny":[{"hash":"*"}]}}]}`:                                                 false,
		`{"filters":[{"kind":"url_patterns","params":{"deny":[{"pathname":"/a","hash":"top"}]}}]}`:                               false,
		`{"filters":[{"kind":"url_patterns","params":{"deny":[{"protocol":"ftp"}]}}]}`:                                           false,
		`{"policies":[{"kind":"robots_txt","params":{"default_delay":["1s","5s"]}}]}`:                                            true,
		`{"policies":[{"kind":"robots_txt","params":{"scope":"host"}}]}`:                                                         false,
		`{"policies":[{"kind":"recrawl","params":{"minimum_delay":"72h"}}]}`:                                                     false,
		`{"seeds":[{"kind":"sitemap","params":{"url":"https://h/sitemap.xml","concurrency":4}}]}`:                                true,
		`{"seeds":[{"kind":"sitemap","params":{"url":"/sitemap.xml"}}]}`:                                                         false,
		`{"seeds":[{"kind":"host_labels","params":{"labels":{}}}]}`:                                                              false,
		`{"ranker":{"kind":"depth"},"mutators":[{"kind":"sanitize","params":{"strip_fragment":true,"strip_query":true}}]}`:       true,
		`{"ranker":{"kind":"page_rank"}}`:                                                                                        false,
		`{"mutators":[{"kind":"sanitize","params":{"strip_fragment":false}}]}`:                                                   false,
		`{"external":"check","record":{"edges":true,"digests":false}}`:                                                           true,
		`{"external":"follow"}`:     false,
		`{"record":{"links":true}}`: false,
		`{"fetcher":{"headers":{"X-A":"1","x-b":{"secret":"b"},"X-C":{"value":"1","hosts":["a:81"]}},"proxy":"socks5://u:p@h:1080","accept_language":"en"}}`: true,
		`{"fetcher":{"headers":{"X A":"1"}}}`: false,
		`{"fetcher":{"basic_auth":{"username":"a","password":"b"},"cookies":[{"name":"a","value":{"secret":"a/b"},"hosts":["[::1]:81"]}]}}`: true,
		`{"fetcher":{"basic_auth":{"username":"a:b","password":"b"}}}`:                                                                      false,
		`{"fetcher":{"basic_auth":{"username":"a"}}}`:                                                                                       false,
		`{"fetcher":{"bearer":{"token":"t","hosts":[]}}}`:                                                                                   false,
		`{"fetcher":{"bearer":{"token":"t","hosts":["https://a"]}}}`:                                                                        false,
		`{"fetcher":{"cookies":[{"name":"a=b","value":"1"}]}}`:                                                                              false,
		`{"fetcher":{"client":"chrome"}}`:                                                                                                   false,
		`{"fetcher":{"middleware":[{"kind":"set_language","params":{"languages":[["en-US",1.0]]}},{"kind":"mutate_headers","params":{"on":"response","headers":[["X-A","1"]]}}]}}`: true,
		`{"fetcher":{"middleware":[{"kind":"mutate_path","params":{"paths":{}}}]}}`:                                                                                                false,
		`{"fetcher":{"middleware":[{"kind":"mutate_headers","params":{"on":"both","headers":[["X-A","1"]]}}]}}`:                                                                    false,
		`{"fetcher":{"middleware":[{"kind":"mutate_headers","params":{"on":"request","headers":[["X-A"]]}}]}}`:                                                                     false,
		`{"pipelines":[{},{"id":"pages","navigator":{"kind":"anchor"},"steps":[{"kind":"condition","params":[{"kind":"expression","params":{"expression":"true"}},` +
			`{"kind":"regex_patterns","params":{"allow":["a"]}},{"kind":"url_patterns"}]},{"kind":"extractor","params":{"kind":"markdown","params":{"content_xpath":"//main","skip_tags":["nav"]}}}],` +
			`"actions":[{"kind":"to_blob","params":{"directory":"output","key_strategy":"5min","include_assets":false}},{"kind":"log","params":{"level":"info","event":"E"}}]}]}`: true,
		`{"pipelines":[{"steps":[{"kind":"extractor","params":{"kind":"data_map","params":{"map":{"fields":[{"name":"a","source":{"type":"extractor","kind":"selector","params":{"expressions":["h1"],"all":true}}}]}}}}]}]}`:                             true,
		`{"pipelines":[{"steps":[{"kind":"extractor","params":{"kind":"raw"}},{"kind":"condition","params":[{"kind":"url_patterns"}]}],"actions":[{"kind":"to_blob"}]}]}`:                                                                                 true,
		`{"pipelines":[{"steps":[{"kind":"asset_resolver","params":{"resolvers":[{"kind":"xpath","params":{"xpaths":["//img/@src"],"max_items":5}}],"concurrency":2,"timeout":"5s"}}],"actions":[{"kind":"to_blob","params":{"include_assets":true}}]}]}`: true,
		`{"pipelines":[{"steps":[{"kind":"asset_resolver","params":{"resolvers":[]}}]}]}`:                                                                                                                                                                 false,
		`{"pipelines":[{"id":"a b"}]}`:                                                              false,
		`{"pipelines":[{"navigator":{"kind":"form"}}]}`:                                             false,
		`{"pipelines":[{"steps":[{"kind":"condition","params":[]}]}]}`:                              false,
		`{"pipelines":[{"steps":[{"kind":"condition","params":[{"kind":"heuristics"}]}]}]}`:         false,
		`{"pipelines":[{"steps":[{"kind":"extractor"}]}]}`:                                          false,
		`{"pipelines":[{"steps":[{"kind":"extractor","params":{"kind":"host_data_map"}}]}]}`:        false,
		`{"pipelines":[{"steps":[{"kind":"extractor","params":{"kind":"raw","params":{"a":1}}}]}]}`: false,
		`{"pipelines":[{"steps":[{"kind":"extractor","params":{"kind":"data_map","params":{"map":{"fields":[{"name":"a","source":{"type":"constant","kind":"xpath","params":{"expressions":["a"]}}}]}}}}]}]}`: false,
		`{"pipelines":[{"actions":[{"kind":"label_url"}]}]}`:                                   false,
		`{"pipelines":[{"actions":[{"kind":"log","params":{"level":"notice","event":"E"}}]}]}`: false,
		`{"filters":[{"kind":"budget","params":{"by":"domain","limit":1}}]}`:                   false,
		`{"filters":[{"kind":"seed_hosts","params":{"x":1}}]}`:                                 false,
		`{"filters":[{"kind":"url_patterns","params":{"allow":[{}]}}]}`:                        false,
		`{"filters":[{"kind":"url_patterns","params":{"allow":[{"pathname":"/?q"}]}}]}`:        false,
		`{"fetcher":{"timeout":"soon"}}`:                                                       false,
		`{"user_agent":" a"}`:                                                                  false,
		`{"speed":{"concurrency":257}}`:                                                        false,
		`{"fetcher":{"max_body_bytes":1023}}`:                                                  false,
		`{"traps":{},"max_queue_size":1}`:                                                      true,
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
