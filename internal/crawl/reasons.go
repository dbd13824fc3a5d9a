package crawl

// The reasons of excluded and failed URLs that are the engine's own; those of a fetch are
// fetch.Reason. They are part of the log's API.
const (
	// Filters give the name of their kind.
	reasonSeedHosts = "seed_hosts"

	reasonInvalidURL        = "invalid_url"        // excluded: a seed that is no URL
	reasonTooLong           = "url_too_long"       // excluded: the URL is longer than weburl.MaxLength
	reasonQueueFull         = "queue_full"         // excluded: as many URLs are queued as may be
	reasonTrapPath          = "trap_path"          // excluded: the path has too many segments, or one of them too often
	reasonTrapVariants      = "trap_variants"      // excluded: too many URLs differ only in query, path parameters or session id
	reasonTrapDepth         = "trap_depth"         // excluded: too many links from a seed
	reasonTrapHost          = "trap_host"          // excluded: as many URLs of the host joined as may
	reasonMaxRedirects      = "max_redirects"      // excluded: reached by more redirects in a row than allowed
	reasonRobots            = "robots_txt"         // excluded: robots.txt forbids it
	reasonRobotsUnreachable = "robots_unreachable" // excluded: robots.txt was answered with a 5xx or a 429, so nothing is allowed
	reasonHTTPStatus        = "http_status"        // failed: answered 4xx or 5xx
	reasonInvalidRedirect   = "invalid_redirect"   // fetched: a redirect without a target, or to what is no URL
	reasonRedirectLoop      = "redirect_loop"      // fetched: a redirect back to a URL that led to it
	reasonTooManyLinks      = "too_many_links"     // fetched: links beyond a bound were left out
	reasonFiltersTooSlow    = "filters_too_slow"   // fetched: links were left out that the patterns of the filters took too long for; excluded: such a seed
	reasonTruncated         = "truncated"          // fetched: links beyond the end of what was read are missing
	reasonInternal          = "internal"           // failed: a defect of the crawler

	reasonInvalidSitemap    = "invalid_sitemap"    // failed: the answer is no sitemap
	reasonIncompleteSitemap = "incomplete_sitemap" // failed: the sitemap was not read wholly
	reasonSitemapLimit      = "sitemap_limit"      // failed: the sitemap was left out, for there were too many or too little time
)
