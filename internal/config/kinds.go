package config

import (
	"slices"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/strictjson"
)

// A kind is what one part of a list may be.
type kind struct {
	name string
	// once says that a second one in the same list could only contradict or repeat the
	// first.
	once bool
	// read returns the part's params, as a pointer to their type.
	read func(*reader, *strictjson.Object) any
}

// A list is a field of a Config that lists parts.
type list struct {
	name  string
	parts func(*Config) *[]Part
	kinds []kind
}

// lists holds every list and every kind there is.
var lists = []list{
	{"seeds", func(c *Config) *[]Part { return &c.Seeds }, []kind{
		{name: "static_list", read: readStaticList},
		{name: "sitemap", read: readSitemap},
	}},
	{"stopping_criteria", func(c *Config) *[]Part { return &c.StoppingCriteria }, []kind{
		{name: "max_urls", once: true, read: readMaxURLs},
		{name: "max_depth", once: true, read: readMaxDepth},
		{name: "max_age", once: true, read: readMaxAge},
		{name: "max_empty_evaluations", once: true, read: readMaxEmptyEvaluations},
	}},
	{"starting_criteria", func(c *Config) *[]Part { return &c.StartingCriteria }, []kind{
		{name: "exclusive", once: true, read: readExclusive},
	}},
	{"filters", func(c *Config) *[]Part { return &c.Filters }, []kind{
		{name: "seed_hosts", once: true, read: readSeedHosts},
		{name: "regex_patterns", read: readRegexPatterns},
		{name: "url_patterns", read: readURLPatterns},
		{name: "budget", once: true, read: readBudget},
	}},
	{"policies", func(c *Config) *[]Part { return &c.Policies }, []kind{
		{name: "robots_txt", once: true, read: readRobotsTxt},
	}},
}

func (l list) kind(name string) (kind, bool) {
	i := slices.IndexFunc(l.kinds, func(k kind) bool { return k.name == name })
	if i < 0 {
		return kind{}, false
	}
	return l.kinds[i], true
}

func (l list) kindNames() []string {
	names := make([]string, len(l.kinds))
	for i, k := range l.kinds {
		names[i] = k.name
	}
	return names
}

func readStaticList(r *reader, o *strictjson.Object) any {
	v, ok := o.Required("urls")
	if !ok {
		return &StaticList{}
	}
	return &StaticList{URLs: r.urls(v, checkURL)}
}

func readSitemap(r *reader, o *strictjson.Object) any {
	s := &Sitemap{Limit: deref(integer[int](o, "limit", 1, MaxSitemapURLs))}
	urls, hasURLs := o.Member("urls")
	hosts, hasHosts := o.Member("hosts")
	if hasURLs {
		s.URLs = r.urls(urls, checkURL)
	}
	if hasHosts {
		s.Hosts = r.urls(hosts, checkHost)
	}
	if !hasURLs && !hasHosts {
		o.Fail(fault.Rule{Code: "required", Message: "must have urls, hosts or both"})
	}
	return s
}

func readMaxURLs(_ *reader, o *strictjson.Object) any {
	return &MaxURLs{MaxURLs: required[int64](o, "max_urls", 1, MaxMaxURLs)}
}

func readMaxDepth(_ *reader, o *strictjson.Object) any {
	return &MaxDepth{MaxDepth: required[int](o, "max_depth", 0, MaxMaxDepth)}
}

func readMaxAge(_ *reader, o *strictjson.Object) any {
	o.Required("max_age")
	return &MaxAge{MaxAge: deref(duration(o, "max_age", MinMaxAge, MaxMaxAge))}
}

func readMaxEmptyEvaluations(_ *reader, o *strictjson.Object) any {
	return &MaxEmptyEvaluations{required[int](o, "max_empty_evaluations", 1, MaxMaxEmptyEvaluations)}
}

func readExclusive(_ *reader, o *strictjson.Object) any {
	return &Exclusive{By: constant(o, "by", "job_id"), Limit: required[int](o, "limit", 1, MaxExclusiveRuns)}
}

func readSeedHosts(*reader, *strictjson.Object) any { return &SeedHosts{} }

func readRegexPatterns(r *reader, o *strictjson.Object) any {
	return &RegexPatterns{
		Allow:        patterns(o, "allow", r.regex),
		Deny:         patterns(o, "deny", r.regex),
		DefaultAllow: boolean(o, "default_allow"),
	}
}

func readURLPatterns(_ *reader, o *strictjson.Object) any {
	return &URLPatterns{
		Allow:        patterns(o, "allow", urlPattern),
		Deny:         patterns(o, "deny", urlPattern),
		DefaultAllow: boolean(o, "default_allow"),
	}
}

func readBudget(_ *reader, o *strictjson.Object) any {
	return &Budget{By: constant(o, "by", "host"), Limit: required[int64](o, "limit", 1, MaxHostURLs)}
}

func readRobotsTxt(_ *reader, o *strictjson.Object) any {
	return &RobotsTxt{DefaultDelay: duration(o, "default_delay", 0, MaxDelay)}
}
