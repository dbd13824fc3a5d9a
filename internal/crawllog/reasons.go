package crawllog

import "slices"

// reasons are all that an outcome's ErrorReason may be but empty. They are those of package
// crawl, the names of the kinds of filters, and those of package fetch but two: what is
// canceled is not recorded, and robots_unavailable is recorded as robots_unreachable.
// What one of them adds is added here.
var reasons = []string{
	// Excluded: a filter of the kind refuses the URL.
	"seed_hosts", "regex_patterns", "url_patterns", "budget",
	// Excluded for another cause.
	"invalid_url", "url_too_long", "queue_full", "trap_path", "trap_variants", "trap_depth", "trap_host",
	"max_redirects", "robots_txt", "robots_unreachable",
	// Failed: answered 4xx or 5xx.
	"http_status",
	// Failed: no answer.
	"dns", "refused", "reset", "tls", "timeout", "address_refused", "header_too_large", "protocol",
	"incomplete", "encoding", "internal",
	// Fetched, and not all of its links could be read.
	"invalid_redirect", "redirect_loop", "too_many_links", "filters_too_slow", "truncated",
	// Failed: a sitemap, which is no page.
	"invalid_sitemap", "incomplete_sitemap", "sitemap_limit",
}

// Reasons returns every reason that an outcome may have, in the order of the API's
// description.
func Reasons() []string { return slices.Clone(reasons) }
