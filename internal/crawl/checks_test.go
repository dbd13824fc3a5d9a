package crawl_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/run"
)

// A methodLog records the methods of the requests for each path and query.
type methodLog struct {
	mu  sync.Mutex
	all map[string][]string
}

func (l *methodLog) wrap(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l.mu.Lock()
		if l.all == nil {
			l.all = map[string][]string{}
		}
		l.all[r.URL.RequestURI()] = append(l.all[r.URL.RequestURI()], r.Method)
		l.mu.Unlock()
		h.ServeHTTP(w, r)
	})
}

// expect checks the requests except those for robots.txt.
func (l *methodLog) expect(t *testing.T, want map[string][]string) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.all, "/robots.txt")
	if diff := cmp.Diff(want, l.all); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

// refusesHead serves h, and a status for HEAD.
func refusesHead(status int, h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			w.WriteHeader(status)
			return
		}
		h(w, r)
	}
}

const checksExternal = `{'external': 'check'}`

// checksAssets follows links and checks assets.
const checksAssets = `{'pipelines': [{'navigator': {'kind': 'anchor'}}, {'navigator': {'kind': 'assets'}}]}`

// Links that leave the site are checked, and nothing follows from them. What a deny pattern matches
// is not requested.
func TestExternalLinksAreChecked(t *testing.T) {
	t.Parallel()
	var requests methodLog
	other := sitetest.Start(t, requests.wrap(sitetest.Routes{
		"/robots.txt": sitetest.Body("text/plain", "User-agent: *\nDisallow: /secret\n"),
		"/ok":         sitetest.Page("/never"),
		"/moved":      sitetest.Redirect("/target"),
		"/target":     sitetest.Page("/never"),
		"/get":        refusesHead(http.StatusMethodNotAllowed, sitetest.Page("/never")),
		"/forbidden":  refusesHead(http.StatusForbidden, sitetest.Status(http.StatusForbidden)),
	}))
	site := sitetest.Start(t, sitetest.Routes{
		"/":         sitetest.Page("/a", other.URL+"/ok", other.URL+"/moved", other.URL+"/get", other.URL+"/gone", other.URL+"/secret"),
		"/a":        sitetest.Page("/", other.URL+"/ok", other.URL+"/forbidden", "/excluded", "/denied", "/out"),
		"/excluded": sitetest.Page("/never"),
		"/denied":   sitetest.Page("/never"),
		"/out":      sitetest.Redirect(other.URL + "/ok"),
	})
	s := newStack(t)
	r := s.crawl(fastConfig(site.URL+"/", checksExternal, `{'filters': [{'kind': 'seed_hosts'},
		{'kind': 'regex_patterns', 'params': {'allow': ['/(a|out)?$'], 'deny': ['/denied']}}]}`))
	s.expect(r, run.MaxEmptyEvaluations, 8, 2, 2, 0)
	want := map[string]string{
		"/": "ok 200", "/a": "ok 200", "/excluded": "ok 200", "/out": "ok 302",
		other.URL + "/ok": "ok 200", other.URL + "/moved": "ok 302", other.URL + "/target": "ok 200", other.URL + "/get": "ok 200",
		other.URL + "/gone": "error http_status 404", other.URL + "/forbidden": "error http_status 403",
		other.URL + "/secret": "excluded robots_txt", "/denied": "excluded regex_patterns",
	}
	outcomes := s.history(r)
	if diff := cmp.Diff(want, outcomesByPath(site, outcomes)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if o := outcomes[other.URL+"/gone"]; o != nil && (o.Referrer != site.URL+"/" || o.Depth != 1) {
		t.Errorf("the broken link has the referrer %s and the depth %d", o.Referrer, o.Depth)
	}
	for url, o := range outcomes {
		if isCheck := strings.HasPrefix(url, other.URL); o.Check != (isCheck || url == site.URL+"/excluded") {
			t.Errorf("%s: the outcome says check %v", url, o.Check)
		}
	}
	head, both := []string{"HEAD"}, []string{"HEAD", "GET"}
	requests.expect(t, map[string][]string{
		"/ok": head, "/moved": head, "/target": head, "/get": both, "/gone": both, "/forbidden": both,
	})
}

// Assets are checked on all hosts and whatever the filters allow, unless a deny pattern matches.
// They are requested once.
func TestAssetsAreChecked(t *testing.T) {
	t.Parallel()
	var requests methodLog
	other := sitetest.Start(t, requests.wrap(sitetest.Routes{"/font": sitetest.Body("font/woff2", "x"), "/frame": sitetest.Page("/never")}))
	body := fmt.Sprintf(`<link rel=stylesheet href=/s.css><img src=/1.png srcset="/2.png 2x"><a href=/1.png></a>
		<link rel=preload as=font href="%[1]s/font"><iframe src="%[1]s/frame"></iframe><a href="%[1]s/page"></a><img src=/no.png><img src=/denied.png>`, other.URL)
	site := sitetest.Start(t, requests.wrap(sitetest.Routes{
		"/":      sitetest.Body("text/html", body+"<a href=/b>"),
		"/b":     sitetest.Body("text/html", body),
		"/s.css": sitetest.Body("text/css", ""), "/1.png": sitetest.Body("image/png", ""), "/2.png": sitetest.Body("image/png", ""),
	}))
	s := newStack(t)
	r := s.crawl(fastConfig(site.URL+"/", checksAssets, `{'filters': [{'kind': 'seed_hosts'},
		{'kind': 'regex_patterns', 'params': {'allow': ['/b?$'], 'deny': ['denied']}}]}`))
	want := map[string]string{
		"/": "ok 200", "/b": "ok 200", "/s.css": "ok 200", "/1.png": "ok 200", "/2.png": "ok 200", "/no.png": "error http_status 404",
		"/denied.png":       "excluded regex_patterns",
		other.URL + "/font": "ok 200", other.URL + "/frame": "ok 200", other.URL + "/page": "excluded regex_patterns",
	}
	if diff := cmp.Diff(want, outcomesByPath(site, s.history(r))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	head := []string{"HEAD"}
	requests.expect(t, map[string][]string{
		"/": {"GET"}, "/b": {"GET"}, "/s.css": {"HEAD", "GET"}, "/1.png": head, "/2.png": head, "/font": head, "/frame": head, "/no.png": {"HEAD", "GET"},
	})
}

// An asset that is linked as well is a page, and its links are followed.
func TestLinkedAssetIsAPage(t *testing.T) {
	t.Parallel()
	site := sitetest.Start(t, sitetest.Routes{
		"/":  sitetest.Body("text/html", "<object data=/o></object><a href=/o>"),
		"/o": sitetest.Page("/p"),
		"/p": sitetest.Page(),
	})
	s := newStack(t)
	s.expectAllPages(s.crawl(fastConfig(site.URL+"/", checksAssets)), 3)
}

// A check whose URL becomes a page is fetched again as a page: while it is queued, while it is
// in flight, and while it waits for another attempt.
func TestCheckBecomesAPage(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]func(site *sitetest.Server) http.HandlerFunc{
		"in flight": func(site *sitetest.Server) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				for end := time.Now().Add(testTimeout); len(site.Hits("/p")) == 0 && time.Now().Before(end); {
					time.Sleep(time.Millisecond)
				}
				time.Sleep(100 * time.Millisecond) // the page is read meanwhile
			}
		},
		"retry": func(*sitetest.Server) http.HandlerFunc { return sitetest.Status(http.StatusInternalServerError) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var site *sitetest.Server
			page := sitetest.Page("/q")
			site = sitetest.Start(t, sitetest.Routes{
				"/": sitetest.Body("text/html", "<img src=/o><a href=/p>"),
				"/o": func(w http.ResponseWriter, r *http.Request) {
					if r.Method == http.MethodHead {
						first(site)(w, r)
						return
					}
					page(w, r)
				},
				"/p": func(w http.ResponseWriter, r *http.Request) {
					for end := time.Now().Add(testTimeout); len(site.Hits("/o")) == 0 && time.Now().Before(end); {
						time.Sleep(time.Millisecond)
					}
					sitetest.Page("/o")(w, r)
				},
				"/q": sitetest.Page(),
			})
			s := newStack(t)
			s.expectAllPages(s.crawl(fastConfig(site.URL+"/", checksAssets)), 4)
		})
	}
}

// The links of the last pages are checked, and so are their assets.
func TestChecksAtTheMaximumDepth(t *testing.T) {
	t.Parallel()
	other := sitetest.Start(t, sitetest.Routes{"/x": sitetest.Page()})
	site := sitetest.Start(t, sitetest.Routes{
		"/":  sitetest.Page("/a"),
		"/a": sitetest.Body("text/html", "<img src=/i><a href=/b></a><a href='"+other.URL+"/x'></a><a href=/gone></a>"),
		"/b": sitetest.Page("/c"), "/i": sitetest.Body("image/png", "x"),
	})
	const maxDepth = `{'stopping_criteria': [{'kind': 'max_depth', 'params': {'max_depth': 1}}]}`
	s := newStack(t)
	r := s.crawl(fastConfig(site.URL+"/", maxDepth, checksAssets, checksExternal))
	s.expect(r, run.MaxEmptyEvaluations, 5, 1, 0, 0)
	if n := len(site.Hits("/c")); n > 0 || len(s.history(r)) != 6 {
		t.Errorf("/c was requested %d times", n)
	}
	r = s.crawl(fastConfig(site.URL+"/", maxDepth, checksAssets))
	s.expect(r, run.MaxDepth, 3, 0, 1, 2)
}

// Checks obey the stopping criterion max_urls, the budget of each host and the traps.
func TestChecksAreBounded(t *testing.T) {
	t.Parallel()
	other := sitetest.Start(t, linkedSite(func(string) []string { return nil }))
	var links []string
	for i := range 20 {
		links = append(links, fmt.Sprintf("%s/?n=%d", other.URL, i))
	}
	site := sitetest.Start(t, sitetest.Routes{"/": sitetest.Page(links...)})
	for name, tt := range map[string]struct {
		config string
		reason string // of the excluded
		want   [4]int64
		stop   run.StopReason
	}{
		"max_urls": {`{'stopping_criteria': [{'kind': 'max_urls', 'params': {'max_urls': 5}}]}`, "", [4]int64{5, 0, 0, 16}, run.MaxURLs},
		"budget": {`{'filters': [{'kind': 'seed_hosts'}, {'kind': 'budget', 'params': {'by': 'host', 'limit': 5}}]}`, "budget",
			[4]int64{6, 0, 15, 0}, run.MaxEmptyEvaluations},
		"traps": {`{'traps': {'max_url_variants': 5}}`, "trap_variants", [4]int64{6, 0, 15, 0}, run.MaxEmptyEvaluations},
		"queue": {`{'max_queue_size': 6}`, "queue_full", [4]int64{6, 0, 15, 0}, run.MaxEmptyEvaluations},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStack(t)
			r := s.crawl(fastConfig(site.URL+"/", checksExternal, tt.config))
			s.expect(r, tt.stop, tt.want[0], tt.want[1], tt.want[2], tt.want[3])
			for url, o := range s.history(r) {
				if o.Status == "excluded" && o.ErrorReason != tt.reason {
					t.Errorf("%s is excluded: %s", url, o.ErrorReason)
				}
			}
		})
	}
}

// Checks wait for the delay of their host, also between HEAD and GET.
func TestChecksWaitForTheDelay(t *testing.T) {
	t.Parallel()
	const delay = 300 * time.Millisecond
	other := sitetest.Start(t, sitetest.Routes{"/ok": sitetest.Page()})
	site := sitetest.Start(t, sitetest.Routes{"/": sitetest.Page(other.URL+"/gone", other.URL+"/ok")})
	s := newStack(t)
	r := s.crawl(fastConfig(site.URL+"/", checksExternal, fmt.Sprintf(delayConfig("300ms"), 1)))
	s.expect(r, run.MaxEmptyEvaluations, 2, 1, 0, 0)
	hits := slices.SortedFunc(slices.Values(append(other.Hits("/gone"), other.Hits("/ok")...)), time.Time.Compare)
	if len(hits) != 3 {
		t.Fatalf("%d requests", len(hits))
	}
	for i := range 2 {
		if gap := hits[i+1].Sub(hits[i]); gap < delay-time.Millisecond {
			t.Errorf("the delay was %v", gap)
		}
	}
}

// A process that continues a run knows from the log which URLs are only checked.
func TestChecksOfAnotherProcess(t *testing.T) {
	t.Parallel()
	var requests methodLog
	want := map[string][]string{}
	var links []string
	other := sitetest.Start(t, requests.wrap(http.HandlerFunc(sitetest.Page("/never"))))
	for i := range 12 {
		path := fmt.Sprintf("/%d", i)
		links = append(links, other.URL+path)
		want[path] = []string{http.MethodHead}
	}
	site := sitetest.Start(t, sitetest.Routes{"/": sitetest.Page(links...)})
	s := newStack(t)
	r := s.create(fastConfig(site.URL+"/", checksExternal, fmt.Sprintf(delayConfig("50ms"), 1)))
	if n := s.crawlByProcesses(r.ID, 200*time.Millisecond); n < 3 {
		t.Errorf("%d processes crawled the run", n)
	}
	s.expect(s.run(r.ID), run.MaxEmptyEvaluations, 13, 0, 0, 0)
	requests.expect(t, want)
}

// A GET precedes every failure of a check, even without retries: servers refuse HEAD in many ways.
func TestGetFollowsEveryFailureOfHead(t *testing.T) {
	t.Parallel()
	var requests methodLog
	routes := sitetest.Routes{"/closes": func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			panic(http.ErrAbortHandler)
		}
		sitetest.Page()(w, r)
	}}
	for _, status := range []int{400, 401, 403, 404, 405, 406, 410, 429, 500, 501, 503, 999} {
		routes[fmt.Sprint("/", status)] = refusesHead(status, sitetest.Page())
	}
	other := sitetest.Start(t, requests.wrap(routes))
	want := map[string][]string{}
	var links []string
	for path := range routes {
		links = append(links, other.URL+path)
		want[path] = []string{"HEAD", "GET"}
	}
	site := sitetest.Start(t, sitetest.Routes{"/": sitetest.Page(links...)})
	s := newStack(t)
	r := s.crawl(fastConfig(site.URL+"/", checksExternal, `{'fetcher': {'max_retries': 0}}`))
	s.expect(r, run.MaxEmptyEvaluations, int64(1+len(routes)), 0, 0, 0)
	requests.expect(t, want)
}
