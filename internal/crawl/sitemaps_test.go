package crawl_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store/storetest"
)

// sitemapLog returns what readers of the log see of sitemaps, by URL without the site's.
func (s *stack) sitemapLog(site *sitetest.Server, r run.Run) map[string]string {
	s.t.Helper()
	h, err := storetest.ReadHistory(s.t.Context(), s.store, run.Ref{Tenant: acme, ID: r.ID})
	if err != nil {
		s.t.Fatal(err)
	}
	found := map[string]string{}
	for _, e := range s.logs(r, crawllog.Filter{Statuses: []crawllog.Status{crawllog.Error}, Steps: []crawllog.Step{crawllog.Fetch}}) {
		if h.Sitemaps[e.URL] == nil {
			continue
		}
		what := e.ErrorReason
		if e.HTTPStatus != 0 {
			what += fmt.Sprint(" ", e.HTTPStatus)
		}
		if e.ErrorDetail == "" || e.OccurredAt.IsZero() {
			s.t.Errorf("%s has no detail or no time: %+v", e.URL, e)
		}
		url := strings.TrimPrefix(e.URL, site.URL)
		if found[url] != "" {
			s.t.Errorf("%s is in the log twice", e.URL)
		}
		found[url] = what
	}
	if len(found) != len(h.Sitemaps) {
		s.t.Errorf("%d sitemaps are found by their status and step, %d are in the log", len(found), len(h.Sitemaps))
	}
	return found
}

func TestSitemaps(t *testing.T) {
	t.Parallel()
	index := `<sitemapindex><sitemap><loc>http://HOST/one.xml</loc></sitemap><sitemap><loc>http://HOST/gone.xml</loc></sitemap>` +
		`<sitemap><loc>http://HOST/sitemap.xml</loc></sitemap><sitemap><loc>http://HOST/moved.xml</loc></sitemap></sitemapindex>`
	site := sitetest.Start(t, withHost(sitetest.Routes{
		"/sitemap.xml": sitetest.Body("application/xml", index),
		"/one.xml":     sitetest.Body("application/xml", urlset("/1", "/2")),
		"/moved.xml":   sitetest.Redirect("/two.xml.gz"),
		"/two.xml.gz":  zipped(urlset("/3", "/1", "/4")),
		"/1":           sitetest.Page(), "/2": sitetest.Page(), "/3": sitetest.Page(), "/4": sitetest.Page(),
	}))
	s := newStack(t)
	r := s.crawl(seedSitemap(site, ""))
	s.expect(r, run.MaxEmptyEvaluations, 4, 0, 0, 0)
	s.history(r)
}

func TestSitemapLimit(t *testing.T) {
	t.Parallel()
	site := sitetest.Start(t, withHost(sitetest.Routes{
		"/sitemap.xml": sitetest.Body("application/xml", urlset("/1", "/2", "/3")),
		"/1":           sitetest.Page(), "/2": sitetest.Page(), "/3": sitetest.Page(),
	}))
	s := newStack(t)
	s.expect(s.crawl(seedSitemap(site, `, 'limit': 2`)), run.MaxEmptyEvaluations, 2, 0, 0, 0)
}

// A sitemap that was not read, or not completely, is in the log with its reason, and counts in no
// counter.
func TestUnreadSitemapsAreInTheLog(t *testing.T) {
	t.Parallel()
	xml := func(body string) http.HandlerFunc { return sitetest.Body("application/xml", body) }
	forbidden := sitetest.Body("text/plain", "User-agent: *\nDisallow: /sitemap.xml\n")
	for name, c := range map[string]struct {
		site  sitetest.Routes
		want  string
		pages int64
		more  string
	}{
		"missing":                 {site: sitetest.Routes{}, want: "http_status 404"},
		"forbidden":               {site: sitetest.Routes{"/robots.txt": forbidden, "/sitemap.xml": xml(urlset("/1"))}, want: "robots_txt"},
		"robots.txt fails":        {site: sitetest.Routes{"/robots.txt": sitetest.Status(503)}, want: "robots_unreachable"},
		"no sitemap":              {site: sitetest.Routes{"/sitemap.xml": sitetest.Body("text/html", "<html><p>Not found</p>")}, want: "invalid_sitemap 200"},
		"no response":             {site: sitetest.Routes{"/sitemap.xml": hangUp}, want: "reset"},
		"redirect loop":           {site: sitetest.Routes{"/sitemap.xml": sitetest.Redirect("/sitemap.xml")}, want: "max_redirects 302"},
		"invalid redirect":        {site: sitetest.Routes{"/sitemap.xml": sitetest.Redirect("ftp://h/")}, want: "invalid_redirect 302"},
		"redirect without target": {site: sitetest.Routes{"/sitemap.xml": sitetest.Redirect("")}, want: "invalid_redirect 302"},
		"truncated": {
			site: sitetest.Routes{"/sitemap.xml": xml(urlset("/1") + strings.Repeat(" ", 2000)), "/1": sitetest.Page()},
			want: "incomplete_sitemap 200", pages: 1, more: `{'fetcher': {'max_body_bytes': 1024, 'max_retries': 0}}`,
		},
		"lines that are not URLs": {
			site: sitetest.Routes{"/sitemap.xml": sitetest.Body("text/plain", "http://HOST/1\nfoo bar\n"), "/1": sitetest.Page()},
			want: "incomplete_sitemap 200", pages: 1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			site := sitetest.Start(t, withHost(c.site))
			s := newStack(t)
			more := []string{seedSitemap(site, ""), `{'fetcher': {'max_retries': 0, 'max_redirects': 2}}`}
			if c.more != "" {
				more = append(more, c.more)
			}
			r := s.crawl(fastConfig(site.URL+"/", more...))
			reason := run.EmptySeed
			if c.pages > 0 {
				reason = run.MaxEmptyEvaluations
			}
			s.expect(r, reason, c.pages, 0, 0, 0)
			s.history(r)
			if diff := cmp.Diff(map[string]string{"/sitemap.xml": c.want}, s.sitemapLog(site, r)); diff != "" {
				t.Errorf("sitemaps in the log (-want +got):\n%s", diff)
			}
		})
	}
}

// A sitemap that is also a page is fetched and counted as a page, even if it cannot be read as a
// sitemap.
func TestSitemapThatIsAPage(t *testing.T) {
	t.Parallel()
	site := sitetest.Start(t, sitetest.Routes{"/": sitetest.Page("/map"), "/map": sitetest.Page("/a"), "/a": sitetest.Page()})
	s := newStack(t)
	r := s.crawl(fastConfig(site.URL, fmt.Sprintf(`{'seeds': [
		{'kind': 'static_list', 'params': {'urls': ['%[1]s/map']}},
		{'kind': 'sitemap', 'params': {'urls': ['%[1]s/map', '%[1]s/']}},
		{'kind': 'sitemap', 'params': {'urls': ['%[1]s/map']}}]}`, site.URL)))
	s.expect(r, run.MaxEmptyEvaluations, 2, 0, 0, 0)
	if diff := cmp.Diff(map[string]string{"/map": "ok 200", "/a": "ok 200"}, outcomesByPath(site, s.history(r))); diff != "" {
		t.Errorf("what happened to the pages (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"/map": "invalid_sitemap 200", "/": "invalid_sitemap 200"}, s.sitemapLog(site, r)); diff != "" {
		t.Errorf("sitemaps in the log (-want +got):\n%s", diff)
	}
}

// A seed may name hosts, whose robots.txt name the sitemaps, on any host.
func TestSitemapsOfHosts(t *testing.T) {
	t.Parallel()
	other := sitetest.Start(t, withHost(sitetest.Routes{
		"/sitemap.xml": sitetest.Body("application/xml", urlset("/default")), "/default": sitetest.Page(),
		"/cross.xml": sitetest.Body("application/xml", urlset("/cross")), "/cross": sitetest.Page(),
	}))
	silent := sitetest.Start(t, sitetest.Routes{"/robots.txt": sitetest.Body("text/plain", "User-agent: *\nDisallow: /x\n")})
	site := sitetest.Start(t, withHost(sitetest.Routes{
		"/robots.txt": sitetest.Body("text/plain", "Sitemap: http://HOST/1.xml\nUser-agent: x\nDisallow: /\nSite-map: /2.txt # relative\n"+
			"sitemap http://HOST/3.xml\nSitemap: "+other.URL+"/cross.xml\nSitemap: http://HOST/1.xml\nSitemap: mailto:a@b.example\n"),
		"/1.xml": sitetest.Body("application/xml", urlset("/1")), "/1": sitetest.Page(),
		"/2.txt": sitetest.Body("text/plain", "http://HOST/2\n"), "/2": sitetest.Page(),
		"/3.xml": sitetest.Body("application/rss+xml", "<rss><channel><item><link>/3</link></item></channel></rss>"), "/3": sitetest.Page(),
		"/sitemap.xml": sitetest.Body("application/xml", urlset("/no")), "/no": sitetest.Page(),
	}))
	dead := sitetest.Start(t, sitetest.Routes{"/robots.txt": sitetest.Status(503)})
	for _, policies := range []string{`[{'kind': 'robots_txt', 'params': {'default_delay': '0s'}}]`, `[]`} {
		t.Run(policies, func(t *testing.T) {
			t.Parallel()
			s := newStack(t)
			r := s.crawl(fastConfig(site.URL, `{'policies': `+policies+`, 'fetcher': {'max_retries': 0}}`,
				fmt.Sprintf(`{'seeds': [{'kind': 'sitemap', 'params': {'hosts': ['%s', '%s', '%s', '%s']}}]}`, site.URL, other.URL+"/", silent.URL, dead.URL)))
			s.expect(r, run.MaxEmptyEvaluations, 5, 0, 0, 0)
			want := map[string]string{
				"/1": "ok 200", "/2": "ok 200", "/3": "ok 200", other.URL + "/cross": "ok 200", other.URL + "/default": "ok 200",
			}
			if diff := cmp.Diff(want, outcomesByPath(site, s.history(r))); diff != "" {
				t.Errorf("what happened to the pages (-want +got):\n%s", diff)
			}
			want = map[string]string{
				"mailto:a@b.example": "invalid_url", silent.URL + "/sitemap.xml": "http_status 404", dead.URL + "/robots.txt": "robots_unreachable",
			}
			if diff := cmp.Diff(want, s.sitemapLog(site, r)); diff != "" {
				t.Errorf("sitemaps in the log (-want +got):\n%s", diff)
			}
		})
	}
}

// When a seed leads to as many sitemaps as are read, no more robots.txt are requested.
func TestHostsBeyondTheBoundGetNoRequests(t *testing.T) {
	t.Parallel()
	var lines strings.Builder
	for i := range 500 {
		fmt.Fprintf(&lines, "Sitemap: /%d.xml\n", i)
	}
	site := sitetest.Start(t, sitetest.Routes{"/robots.txt": sitetest.Body("text/plain", lines.String())})
	other := sitetest.Start(t, sitetest.Routes{})
	s := newStack(t)
	r := s.crawl(fastConfig(site.URL, fmt.Sprintf(`{'seeds': [{'kind': 'sitemap', 'params': {'hosts': ['%s', '%s']}}]}`, site.URL, other.URL)))
	s.expect(r, run.EmptySeed, 0, 0, 0, 0)
	if hits := other.All(); len(hits) != 0 {
		t.Errorf("the other host got requests for %v", hits)
	}
	got := s.sitemapLog(site, r)
	if len(got) != 501 || got[other.URL+"/robots.txt"] != "sitemap_limit" {
		t.Errorf("%d sitemaps are in the log, the other host's as %q", len(got), got[other.URL+"/robots.txt"])
	}
}

// A configuration of an earlier version may have seeds that are not valid URLs now. They are
// excluded, and the others are crawled.
func TestStoredSeedThatIsNotValidNow(t *testing.T) {
	t.Parallel()
	site := sitetest.Start(t, sitetest.Routes{"/": sitetest.Page()})
	s := newStack(t)
	cfg, err := config.ParseStored([]byte(strings.ReplaceAll(fastConfig(site.URL+"/", fmt.Sprintf(
		`{'seeds': [{'kind': 'static_list', 'params': {'urls': ['http://xn--a-yoc/', '%s/']}}]}`, site.URL)), "'", `"`)))
	if err != nil {
		t.Fatal(err)
	}
	j, r, err := s.store.CreateJobAndRun(t.Context(), acme, job.Job{Name: t.Name()}, cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.store.CreateRun(t.Context(), job.Ref{Tenant: acme, ID: j.ID}, uuid.Nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []run.Run{r, again} {
		s.wake(r.ID)
		r = s.await(r.ID, "finished", isFinished)
		s.expect(r, run.MaxEmptyEvaluations, 1, 0, 1, 0)
		want := map[string]string{"http://xn--a-yoc/": "excluded invalid_url", "/": "ok 200"}
		if diff := cmp.Diff(want, outcomesByPath(site, s.history(r))); diff != "" {
			t.Errorf("what happened to the seeds (-want +got):\n%s", diff)
		}
	}
}
