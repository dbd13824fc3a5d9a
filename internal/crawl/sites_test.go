package crawl_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/run"
)

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
			name: "base, charset and things that are not links",
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
			name: "statuses that are not redirects",
			site: sitetest.Routes{
				"/":    sitetest.Page("/300", "/304", "/305", "/306", "/309", "/310", "/choice"),
				"/300": sitetest.Status(300), "/304": statusWithLocation(304), "/305": statusWithLocation(305), "/306": statusWithLocation(306), "/309": statusWithLocation(309), "/310": statusWithLocation(310),
				"/choice": statusWithLocation(300),
			},
			want: map[string]string{
				"/": "ok 200", "/300": "ok 300", "/304": "ok 304", "/305": "ok 305", "/306": "ok 306", "/309": "ok 309", "/310": "ok 310",
				"/choice": "ok 300", "/to/300": "error http_status 404",
			},
		},
		{
			name: "broken and slow responses",
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
			name: "a long page is truncated",
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
			name:   "robots.txt cannot be fetched",
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
			r := s.crawl(fastConfig(site.URL+"/", "{"+test.more+"}"))
			want := run.MaxEmptyEvaluations
			if test.reason != "" {
				want = test.reason
			}
			if r.StopReason != want {
				t.Errorf("stop reason %s, want %s", r.StopReason, want)
			}
			if diff := cmp.Diff(test.want, outcomesByPath(site, s.history(r))); diff != "" {
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
