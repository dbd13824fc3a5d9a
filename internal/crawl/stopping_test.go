package crawl_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/run"
)

func TestMaxURLsIsExact(t *testing.T) {
	t.Parallel()
	site := sitetest.Start(t, endlessSite)
	s := newStack(t)
	r := s.crawl(fastConfig(site.URL+"/", `{'stopping_criteria': [{'kind': 'max_urls', 'params': {'max_urls': 137}}]}`))
	s.history(r)
	if r.StopReason != run.MaxURLs || r.Progress.Processed() != 137 {
		t.Errorf("%s after %d URLs, want max_urls after 137", r.StopReason, r.Progress.Processed())
	}
	if hits := len(site.All()); hits != 137+1 {
		t.Errorf("%d URLs were fetched, want 137 and robots.txt", hits)
	}
	if r.Progress.URLsQueued == 0 {
		t.Error("no URL of a site without end is queued")
	}
}

func TestMaxAge(t *testing.T) {
	t.Parallel()
	site := sitetest.Start(t, endlessSite)
	s := newStack(t)
	// The second page is due long after the maximum age.
	r := s.crawl(fastConfig(site.URL+"/", `{'policies': [{'kind': 'robots_txt', 'params': {'default_delay': '1h'}}],
		'stopping_criteria': [{'kind': 'max_age', 'params': {'max_age': '1s'}}]}`))
	s.expect(r, run.MaxAge, 1, 0, 0, 2)
	if age := r.FinishedAt.Sub(r.StartedAt); age < time.Second {
		t.Errorf("finished after %v", age)
	}
}

func TestMaxAgeEndsFetches(t *testing.T) {
	t.Parallel()
	site := sitetest.Start(t, sitetest.Routes{"/": hang})
	s := newStack(t)
	r := s.crawl(fastConfig(site.URL+"/", `{'stopping_criteria': [{'kind': 'max_age', 'params': {'max_age': '1s'}}]}`))
	s.expect(r, run.MaxAge, 0, 0, 0, 1)
}

func TestMaxEmptyEvaluations(t *testing.T) {
	t.Parallel()
	site := sitetest.Start(t, sitetest.Routes{"/": sitetest.Page()})
	s := newStack(t)
	r := s.crawl(fastConfig(site.URL+"/", `{'stopping_criteria': [{'kind': 'max_empty_evaluations', 'params': {'max_empty_evaluations': 3}}]}`))
	s.expect(r, run.MaxEmptyEvaluations, 1, 0, 0, 0)
	if waited := r.FinishedAt.Sub(site.Hits("/")[0]); waited < 2*time.Second {
		t.Errorf("finished %v after the last fetch, want three evaluations a second apart", waited)
	}
}

func TestNoSeeds(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.expect(s.crawl(`{}`), run.EmptySeed, 0, 0, 0, 0)
}

// URLs that do not fit the queue are recorded as excluded, each once.
func TestMaxQueueSize(t *testing.T) {
	t.Parallel()
	site := sitetest.Start(t, linkedSite(func(uri string) []string {
		if uri != "/" {
			return []string{"/"}
		}
		var to []string
		for i := range 100 {
			to = append(to, fmt.Sprint("/", i))
		}
		return append(to, to...)
	}))
	s := newStack(t)
	r := s.crawl(fastConfig(site.URL+"/", `{'max_queue_size': 10}`))
	// The seed takes a place until its links are admitted.
	s.expect(r, run.MaxEmptyEvaluations, 10, 0, 91, 0)
	full := 0
	for _, what := range outcomesByPath(site, s.history(r)) {
		if what == "excluded queue_full" {
			full++
		}
	}
	if full != 91 {
		t.Errorf("%d URLs excluded as queue_full, want 91", full)
	}
}
