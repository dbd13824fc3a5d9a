// Package config defines the configuration of a crawl: its parts, their bounds and defaults, and
// the canonical JSON in which it is stored and compared. It does no I/O.
//
// Each kind of seed, criterion, filter and policy has a file, such as filter_budget.go, with its
// params and their bounds, defaults and rules. kinds.go lists the kinds. The other members of a
// configuration have a file each too.
package config

import "slices"

// Version is the version of the crawler that the default user agent names.
const Version = "0.1.0"

// MaxBytes bounds the resolved configuration's canonical JSON. It keeps a configuration well below
// the 400 KB of a DynamoDB item.
const MaxBytes = 128 << 10

// A Config describes a crawl. A nil field was not given, and Resolve fills in its default. An empty
// list was given and means none. A Config is made by Parse or Read and must not be changed
// afterwards, because copies share their parts.
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
	// MaxQueueSize bounds the URLs that are queued at a time. A URL that is discovered while the
	// queue is full is excluded.
	MaxQueueSize *int64 `json:"max_queue_size,omitzero"`
	// Ranker says which of the queued URLs is fetched first. Its params are of type *Breadth or
	// *Depth. Nil means *Breadth. Resolve leaves the default out; see Fetcher.CookieJar.
	Ranker *Part `json:"ranker,omitzero"`
	// Mutators change each URL before it is admitted. Their params are of type *Sanitize.
	Mutators []Part `json:"mutators,omitzero"`
	// Pipelines say what is done with responses. Without any, the links of all pages are followed
	// and nothing is kept.
	Pipelines []Pipeline `json:"pipelines,omitzero"`
	// External says what is done with links to URLs that the filters refuse: External* of this
	// package. Nil means ExternalIgnore. Resolve leaves the default out; see Fetcher.CookieJar.
	External *string `json:"external,omitzero"`
	// Record says what the log has in addition. Resolve leaves its defaults out.
	Record *Record `json:"record,omitzero"`
}

// A Part is one seed, criterion, filter, policy, step or action. Params points to the type of the
// kind's params, for instance *StaticList.
type Part struct {
	Kind   string `json:"kind"`
	Params any    `json:"params"`
}

// Find returns the params of the first part whose params are of type P, for instance *RobotsTxt,
// and whether there is such a part.
func Find[P any](parts []Part) (P, bool) {
	i := slices.IndexFunc(parts, func(p Part) bool { _, ok := p.Params.(P); return ok })
	if i < 0 {
		var none P
		return none, false
	}
	return parts[i].Params.(P), true
}

// Resolve returns the configuration with every default filled in, so that a crawl depends on
// nothing else. Resolving a resolved configuration changes nothing.
func (c Config) Resolve() Config {
	for _, f := range fields {
		f.resolve(&c)
	}
	return c
}
