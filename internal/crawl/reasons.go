package crawl

// The reasons of excluded and failed URLs that only the engine knows. It also gives those of
// package crawllog. A URL that a filter refuses has the name of the filter's kind as its reason.
// The reasons of a fetch are fetch.Reason. All are part of the API of logs.
const (
	// Excluded.
	reasonTooLong           = "url_too_long"       // longer than weburl.MaxLength
	reasonQueueFull         = "queue_full"         // the maximum number of URLs, or of their bytes, is queued
	reasonTrapPath          = "trap_path"          // too many path segments, or one too often
	reasonTrapVariants      = "trap_variants"      // too many URLs of a group; see groupsOf
	reasonTrapDepth         = "trap_depth"         // too many links from a seed
	reasonTrapHost          = "trap_host"          // the maximum number of the host's URLs joined
	reasonRobots            = "robots_txt"         // robots.txt forbids it
	reasonRobotsUnreachable = "robots_unreachable" // robots.txt: 5xx or 429, nothing is allowed

	// Failed.
	reasonInternal = "internal" // a defect of the crawler

	// Fetched, but not all links could be read.
	reasonInvalidRedirect = "invalid_redirect" // a redirect without a valid target
	reasonRedirectLoop    = "redirect_loop"    // a redirect back to a URL that led to it
	reasonTooManyLinks    = "too_many_links"   // links beyond a bound were left out
	reasonFiltersTooSlow  = "filters_too_slow" // the filters took too long; also of a seed
	reasonTruncated       = "truncated"        // links beyond the end of what was read are missing

	// Failed: a sitemap.
	reasonInvalidSitemap    = "invalid_sitemap"    // the response is no sitemap
	reasonIncompleteSitemap = "incomplete_sitemap" // the sitemap was not read completely
	reasonSitemapLimit      = "sitemap_limit"      // left out because of a bound, or for lack of time
)
