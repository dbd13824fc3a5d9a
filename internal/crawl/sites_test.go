package crawl_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/fetch"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/weburl"
)

// hangUp closes the connection instead of answering.
func hangUp(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) }

// hang answers when the client has gone.
func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// withHeader adds header fields to what h answers.
func withHeader(h http.HandlerFunc, fields ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for i := 0; i < len(fields); i += 2 {
			w.Header().Add(fields[i], fields[i+1])
		}
		h(w, r)
	}
}

// elsewhere answers a status with a Location of its own.
func elsewhere(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", fmt.Sprint("/to/", status))
		w.WriteHeader(status)
	}
}

// trap serves a site without end: each page links to two new ones and one that is there.
var trap = endless(func(uri string) []string {
	n := number(uri)
	return []string{"/", fmt.Sprint("/", 2*n+1), fmt.Sprint("/", 2*n+2)}
})

func TestSites(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		site   sitetest.Routes
		more   string // of the configuration
		reason run.StopReason
		want   map[string]string // what happened to each path
	}{
		{
			name: "loops and repeated links",
			site: sitetest.Routes{
				"/":  sitetest.Page("/", "/a", "/a#top", "./a", "//HOST/a", "/b?x=1"),
				"/a": sitetest.Page("/b", "/a", "../../"), "/b": sitetest.Page("a", "/"),
			},
			want: map[string]string{"/": "ok 200", "/a": "ok 200", "/b": "ok 200", "/b?x=1": "ok 200"},
		},
		{
			name: "base, charset and what is no link",
			site: sitetest.Routes{
				"/": sitetest.Body("text/html; charset=iso-8859-1",
					"<base href=/deep/er/><a href=p\xe4ge></a><a href='mailto:x@example.com'></a><img src=/i.png><a rel=nofollow href=/no></a><a href=../t.txt></a>"),
				"/deep/er/p\u00e4ge": sitetest.Page(),
				"/deep/t.txt":        sitetest.Body("text/plain", "<a href=/never></a>"),
			},
			want: map[string]string{"/": "ok 200", "/deep/er/p%C3%A4ge": "ok 200", "/deep/t.txt": "ok 200"},
		},
		{
			name: "redirects",
			site: sitetest.Routes{
				"/":  sitetest.Page("/1", "/self", "/ping", "/off", "/bad", "/nowhere"),
				"/1": sitetest.Redirect("/2"), "/2": sitetest.Redirect("/3"), "/3": sitetest.Redirect("/4"), "/4": sitetest.Page(),
				"/self": sitetest.Redirect("/self"), "/ping": sitetest.Redirect("/pong"), "/pong": sitetest.Redirect("/ping"),
				"/off": sitetest.Redirect("http://other.example/x"), "/bad": sitetest.Redirect("ftp://other.example/"),
				"/nowhere": sitetest.Status(http.StatusFound),
			},
			more: `'fetcher': {'max_redirects': 2}`,
			want: map[string]string{
				"/": "ok 200", "/1": "ok 302", "/2": "ok 302", "/3": "ok 302", "/4": "excluded max_redirects",
				"/self": "error redirect_loop 302", "/ping": "ok 302", "/pong": "error redirect_loop 302", "/off": "ok 302",
				"http://other.example/x": "excluded seed_hosts", "/bad": "error invalid_redirect 302", "/nowhere": "error invalid_redirect 302",
			},
		},
		{
			name: "links in headers",
			site: sitetest.Routes{
				"/":     withHeader(sitetest.Page(), "Link", `</next>; rel="next", <style.css>; rel=stylesheet`, "Link", "<canonical>; rel=canonical", "Refresh", "0; url=/fresh"),
				"/next": withHeader(sitetest.Body("application/pdf", "%PDF"), "Link", "</last>; rel=next"), "/canonical": sitetest.Page(),
				"/fresh": withHeader(sitetest.Page(), "X-Robots-Tag", "nofollow", "Link", "</no>; rel=next", "Refresh", "5;/no"),
				"/last":  withHeader(sitetest.Page(), "Refresh", "300", "Link", "no link"),
			},
			want: map[string]string{"/": "ok 200", "/next": "ok 200", "/canonical": "ok 200", "/fresh": "ok 200", "/last": "ok 200"},
		},
		{
			name: "redirects without a target",
			site: sitetest.Routes{
				"/":    sitetest.Page("/301", "/302", "/303", "/307", "/308", "/empty", "/space", "/port", "/host"),
				"/301": sitetest.Status(301), "/302": sitetest.Status(302), "/303": sitetest.Status(303),
				"/307": sitetest.Status(307), "/308": sitetest.Status(308),
				"/empty": sitetest.Redirect(""), "/space": sitetest.Redirect("  "),
				"/port": sitetest.Redirect("http://HOST:port/"), "/host": sitetest.Redirect("http://"),
			},
			want: map[string]string{
				"/": "ok 200", "/301": "error invalid_redirect 301", "/302": "error invalid_redirect 302", "/303": "error invalid_redirect 303",
				"/307": "error invalid_redirect 307", "/308": "error invalid_redirect 308", "/empty": "error invalid_redirect 302",
				"/space": "error invalid_redirect 302", "/port": "error invalid_redirect 302", "/host": "error invalid_redirect 302",
			},
		},
		{
			name: "statuses that are no redirects",
			site: sitetest.Routes{
				"/":    sitetest.Page("/300", "/304", "/305", "/306", "/309", "/310", "/choice"),
				"/300": sitetest.Status(300), "/304": elsewhere(304), "/305": elsewhere(305), "/306": elsewhere(306), "/309": elsewhere(309), "/310": elsewhere(310),
				"/choice": elsewhere(300),
			},
			want: map[string]string{
				"/": "ok 200", "/300": "ok 300", "/304": "ok 304", "/305": "ok 305", "/306": "ok 306", "/309": "ok 309", "/310": "ok 310",
				"/choice": "ok 300", "/to/300": "error http_status 404",
			},
		},
		{
			name: "broken and slow answers",
			site: sitetest.Routes{
				"/":    sitetest.Page("/404", "/410", "/500", "/hang", "/hangup", "/ok"),
				"/410": sitetest.Status(410), "/500": sitetest.Status(500), "/hang": hang, "/hangup": hangUp, "/ok": sitetest.Page(),
			},
			more: `'fetcher': {'timeout': '300ms', 'max_retries': 1}`,
			want: map[string]string{
				"/": "ok 200", "/404": "error http_status 404", "/410": "error http_status 410", "/500": "error http_status 500",
				"/hang": "error timeout", "/hangup": "error reset", "/ok": "ok 200",
			},
		},
		{
			name: "a long page is cut off",
			site: sitetest.Routes{
				"/":    sitetest.Body("text/html", "<a href=/in></a>"+strings.Repeat("x", 2000)+"<a href=/out></a>"),
				"/in":  sitetest.Body("text/plain", strings.Repeat("x", 5000)),
				"/out": sitetest.Page(),
			},
			more: `'fetcher': {'max_body_bytes': 1024}`,
			want: map[string]string{"/": "error truncated 200", "/in": "ok 200"},
		},
		{
			name: "robots.txt",
			site: sitetest.Routes{
				"/robots.txt": sitetest.Body("text/plain", "User-agent: *\nDisallow: /private\nAllow: /private/but\n"),
				"/":           sitetest.Page("/private/a", "/private/but", "/private/b"), "/private/but": sitetest.Page(),
			},
			want: map[string]string{
				"/": "ok 200", "/private/a": "excluded robots_txt", "/private/b": "excluded robots_txt", "/private/but": "ok 200",
			},
		},
		{
			name: "no robots policy",
			site: sitetest.Routes{
				"/robots.txt": sitetest.Body("text/plain", "User-agent: *\nDisallow: /\n"),
				"/":           sitetest.Page("/a"), "/a": sitetest.Page(),
			},
			more: `'policies': []`,
			want: map[string]string{"/": "ok 200", "/a": "ok 200"},
		},
		{
			name: "robots.txt forbids the seed",
			site: sitetest.Routes{
				"/robots.txt": sitetest.Body("text/plain", "User-agent: *\nDisallow: /\n"), "/": sitetest.Page("/a"),
			},
			reason: run.EmptySeed,
			want:   map[string]string{"/": "excluded robots_txt"},
		},
		{
			name:   "robots.txt cannot be had",
			site:   sitetest.Routes{"/robots.txt": sitetest.Status(500), "/": sitetest.Page("/a")},
			more:   `'fetcher': {'max_retries': 1}`,
			reason: run.EmptySeed,
			want:   map[string]string{"/": "excluded robots_unreachable"},
		},
		{
			name: "patterns",
			site: sitetest.Routes{
				"/": sitetest.Page("/docs/a", "/docs/secret", "/blog", "/docs/a?print=1"), "/docs/a": sitetest.Page(),
			},
			more: `'filters': [{'kind': 'seed_hosts', 'params': {}},
				{'kind': 'url_patterns', 'params': {'allow': [{'pathname': '/docs/*'}, {'pathname': '/'}], 'deny': [{'hostname': '127.*', 'pathname': '*secret'}]}},
				{'kind': 'regex_patterns', 'params': {'deny': ['[?&]print=']}}]`,
			want: map[string]string{
				"/": "ok 200", "/docs/a": "ok 200", "/docs/secret": "excluded url_patterns",
				"/blog": "excluded url_patterns", "/docs/a?print=1": "excluded regex_patterns",
			},
		},
		{
			name: "a budget for each host",
			site: sitetest.Routes{
				"/": sitetest.Page("/a", "/b", "/c", "/a"), "/a": sitetest.Page("/d"), "/b": sitetest.Page(),
			},
			more: `'filters': [{'kind': 'budget', 'params': {'by': 'host', 'limit': 3}}]`,
			want: map[string]string{"/": "ok 200", "/a": "ok 200", "/b": "ok 200", "/c": "excluded budget", "/d": "excluded budget"},
		},
		{
			name:   "a filter refuses the seed",
			site:   sitetest.Routes{"/": sitetest.Page("/a")},
			more:   `'filters': [{'kind': 'regex_patterns', 'params': {'allow': ['^https:']}}]`,
			reason: run.EmptySeed,
			want:   map[string]string{"/": "excluded regex_patterns"},
		},
		{
			name: "max_depth",
			site: sitetest.Routes{
				"/": sitetest.Page("/a", "/b"), "/a": sitetest.Page("/c"), "/b": sitetest.Redirect("/c"), "/c": sitetest.Page("/d", "/e"),
			},
			// /c is two links away through /a, and one through the redirect.
			more:   `'stopping_criteria': [{'kind': 'max_depth', 'params': {'max_depth': 1}}]`,
			reason: run.MaxDepth,
			want:   map[string]string{"/": "ok 200", "/a": "ok 200", "/b": "ok 302", "/c": "ok 200"},
		},
		{
			name:   "max_depth that is never reached",
			site:   sitetest.Routes{"/": sitetest.Page("/a"), "/a": sitetest.Page("/")},
			more:   `'stopping_criteria': [{'kind': 'max_depth', 'params': {'max_depth': 1}}]`,
			reason: run.MaxEmptyEvaluations,
			want:   map[string]string{"/": "ok 200", "/a": "ok 200"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			site := sitetest.Start(t, withHost(test.site))
			s := newStack(t)
			r := s.crawl(fast(site.URL+"/", "{"+test.more+"}"))
			want := run.MaxEmptyEvaluations
			if test.reason != "" {
				want = test.reason
			}
			if r.StopReason != want {
				t.Errorf("stop reason %s, want %s", r.StopReason, want)
			}
			if diff := cmp.Diff(test.want, reasons(site, s.history(r))); diff != "" {
				t.Errorf("what happened to the URLs (-want +got):\n%s", diff)
			}
			for path := range site.All() {
				if _, ok := test.want[path]; !ok && path != "/robots.txt" {
					t.Errorf("%s was fetched", path)
				}
			}
		})
	}
}

// withHost puts the site's own host where its pages say HOST.
func withHost(site sitetest.Routes) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		site.ServeHTTP(&replacer{w, r.Host}, r)
	})
}

type replacer struct {
	http.ResponseWriter
	host string
}

func (r *replacer) Write(b []byte) (int, error) {
	_, err := r.ResponseWriter.Write(bytes.ReplaceAll(b, []byte("HOST"), []byte(r.host)))
	return len(b), err
}

// A URL that is too long is recorded once, however it is found.
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
	for path, what := range reasons(site, s.history(r)) {
		got[strings.TrimRight(path, "x…")] = what
		if len(path) > weburl.MaxLength {
			t.Errorf("%d bytes are recorded of a URL", len(path))
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
	r := s.crawl(fast(site.URL + "/"))
	s.expect(r, run.MaxEmptyEvaluations, 4, 0, 0, 0)
	if r.Progress.Depth != 1 {
		t.Errorf("depth %d, want 1: redirects are no links", r.Progress.Depth)
	}
}

// A page of a host is excluded before a redirected seed makes the host a seed's: it must
// not stay so.
func TestHostBecomesSeedHost(t *testing.T) {
	t.Parallel()
	target := sitetest.Start(t, sitetest.Routes{"/": sitetest.Page("/a"), "/a": sitetest.Page()})
	first := sitetest.Start(t, sitetest.Routes{"/": sitetest.Page(target.URL+"/", target.URL+"/a")})
	second := sitetest.Start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" { // answered when the first seed's links have been read
			for end := time.Now().Add(patience); len(first.Hits("/")) == 0 && time.Now().Before(end); {
				time.Sleep(10 * time.Millisecond)
			}
			time.Sleep(100 * time.Millisecond)
			http.NotFound(w, r)
			return
		}
		sitetest.Redirect(target.URL+"/")(w, r)
	}))
	s := newStack(t)
	r := s.crawl(fast(first.URL + "/', '" + second.URL + "/"))
	s.expect(r, run.MaxEmptyEvaluations, 4, 0, 0, 0)
}

func TestMaxURLsIsExact(t *testing.T) {
	t.Parallel()
	site := sitetest.Start(t, trap)
	s := newStack(t)
	r := s.crawl(fast(site.URL+"/", `{'stopping_criteria': [{'kind': 'max_urls', 'params': {'max_urls': 137}}]}`))
	s.history(r)
	if r.StopReason != run.MaxURLs || r.Progress.Processed() != 137 {
		t.Errorf("%s after %d URLs, want max_urls after 137", r.StopReason, r.Progress.Processed())
	}
	if hits := len(site.All()); hits != 137+1 {
		t.Errorf("%d URLs were fetched, want 137 and robots.txt", hits)
	}
	if r.Progress.URLsQueued == 0 {
		t.Error("nothing is left of a site without end")
	}
}

func TestMaxAge(t *testing.T) {
	t.Parallel()
	site := sitetest.Start(t, trap)
	s := newStack(t)
	// The second page is due long after the age: waiting for it must not outlast the age.
	r := s.crawl(fast(site.URL+"/", `{'policies': [{'kind': 'robots_txt', 'params': {'default_delay': '1h'}}],
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
	r := s.crawl(fast(site.URL+"/", `{'stopping_criteria': [{'kind': 'max_age', 'params': {'max_age': '1s'}}]}`))
	s.expect(r, run.MaxAge, 0, 0, 0, 1)
}

func TestMaxEmptyEvaluations(t *testing.T) {
	t.Parallel()
	site := sitetest.Start(t, sitetest.Routes{"/": sitetest.Page()})
	s := newStack(t)
	r := s.crawl(fast(site.URL+"/", `{'stopping_criteria': [{'kind': 'max_empty_evaluations', 'params': {'max_empty_evaluations': 3}}]}`))
	s.expect(r, run.MaxEmptyEvaluations, 1, 0, 0, 0)
	if waited := r.FinishedAt.Sub(site.Hits("/")[0]); waited < 2*time.Second {
		t.Errorf("finished %v after the last fetch, want three looks a second apart", waited)
	}
}

func TestNoSeeds(t *testing.T) {
	t.Parallel()
	s := newStack(t)
	s.expect(s.crawl(`{}`), run.EmptySeed, 0, 0, 0, 0)
}

// A server that asks to be left alone is, as a whole, for as long as it asks.
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
	r := s.crawl(fast(site.URL+"/", `{'speed': {'per_host_concurrency': 1}}`))
	s.expect(r, run.MaxEmptyEvaluations, 5, 0, 0, 0)
	hits := site.Hits("/busy")
	if len(hits) != 2 {
		t.Fatalf("/busy was fetched %d times, want 2", len(hits))
	}
	until := hits[0].Add(2 * time.Second)
	if n := site.Since(hits[0]) - site.Since(until); n > 0 {
		t.Errorf("%d requests came in while the server asked for none", n)
	}
}

// While robots.txt cannot be had nothing is fetched; when it can, all is.
func TestRobotsComeBack(t *testing.T) {
	t.Parallel()
	var tries atomic.Int32
	site := sitetest.Start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path != "/robots.txt":
			if tries.Load() < 3 {
				t.Errorf("%s was fetched before robots.txt could be had", r.URL.Path)
			}
			sitetest.Page("/a", "/b")(w, r)
		case tries.Add(1) < 3:
			w.WriteHeader(http.StatusInternalServerError)
		default:
			http.NotFound(w, r)
		}
	}))
	s := newStack(t)
	r := s.crawl(fast(site.URL + "/', '" + site.URL + "/c"))
	s.expect(r, run.MaxEmptyEvaluations, 4, 0, 0, 0)
}

func TestRetriesAreCounted(t *testing.T) {
	t.Parallel()
	site := sitetest.Start(t, sitetest.Routes{"/": sitetest.Status(502)})
	s := newStack(t)
	r := s.crawl(fast(site.URL+"/", `{'fetcher': {'max_retries': 2}}`))
	s.expect(r, run.MaxEmptyEvaluations, 0, 1, 0, 0)
	if hits := site.Hits("/"); len(hits) != 3 {
		t.Errorf("%d tries, want 3", len(hits))
	}
}

func TestDelays(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ robots, policy string }{
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
			r := s.crawl(fast(site.URL+"/", fmt.Sprintf(`{'policies': [{'kind': 'robots_txt', 'params': {'default_delay': '%s'}}]}`, test.policy)))
			s.expect(r, run.MaxEmptyEvaluations, 4, 0, 0, 0)
			checkDelay(t, site, 200*time.Millisecond, "/", "/a", "/b", "/c")
		})
	}
}

// checkDelay checks that so much lies between any two requests for the paths. Requests are
// dated by the server, a little after they were sent.
func checkDelay(t *testing.T, site *sitetest.Server, delay time.Duration, paths ...string) {
	t.Helper()
	var times []time.Time
	for _, p := range paths {
		times = append(times, site.Hits(p)...)
	}
	for i, a := range times {
		for _, b := range times[i+1:] {
			if gap := b.Sub(a).Abs(); gap < delay-10*time.Millisecond {
				t.Errorf("two fetches %v apart, want %v", gap, delay)
			}
		}
	}
}

func zipped(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/gzip")
		z := gzip.NewWriter(w)
		_, _ = z.Write([]byte(strings.ReplaceAll(body, "HOST", r.Host)))
		_ = z.Close()
	}
}

func urlset(paths ...string) string {
	var b strings.Builder
	b.WriteString(`<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">`)
	for _, p := range paths {
		fmt.Fprintf(&b, "<url><loc>http://HOST%s</loc></url>", p)
	}
	return b.String() + "</urlset>"
}

func seedSitemap(site *sitetest.Server, more string) string {
	return fmt.Sprintf(`{'seeds': [{'kind': 'sitemap', 'params': {'urls': ['%s/sitemap.xml']%s}}],
		'policies': [{'kind': 'robots_txt', 'params': {'default_delay': '0s'}}]}`, site.URL, more)
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

// A page that the crawler itself fails at costs that page, and nothing else.
func TestPanicCostsOnePage(t *testing.T) {
	t.Parallel()
	site := sitetest.Start(t, sitetest.Routes{"/": sitetest.Page("/a", "/b"), "/a": sitetest.Page(), "/b": sitetest.Page()})
	s := newStack(t, func(o *crawl.Options) {
		o.NewClient = func(o fetch.Options) crawl.Client { return panicking{fetch.New(o)} }
	})
	r := s.crawl(fast(site.URL + "/"))
	want := map[string]string{"/": "ok 200", "/a": "error internal", "/b": "ok 200"}
	if diff := cmp.Diff(want, reasons(site, s.history(r))); diff != "" {
		t.Errorf("what happened to the URLs (-want +got):\n%s", diff)
	}
}

type panicking struct{ *fetch.Client }

func (p panicking) Get(ctx context.Context, u weburl.URL) (*fetch.Response, error) {
	if u.Path() == "/a" {
		panic("a defect")
	}
	return p.Client.Get(ctx, u)
}
