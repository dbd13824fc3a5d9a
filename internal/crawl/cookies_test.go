package crawl_test

import (
	"bytes"
	"fmt"
	"io"
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

// gated serves next to clients that have the cookie, and sends others to set it.
func gated(name string, without, next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if c, err := r.Cookie(name); err == nil && c.Value == "yes" {
			next(w, r)
			return
		}
		without(w, r)
	}
}

// setAndGo sets a cookie and redirects.
func setAndGo(cookie, to string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Set-Cookie", cookie)
		sitetest.Redirect(to)(w, r)
	}
}

// Sites that send clients round to see whether they keep cookies are read.
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
			site: sitetest.Routes{"/": gated("ok", setAndGo("ok=yes", "/"), page), "/a": gated("ok", sitetest.Status(403), other)},
			want: map[string]string{"/": "ok 200", "/a": "ok 200"},
		},
		{
			name: "by way of another page",
			site: sitetest.Routes{"/": gated("ok", sitetest.Redirect("/check"), page), "/check": setAndGo("ok=yes; Path=/", "/"), "/a": other},
			want: map[string]string{"/": "ok 302", "/check": "ok 200", "/a": "ok 200"},
		},
		{
			name: "by way of two pages, the first of which sets the cookie",
			site: sitetest.Routes{
				"/":    gated("ok", sitetest.Redirect("/set"), page),
				"/set": setAndGo("ok=yes; Path=/; Max-Age=100", "/back"), "/back": sitetest.Redirect("/"), "/a": other,
			},
			want: map[string]string{"/": "ok 302", "/set": "ok 302", "/back": "ok 200", "/a": "ok 200"},
		},
		{
			name: "by way of a page in a folder, whose cookie is for that folder",
			site: sitetest.Routes{"/": gated("ok", sitetest.Redirect("/in/check"), page), "/in/check": setAndGo("ok=yes", "/"), "/a": other},
			want: map[string]string{"/": "ok 302", "/in/check": "error redirect_loop 302"},
		},
		{
			name: "two cookies, one after the other",
			site: sitetest.Routes{
				"/": gated("one", setAndGo("one=yes", "/"), gated("two", setAndGo("two=yes", "/"), page)), "/a": other,
			},
			want: map[string]string{"/": "ok 200", "/a": "ok 200"},
		},
		{
			name: "behind the wall, a redirect",
			site: sitetest.Routes{"/": gated("ok", sitetest.Redirect("/check"), sitetest.Redirect("/a")), "/check": setAndGo("ok=yes", "/"), "/a": other},
			want: map[string]string{"/": "ok 302", "/check": "ok 302", "/a": "ok 200"},
		},
		{
			name: "behind the wall, an error",
			site: sitetest.Routes{"/": gated("ok", setAndGo("ok=yes", "/"), sitetest.Status(404))},
			want: map[string]string{"/": "error http_status 404"},
		},
		{
			name: "robots.txt behind the wall",
			site: sitetest.Routes{
				"/robots.txt": gated("ok", setAndGo("ok=yes", "/robots.txt"), sitetest.Body("text/plain", "User-agent: *\nDisallow: /a")),
				"/":           gated("ok", sitetest.Status(403), page), "/a": other,
			},
			want: map[string]string{"/": "ok 200", "/a": "excluded robots_txt"},
		},
		{
			name: "no retries",
			site: sitetest.Routes{"/": gated("ok", setAndGo("ok=yes", "/"), page), "/a": other},
			more: `'fetcher': {'max_retries': 0}`,
			want: map[string]string{"/": "ok 200", "/a": "ok 200"},
		},
		{
			name: "no redirects",
			site: sitetest.Routes{"/": gated("ok", setAndGo("ok=yes", "/"), page), "/a": other},
			more: `'fetcher': {'max_redirects': 0}`,
			want: map[string]string{"/": "error redirect_loop 302"},
		},
		{
			name: "a cookie that is refused",
			site: sitetest.Routes{"/": gated("ok", setAndGo("ok=yes; Domain=other.example", "/"), page)},
			want: map[string]string{"/": "error redirect_loop 302"},
		},
		{
			name: "another cookie each time",
			site: sitetest.Routes{"/": func(w http.ResponseWriter, r *http.Request) {
				setAndGo(fmt.Sprint("n=", time.Now().UnixNano()), "/")(w, r)
			}},
			want: map[string]string{"/": "error redirect_loop 302"},
		},
		{
			name: "cookies that are switched off",
			site: sitetest.Routes{
				"/":  sitetest.Page("/self", "/1", "/a"),
				"/1": gated("ok", sitetest.Redirect("/check"), page), "/check": setAndGo("ok=yes; Path=/", "/1"),
				"/self": gated("ok", setAndGo("ok=yes", "/self"), page), "/a": gated("ok", other, sitetest.Status(500)),
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
			name: "redirects to one that is read already are no loop",
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
			r := s.crawl(fast(site.URL+"/", "{"+test.more+"}"))
			if diff := cmp.Diff(test.want, reasons(site, s.history(r))); diff != "" {
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

// Cookies survive a hand-over to processes that know nothing but the log, also in the middle of a
// chain of redirects, and processes that die.
func TestCookiesSurviveHandOvers(t *testing.T) {
	for _, who := range []struct {
		name      string
		strangers bool
		deaths    int
	}{{"one process", false, 0}, {"strangers", true, 0}, {"processes that die", true, 4}} {
		t.Run(who.name, func(t *testing.T) {
			var mu sync.Mutex
			sent := map[string][]string{}                               // cookies by page
			site := &calmSite{robots: "User-agent: *\nCrawl-delay: 20"} // an invocation a page
			site.page = func(uri string, _ int) (*fetch.Response, error) {
				u, _ := url.Parse(calmURL + uri)
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
				return answer(200, "/a", "/b", "/c", "/d")
			}
			calmly(t, site, `{}`, who.strangers, who.deaths, func(r *calmRun) {
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

func redirectTo(location string) (*fetch.Response, error) {
	return &fetch.Response{Status: 302, Header: http.Header{}, Location: location}, nil
}

// Cookies are shared with no other run, and told to nobody.
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
	var log bytes.Buffer
	s := newStack(t, func(o *crawl.Options) {
		o.Logger = slog.New(slog.NewTextHandler(lockedWriter{&mu, &log}, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	serial := `{'speed': {'concurrency': 1, 'per_host_concurrency': 1}}`
	for _, name := range []string{"one", "two"} {
		r := s.crawl(fast(site.URL+"/", serial, `{'user_agent': '`+name+`'}`))
		s.expect(r, run.MaxEmptyEvaluations, 3, 0, 0, 0)
		for url, o := range s.history(r) {
			if strings.Contains(fmt.Sprintf("%s %+v", url, o), "secret") {
				t.Errorf("the log tells the cookie: %+v", o)
			}
		}
	}
	want := map[string]int{"": 2, "secret=value-one": 2, "secret=value-two": 2}
	mu.Lock()
	defer mu.Unlock()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("cookies sent (-want +got):\n%s", diff)
	}
	if strings.Contains(log.String(), "secret") {
		t.Errorf("the logger tells the cookie")
	}
}

type lockedWriter struct {
	mu *sync.Mutex
	w  io.Writer
}

func (l lockedWriter) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}
