package crawl_test

import (
	"context"
	"testing"
	"time"

	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/wake"
)

// A run that is handed from one invocation to the next many times has the same result, and the
// delay of its host holds across them.
func TestHandOver(t *testing.T) {
	t.Parallel()
	const pages = 20
	generated := sitetest.Generate(pages, 6)
	generated["/robots.txt"] = sitetest.Body("text/plain", "User-agent: *\nCrawl-delay: 0.1\n")
	site := sitetest.Start(t, generated)
	s := newStack(t, func(o *crawl.Options) { o.MaxWork = 300 * time.Millisecond })
	r := s.crawl(fastConfig(site.URL+"/", `{'speed': {'concurrency': 4, 'per_host_concurrency': 1}}`))
	s.expect(r, run.MaxEmptyEvaluations, pages, 0, 0, 0)
	s.history(r)
	var paths []string
	for i := range pages {
		paths = append(paths, sitetest.Path(i))
	}
	checkDelay(t, site, 100*time.Millisecond, paths...)
}

// The same without snapshots: each invocation has a crawler of its own.
func TestHandOverToNewProcesses(t *testing.T) {
	t.Parallel()
	const pages, delay = 8, 500 * time.Millisecond
	generated := sitetest.Generate(pages, 6)
	generated["/robots.txt"] = sitetest.Body("text/plain", "User-agent: *\nCrawl-delay: 0.5\n")
	site := sitetest.Start(t, generated)
	s := &stack{t: t, store: sharedStore(t), queue: wake.NewLocal(wake.LocalOptions{})}
	r := s.create(fastConfig(site.URL+"/", `{'speed': {'concurrency': 4, 'per_host_concurrency': 1}}`))
	for invocations := 0; !isFinished(s.run(r.ID)); invocations++ {
		if invocations > 200 {
			t.Fatal("the run never ends")
		}
		s.handle(s.crawler(func(o *crawl.Options) { o.MaxWork = 600 * time.Millisecond }), r.ID)
	}
	end := s.run(r.ID)
	s.expect(end, run.MaxEmptyEvaluations, pages, 0, 0, 0)
	s.history(end)
	var paths []string
	for i := range pages {
		paths = append(paths, sitetest.Path(i))
	}
	checkDelay(t, site, delay, paths...)
}

// A page that takes longer than an invocation does not keep the run from ending.
func TestSlowPageInShortInvocations(t *testing.T) {
	t.Parallel()
	site := sitetest.Start(t, sitetest.Routes{"/": sitetest.Page("/slow"), "/slow": hang})
	s := &stack{t: t, store: sharedStore(t), queue: wake.NewLocal(wake.LocalOptions{})}
	r := s.create(fastConfig(site.URL+"/", `{'fetcher': {'timeout': '5m', 'max_retries': 0}}`))
	c := s.crawler(func(o *crawl.Options) { o.Queue = &recordingQueue{} })
	for invocations := 0; !isFinished(s.run(r.ID)); invocations++ {
		if invocations > 10 {
			t.Fatal("the run never ends")
		}
		ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
		_ = c.Crawl(ctx, refTo(r.ID))
		cancel()
	}
	s.expect(s.run(r.ID), run.MaxEmptyEvaluations, 1, 1, 0, 0)
}
