package crawl_test

import (
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fetch"
	"github.com/inndx/runs/internal/run"
)

// A host that cannot be reached is an error of its URLs, with or without robots.txt, and so it
// is among the failed URLs of the run.
func TestHostsThatCannotBeReached(t *testing.T) {
	t.Parallel()
	closed := httptest.NewServer(nil)
	closed.Close()
	selfSigned := httptest.NewUnstartedServer(nil)
	selfSigned.Config.ErrorLog = log.New(io.Discard, "", 0)
	selfSigned.StartTLS()
	t.Cleanup(selfSigned.Close)
	silent := sitetest.Start(t, http.HandlerFunc(hang))
	abrupt := sitetest.Start(t, http.HandlerFunc(hangUp))
	for _, policies := range []string{`[]`, `[{'kind': 'robots_txt', 'params': {'default_delay': '0s'}}]`} {
		for url, want := range map[string]string{
			closed.URL: "refused", selfSigned.URL: "tls", silent.URL: "timeout", abrupt.URL: "reset",
		} {
			t.Run(want+" "+policies, func(t *testing.T) {
				t.Parallel()
				s := newStack(t)
				r := s.crawl(fast(url+"/', '"+url+"/other", `{'policies': `+policies+`, 'fetcher': {'max_retries': 1, 'timeout': '300ms'}}`))
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

// A name that does not exist is not tried again, and fails all URLs of its host.
func TestHostWithoutAddress(t *testing.T) {
	site := &calmSite{
		robotsErr: &fetch.Error{Reason: fetch.DNS, Err: errors.New("no such host")},
		page:      func(string, int) (*fetch.Response, error) { return answer(200) },
	}
	seeds := `{'seeds': [{'kind': 'static_list', 'params': {'urls': ['` + calmURL + `/', '` + calmURL + `/a']}}]}`
	calmly(t, site, seeds, false, 0, func(r *calmRun) {
		got := map[string]string{}
		for uri, o := range r.outcomes() {
			got[uri] = string(o.Status) + " " + o.ErrorReason
		}
		if diff := cmp.Diff(map[string]string{"/": "error dns", "/a": "error dns"}, got); diff != "" {
			t.Errorf("what happened to the URLs (-want +got):\n%s", diff)
		}
		if len(site.hits) != 0 || r.ledger.run.Progress.URLsFailed != 2 || r.spells[0] > 3*time.Second {
			t.Errorf("%d requests, %+v after %v", len(site.hits), r.ledger.run.Progress, r.spells[0])
		}
	})
}
