package crawl_test

import (
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/wake"
)

// facts are the facts of an outcome, with paths instead of URLs of the site.
type facts struct {
	Referrer, ContentType, Title, RedirectURL string
	Digest                                    crawllog.Digest
	Attempt                                   int
}

func factsOf(site *sitetest.Server, entries []crawllog.Entry) map[string]facts {
	path := func(url string) string { return strings.TrimPrefix(url, site.URL) }
	all := map[string]facts{}
	for _, e := range entries {
		all[path(e.URL)] = facts{path(e.Referrer), e.ContentType, e.Title, path(e.RedirectURL), e.Digest, e.Attempt}
	}
	return all
}

func TestFactsOfASite(t *testing.T) {
	t.Parallel()
	const other = "http://other.example/x"
	long := "text/html; x=" + strings.Repeat("ä", 200)
	routes := sitetest.Routes{
		"/robots.txt": sitetest.Body("text/plain", "User-agent: *\nDisallow: /private\n"),
		"/":           sitetest.Page("/a", "/b", "/private", other),
		"/a":          sitetest.Body("text/html", "<title>A &amp;\n B</title><a href=/b><a href=/c><a href=/moved><a href=/away>"+"<a href=/busy><a href=/hangup><a href=/loop>"),
		"/b":          sitetest.Body(long, "<title>b</title><a href=/c>"),
		"/c":          sitetest.Body("text/plain", "<title>no page</title>"),
		"/moved":      withHeader(sitetest.Redirect("/target?x#y"), "Content-Type", "text/plain"),
		"/target":     sitetest.Body("text/html", ""),
		"/away":       sitetest.Redirect(other),
		"/loop":       sitetest.Redirect("/loop"),
		"/hangup":     hangUp,
	}
	body := func(site *sitetest.Server, path string) crawllog.Digest {
		res, err := http.Get(site.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return sha256.Sum256(b)
	}
	s := newStack(t)
	for _, digests := range []bool{true, false} {
		routes["/busy"] = busyOnce(sitetest.Status(http.StatusNotFound))
		site := sitetest.Start(t, routes)
		var more []string
		if !digests {
			more = append(more, `{'record': {'digests': false}}`)
		}
		config := fastConfig(site.URL+"/", append(more, `{'fetcher': {'max_retries': 1}, 'speed': {'concurrency': 1}}`)...)
		got := factsOf(site, s.logs(s.crawl(config), crawllog.Filter{}))
		if digests {
			for _, path := range []string{"/", "/a", "/b", "/c", "/target?x"} {
				if want := body(site, path); got[path].Digest != want {
					t.Errorf("%s has the digest %x, want %x", path, got[path].Digest, want)
				}
			}
		}
		for path, f := range got {
			if f.Digest = (crawllog.Digest{}); digests || f == got[path] {
				got[path] = f
			} else {
				t.Errorf("%s has a digest", path)
			}
		}
		const html = "text/html; charset=utf-8"
		want := map[string]facts{
			"/":         {"", html, "A page", "", crawllog.Digest{}, 1},
			"/a":        {"/", "text/html", "A & B", "", crawllog.Digest{}, 1},
			"/b":        {"/", long[:199], "b", "", crawllog.Digest{}, 1},
			"/private":  {Referrer: "/"},
			other:       {Referrer: "/"},
			"/c":        {"/a", "text/plain", "", "", crawllog.Digest{}, 1},
			"/moved":    {"/a", "text/plain", "", "/target?x", crawllog.Digest{}, 1},
			"/target?x": {"/moved", "text/html", "", "", crawllog.Digest{}, 1},
			"/away":     {"/a", "", "", other, crawllog.Digest{}, 1},
			"/loop":     {"/a", "", "", "/loop", crawllog.Digest{}, 1},
			"/busy":     {"/a", "", "", "", crawllog.Digest{}, 2},
			"/hangup":   {"/a", "", "", "", crawllog.Digest{}, 2},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("with digests %t (-want +got):\n%s", digests, diff)
		}
	}
}

// A run that is handed from one process to the next many times has the referrers that it has in one
// process.
func TestReferrersOfAHandOver(t *testing.T) {
	t.Parallel()
	const pages = 60
	var served atomic.Int64
	s := &stack{t: t, store: sharedStore(t), queue: wake.NewLocal(wake.LocalOptions{})}
	site := sitetest.Start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := number(r.URL.Path)
		switch {
		case n > 0 && served.Add(1)%7 == 3: // gets another attempt
			w.WriteHeader(http.StatusInternalServerError)
		case n >= pages/2:
			sitetest.Page()(w, r)
		default:
			sitetest.Page(fmt.Sprint("/", 2*n+1), fmt.Sprint("/", 2*n+2), fmt.Sprint("/", n))(w, r)
		}
	}))
	site.SetDelay(20 * time.Millisecond)
	r := s.create(fastConfig(site.URL+"/0", `{'fetcher': {'max_retries': 9}, 'speed': {'concurrency': 2}}`))
	invocations := 0
	for ; !isFinished(s.run(r.ID)); invocations++ {
		if invocations > 200 {
			t.Fatal("the run never ends")
		}
		s.handle(s.crawler(func(o *crawl.Options) { o.MaxWork = 200 * time.Millisecond }), r.ID)
	}
	got, want := map[string]string{}, map[string]string{"/0": ""}
	for path, f := range factsOf(site, s.logs(r, crawllog.Filter{})) {
		got[path] = f.Referrer
	}
	for n := 1; n <= pages; n++ {
		want[fmt.Sprint("/", n)] = fmt.Sprint("/", (n-1)/2)
	}
	if diff := cmp.Diff(want, got); diff != "" || invocations < 3 {
		t.Errorf("after %d invocations (-want +got):\n%s", invocations, diff)
	}
}

// The configuration may ask for every link.
func TestEdgesOfASite(t *testing.T) {
	t.Parallel()
	const other = "http://other.example/x"
	site := sitetest.Start(t, sitetest.Routes{
		"/":      sitetest.Page("/a", "/a#x", "/", other, "/moved"),
		"/a":     sitetest.Page("/", "/gone"),
		"/moved": sitetest.Redirect("/a"),
		"/gone":  sitetest.Status(410),
	})
	s := newStack(t)
	for _, edges := range []bool{false, true} {
		r := s.crawl(fastConfig(site.URL+"/", fmt.Sprintf(`{'record': {'edges': %t}}`, edges)))
		var got [][]string
		for _, e := range s.edges(r) {
			page := []string{strings.TrimPrefix(e.From, site.URL)}
			for _, to := range e.To {
				page = append(page, strings.TrimPrefix(to, site.URL))
			}
			got = append(got, page)
		}
		var want [][]string
		if edges {
			want = [][]string{{"/", "/a", "/", other, "/moved"}, {"/a", "/", "/gone"}}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("with edges %t (-want +got):\n%s", edges, diff)
		}
	}
}

// edges returns the edges that a run recorded.
func (s *stack) edges(r run.Run) (all []*crawllog.Edges) {
	s.t.Helper()
	for part, err := range s.store.LogParts(s.t.Context(), refTo(r.ID), 0) {
		if err != nil {
			s.t.Fatal(err)
		}
		for record, err := range crawllog.Decode(part.Data) {
			if err != nil {
				s.t.Fatal(err)
			}
			if e, ok := record.(*crawllog.Edges); ok {
				all = append(all, e)
			}
		}
	}
	return all
}
