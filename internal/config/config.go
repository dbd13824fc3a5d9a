// Package config defines the configuration of a crawl: its parts, their bounds and
// defaults, and the canonical JSON form in which it is stored and compared. It does no I/O.
package config

// Version is the version of the crawler that the default user agent names.
const Version = "0.1.0"

// MaxBytes bounds a configuration's JSON. It keeps a configuration well within a DynamoDB
// item, which may have 400 KB.
const MaxBytes = 128 << 10

// A Config describes a crawl. Every part is a kind and the params of that kind. A nil
// field was not given, and Resolve fills it with its default; an empty list was given and
// means none. A Config is read with Parse or Read and is not to be changed afterwards:
// copies share their parts.
type Config struct {
	UserAgent        *string  `json:"user_agent,omitzero"`
	Seeds            []Part   `json:"seeds,omitzero"`
	StoppingCriteria []Part   `json:"stopping_criteria,omitzero"`
	StartingCriteria []Part   `json:"starting_criteria,omitzero"`
	Filters          []Part   `json:"filters,omitzero"`
	Policies         []Part   `json:"policies,omitzero"`
	Speed            *Speed   `json:"speed,omitzero"`
	Fetcher          *Fetcher `json:"fetcher,omitzero"`
	Traps            *Traps   `json:"traps,omitzero"`
	// MaxQueueSize bounds the URLs that are queued at a time; what is found while so many are
	// is excluded.
	MaxQueueSize *int64 `json:"max_queue_size,omitzero"`
}

// A Part is one seed, criterion, filter or policy. Params points to the params type that
// belongs to the kind, for instance *StaticList.
type Part struct {
	Kind   string `json:"kind"`
	Params any    `json:"params"`
}

// The kinds of seeds.
type (
	// StaticList (static_list) seeds the URLs it lists.
	StaticList struct {
		URLs []string `json:"urls"`
	}
	// Sitemap (sitemap) seeds the URLs that sitemaps list, at most Limit of them over all
	// its sitemaps; sitemap indexes and gzip are followed. The sitemaps are those at URLs, and
	// those that the robots.txt of each of Hosts names; see HostURL. At least one of both is
	// given.
	Sitemap struct {
		URLs  []string `json:"urls,omitzero"`
		Hosts []string `json:"hosts,omitzero"`
		Limit int      `json:"limit,omitzero"` // 0: not given
	}
)

// The kinds of stopping criteria. Any one of them ends the run.
type (
	// MaxURLs (max_urls) ends a run when exactly so many URLs were processed.
	MaxURLs struct {
		MaxURLs int64 `json:"max_urls"`
	}
	// MaxDepth (max_depth) ends a run when all URLs up to so many links from a seed were
	// processed and a deeper one was seen.
	MaxDepth struct {
		MaxDepth int `json:"max_depth"`
	}
	// MaxAge (max_age) ends a run so long after its start, time spent paused left out.
	MaxAge struct {
		MaxAge Duration `json:"max_age"`
	}
	// MaxEmptyEvaluations (max_empty_evaluations) ends a run when so many looks at the
	// frontier in a row found nothing to do.
	MaxEmptyEvaluations struct {
		MaxEmptyEvaluations int `json:"max_empty_evaluations"`
	}
)

// The kinds of starting criteria.
type (
	// Exclusive (exclusive) refuses a new run of a job that has Limit unfinished ones. By
	// is always "job_id".
	Exclusive struct {
		By    string `json:"by"`
		Limit int    `json:"limit"`
	}
)

// The kinds of filters. A URL must pass all of them.
type (
	// SeedHosts (seed_hosts) passes URLs whose host is the host of a seed, or of the target
	// of a redirected seed.
	SeedHosts struct{}
	// RegexPatterns (regex_patterns) passes or refuses URLs by RE2 expressions, which may
	// match anywhere in the URL. Deny wins over Allow; DefaultAllow decides when neither
	// matches. When it is not given, a filter that allows something allows nothing else,
	// and one that only denies allows the rest.
	RegexPatterns struct {
		Allow        []string `json:"allow,omitzero"`
		Deny         []string `json:"deny,omitzero"`
		DefaultAllow *bool    `json:"default_allow,omitzero"`
	}
	// URLPatterns (url_patterns) is like RegexPatterns with patterns for the hostname and
	// the pathname, in which * stands for any run of characters, none included.
	URLPatterns struct {
		Allow        []URLPattern `json:"allow,omitzero"`
		Deny         []URLPattern `json:"deny,omitzero"`
		DefaultAllow *bool        `json:"default_allow,omitzero"`
	}
	// URLPattern is one pattern of URLPatterns. Both parts must match whole, the hostname
	// without regard to case; one that is empty was not given and matches everything. At
	// least one is given.
	URLPattern struct {
		Hostname string `json:"hostname,omitempty"`
		Pathname string `json:"pathname,omitempty"`
	}
	// Budget (budget) lets at most Limit URLs of one host join the frontier. By is always
	// "host".
	Budget struct {
		By    string `json:"by"`
		Limit int64  `json:"limit"`
	}
)

// The kinds of policies.
type (
	// RobotsTxt (robots_txt) obeys robots.txt by RFC 9309, and waits between two fetches
	// from one host for the host's Crawl-delay or, when it has none, DefaultDelay.
	RobotsTxt struct {
		DefaultDelay *Duration `json:"default_delay,omitzero"`
	}
)

// Speed bounds how many fetches a run has under way.
type Speed struct {
	Concurrency        *int `json:"concurrency,omitzero"`
	PerHostConcurrency *int `json:"per_host_concurrency,omitzero"`
}

// Fetcher bounds one fetch.
type Fetcher struct {
	Timeout      *Duration `json:"timeout,omitzero"`
	MaxBodyBytes *int64    `json:"max_body_bytes,omitzero"`
	MaxRedirects *int      `json:"max_redirects,omitzero"`
	MaxRetries   *int      `json:"max_retries,omitzero"`
	// CookieJar says whether cookies are kept within the run. That is the default, and the one
	// default that a resolved configuration leaves out: the version before this member reads it too.
	CookieJar *bool `json:"cookie_jar,omitzero"`
}

// Traps bounds what a site without end costs: a calendar, paths that grow with each link,
// session ids. A URL beyond a bound is excluded. Seeds never are.
type Traps struct {
	// MaxPathSegments bounds the segments of a path, MaxRepeatedSegments how often one of
	// them stands in it.
	MaxPathSegments     *int `json:"max_path_segments,omitzero"`
	MaxRepeatedSegments *int `json:"max_repeated_segments,omitzero"`
	// MaxURLVariants bounds the URLs with a query or with path parameters (;a=b) that have
	// the rest in common. MaxSessionVariants bounds those that differ in a session id alone.
	MaxURLVariants     *int64 `json:"max_url_variants,omitzero"`
	MaxSessionVariants *int64 `json:"max_session_variants,omitzero"`
	// MaxDepth bounds the depth, in links from a seed. It has no effect on a run with the
	// stopping criterion max_depth.
	MaxDepth *int `json:"max_depth,omitzero"`
	// MaxHostURLs bounds the URLs of one host: what no other bound ends, it does.
	MaxHostURLs *int64 `json:"max_host_urls,omitzero"`
}
