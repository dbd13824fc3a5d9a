package crawl_test

import (
	"fmt"
	"net/http"
	"slices"
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

// A reference that is meant as a URL of the web and is not valid is recorded once, with the pages
// that have it and without a password. Other schemes are not recorded.
func TestInvalidURLs(t *testing.T) {
	t.Parallel()
	site := sitetest.Start(t, withHost(sitetest.Routes{
		"/": sitetest.Page("http://[bad", "http://127.0.0.1:99999/", "http://exa mple/", "https://", "http://[bad", "http://user:secret@127.0.0.1/",
			"mailto:a@b", "javascript:void(0)", "tel:1", "data:text/html,x", "htp://typo/", "ftp://user:secret@[bad/", "/next"),
		"/next":        sitetest.Page("http://[bad#again", "//[bad"),
		"/sitemap.xml": sitetest.Body("application/xml", "<urlset><url><loc>/</loc></url><url><loc>http://[bad</loc></url><url><loc>http://user:secret@127.0.0.1/</loc></url></urlset>"),
	}))
	s := newStack(t)
	r := s.crawl(fastConfig(site.URL+"/", `{'record': {'edges': true}}`, seedSitemap(site, "")))
	got := map[string]string{}
	for url, o := range s.history(r) {
		got[url] = fmt.Sprintf("%s %s %s", o.Step, o.Status, o.ErrorReason)
	}
	const invalid = "schedule excluded invalid_url"
	want := map[string]string{
		site.URL + "/": "fetch ok ", site.URL + "/next": "fetch ok ", "http://[bad": invalid, "//[bad": invalid, "http://127.0.0.1:99999/": invalid,
		"http://exa mple/": invalid, "https://": invalid, "http://***@127.0.0.1/": invalid,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what happened to the URLs (-want +got):\n%s", diff)
	}
	from := map[string][]string{}
	for _, e := range s.edges(r) {
		for _, to := range e.To {
			from[to] = append(from[to], strings.TrimPrefix(e.From, site.URL))
		}
	}
	if diff := cmp.Diff([]string{"/", "/next"}, from["http://[bad"]); diff != "" {
		t.Errorf("the pages that have the reference (-want +got):\n%s", diff)
	}
	s.expect(r, run.MaxEmptyEvaluations, 2, 0, 6, 0)
}

// What is not valid is recorded as far as the navigators go: assets only of pages whose assets are
// checked, and of their style sheets.
func TestInvalidURLsOfNavigators(t *testing.T) {
	t.Parallel()
	site := sitetest.Start(t, sitetest.Routes{
		"/":      sitetest.Body("text/html", `<a href="http://[link"><img src="http://[asset"><a href="http://[both"><img src="http://[both"><link rel=stylesheet href=/s.css>`),
		"/s.css": sitetest.Body("text/css", "a{b:url(http://[css)}"),
	})
	s := newStack(t)
	for pipelines, want := range map[string][]string{
		`[{'navigator': {'kind': 'anchor'}}]`:                                    {"http://[both", "http://[link"},
		`[{'navigator': {'kind': 'assets'}}]`:                                    {"http://[asset", "http://[both", "http://[css"},
		`[{'navigator': {'kind': 'anchor'}}, {'navigator': {'kind': 'assets'}}]`: {"http://[asset", "http://[both", "http://[css", "http://[link"},
	} {
		r := s.crawl(fastConfig(site.URL+"/", `{'record': {'edges': true}, 'pipelines': `+pipelines+`}`))
		var got []string
		for url, o := range s.history(r) {
			if o.ErrorReason == "invalid_url" {
				got = append(got, url)
			}
		}
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", pipelines, diff)
		}
		edges := 0
		for _, e := range s.edges(r) {
			edges += len(e.To)
		}
		if min := len(want); edges < min || edges > min+1 { // the style sheet is another one
			t.Errorf("%s: %d edges, want one for each of the URLs", pipelines, edges)
		}
	}
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
