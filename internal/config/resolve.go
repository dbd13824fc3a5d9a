package config

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
)

// Resolve returns the configuration with every default filled in: a crawl by it depends on
// nothing else. Resolving what is resolved changes nothing.
func (c Config) Resolve() Config {
	c.UserAgent = or(c.UserAgent, DefaultUserAgent)
	c.Seeds = resolveParts(c.Seeds)
	c.StoppingCriteria = resolveParts(c.StoppingCriteria)
	if _, ok := Find[*MaxEmptyEvaluations](c.StoppingCriteria); !ok {
		c.StoppingCriteria = append(c.StoppingCriteria,
			Part{"max_empty_evaluations", &MaxEmptyEvaluations{DefaultEmptyEvaluations}})
	}
	c.StartingCriteria = resolveParts(c.StartingCriteria)
	if c.Filters == nil {
		c.Filters = []Part{{"seed_hosts", &SeedHosts{}}}
	}
	c.Filters = resolveParts(c.Filters)
	if c.Policies == nil {
		c.Policies = []Part{{"robots_txt", &RobotsTxt{}}}
	}
	c.Policies = resolveParts(c.Policies)
	speed := deref(c.Speed)
	c.Speed = &Speed{
		Concurrency:        or(speed.Concurrency, DefaultConcurrency),
		PerHostConcurrency: or(speed.PerHostConcurrency, DefaultPerHostConcurrency),
	}
	fetcher := deref(c.Fetcher)
	c.Fetcher = &Fetcher{
		Timeout:      or(fetcher.Timeout, DefaultTimeout),
		MaxBodyBytes: or(fetcher.MaxBodyBytes, DefaultMaxBodyBytes),
		MaxRedirects: or(fetcher.MaxRedirects, DefaultMaxRedirects),
		MaxRetries:   or(fetcher.MaxRetries, DefaultMaxRetries),
		CookieJar:    unless(true, fetcher.CookieJar),
	}
	traps := deref(c.Traps)
	c.Traps = &Traps{
		MaxPathSegments:     or(traps.MaxPathSegments, DefaultMaxPathSegments),
		MaxRepeatedSegments: or(traps.MaxRepeatedSegments, DefaultMaxRepeatedSegments),
		MaxURLVariants:      or(traps.MaxURLVariants, DefaultMaxURLVariants),
		MaxSessionVariants:  or(traps.MaxSessionVariants, DefaultMaxSessionVariants),
		MaxDepth:            or(traps.MaxDepth, DefaultTrapDepth),
		MaxHostURLs:         or(traps.MaxHostURLs, DefaultTrapHostURLs),
	}
	c.MaxQueueSize = or(c.MaxQueueSize, DefaultMaxQueueSize)
	return c
}

// resolveParts returns a copy of the list, not nil, with the defaults of all params.
func resolveParts(parts []Part) []Part {
	resolved := make([]Part, len(parts), len(parts)+1)
	for i, p := range parts {
		if params, ok := p.Params.(interface{ resolved() any }); ok {
			p.Params = params.resolved()
		}
		resolved[i] = p
	}
	return resolved
}

func (p Sitemap) resolved() any {
	if p.Limit == 0 {
		p.Limit = DefaultSitemapURLs
	}
	return &p
}

func (p RegexPatterns) resolved() any {
	p.DefaultAllow = or(p.DefaultAllow, len(p.Allow) == 0)
	p.Allow, p.Deny = orEmpty(p.Allow), orEmpty(p.Deny)
	return &p
}

func (p URLPatterns) resolved() any {
	p.DefaultAllow = or(p.DefaultAllow, len(p.Allow) == 0)
	p.Allow, p.Deny = orEmpty(p.Allow), orEmpty(p.Deny)
	return &p
}

func (p RobotsTxt) resolved() any {
	p.DefaultDelay = or(p.DefaultDelay, DefaultDelay)
	return &p
}

func or[T any](given *T, otherwise T) *T {
	if given != nil {
		return given
	}
	return &otherwise
}

// unless returns what was given, nil when that is the default.
func unless[T comparable](def T, given *T) *T {
	if given != nil && *given == def {
		return nil
	}
	return given
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// Find returns the params of the first part whose params are of type P, for instance
// *RobotsTxt, and whether there is one.
func Find[P any](parts []Part) (P, bool) {
	i := slices.IndexFunc(parts, func(p Part) bool { _, ok := p.Params.(P); return ok })
	if i < 0 {
		var none P
		return none, false
	}
	return parts[i].Params.(P), true
}

// Canonical returns the configuration as JSON. Equal configurations have equal bytes,
// however they were spaced, ordered and spelt. Parse reads it back.
func (c Config) Canonical() []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // an & stays readable in URLs
	if err := e.Encode(c); err != nil {
		panic("config: " + err.Error()) // only types that JSON can hold are in a Config
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// Hash returns the SHA-256 of a configuration's canonical JSON in hexadecimal.
func Hash(canonical []byte) string {
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:])
}
