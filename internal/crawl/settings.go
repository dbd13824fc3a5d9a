package crawl

import (
	"encoding/json"
	"time"

	"github.com/inndx/runs/internal/budget"
	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/fetch"
	"github.com/inndx/runs/internal/pipeline"
	"github.com/inndx/runs/internal/robots"
)

// settings are a run's configuration as the engine uses it.
type settings struct {
	limits       limits
	seeds        []config.Part
	filters      filters
	filterBudget filterBudget // for the links of one page
	traps        traps
	maxQueued    int64 // URLs at a time
	obeyRobots   bool
	delay        time.Duration // between two fetches from a host that states none, at least
	delayRange   time.Duration // delay and this are the greatest delay
	deepFirst    bool          // see host; not with a maximum depth, whose depths are levels
	stripQuery   bool          // the queries of URLs are removed
	concurrency  int           // fetches in flight
	perHost      int           // fetches in flight from one host
	maxRedirects int           // in a row
	maxRetries   int           // attempts after the first
	cookies      bool          // cookies are kept
	digests      bool          // outcomes have digests
	edges        bool          // the links of pages are recorded
	external     bool          // links that leave what the run crawls are checked
	checks       bool          // URLs that filters refuse may be checked
	product      string        // product token of the user agent, which robots directives name
	fetch        fetch.Options
	pipelines    *pipeline.Set
	// keptAssets are the pipelines that keep assets, and navigatedAssets those that keep the ones
	// of their navigator.
	keptAssets, navigatedAssets pipelineSet

	config        config.Config // as it is stored, without the values of referenced secrets
	secretHeaders []string      // the names of request headers that hold secrets
}

// newSettings compiles a resolved configuration.
func newSettings(resolved json.RawMessage) (*settings, error) {
	cfg, err := config.ParseStored(resolved)
	if err != nil {
		return nil, err
	}
	cfg = cfg.Resolve() // an older version may have stored fewer fields
	s := &settings{
		config:       cfg,
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
	s.external = cfg.ChecksExternal()
	s.digests, s.edges = cfg.RecordsDigests(), cfg.RecordsEdges()
	if policy, ok := config.Find[*config.RobotsTxt](cfg.Policies); ok {
		s.obeyRobots = true
		s.delay = time.Duration(policy.DefaultDelay.Min)
		s.delayRange = time.Duration(policy.DefaultDelay.Max) - s.delay
	}
	s.deepFirst = cfg.DepthFirst() && s.limits.maxDepth < 0
	s.fetch.EditRequest, s.fetch.EditResponse = middleware(cfg.Fetcher.Middleware)
	s.stripQuery = cfg.StripsQueries()
	s.traps = newTraps(cfg.Traps, s.limits)
	if s.pipelines, err = pipeline.New(cfg.Pipelines); err != nil {
		return nil, err
	}
	s.keptAssets, s.navigatedAssets = s.pipelines.KeptAssets()
	s.checks = s.external || s.pipelines.ChecksAssets()
	for range s.pipelines.AssetRules(^pipelineSet(0)) {
		s.checks = true
	}
	s.filters, err = newFilters(cfg.Filters)
	return s, err
}

// readsSitemaps reports whether seeds come from sitemaps.
func (s *settings) readsSitemaps() bool {
	_, ok := config.Find[*config.Sitemap](s.seeds)
	return ok
}

// limits are the bounds of a run's stopping criteria and of a worker's memory.
type limits struct {
	maxMemory           int           // bytes of the frontier
	maxURLs             int64         // 0 for no bound
	maxDepth            int           // -1 for no bound
	maxAge              time.Duration // 0 for no bound
	maxEmptyEvaluations int           // of an empty frontier, one second apart
}

func newLimits(parts []config.Part) limits {
	l := limits{maxMemory: budget.DefaultMemory, maxDepth: -1, maxEmptyEvaluations: config.DefaultEmptyEvaluations}
	for _, p := range parts {
		switch p := p.Params.(type) {
		case *config.MaxURLs:
			l.maxURLs = p.MaxURLs
		case *config.MaxDepth:
			l.maxDepth = p.MaxDepth
		case *config.MaxAge:
			l.maxAge = time.Duration(p.MaxAge)
		case *config.MaxEmptyEvaluations:
			l.maxEmptyEvaluations = p.MaxEmptyEvaluations
		}
	}
	return l
}
