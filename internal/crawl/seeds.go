package crawl

import (
	"context"
	"errors"
	"math"
	"net/http"
	"time"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fetch"
	"github.com/inndx/runs/internal/robots"
	"github.com/inndx/runs/internal/weburl"
)

const seedBatch = 500

// A seeder reads the seeds of a run. What it fetches is counted nowhere.
type seeder struct {
	*fetcher
	emit   func([]link) error // takes the seeds that were found
	until  time.Time          // when the sitemaps that were not read are left out, zero for never
	batch  []link
	due    map[string]time.Time // when a host may be fetched from again
	unread []*crawllog.Outcome  // of the sitemaps that were not read, or not wholly

	caller  *caller
	paces   map[string]pace // of the hosts that were fetched from
	fetches int
	maxIdle time.Duration // see enter

	filtering *work // of the list or sitemap at hand
}

func newSeeder(v *fetcher, until time.Time, maxIdle time.Duration, emit func([]link) error) *seeder {
	return &seeder{
		fetcher: v, until: until, maxIdle: maxIdle, emit: emit, due: map[string]time.Time{},
		caller: v.newCaller(), paces: map[string]pace{},
	}
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
	back := false
	defer func() { s.caller.leave(back, time.Now()) }()
	for _, part := range s.seeds {
		var err error
		switch p := part.Params.(type) {
		case *config.StaticList:
			err = s.list(ctx, p)
		case *config.Sitemap:
			err = (&sitemaps{seeder: s, seen: map[weburl.URL]bool{}, left: p.Limit}).read(reading, p)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			back = errors.As(err, new(*turnError))
			return err
		}
	}
	return s.flush()
}

func (s *seeder) list(ctx context.Context, p *config.StaticList) error {
	s.filtering = newWork(ctx, seedsBudget)
	for _, raw := range p.URLs {
		if err := s.add(weburl.URL{}, raw); err != nil {
			return err
		}
	}
	return nil
}

// add adds a seed as it is written, maybe relative to base.
func (s *seeder) add(base weburl.URL, raw string) error {
	if u, err := base.Resolve(raw); err == nil {
		s.batch = append(s.batch, s.link(u, s.filtering))
	} else if long, ok := tooLong(base, raw, err); ok {
		s.batch = append(s.batch, long)
	} else {
		s.batch = append(s.batch, refusedLink(cut(raw, weburl.MaxLength), reasonInvalidURL))
	}
	if err := s.filtering.ctx.Err(); err != nil {
		return err // the last one may have been judged wrongly
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

// get fetches a sitemap, as often as a page would be tried, and follows redirects. It returns the
// URL that was fetched in the end, and with an error the response whose status is the cause.
func (s *seeder) get(ctx context.Context, u weburl.URL) (*fetch.Response, weburl.URL, error) {
	for hops := 0; ; hops++ {
		answer, err := s.try(ctx, u)
		if err != nil || answer.Status/100 == 2 {
			return answer, u, err
		}
		answer.Close()
		switch {
		case !answer.IsRedirect():
			return answer, u, &sitemapError{reasonHTTPStatus, http.StatusText(answer.Status)}
		case hops == s.maxRedirects:
			return answer, u, &sitemapError{reasonMaxRedirects, "too many redirects"}
		}
		target, err := redirectTarget(u, answer.Location)
		if err != nil {
			return answer, u, &sitemapError{reasonInvalidRedirect, err.Error()}
		}
		u = target
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

// enter returns when a fetch from the host of u may begin, and what says that it is over, whether
// something was requested, and until when the host wants to be left alone. An invocation that has
// fetched nothing yet leaves a long wait to the next one, by a *turnError.
func (s *seeder) enter(ctx context.Context, u weburl.URL) (p *pace, leave func(requested bool, hold time.Time), _ error) {
	host := u.Host()
	if err := sleep(ctx, time.Until(s.due[host])); err != nil {
		return nil, nil, err
	}
	if err := s.guard.wait(ctx); err != nil {
		return nil, nil, err
	}
	own, ok := s.paces[host]
	if !ok {
		own = pace{delay: s.delay, perHost: s.perHost}
	}
	most := s.maxIdle
	if s.fetches > 0 {
		most = math.MaxInt64
	}
	if err := s.caller.wait(ctx, host, own, most); err != nil {
		return nil, nil, err
	}
	s.fetches++
	return &own, func(requested bool, hold time.Time) {
		s.paces[host] = own
		s.caller.done(host, requested, own, hold, time.Now())
	}, nil
}

// once fetches u if robots.txt allows it. A wait says that another try is worth it, after
// so long.
func (s *seeder) once(ctx context.Context, u weburl.URL, attempt int) (_ *fetch.Response, wait time.Duration, _ error) {
	p, leave, err := s.enter(ctx, u)
	if err != nil {
		return nil, 0, err
	}
	requested, hold := false, time.Time{}
	defer func() { leave(requested, hold) }()
	if s.obeyRobots {
		rules, fetched, err := s.rulesWhenOpen(ctx, u, attempt >= s.maxRetries)
		requested = fetched
		if err != nil {
			return nil, retryWait(err, attempt), err
		}
		if d, ok := rules.CrawlDelay(); ok {
			p.delay, p.stated = d, true
		}
		if !rules.Allowed(u) {
			return nil, 0, &sitemapError{reasonRobots, "robots.txt forbids it"}
		}
	}
	if err := s.guard.wait(ctx); err != nil {
		return nil, 0, err
	}
	requested = true
	answer, err := s.client.Get(ctx, u)
	now := time.Now()
	s.due[u.Host()] = now.Add(p.delay)
	if err != nil {
		return nil, retryWait(err, attempt), err
	}
	if retryable[answer.Status] {
		wait = backOff(attempt, answer.RetryAfter)
	}
	if busy[answer.Status] {
		hold = now.Add(wait)
		s.due[u.Host()] = later(s.due[u.Host()], hold)
	}
	return answer, wait, nil
}

// rulesWhenOpen returns the robots.txt rules for u as soon as a request may start, and whether they
// were fetched just now.
func (s *seeder) rulesWhenOpen(ctx context.Context, u weburl.URL, lastTry bool) (rules *robots.Rules, fetched bool, err error) {
	for {
		if err := s.guard.wait(ctx); err != nil {
			return nil, false, err
		}
		rules, fetched, err = s.fetcher.rules(ctx, u, lastTry)
		if !errors.Is(err, errClosed) {
			return rules, fetched, err
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
