package crawllog

import "slices"

// The reasons that more than one package must know.
const (
	ReasonSeedHosts    = "seed_hosts"    // excluded: the filter of this kind refuses the URL
	ReasonInvalidURL   = "invalid_url"   // excluded: the URL is not valid
	ReasonMaxRedirects = "max_redirects" // excluded: too many redirects in a row led to the URL
	ReasonHTTPStatus   = "http_status"   // failed: the response was 4xx or 5xx
)

// reasons are all values of an outcome's ErrorReason except the empty one: the reasons of package
// crawl, the kinds of filters, the reasons of package pipeline, and those of package fetch except
// two. A canceled fetch is not recorded, and robots_unavailable is recorded as robots_unreachable.
// A test of package crawl checks that the list is complete.
var reasons = []string{
	// Excluded: a filter of this kind refuses the URL.
	ReasonSeedHosts, "regex_patterns", "url_patterns", "budget",
	// Excluded for another reason.
	ReasonInvalidURL, "url_too_long", "queue_full", "trap_path", "trap_variants", "trap_depth", "trap_host",
	ReasonMaxRedirects, "robots_txt", "robots_unreachable",
	// Failed: the response was 4xx or 5xx.
	ReasonHTTPStatus,
	// Failed: no response.
	"dns", "refused", "reset", "tls", "timeout", "address_refused", "header_too_large", "protocol",
	"incomplete", "encoding", "proxy", "internal",
	// Fetched, but not all links could be read.
	"invalid_redirect", "redirect_loop", "too_many_links", "filters_too_slow", "truncated",
	// Fetched, but nothing could be extracted.
	"extract_too_slow", "extract_failed",
	// Failed: a sitemap.
	"invalid_sitemap", "incomplete_sitemap", "sitemap_limit",
}

// Reasons returns every reason that an outcome may have, in the order of the API's description.
func Reasons() []string { return slices.Clone(reasons) }
