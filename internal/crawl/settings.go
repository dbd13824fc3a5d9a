package crawl

import (
	"encoding/json"
	"time"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/fetch"
	"github.com/inndx/runs/internal/robots"
)

// A settings is a run's configuration as the engine uses it.
type settings struct {
	limits
	seeds        []config.Part
	filters      filters
	filterBudget budget // for the links of one page
	traps        traps
	maxQueued    int64 // URLs at a time
	obeyRobots   bool
	delay        time.Duration // between two fetches from a host that names none
	concurrency  int
	perHost      int
	maxRedirects int
	maxRetries   int
	cookies      bool   // are kept
	product      string // of the user agent, by which robots directives call it
	fetch        fetch.Options
}

// newSettings reads a resolved configuration.
func newSettings(resolved json.RawMessage) (*settings, error) {
	cfg, err := config.ParseStored(resolved)
	if err != nil {
		return nil, err
	}
	cfg = cfg.Resolve() // of an older version, that had fewer fields
	p := &settings{
		filterBudget: pageBudget,
		limits:       newLimits(cfg.StoppingCriteria),
		seeds:        cfg.Seeds,
		maxQueued:    *cfg.MaxQueueSize,
		concurrency:  *cfg.Speed.Concurrency,
		perHost:      min(*cfg.Speed.PerHostConcurrency, *cfg.Speed.Concurrency),
		maxRedirects: *cfg.Fetcher.MaxRedirects,
		maxRetries:   *cfg.Fetcher.MaxRetries,
		cookies:      cfg.Fetcher.CookieJar == nil || *cfg.Fetcher.CookieJar,
		product:      robots.Product(*cfg.UserAgent),
		fetch: fetch.Options{
			UserAgent:    *cfg.UserAgent,
			Timeout:      time.Duration(*cfg.Fetcher.Timeout),
			MaxBodyBytes: *cfg.Fetcher.MaxBodyBytes,
			Concurrency:  *cfg.Speed.Concurrency,
		},
	}
	if policy, ok := config.Find[*config.RobotsTxt](cfg.Policies); ok {
		p.obeyRobots = true
		p.delay = time.Duration(*policy.DefaultDelay)
	}
	p.traps = newTraps(cfg.Traps, p.limits)
	p.filters, err = newFilters(cfg.Filters)
	return p, err
}

func newLimits(parts []config.Part) limits {
	l := limits{maxMemory: maxMemory, maxDepth: -1, looks: config.DefaultEmptyEvaluations}
	for _, p := range parts {
		switch p := p.Params.(type) {
		case *config.MaxURLs:
			l.maxURLs = p.MaxURLs
		case *config.MaxDepth:
			l.maxDepth = p.MaxDepth
		case *config.MaxAge:
			l.maxAge = time.Duration(p.MaxAge)
		case *config.MaxEmptyEvaluations:
			l.looks = p.MaxEmptyEvaluations
		}
	}
	return l
}
