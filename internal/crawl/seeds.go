package crawl

import (
	"context"
	"errors"
	"time"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/weburl"
)

// seedBatch is how many seeds are emitted together.
const seedBatch = 500

// A seedReader reads the seeds of a run. The counters of the run do not count its fetches. Only one
// goroutine may use it.
type seedReader struct {
	fetcher *fetcher
	waiter  *waiter
	emit    func([]link) error // handles the seeds that were read
	until   time.Time          // when to leave out the sitemaps that are still unread; zero for never
	maxIdle time.Duration      // see startFetch

	batch     []link     // not emitted yet
	filtering *filtering // of the present list or sitemap
	hosts     *seedHosts
	unread    []*crawllog.Outcome // of the sitemaps that were not read, or not completely
}

func newSeedReader(ft *fetcher, until time.Time, maxIdle time.Duration, emit func([]link) error) *seedReader {
	return &seedReader{
		fetcher: ft, waiter: ft.newWaiter(), emit: emit, until: until, maxIdle: maxIdle,
		hosts: &seedHosts{hosts: map[string]*seedHost{}},
	}
}

// run reads all seeds. It stops early when ctx is done, and with a *turnError when the run should
// continue in another invocation. After an interruption all seeds are read again, so sitemaps that
// are unread at the time until are left out.
func (s *seedReader) run(ctx context.Context) error {
	sitemapCtx := ctx
	if !s.until.IsZero() {
		var cancel context.CancelFunc
		sitemapCtx, cancel = context.WithDeadline(ctx, s.until)
		defer cancel()
	}
	returning := false
	defer func() { s.waiter.leave(returning, time.Now()) }()
	for _, part := range s.fetcher.settings.seeds {
		var err error
		switch p := part.Params.(type) {
		case *config.StaticList:
			err = s.readList(ctx, p)
		case *config.Sitemap:
			sitemaps := sitemapReader{seeds: s, seen: map[weburl.URL]bool{}, left: p.Limit}
			err = sitemaps.read(sitemapCtx, p)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			returning = errors.As(err, new(*turnError))
			return err
		}
	}
	return s.flush()
}

func (s *seedReader) readList(ctx context.Context, p *config.StaticList) error {
	s.filtering = newFiltering(ctx, seedsBudget)
	for _, raw := range p.URLs {
		if err := s.add(weburl.URL{}, raw); err != nil {
			return err
		}
	}
	return nil
}

// add adds a seed as it is written, which may be relative to base.
func (s *seedReader) add(base weburl.URL, raw string) error {
	if u, err := base.Resolve(raw); err == nil {
		s.batch = append(s.batch, s.fetcher.settings.link(u, s.filtering))
	} else if long, ok := tooLong(base, raw, err); ok {
		s.batch = append(s.batch, long)
	} else {
		s.batch = append(s.batch, refusedLink(weburl.Written(raw), crawllog.ReasonInvalidURL))
	}
	if err := s.filtering.ctx.Err(); err != nil {
		return err // the filters may have been interrupted at the last seed
	}
	if len(s.batch) < seedBatch {
		return nil
	}
	return s.flush()
}

func (s *seedReader) flush() error {
	if len(s.batch) == 0 {
		return nil
	}
	batch := s.batch
	s.batch = nil
	return s.emit(batch)
}
