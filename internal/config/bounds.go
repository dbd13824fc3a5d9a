package config

import "time"

// The bounds of what a configuration may say, all inclusive. They are wide enough for any
// crawl that one run can do, and keep one configuration from exhausting a worker.
const (
	// MostParts bounds how many seeds, criteria, filters or policies one list has.
	MostParts = 100
	// MostListURLs bounds the URLs of one static_list or sitemap, and the hosts of a sitemap;
	// each list has at least one.
	MostListURLs = 1000
	// MostURLBytes bounds the length of a URL, and of a host of a sitemap.
	MostURLBytes = 2048
	// MostSitemapURLs bounds the limit of a sitemap. The sitemap protocol allows 50,000
	// URLs a file (https://www.sitemaps.org/protocol.html), and an index names many files.
	MostSitemapURLs = 1_000_000

	// MostURLs bounds max_urls.
	MostURLs = 10_000_000
	// MostDepth bounds max_depth, in links from a seed.
	MostDepth = 1000
	// LeastAge and MostAge bound max_age.
	LeastAge = Duration(time.Second)
	MostAge  = Duration(30 * 24 * time.Hour)
	// MostEmptyEvaluations bounds max_empty_evaluations.
	MostEmptyEvaluations = 100
	// MostExclusive bounds the limit of exclusive, in unfinished runs of a job.
	MostExclusive = 1000

	// MostPatterns bounds the patterns of one allow or deny list.
	MostPatterns = 1000
	// MostPatternBytes bounds the length of one pattern.
	MostPatternBytes = 1000
	// MostPatternSize and MostPatternsSize bound one RE2 expression and all of a
	// configuration's, in instructions of the compiled program; see RegexSize. Matching takes as
	// long, in the worst case, as all instructions for each byte of a URL. An expression of
	// MostPatternBytes without counted repetitions stays below the bound; a short one such as
	// (\w{30}){30} does not.
	MostPatternSize  = 1_600
	MostPatternsSize = 50_000
	// The bounds of earlier versions, which hold for what they stored.
	storedPatternSize  = 5_000
	storedPatternsSize = 100_000
	// MostHostnameBytes bounds the hostname of a URL pattern. A name in the DNS has at most
	// 253 characters (RFC 1035, section 2.3.4).
	MostHostnameBytes = 253
	// MostHostURLs bounds the limit of budget, in URLs of one host.
	MostHostURLs = MostURLs

	// MostDelay bounds default_delay, which may be 0s.
	MostDelay = Duration(time.Hour)
	// MostUserAgentBytes bounds user_agent.
	MostUserAgentBytes = 256
	// MostConcurrency bounds concurrency, in fetches under way. It bounds
	// per_host_concurrency too, which is at most concurrency.
	MostConcurrency = 256
	// LeastTimeout and MostTimeout bound timeout, for one fetch from looking up the host to
	// the end of the body. A crawler allows at most half of what is left of its invocation.
	LeastTimeout = Duration(100 * time.Millisecond)
	MostTimeout  = Duration(5 * time.Minute)
	// LeastBodyBytes and MostBodyBytes bound max_body_bytes.
	LeastBodyBytes = 1 << 10
	MostBodyBytes  = 100 << 20
	// MostRedirects bounds max_redirects, in redirects in a row.
	MostRedirects = 50
	// MostRetries bounds max_retries, in tries after the first.
	MostRetries = 10

	// MostQueueSize bounds max_queue_size. So many URLs of usual length take a worker half a
	// gigabyte of memory, besides what it knows of them.
	MostQueueSize = 5_000_000
	// MostPathSegments bounds max_path_segments, and max_repeated_segments too. A URL of
	// MostURLBytes has no room for more.
	MostPathSegments = 1000
	// MostURLVariants bounds max_url_variants and max_session_variants.
	MostURLVariants = MostURLs
	// MostTrapDepth bounds the max_depth of traps, in links from a seed.
	MostTrapDepth = 100_000
)

// The defaults.
const (
	DefaultUserAgent          = "inndx/" + Version + " (+https://github.com/inndx/runs)"
	DefaultSitemapURLs        = 50_000
	DefaultEmptyEvaluations   = 1
	DefaultDelay              = Duration(time.Second)
	DefaultConcurrency        = 16
	DefaultPerHostConcurrency = 1
	DefaultTimeout            = Duration(30 * time.Second)
	DefaultMaxBodyBytes       = 10 << 20
	DefaultMaxRedirects       = 10
	DefaultMaxRetries         = 3
	DefaultMaxQueueSize       = 1_000_000
)

// The defaults of traps. Sites for people stay below them: Heritrix, which archives much of
// the web, draws the line at 20 segments, at 20 links from a seed, and at a segment that
// stands three times in a row (its TooManyPathSegments-, TooManyHops- and
// PathologicalPathDecideRule).
const (
	DefaultMaxPathSegments     = 32
	DefaultMaxRepeatedSegments = 3
	DefaultMaxURLVariants      = 10_000
	DefaultMaxSessionVariants  = 10
	DefaultTrapDepth           = 256
	DefaultTrapHostURLs        = 1_000_000
)
