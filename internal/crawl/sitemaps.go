package crawl

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fetch"
	"github.com/inndx/runs/internal/page"
	"github.com/inndx/runs/internal/weburl"
)

const (
	// maxSitemaps bounds the sitemaps that one seed leads to, and maxSitemapDepth the sitemap
	// indexes on the way to one of them.
	maxSitemaps     = 500
	maxSitemapDepth = 3
	// maxRefusedSitemaps bounds the outcomes of one seed's sitemaps that exceed a bound or have an
	// invalid URL: an index may list thousands.
	maxRefusedSitemaps = 100
	// maxHeldSitemaps bounds the bytes of one seed's sitemaps that wait for each other, unless one
	// of them alone may be longer. They have no reservation of the memory for bodies.
	maxHeldSitemaps = 64 << 20
)

// A sitemap names a sitemap to be read.
type sitemap struct {
	url   weburl.URL
	depth int // indexes on the way to it
}

// A sitemapReader reads the sitemaps that one seed leads to.
type sitemapReader struct {
	seeds   *seedReader
	todo    []sitemap
	seen    map[weburl.URL]bool
	refused int // see maxRefusedSitemaps
	left    int // URLs that may still be added
}

// read adds the URLs that the sitemaps list. It records every sitemap that could not be read, or
// not completely, and every one that is left when ctx ends. It returns an error of adding URLs, or
// a *turnError.
func (s *sitemapReader) read(ctx context.Context, p *config.Sitemap) error {
	for _, raw := range p.URLs {
		s.enqueue(weburl.URL{}, raw, 0)
	}
	for _, host := range p.Hosts {
		if err := s.enqueueHost(ctx, host); err != nil {
			return err
		}
	}
	concurrency := 1
	if p.Concurrency != nil {
		concurrency = *p.Concurrency
	}
	concurrency = min(concurrency, max(1, int(maxHeldSitemaps/s.seeds.fetcher.settings.fetch.MaxBodyBytes)))
	for len(s.todo) > 0 && s.left > 0 {
		n := min(concurrency, len(s.todo))
		if s.seeds.hosts.none() {
			n = 1 // which may end with a *turnError
		}
		fetched := s.fetch(ctx, s.todo[:n])
		s.todo = s.todo[n:]
		if err := s.readAll(ctx, fetched); err != nil {
			return err
		}
	}
	return nil
}

// A fetchedSitemap is the result of fetching a sitemap.
type fetchedSitemap struct {
	sitemap
	response *fetch.Response // may be nil, or that of an error
	at       weburl.URL      // where it was fetched in the end
	err      error
}

// fetch fetches the sitemaps, all at once.
func (s *sitemapReader) fetch(ctx context.Context, sitemaps []sitemap) []fetchedSitemap {
	fetched := make([]fetchedSitemap, len(sitemaps))
	var group sync.WaitGroup
	for i, next := range sitemaps {
		f := &fetched[i]
		f.sitemap = next
		seeds := s.seeds
		alone := len(sitemaps) == 1
		if !alone { // a waiter belongs to one goroutine
			seeds = &seedReader{fetcher: seeds.fetcher, waiter: seeds.fetcher.newWaiter(), maxIdle: seeds.maxIdle, hosts: seeds.hosts}
			defer seeds.waiter.leave(false, time.Now())
		}
		group.Go(func() {
			f.response, f.at, f.err = seeds.getSafely(ctx, next.url)
			if f.response != nil && !alone {
				f.response.Unreserve() // it waits for the others, which may wait for memory
			}
		})
	}
	group.Wait()
	return fetched
}

// readAll reads the sitemaps in order, and closes their responses. It returns the first error.
func (s *sitemapReader) readAll(ctx context.Context, fetched []fetchedSitemap) (err error) {
	for _, f := range fetched {
		if err == nil && s.left > 0 {
			err = s.readOne(ctx, f)
		}
		if f.response != nil {
			f.response.Close()
		}
	}
	return err
}

// enqueueHost enqueues the sitemaps that the robots.txt of a host names, or /sitemap.xml if it
// names none. They may be on other hosts (https://www.sitemaps.org/protocol.html#submit_robots).
func (s *sitemapReader) enqueueHost(ctx context.Context, host string) error {
	root, err := config.HostURL(host)
	if err != nil { // another version stored the configuration
		s.refuse(host, crawllog.ReasonInvalidURL, err.Error())
		return nil
	}
	if len(s.seen) >= maxSitemaps {
		s.refuseTooMany(root.Origin() + "/robots.txt")
		return nil
	}
	rules, err := s.seeds.robotsOf(ctx, root)
	if errors.As(err, new(*turnError)) {
		return err
	}
	if err != nil {
		s.seeds.recordUnread(root.Origin()+"/robots.txt", 0, err)
		return nil
	}
	names := rules.Sitemaps()
	if len(names) == 0 {
		names = []string{"/sitemap.xml"}
	}
	for _, name := range names {
		s.enqueue(root, name, 0)
	}
	return nil
}

// enqueue enqueues a sitemap unless it is known or exceeds a bound. Its name may be relative to
// base.
func (s *sitemapReader) enqueue(base weburl.URL, name string, depth int) {
	u, err := base.Resolve(name)
	switch {
	case err != nil:
		s.refuse(weburl.Written(name), crawllog.ReasonInvalidURL, err.Error())
	case s.seen[u]:
	case depth > maxSitemapDepth:
		s.refuse(u.String(), reasonSitemapLimit, fmt.Sprintf("it is behind more than %d indexes", maxSitemapDepth))
	case len(s.seen) >= maxSitemaps:
		s.refuseTooMany(u.String())
	default:
		s.seen[u] = true
		s.todo = append(s.todo, sitemap{u, depth})
	}
}

// refuse records a sitemap that will not be read, unless maxRefusedSitemaps are recorded already.
func (s *sitemapReader) refuse(url, reason, detail string) {
	if s.refused++; s.refused <= maxRefusedSitemaps {
		s.seeds.recordUnread(url, 0, &sitemapError{reason, detail})
	}
}

// refuseTooMany refuses a sitemap, or a robots.txt, because the seed leads to too many sitemaps.
func (s *sitemapReader) refuseTooMany(url string) {
	s.refuse(url, reasonSitemapLimit, fmt.Sprintf("the seed leads to more than %d sitemaps", maxSitemaps))
}

// readOne reads one sitemap, until no more URLs may be added. It returns an error of adding URLs,
// or a *turnError.
func (s *sitemapReader) readOne(ctx context.Context, next fetchedSitemap) (addErr error) {
	response, at, err := next.response, next.at, next.err
	if errors.As(err, new(*turnError)) || errors.As(err, new(*panicError)) {
		return err
	}
	if err != nil {
		status := 0
		if response != nil {
			status = response.Status
		}
		s.seeds.recordUnread(next.url.String(), status, err)
		return nil
	}
	s.seeds.filtering = newFiltering(ctx, seedsBudget)
	err = page.Sitemap(response.Body, func(loc string, isIndex bool) bool {
		if isIndex {
			s.enqueue(at, loc, next.depth+1)
			return true
		}
		s.left--
		addErr = s.seeds.add(at, loc)
		return addErr == nil && s.left > 0
	})
	if response.Truncated && err == nil && s.left > 0 {
		err = errSitemapTruncated
	}
	if errors.Is(addErr, context.DeadlineExceeded) { // the filters used up the time for sitemaps
		err, addErr = addErr, nil
	}
	if err != nil && addErr == nil {
		s.seeds.recordUnread(next.url.String(), response.Status, err)
	}
	return addErr
}

// A sitemapError says why a sitemap was not read. The errors of packages fetch and page have
// reasons of their own.
type sitemapError struct{ reason, detail string }

func (e *sitemapError) Error() string { return e.detail }

var errSitemapTruncated = &sitemapError{reasonIncompleteSitemap, "the sitemap is longer than max_body_bytes"}

// recordUnread keeps the outcome of a sitemap that was not read, or not completely, because of err.
// The outcome is logged when all seeds are read, because until then they may be read again. An
// interruption is not recorded.
func (s *seedReader) recordUnread(url string, status int, err error) {
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
	o := newOutcome(request{url: url}, crawllog.Fetch, reason, detail)
	o.HTTPStatus, o.Sitemap = status, true
	s.unread = append(s.unread, o)
	s.fetcher.log.Warn("a sitemap was not read, or not completely", "url", url, "reason", reason, "error", err)
}
