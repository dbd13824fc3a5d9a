package crawl_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/inndx/runs/internal/crawl/sitetest"
)

// hangUp closes the connection without a response.
func hangUp(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) }

// hang responds when the client has gone.
func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// waitFor responds when the channel is closed.
func waitFor(c <-chan struct{}) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-c:
			sitetest.Page()(w, r)
		case <-r.Context().Done():
		}
	}
}

// withHeader adds header fields to the response of h.
func withHeader(h http.HandlerFunc, fields ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for i := 0; i < len(fields); i += 2 {
			w.Header().Add(fields[i], fields[i+1])
		}
		h(w, r)
	}
}

// statusWithLocation responds with a status and a Location of its own.
func statusWithLocation(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", fmt.Sprint("/to/", status))
		w.WriteHeader(status)
	}
}

// endlessSite is a site without end: each page links to two new ones and to the first one.
var endlessSite = linkedSite(func(uri string) []string {
	n := number(uri)
	return []string{"/", fmt.Sprint("/", 2*n+1), fmt.Sprint("/", 2*n+2)}
})

// linkedSite serves a site on which every page has the links that the function returns for its path
// and query.
func linkedSite(links func(uri string) []string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			http.NotFound(w, r)
			return
		}
		sitetest.Page(links(r.URL.RequestURI())...)(w, r)
	})
}

// number returns the number at the end of a URI, or 0.
func number(uri string) int {
	n, _ := strconv.Atoi(uri[strings.LastIndexAny(uri, "/=")+1:])
	return n
}

// always returns a function that returns links.
func always(links func(string) []string) func() func(string) []string {
	return func() func(string) []string { return links }
}

// newSession returns a site of four pages on which every link has a session id of its own.
func newSession(format string) func() func(string) []string {
	return func() func(string) []string {
		var sessions atomic.Int64
		return func(string) []string {
			var to []string
			for i := range 4 {
				id := fmt.Sprintf(format, sessions.Add(1))
				if strings.HasPrefix(id, "(") {
					to = append(to, fmt.Sprintf("/%s/page%d", id, i))
				} else {
					to = append(to, fmt.Sprintf("/page%d%s", i, id))
				}
			}
			return to
		}
	}
}

// withHost replaces HOST in the pages of a site by its own host.
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

// slowSite starts a site of generated, slow pages. It returns the site and a configuration to crawl
// it and keep its pages.
func slowSite(t *testing.T, pages int, more ...string) (*sitetest.Server, string) {
	t.Helper()
	site := sitetest.Start(t, sitetest.Generate(pages, 6))
	site.SetDelay(20 * time.Millisecond)
	return site, fastConfig(site.URL+"/", append([]string{keepRaw, `{'speed': {'concurrency': 2, 'per_host_concurrency': 2}}`}, more...)...)
}

// busyOnce responds with 503 to the first request.
func busyOnce(h http.HandlerFunc) http.HandlerFunc {
	var refused atomic.Bool
	return func(w http.ResponseWriter, r *http.Request) {
		if refused.CompareAndSwap(false, true) {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		h(w, r)
	}
}

// requireCookie serves next to clients that send the cookie, and without to others.
func requireCookie(name string, without, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if c, err := r.Cookie(name); err == nil && c.Value == "yes" {
			next(w, r)
			return
		}
		without(w, r)
	}
}

// setCookieAndRedirect sets a cookie and redirects.
func setCookieAndRedirect(cookie, to string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Set-Cookie", cookie)
		sitetest.Redirect(to)(w, r)
	}
}

// zipped serves a body as a gzip file.
func zipped(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/gzip")
		z := gzip.NewWriter(w)
		_, _ = z.Write([]byte(strings.ReplaceAll(body, "HOST", r.Host)))
		_ = z.Close()
	}
}

// urlset returns a sitemap with the paths.
func urlset(paths ...string) string {
	var b strings.Builder
	b.WriteString(`<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">`)
	for _, p := range paths {
		fmt.Fprintf(&b, "<url><loc>http://HOST%s</loc></url>", p)
	}
	return b.String() + "</urlset>"
}

// seedSitemap returns a configuration whose seed is the sitemap of a site, with more params.
func seedSitemap(site *sitetest.Server, more string) string {
	return fmt.Sprintf(`{'seeds': [{'kind': 'sitemap', 'params': {'urls': ['%s/sitemap.xml']%s}}],
		'policies': [{'kind': 'robots_txt', 'params': {'default_delay': '0s'}}]}`, site.URL, more)
}

// checkDelay checks the delay between any two requests for the paths. The server dates requests
// slightly after they were sent.
func checkDelay(t *testing.T, site *sitetest.Server, delay time.Duration, paths ...string) {
	t.Helper()
	var times []time.Time
	for _, p := range paths {
		times = append(times, site.Hits(p)...)
	}
	for i, a := range times {
		for _, b := range times[i+1:] {
			if gap := b.Sub(a).Abs(); gap < delay-10*time.Millisecond {
				t.Errorf("two requests %v apart, want %v", gap, delay)
			}
		}
	}
}

func port(site *sitetest.Server) string { return site.URL[strings.LastIndexByte(site.URL, ':')+1:] }
