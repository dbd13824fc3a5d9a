package crawl_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/fetch"
	"github.com/inndx/runs/internal/run"
)

// Sites that redirect clients in a circle to check whether they keep cookies are crawled.
func TestCookieWalls(t *testing.T) {
	t.Parallel()
	page, other := sitetest.Page("/a"), sitetest.Page()
	for _, test := range []struct {
		name string
		site sitetest.Routes
		more string
		want map[string]string
	}{
		{
			name: "a redirect to itself",
			site: sitetest.Routes{"/": requireCookie("ok", setCookieAndRedirect("ok=yes", "/"), page), "/a": requireCookie("ok", sitetest.Status(403), other)},
			want: map[string]string{"/": "ok 200", "/a": "ok 200"},
		},
		{
			name: "through another page",
			site: sitetest.Routes{"/": requireCookie("ok", sitetest.Redirect("/check"), page), "/check": setCookieAndRedirect("ok=yes; Path=/", "/"), "/a": other},
			want: map[string]string{"/": "ok 302", "/check": "ok 200", "/a": "ok 200"},
		},
		{
			name: "through two pages, the first of which sets the cookie",
			site: sitetest.Routes{
				"/":    requireCookie("ok", sitetest.Redirect("/set"), page),
				"/set": setCookieAndRedirect("ok=yes; Path=/; Max-Age=100", "/back"), "/back": sitetest.Redirect("/"), "/a": other,
			},
			want: map[string]string{"/": "ok 302", "/set": "ok 302", "/back": "ok 200", "/a": "ok 200"},
		},
		{
			name: "through a page in a folder, whose cookie is for that folder",
			site: sitetest.Routes{"/": requireCookie("ok", sitetest.Redirect("/in/check"), page), "/in/check": setCookieAndRedirect("ok=yes", "/"), "/a": other},
			want: map[string]string{"/": "ok 302", "/in/check": "error redirect_loop 302"},
		},
		{
			name: "two cookies, one after the other",
			site: sitetest.Routes{
				"/": requireCookie("one", setCookieAndRedirect("one=yes", "/"), requireCookie("two", setCookieAndRedirect("two=yes", "/"), page)), "/a": other,
			},
			want: map[string]string{"/": "ok 200", "/a": "ok 200"},
		},
		{
			name: "a redirect behind the wall",
			site: sitetest.Routes{"/": requireCookie("ok", sitetest.Redirect("/check"), sitetest.Redirect("/a")), "/check": setCookieAndRedirect("ok=yes", "/"), "/a": other},
			want: map[string]string{"/": "ok 302", "/check": "ok 302", "/a": "ok 200"},
		},
		{
			name: "an error behind the wall",
			site: sitetest.Routes{"/": requireCookie("ok", setCookieAndRedirect("ok=yes", "/"), sitetest.Status(404))},
			want: map[string]string{"/": "error http_status 404"},
		},
		{
			name: "robots.txt behind the wall",
			site: sitetest.Routes{
				"/robots.txt": requireCookie("ok", setCookieAndRedirect("ok=yes", "/robots.txt"), sitetest.Body("text/plain", "User-agent: *\nDisallow: /a")),
				"/":           requireCookie("ok", sitetest.Status(403), page), "/a": other,
			},
			want: map[string]string{"/": "ok 200", "/a": "excluded robots_txt"},
		},
		{
			name: "no retries",
			site: sitetest.Routes{"/": requireCookie("ok", setCookieAndRedirect("ok=yes", "/"), page), "/a": other},
			more: `'fetcher': {'max_retries': 0}`,
			want: map[string]string{"/": "ok 200", "/a": "ok 200"},
		},
		{
			name: "no redirects",
			site: sitetest.Routes{"/": requireCookie("ok", setCookieAndRedirect("ok=yes", "/"), page), "/a": other},
			more: `'fetcher': {'max_redirects': 0}`,
			want: map[string]string{"/": "error redirect_loop 302"},
		},
		{
			name: "a cookie that is refused",
			site: sitetest.Routes{"/": requireCookie("ok", setCookieAndRedirect("ok=yes; Domain=other.example", "/"), page)},
			want: map[string]string{"/": "error redirect_loop 302"},
		},
		{
			name: "another cookie each time",
			site: sitetest.Routes{"/": func(w http.ResponseWriter, r *http.Request) {
				setCookieAndRedirect(fmt.Sprint("n=", time.Now().UnixNano()), "/")(w, r)
			}},
			want: map[string]string{"/": "error redirect_loop 302"},
		},
		{
			name: "cookies that are switched off",
			site: sitetest.Routes{
				"/":  sitetest.Page("/self", "/1", "/a"),
				"/1": requireCookie("ok", sitetest.Redirect("/check"), page), "/check": setCookieAndRedirect("ok=yes; Path=/", "/1"),
				"/self": requireCookie("ok", setCookieAndRedirect("ok=yes", "/self"), page), "/a": requireCookie("ok", other, sitetest.Status(500)),
			},
			more: `'fetcher': {'cookie_jar': false}`,
			want: map[string]string{
				"/": "ok 200", "/self": "error redirect_loop 302", "/1": "ok 302", "/check": "error redirect_loop 302", "/a": "ok 200",
			},
		},
		{
			name: "a circle of links that redirect to each other",
			site: sitetest.Routes{
				"/": sitetest.Page("/1", "/2", "/3"), "/1": sitetest.Redirect("/2"), "/2": sitetest.Redirect("/3"), "/3": sitetest.Redirect("/1"),
			},
			more: `'speed': {'concurrency': 1, 'per_host_concurrency': 1}`,
			want: map[string]string{"/": "ok 200", "/1": "ok 302", "/2": "ok 302", "/3": "error redirect_loop 302"},
		},
		{
			name: "redirects to a page that is read already are no loop",
			site: sitetest.Routes{
				"/": sitetest.Page("/old", "/older"), "/old": sitetest.Redirect("/"), "/older": sitetest.Redirect("/old"),
			},
			want: map[string]string{"/": "ok 200", "/old": "ok 302", "/older": "ok 302"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			site := sitetest.Start(t, test.site)
			s := newStack(t)
			r := s.crawl(fastConfig(site.URL+"/", "{"+test.more+"}"))
			if diff := cmp.Diff(test.want, outcomesByPath(site, s.history(r))); diff != "" {
				t.Errorf("what happened to the URLs (-want +got):\n%s", diff)
			}
			for path, n := range site.All() {
				if n > 11 {
					t.Errorf("%s was requested %d times", path, n)
				}
			}
		})
	}
}

// Cookies survive a hand-over to processes that know only the log, also in the middle of a chain of
// redirects, and processes that die.
func TestCookiesSurviveHandOvers(t *testing.T) {
	for _, test := range []struct {
		name         string
		newProcesses bool
		deaths       int
	}{{"one process", false, 0}, {"new processes", true, 0}, {"processes that die", true, 4}} {
		t.Run(test.name, func(t *testing.T) {
			var mu sync.Mutex
			sent := map[string][]string{}                              // cookies by page
			site := &simSite{robots: "User-agent: *\nCrawl-delay: 20"} // an invocation a page
			site.page = func(uri string, _ int) (*fetch.Response, error) {
				u, _ := url.Parse(simURL + uri)
				var got []string
				if site.opts.Jar != nil {
					for _, c := range site.opts.Jar.Cookies(u) {
						got = append(got, c.String())
					}
				}
				mu.Lock()
				sent[uri] = append(sent[uri], strings.Join(got, "; "))
				mu.Unlock()
				set := func(cookie string) {
					c, err := http.ParseSetCookie(cookie)
					if err != nil {
						t.Error(err)
					}
					site.opts.Jar.SetCookies(u, []*http.Cookie{c})
				}
				walled := slices.Contains(got, "session=abc")
				switch {
				case uri == "/check":
					set("session=abc; Path=/")
					set("short=1; Max-Age=60")
					set("gone=1; Path=/; Max-Age=1000000")
					return redirectTo("/")
				case !walled:
					return redirectTo("/check")
				case uri == "/b":
					set("gone=; Path=/; Max-Age=0")
				}
				return htmlResponse(200, "/a", "/b", "/c", "/d")
			}
			simulate(t, site, `{}`, test.newProcesses, test.deaths, func(r *simRun) {
				for _, uri := range []string{"/a", "/b", "/c", "/d"} {
					if o := r.outcomes()[uri]; o == nil || o.HTTPStatus != 200 {
						t.Errorf("%s: %+v", uri, o)
					}
					for _, cookies := range sent[uri] {
						if !strings.Contains(cookies, "session=abc") {
							t.Errorf("%s was requested with %q", uri, cookies)
						}
					}
				}
				if len(sent["/d"]) == 0 {
					t.Fatal("/d was not requested")
				}
				last := sent["/d"][len(sent["/d"])-1]
				if last != "session=abc" {
					t.Errorf("the last page was requested with %q, want the session alone: one is deleted, one expired", last)
				}
			})
		})
	}
}

// Cookies are sent in no other run, and appear in no log.
func TestCookiesAreOfOneRun(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	got := map[string]int{}
	site := sitetest.Start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			http.NotFound(w, r)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		got[r.Header.Get("Cookie")]++
		w.Header().Add("Set-Cookie", fmt.Sprintf("secret=value-%s; HttpOnly", r.UserAgent()))
		sitetest.Page("/a", "/b")(w, r)
	}))
	var log syncBuffer
	s := newStack(t, func(o *crawl.Options) {
		o.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	serial := `{'speed': {'concurrency': 1, 'per_host_concurrency': 1}}`
	for _, name := range []string{"one", "two"} {
		r := s.crawl(fastConfig(site.URL+"/", serial, `{'user_agent': '`+name+`'}`))
		s.expect(r, run.MaxEmptyEvaluations, 3, 0, 0, 0)
		for url, o := range s.history(r) {
			if strings.Contains(fmt.Sprintf("%s %+v", url, o), "secret") {
				t.Errorf("the log of the run has the cookie: %+v", o)
			}
		}
	}
	want := map[string]int{"": 2, "secret=value-one": 2, "secret=value-two": 2}
	mu.Lock()
	defer mu.Unlock()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("cookies sent (-want +got):\n%s", diff)
	}
	if strings.Contains(log.text(), "secret") {
		t.Errorf("the program's log has the cookie")
	}
}
