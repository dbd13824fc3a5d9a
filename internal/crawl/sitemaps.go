package crawl

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fetch"
	"github.com/inndx/runs/internal/page"
	"github.com/inndx/runs/internal/robots"
	"github.com/inndx/runs/internal/weburl"
)

const (
	// maxSitemaps bounds the sitemaps that one seed leads to; the first ones may be indexes
	// of others, and those again, up to maxSitemapDepth.
	maxSitemaps     = 500
	maxSitemapDepth = 3
	// maxSitemapWait is how long a sitemap is waited for that its server does not want to
	// give just now; one that asks for longer is not read.
	maxSitemapWait = 2 * maxBackOff
	// maxRefused bounds the outcomes of one seed's sitemaps that were left out, or have no valid
	// URL: an index may list thousands.
	maxRefused = 100
)

// A sitemap is one to be read.
type sitemap struct {
	url   weburl.URL
	depth int // indexes on the way to it
}

// sitemaps reads the sitemaps that one seed leads to.
type sitemaps struct {
	*seeder
	todo    []sitemap
	seen    map[weburl.URL]bool
	refused int // see maxRefused
	left    int // URLs that may still be added
}

// read adds the URLs that the sitemaps list. It records every sitemap that could not be read, or not
// wholly, and every one that is left when ctx ends. It returns the error of adding URLs, or a
// *turnError.
func (s *sitemaps) read(ctx context.Context, p *config.Sitemap) error {
	for _, raw := range p.URLs {
		s.want(weburl.URL{}, raw, 0)
	}
	for _, host := range p.Hosts {
		if err := s.host(ctx, host); err != nil {
			return err
		}
	}
	for len(s.todo) > 0 && s.left > 0 {
		next := s.todo[0]
		s.todo = s.todo[1:]
		if err := s.readOne(ctx, next); err != nil {
			return err
		}
	}
	return nil
}

// host wants the sitemaps that the robots.txt of a host names, or /sitemap.xml if it names none. They
// may be on other hosts (https://www.sitemaps.org/protocol.html#submit_robots).
func (s *sitemaps) host(ctx context.Context, host string) error {
	root, err := config.HostURL(host)
	if err != nil { // of a configuration that another version stored
		s.refuse(host, reasonInvalidURL, err.Error())
		return nil
	}
	if len(s.seen) >= maxSitemaps {
		s.refuseMany(root.Origin() + "/robots.txt")
		return nil
	}
	rules, err := s.robotsOf(ctx, root)
	if errors.As(err, new(*turnError)) {
		return err
	}
	if err != nil {
		s.record(root.Origin()+"/robots.txt", 0, err)
		return nil
	}
	names := rules.Sitemaps()
	if len(names) == 0 {
		names = []string{"/sitemap.xml"}
	}
	for _, name := range names {
		s.want(root, name, 0)
	}
	return nil
}

// want has a sitemap read unless it is known or exceeds a bound. Its name may be relative to base.
func (s *sitemaps) want(base weburl.URL, name string, depth int) {
	u, err := base.Resolve(name)
	switch {
	case err != nil:
		s.refuse(cut(name, weburl.MaxLength), reasonInvalidURL, err.Error())
	case s.seen[u]:
	case depth > maxSitemapDepth:
		s.refuse(u.String(), reasonSitemapLimit, fmt.Sprintf("it is behind more than %d indexes", maxSitemapDepth))
	case len(s.seen) >= maxSitemaps:
		s.refuseMany(u.String())
	default:
		s.seen[u] = true
		s.todo = append(s.todo, sitemap{u, depth})
	}
}

// refuse records a sitemap that will not be read, unless maxRefused are recorded already.
func (s *sitemaps) refuse(url, reason, detail string) {
	if s.refused++; s.refused <= maxRefused {
		s.record(url, 0, &sitemapError{reason, detail})
	}
}

// refuseMany refuses a sitemap, or a robots.txt, because the seed leads to too many sitemaps.
func (s *sitemaps) refuseMany(url string) {
	s.refuse(url, reasonSitemapLimit, fmt.Sprintf("the seed leads to more than %d sitemaps", maxSitemaps))
}

// readOne reads one sitemap, until no more URLs are wanted. It returns the error of adding URLs.
func (s *sitemaps) readOne(ctx context.Context, next sitemap) (addErr error) {
	response, at, err := s.get(ctx, next.url)
	if errors.As(err, new(*turnError)) {
		return err
	}
	if err != nil {
		status := 0
		if response != nil {
			status = response.Status
		}
		s.record(next.url.String(), status, err)
		return nil
	}
	defer response.Close()
	s.filtering = newWork(ctx, seedsBudget)
	err = page.Sitemap(response.Body, func(loc string, isIndex bool) bool {
		if isIndex {
			s.want(at, loc, next.depth+1)
			return true
		}
		s.left--
		addErr = s.add(at, loc)
		return addErr == nil && s.left > 0
	})
	if response.Truncated && err == nil && s.left > 0 {
		err = errSitemapCut
	}
	if errors.Is(addErr, context.DeadlineExceeded) { // filtering took all the time there is
		err, addErr = addErr, nil
	}
	if err != nil && addErr == nil {
		s.record(next.url.String(), response.Status, err)
	}
	return addErr
}

// A sitemapError says why a sitemap was not read. Errors of packages fetch and page say so
// themselves.
type sitemapError struct{ reason, detail string }

func (e *sitemapError) Error() string { return e.detail }

var errSitemapCut = &sitemapError{reasonIncompleteSitemap, "the sitemap is longer than max_body_bytes"}

// record keeps the outcome of a sitemap that was not read, or not wholly, because of err. It goes
// into the log when all seeds have been read; until then they may be read again. An interruption is
// not recorded.
func (s *seeder) record(url string, status int, err error) {
	if errors.Is(err, context.Canceled) {
		return
	}
	reason, detail := reasonInternal, err.Error()
	var (
		own     *sitemapError
		failed  *fetch.Error
		content *page.SitemapError
	)
	switch {
	case errors.As(err, &own):
		reason = own.reason
	case errors.As(err, &failed):
		reason, detail = string(failed.Reason), failed.Detail()
		if failed.Reason == fetch.RobotsUnavailable {
			reason = reasonRobotsUnreachable
		}
	case errors.Is(err, page.ErrNotSitemap):
		reason = reasonInvalidSitemap
	case errors.As(err, &content):
		reason = reasonIncompleteSitemap
	}
	if errors.Is(err, context.DeadlineExceeded) && reason != string(fetch.Timeout) {
		reason, detail = reasonSitemapLimit, "there was no time to read it"
	}
	o := s.outcome(request{url: url}, crawllog.Fetch, reason, detail)
	o.HTTPStatus, o.Sitemap = status, true
	s.unread = append(s.unread, o)
	s.log.Warn("a sitemap was not read, or not wholly", "url", url, "reason", reason, "error", err)
}

// robotsOf returns what the robots.txt of u's origin says, which is tried as often as a page.
func (s *seeder) robotsOf(ctx context.Context, u weburl.URL) (*robots.Rules, error) {
	for attempt := 0; ; attempt++ {
		rules, err := s.robotsOnce(ctx, u, attempt >= s.maxRetries)
		wait := retryWait(err, attempt)
		if wait == 0 || wait > maxSitemapWait || attempt >= s.maxRetries {
			return rules, err
		}
		if err := sleep(ctx, wait); err != nil {
			return nil, err
		}
	}
}

// robotsOnce is one try of robotsOf, when it is the run's turn at the host.
func (s *seeder) robotsOnce(ctx context.Context, u weburl.URL, lastTry bool) (*robots.Rules, error) {
	p, leave, err := s.enter(ctx, u)
	if err != nil {
		return nil, err
	}
	rules, fetched, err := s.rulesWhenOpen(ctx, u, lastTry)
	if d, ok := rules.CrawlDelay(); ok {
		p.delay, p.stated = d, true
	}
	leave(fetched, time.Time{})
	return rules, err
}
