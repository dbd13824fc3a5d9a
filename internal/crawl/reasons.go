package crawl

// The reasons of excluded and failed URLs that are the engine's own; those of a fetch are
// fetch.Reason. They are part of the log's API.
const (
	// Filters give the name of their kind.
	reasonSeedHosts = "seed_hosts"

	reasonInvalidURL        = "invalid_url"        // excluded: a seed that is no URL
	reasonQueueFull         = "queue_full"         // excluded: as many URLs are known as a run may have
	reasonMaxRedirects      = "max_redirects"      // excluded: reached by more redirects in a row than allowed
	reasonRobots            = "robots_txt"         // excluded: robots.txt forbids it
	reasonRobotsUnreachable = "robots_unreachable" // excluded: robots.txt could not be had, so nothing is allowed
	reasonHTTPStatus        = "http_status"        // failed: answered 4xx or 5xx
	reasonInvalidRedirect   = "invalid_redirect"   // fetched: a redirect to what is no URL
	reasonTooManyLinks      = "too_many_links"     // fetched: links beyond a bound were left out
	reasonTruncated         = "truncated"          // fetched: links beyond the end of what was read are missing
	reasonInternal          = "internal"           // failed: a defect of the crawler
)
