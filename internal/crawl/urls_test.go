package crawl_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/weburl"
)

// A URL that is too long is recorded once, however it is discovered.
func TestURLsThatAreTooLong(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", weburl.MaxLength)
	site := sitetest.Start(t, withHost(sitetest.Routes{
		"/":            sitetest.Page("/l/"+long, "http://HOST/l/"+long, "//HOST/l/"+long+"yz", "/a/"+long, "/moved"),
		"/moved":       sitetest.Redirect("/b/" + long),
		"/sitemap.xml": sitetest.Body("application/xml", urlset("/", "/c/"+long, "/l/"+long)),
	}))
	s := newStack(t)
	r := s.crawl(seedSitemap(site, ""))
	got := map[string]string{}
	for path, what := range outcomesByPath(site, s.history(r)) {
		got[strings.TrimRight(path, "x…")] = what
		if len(path) > weburl.MaxLength {
			t.Errorf("a URL is recorded with %d bytes", len(path))
		}
	}
	want := map[string]string{
		"/": "ok 200", "/moved": "error invalid_redirect 302",
		"/l/": "excluded url_too_long", "/a/": "excluded url_too_long", "/b/": "excluded url_too_long", "/c/": "excluded url_too_long",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what happened to the URLs (-want +got):\n%s", diff)
	}
	s.expect(r, run.MaxEmptyEvaluations, 2, 0, 4, 0)
}

func TestSeedRedirectedToAnotherHost(t *testing.T) {
	t.Parallel()
	target := sitetest.Start(t, sitetest.Routes{"/home": sitetest.Page("/a"), "/a": sitetest.Page()})
	site := sitetest.Start(t, sitetest.Routes{"/": sitetest.Redirect("/moved"), "/moved": sitetest.Redirect(target.URL + "/home")})
	s := newStack(t)
	r := s.crawl(fastConfig(site.URL + "/"))
	s.expect(r, run.MaxEmptyEvaluations, 4, 0, 0, 0)
	if r.Progress.Depth != 1 {
		t.Errorf("depth %d, want 1: redirects are not links", r.Progress.Depth)
	}
}

// A page is excluded because of its host, before a redirected seed makes the host a seed's. The
// page must not stay excluded.
func TestHostBecomesSeedHost(t *testing.T) {
	t.Parallel()
	target := sitetest.Start(t, sitetest.Routes{"/": sitetest.Page("/a"), "/a": sitetest.Page()})
	first := sitetest.Start(t, sitetest.Routes{"/": sitetest.Page(target.URL+"/", target.URL+"/a")})
	second := sitetest.Start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" { // after the links of the first seed have been read
			for end := time.Now().Add(testTimeout); len(first.Hits("/")) == 0 && time.Now().Before(end); {
				time.Sleep(10 * time.Millisecond)
			}
			time.Sleep(100 * time.Millisecond)
			http.NotFound(w, r)
			return
		}
		sitetest.Redirect(target.URL+"/")(w, r)
	}))
	s := newStack(t)
	r := s.crawl(fastConfig(first.URL + "/', '" + second.URL + "/"))
	s.expect(r, run.MaxEmptyEvaluations, 4, 0, 0, 0)
}
