package config

import "time"

// The bounds of what a configuration may say, all inclusive. They are wide enough for any
// crawl that one run can do, and keep one configuration from exhausting a worker.
const (
	// MaxParts bounds how many seeds, criteria, filters or policies one list has.
	MaxParts = 100
	// MaxListURLs bounds the URLs of one static_list or sitemap, and the hosts of a sitemap;
	// each list has at least one.
	MaxListURLs = 1000
	// MaxURLBytes bounds the length of a URL, and of a host of a sitemap.
	MaxURLBytes = 2048
	// MaxSitemapURLs bounds the limit of a sitemap. The sitemap protocol allows 50,000
	// URLs a file (https://www.sitemaps.org/protocol.html), and an index names many files.
	MaxSitemapURLs = 1_000_000

	// MaxMaxURLs bounds max_urls.
	MaxMaxURLs = 10_000_000
	// MaxMaxDepth bounds max_depth, in links from a seed.
	MaxMaxDepth = 1000
	// MinMaxAge and MaxMaxAge bound max_age.
	MinMaxAge = Duration(time.Second)
	MaxMaxAge = Duration(30 * 24 * time.Hour)
	// MaxMaxEmptyEvaluations bounds max_empty_evaluations.
	MaxMaxEmptyEvaluations = 100
	// MaxExclusiveRuns bounds the limit of exclusive, in unfinished runs of a job.
	MaxExclusiveRuns = 1000

	// MaxPatterns bounds the patterns of one allow or deny list.
	MaxPatterns = 1000
	// MaxPatternBytes bounds the length of one pattern.
	MaxPatternBytes = 1000
	// MaxPatternSize and MaxTotalPatternSize bound one RE2 expression and all of a
	// configuration's, in instructions of the compiled program; see RegexSize. Matching takes as
	// long, in the worst case, as all instructions for each byte of a URL. An expression of
	// MaxPatternBytes without counted repetitions stays below the bound; a short one such as
	// (\w{30}){30} does not.
	MaxPatternSize      = 1_600
	MaxTotalPatternSize = 50_000
	// The bounds of earlier versions, which hold for what they stored.
	storedPatternSize      = 5_000
	storedTotalPatternSize = 100_000
	// MaxHostnameBytes bounds the hostname of a URL pattern. A name in the DNS has at most
	// 253 characters (RFC 1035, section 2.3.4).
	MaxHostnameBytes = 253
	// MaxHostURLs bounds the limit of budget, in URLs of one host.
	MaxHostURLs = MaxMaxURLs

	// MaxDelay bounds default_delay, which may be 0s.
	MaxDelay = Duration(time.Hour)
	// MaxUserAgentBytes bounds user_agent.
	MaxUserAgentBytes = 256
	// MaxConcurrency bounds concurrency, in fetches under way. It bounds
	// per_host_concurrency too, which is at most concurrency.
	MaxConcurrency = 256
	// MinTimeout and MaxTimeout bound timeout, for one fetch from looking up the host to
	// the end of the body. A crawler allows at most half of what is left of its invocation.
	MinTimeout = Duration(100 * time.Millisecond)
	MaxTimeout = Duration(5 * time.Minute)
	// MinBodyBytes and MaxBodyBytes bound max_body_bytes.
	MinBodyBytes = 1 << 10
	MaxBodyBytes = 100 << 20
	// MaxRedirects bounds max_redirects, in redirects in a row.
	MaxRedirects = 50
	// MaxRetries bounds max_retries, in tries after the first.
	MaxRetries = 10

	// MaxQueueSize bounds max_queue_size. So many URLs of usual length take a worker half a
	// gigabyte of memory, besides what it knows of them.
	MaxQueueSize = 5_000_000
	// MaxPathSegments bounds max_path_segments, and max_repeated_segments too. A URL of
	// MaxURLBytes has no room for more.
	MaxPathSegments = 1000
	// MaxURLVariants bounds max_url_variants and max_session_variants.
	MaxURLVariants = MaxMaxURLs
	// MaxTrapDepth bounds the max_depth of traps, in links from a seed.
	MaxTrapDepth = 100_000
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
