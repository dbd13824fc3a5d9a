package crawl

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/fetch"
	"github.com/inndx/runs/internal/page"
	"github.com/inndx/runs/internal/robots"
	"github.com/inndx/runs/internal/weburl"
)

const (
	seedBatch = 500
	// maxSitemaps bounds the sitemaps that one seed leads to; the first ones may be indexes
	// of others, and those again, up to maxSitemapDepth.
	maxSitemaps     = 500
	maxSitemapDepth = 3
	// maxSitemapWait is how long a sitemap is waited for that its server does not want to
	// give just now; one that asks for longer is not read.
	maxSitemapWait = 2 * maxBackOff
)

// A seeder reads the seeds of a run. What it fetches is counted nowhere.
type seeder struct {
	*visitor
	emit  func([]link) error // takes the seeds that were found
	until time.Time          // when the sitemaps that were not read are left out, zero for never
	batch []link
	due   map[string]time.Time // when a host may be fetched from again
}

func newSeeder(v *visitor, until time.Time, emit func([]link) error) *seeder {
	return &seeder{visitor: v, until: until, emit: emit, due: map[string]time.Time{}}
}

// run reads all seeds, and stops early only with ctx. Reading them begins again after an
// interruption, so sitemaps that would take longer than until are left out.
func (s *seeder) run(ctx context.Context) error {
	reading := ctx
	if !s.until.IsZero() {
		var cancel context.CancelFunc
		reading, cancel = context.WithDeadline(ctx, s.until)
		defer cancel()
	}
	for _, part := range s.seeds {
		var err error
		switch p := part.Params.(type) {
		case *config.StaticList:
			err = s.list(p)
		case *config.Sitemap:
			err = s.sitemaps(reading, p)
		}
		if ctx.Err() == nil && reading.Err() != nil {
			s.log.Warn("reading the sitemaps takes too long, the rest is left out")
			err = nil
		}
		if err != nil {
			return err
		}
	}
	return s.flush()
}

func (s *seeder) list(p *config.StaticList) error {
	for _, raw := range p.URLs {
		if err := s.add(raw); err != nil {
			return err
		}
	}
	return nil
}

// add adds a seed as it is written.
func (s *seeder) add(raw string) error {
	if u, err := weburl.Parse(raw); err == nil {
		s.batch = append(s.batch, s.link(u))
	} else if long, ok := tooLong(weburl.URL{}, raw, err); ok {
		s.batch = append(s.batch, long)
	} else {
		s.batch = append(s.batch, refusedLink(cut(raw, weburl.MaxLength), reasonInvalidURL))
	}
	if len(s.batch) < seedBatch {
		return nil
	}
	return s.flush()
}

func (s *seeder) flush() error {
	if len(s.batch) == 0 {
		return nil
	}
	batch := s.batch
	s.batch = nil
	return s.emit(batch)
}

// A sitemap is one to be read.
type sitemap struct {
	url   weburl.URL
	depth int // indexes on the way to it
}

// sitemaps adds the URLs that sitemaps list. One that cannot be read is left out.
func (s *seeder) sitemaps(ctx context.Context, p *config.Sitemap) error {
	var todo []sitemap
	seen := map[weburl.URL]bool{}
	want := func(raw string, depth int) {
		u, err := weburl.Parse(raw)
		switch {
		case err != nil:
			s.log.Warn("a sitemap has no valid URL", "url", cut(raw, weburl.MaxLength), "error", err)
		case depth > maxSitemapDepth || len(seen) >= maxSitemaps:
			s.log.Warn("too many sitemaps, one is left out", "url", u.String())
		case !seen[u]:
			seen[u] = true
			todo = append(todo, sitemap{u, depth})
		}
	}
	for _, raw := range p.URLs {
		want(raw, 0)
	}
	left := p.Limit
	for len(todo) > 0 && left > 0 {
		next := todo[0]
		todo = todo[1:]
		err := s.read(ctx, next.url, func(loc string, isIndex bool) error {
			if isIndex {
				want(loc, next.depth+1)
				return nil
			}
			left--
			return s.add(loc)
		}, func() bool { return left > 0 })
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			s.log.Warn("a sitemap was not read, or not to its end", "url", next.url.String(), "error", err)
		}
	}
	return nil
}

// read reads one sitemap while more says so.
func (s *seeder) read(ctx context.Context, u weburl.URL, add func(loc string, isIndex bool) error, more func() bool) error {
	answer, err := s.get(ctx, u)
	if err != nil {
		return err
	}
	defer answer.Close()
	var addErr error
	err = page.Sitemap(answer.Body, func(loc string, isIndex bool) bool {
		addErr = add(loc, isIndex)
		return addErr == nil && more()
	})
	if answer.Truncated && err == nil {
		err = errors.New("the sitemap is longer than max_body_bytes")
	}
	return errors.Join(addErr, err)
}

// get fetches a sitemap, as often as a page would be tried, and follows redirects.
func (s *seeder) get(ctx context.Context, u weburl.URL) (*fetch.Response, error) {
	for hops := 0; ; hops++ {
		answer, err := s.try(ctx, u)
		if err != nil || answer.Status/100 == 2 {
			return answer, err
		}
		status, location := answer.Status, answer.Location
		answer.Close()
		switch {
		case status/100 != 3 || location == "":
			return nil, fmt.Errorf("answered %d", status)
		case hops == s.maxRedirects:
			return nil, errors.New("too many redirects")
		}
		if u, err = u.Resolve(location); err != nil {
			return nil, err
		}
	}
}

func (s *seeder) try(ctx context.Context, u weburl.URL) (*fetch.Response, error) {
	for attempt := 0; ; attempt++ {
		answer, wait, err := s.once(ctx, u, attempt)
		if wait == 0 || wait > maxSitemapWait || attempt >= s.maxRetries {
			return answer, err
		}
		if answer != nil {
			answer.Close()
		}
		if err := sleep(ctx, wait); err != nil {
			return nil, err
		}
	}
}

// once fetches u if robots.txt allows it. A wait says that another try is worth it, after
// so long.
func (s *seeder) once(ctx context.Context, u weburl.URL, attempt int) (_ *fetch.Response, wait time.Duration, _ error) {
	delay := s.delay
	if s.obeyRobots {
		rules, err := s.rulesWhenOpen(ctx, u, attempt >= s.maxRetries)
		if err != nil {
			return nil, retryWait(err, attempt), err
		}
		if d, ok := rules.CrawlDelay(); ok {
			delay = d
		}
		if !rules.Allowed(u) {
			return nil, 0, errors.New("robots.txt forbids it")
		}
	}
	if err := sleep(ctx, time.Until(s.due[u.Host()])); err != nil {
		return nil, 0, err
	}
	if err := s.guard.wait(ctx); err != nil {
		return nil, 0, err
	}
	answer, err := s.fetcher.Get(ctx, u)
	now := time.Now()
	s.due[u.Host()] = now.Add(delay)
	if err != nil {
		return nil, retryWait(err, attempt), err
	}
	if retryable[answer.Status] {
		wait = backOff(attempt, answer.RetryAfter)
	}
	if busy[answer.Status] {
		s.due[u.Host()] = now.Add(max(delay, wait))
	}
	return answer, wait, nil
}

// rulesWhenOpen returns the robots.txt rules for u as soon as a request may start.
func (s *seeder) rulesWhenOpen(ctx context.Context, u weburl.URL, lastTry bool) (*robots.Rules, error) {
	for {
		if err := s.guard.wait(ctx); err != nil {
			return nil, err
		}
		rules, _, err := s.visitor.rules(ctx, u, lastTry)
		if !errors.Is(err, errClosed) {
			return rules, err
		}
	}
}

// retryWait returns how long to wait before what failed is tried again, 0 when it is not.
func retryWait(err error, attempt int) time.Duration {
	var e *fetch.Error
	if errors.As(err, &e) && e.Retryable {
		return backOff(attempt, e.RetryAfter)
	}
	return 0
}

// sleep waits for d, or until ctx is done, and returns its error.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
