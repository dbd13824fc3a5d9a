package crawl_test

import (
	"context"
	"errors"
	"io"
	"iter"
	"log"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fetch"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/wake"
	"github.com/inndx/runs/internal/weburl"
)

func TestGeneratedSite(t *testing.T) {
	t.Parallel()
	const pages = 300
	site := sitetest.Start(t, sitetest.Generate(pages, 8))
	s := newStack(t)
	r := s.crawl(fastConfig(site.URL + "/"))
	s.expect(r, run.MaxEmptyEvaluations, pages, 0, 0, 0)
	outcomes := s.history(r)
	for i := range pages {
		o := outcomes[site.URL+sitetest.Path(i)]
		if o == nil || o.Status != crawllog.OK || o.HTTPStatus != http.StatusOK || o.OccurredAt.IsZero() {
			t.Errorf("page %d: %+v", i, o)
		}
		if hits := site.Hits(sitetest.Path(i)); len(hits) != 1 {
			t.Errorf("page %d was fetched %d times", i, len(hits))
		}
	}
	if len(site.Hits("/robots.txt")) != 1 {
		t.Errorf("robots.txt was fetched %d times", len(site.Hits("/robots.txt")))
	}
}

// A page that causes a panic of the crawler fails, and no other page does.
func TestPanicCostsOnePage(t *testing.T) {
	t.Parallel()
	site := sitetest.Start(t, sitetest.Routes{"/": sitetest.Page("/a", "/b"), "/a": sitetest.Page(), "/b": sitetest.Page()})
	s := newStack(t, func(o *crawl.Options) {
		o.NewClient = func(o fetch.Options) crawl.Client { return panicking{fetch.New(o)} }
	})
	r := s.crawl(fastConfig(site.URL + "/"))
	want := map[string]string{"/": "ok 200", "/a": "error internal", "/b": "ok 200"}
	if diff := cmp.Diff(want, outcomesByPath(site, s.history(r))); diff != "" {
		t.Errorf("what happened to the URLs (-want +got):\n%s", diff)
	}
}

// A panicking client panics at one page.
type panicking struct{ *fetch.Client }

func (p panicking) Get(ctx context.Context, u weburl.URL) (*fetch.Response, error) {
	if u.Path() == "/a" {
		panic("a defect")
	}
	return p.Client.Get(ctx, u)
}

func TestWakeUpOfAMissingRun(t *testing.T) {
	t.Parallel()
	s := &stack{t: t, store: sharedStore(t), queue: wake.NewLocal(wake.LocalOptions{})}
	if !s.handle(s.crawler(), uuid.New()) {
		t.Error("the wake-up of a run that does not exist would be delivered again")
	}
}

// A run is abandoned when every worker fails.
func TestAttemptsAreExhausted(t *testing.T) {
	t.Parallel()
	site := sitetest.Start(t, sitetest.Generate(1, 1))
	s := &stack{t: t, store: sharedStore(t), queue: wake.NewLocal(wake.LocalOptions{})}
	r := s.create(fastConfig(site.URL + "/"))
	s.commitPages(site, r, 1)
	c := s.crawler(func(o *crawl.Options) { o.Store = unreadableLog{sharedStore(t)} })
	failures := 0
	for !isFinished(s.run(r.ID)) {
		if failures++; failures > 10 {
			t.Fatal("the run is never abandoned")
		}
		s.handle(c, r.ID)
	}
	s.expect(s.run(r.ID), run.Unknown, 1, 0, 0, 1)
	if failures < 5 {
		t.Errorf("abandoned after %d attempts", failures)
	}
}

// An unreadableLog cannot be read, and its leases end at once.
type unreadableLog struct{ crawl.Store }

func (s unreadableLog) LogParts(context.Context, run.Ref, int64) iter.Seq2[crawllog.Part, error] {
	return func(yield func(crawllog.Part, error) bool) { yield(crawllog.Part{}, errors.New("no log")) }
}

func (s unreadableLog) Acquire(ctx context.Context, ref run.Ref, owner string, _ time.Duration) (*run.Lease, error) {
	return s.Store.Acquire(ctx, ref, owner, 0)
}

// A host that cannot be reached is an error of its URLs, with or without robots.txt, and counts as
// failed URLs of the run.
func TestHostsThatCannotBeReached(t *testing.T) {
	t.Parallel()
	selfSigned := httptest.NewUnstartedServer(nil)
	selfSigned.Config.ErrorLog = log.New(io.Discard, "", 0)
	selfSigned.StartTLS()
	t.Cleanup(selfSigned.Close)
	silent := sitetest.Start(t, http.HandlerFunc(hang))
	abrupt := sitetest.Start(t, http.HandlerFunc(hangUp))
	for _, policies := range []string{`[]`, `[{'kind': 'robots_txt', 'params': {'default_delay': '0s'}}]`} {
		for url, want := range map[string]string{
			"http://127.0.0.1:1": "refused", selfSigned.URL: "tls", silent.URL: "timeout", abrupt.URL: "reset",
		} {
			t.Run(want+" "+policies, func(t *testing.T) {
				t.Parallel()
				s := newStack(t)
				r := s.crawl(fastConfig(url+"/', '"+url+"/other", `{'policies': `+policies+`, 'fetcher': {'max_retries': 1, 'timeout': '300ms'}}`))
				s.expect(r, run.MaxEmptyEvaluations, 0, 2, 0, 0)
				for u, o := range s.history(r) {
					if o.Status != crawllog.Error || o.ErrorReason != want || o.Step != crawllog.Fetch || o.ErrorDetail == "" {
						t.Errorf("%s: %+v, want an error of the fetch with the reason %s", u, o, want)
					}
				}
			})
		}
	}
}

// A name that does not exist gets no other attempt, and fails all URLs of its host.
func TestHostWithoutAddress(t *testing.T) {
	site := &simSite{
		robotsErr: &fetch.Error{Reason: fetch.DNS, Err: errors.New("no such host")},
		page:      func(string, int) (*fetch.Response, error) { return htmlResponse(200) },
	}
	seeds := `{'seeds': [{'kind': 'static_list', 'params': {'urls': ['` + simURL + `/', '` + simURL + `/a']}}]}`
	simulate(t, site, seeds, false, 0, func(r *simRun) {
		got := map[string]string{}
		for uri, o := range r.outcomes() {
			got[uri] = string(o.Status) + " " + o.ErrorReason
		}
		if diff := cmp.Diff(map[string]string{"/": "error dns", "/a": "error dns"}, got); diff != "" {
			t.Errorf("what happened to the URLs (-want +got):\n%s", diff)
		}
		if len(site.fetches) != 0 || r.store.Current.Progress.URLsFailed != 2 || r.invocations[0] > 3*time.Second {
			t.Errorf("%d requests, %+v after %v", len(site.fetches), r.store.Current.Progress, r.invocations[0])
		}
	})
}
