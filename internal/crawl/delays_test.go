package crawl_test

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/wake"
)

// A server that asks for no requests gets none for that time.
func TestRetryAfter(t *testing.T) {
	t.Parallel()
	var busy atomic.Bool
	busy.Store(true)
	site := sitetest.Start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/robots.txt":
			http.NotFound(w, r)
		case r.URL.Path == "/busy" && busy.Swap(false):
			w.Header().Set("Retry-After", "2")
			w.WriteHeader(http.StatusServiceUnavailable)
		case r.URL.Path == "/":
			sitetest.Page("/busy", "/a", "/b", "/c")(w, r)
		default:
			sitetest.Page()(w, r)
		}
	}))
	s := newStack(t)
	r := s.crawl(fastConfig(site.URL+"/", `{'speed': {'per_host_concurrency': 1}}`))
	s.expect(r, run.MaxEmptyEvaluations, 5, 0, 0, 0)
	hits := site.Hits("/busy")
	if len(hits) != 2 {
		t.Fatalf("/busy was fetched %d times, want 2", len(hits))
	}
	until := hits[0].Add(2 * time.Second)
	if n := site.Since(hits[0]) - site.Since(until); n > 0 {
		t.Errorf("%d requests came while the server asked for none", n)
	}
}

// Nothing is fetched while robots.txt cannot be fetched, and everything after that.
func TestRobotsUnavailableAtFirst(t *testing.T) {
	t.Parallel()
	var attempts atomic.Int32
	site := sitetest.Start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path != "/robots.txt":
			if attempts.Load() < 3 {
				t.Errorf("%s was fetched before robots.txt", r.URL.Path)
			}
			sitetest.Page("/a", "/b")(w, r)
		case attempts.Add(1) < 3:
			w.WriteHeader(http.StatusInternalServerError)
		default:
			http.NotFound(w, r)
		}
	}))
	s := newStack(t)
	r := s.crawl(fastConfig(site.URL + "/', '" + site.URL + "/c"))
	s.expect(r, run.MaxEmptyEvaluations, 4, 0, 0, 0)
}

func TestRetriesAreCounted(t *testing.T) {
	t.Parallel()
	site := sitetest.Start(t, sitetest.Routes{"/": sitetest.Status(502)})
	s := newStack(t)
	r := s.crawl(fastConfig(site.URL+"/", `{'fetcher': {'max_retries': 2}}`))
	s.expect(r, run.MaxEmptyEvaluations, 0, 1, 0, 0)
	if hits := site.Hits("/"); len(hits) != 3 {
		t.Errorf("%d attempts, want 3", len(hits))
	}
}

func TestDelays(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ robots, delay string }{
		"default_delay": {"", "200ms"},
		"Crawl-delay":   {"User-agent: *\nCrawl-delay: 0.2\n", "0s"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			site := sitetest.Start(t, sitetest.Routes{
				"/": sitetest.Page("/a", "/b", "/c"), "/a": sitetest.Page(), "/b": sitetest.Page(), "/c": sitetest.Page(),
				"/robots.txt": sitetest.Body("text/plain", test.robots),
			})
			s := newStack(t)
			r := s.crawl(fastConfig(site.URL+"/", fmt.Sprintf(`{'policies': [{'kind': 'robots_txt', 'params': {'default_delay': '%s'}}]}`, test.delay)))
			s.expect(r, run.MaxEmptyEvaluations, 4, 0, 0, 0)
			checkDelay(t, site, 200*time.Millisecond, "/", "/a", "/b", "/c")
		})
	}
}

// A long wait for a host ends the invocation. The next one is scheduled for its end.
func TestLongWaitEndsInvocation(t *testing.T) {
	t.Parallel()
	site := sitetest.Start(t, sitetest.Routes{"/": sitetest.Page("/a"), "/a": sitetest.Page()})
	queue := &recordingQueue{}
	s := &stack{t: t, store: sharedStore(t), queue: wake.NewLocal(wake.LocalOptions{})}
	r := s.create(fastConfig(site.URL+"/", `{'policies': [{'kind': 'robots_txt', 'params': {'default_delay': '10m'}}]}`))
	began := time.Now()
	s.handle(s.crawler(func(o *crawl.Options) { o.Queue = queue }), r.ID)
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("the invocation waited %v", took)
	}
	if len(queue.delays) != 1 || queue.delays[0] < 9*time.Minute || queue.delays[0] > 10*time.Minute {
		t.Errorf("delays of the wake-ups sent: %v, want one of ten minutes", queue.delays)
	}
	due, err := s.store.Due(t.Context(), time.Now(), 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range due {
		if m.ID == r.ID {
			t.Error("the sweep would wake the run before its time")
		}
	}
}
