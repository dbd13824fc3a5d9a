package crawl_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/run"
)

// Several pipelines and a page with the same URL share one response.
func TestAssetOfSeveralPipelines(t *testing.T) {
	t.Parallel()
	site := sitetest.Start(t, sitetest.Routes{
		"/":  sitetest.Body("text/html", `<img src=/i><a href=/i></a>`),
		"/i": sitetest.Body("image/gif", "GIF89a"),
	})
	const raw = `{'id': 'raw', 'steps': [{'kind': 'extractor', 'params': {'kind': 'raw'}}], 'actions': [{'kind': 'to_blob'}]}`
	s := newStack(t)
	r := s.crawl(fastConfig(site.URL+"/", pipelines(raw, resolver("one", "/", ""), resolver("two", "/", ""))))
	s.expect(r, run.MaxEmptyEvaluations, 2, 0, 0, 0)
	s.expectAssets(r, map[string][]keptAsset{
		site.URL + "/i": {{"one", site.URL + "/", "image/gif"}, {"two", site.URL + "/", "image/gif"}},
	})
	got := s.archive(r).Artifacts[site.URL+"/i"]
	if len(got) != 3 || got[0].Kind != crawllog.Raw || got[0].Location != got[1].Location || got[0].Location != got[2].Location {
		t.Errorf("artifacts of the image: %+v", got)
	}
	if n := len(site.Hits("/i")); n != 1 {
		t.Errorf("it was requested %d times", n)
	}
}

// Without include_assets, assets are only checked.
func TestAssetsThatAreNotKept(t *testing.T) {
	t.Parallel()
	var requests methodLog
	site := sitetest.Start(t, requests.wrap(sitetest.Routes{
		"/": sitetest.Body("text/html", `<img src=/i><img src=/gone>`), "/i": sitetest.Body("image/gif", "GIF89a"),
	}))
	s := newStack(t)
	r := s.crawl(fastConfig(site.URL+"/", strings.Replace(pipelines(resolver("shop", "/", "")),
		`{'kind': 'to_blob', 'params': {'directory': 'shop', 'include_assets': true}}`, "", 1)))
	s.expect(r, run.MaxEmptyEvaluations, 2, 1, 0, 0)
	s.expectAssets(r, map[string][]keptAsset{})
	requests.expect(t, map[string][]string{"/": {"GET"}, "/i": {"HEAD"}, "/gone": {"HEAD", "GET"}})
}

// max_retries, timeout and concurrency of the step are those of the assets only.
func TestBoundsOfAssets(t *testing.T) {
	t.Parallel()
	var inFlight, most atomic.Int64
	var body strings.Builder
	for i := range 12 {
		fmt.Fprintf(&body, "<img src=/i/%d>", i)
	}
	done := make(chan struct{})
	image := func(w http.ResponseWriter, r *http.Request) {
		n := inFlight.Add(1)
		defer inFlight.Add(-1)
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
		time.Sleep(20 * time.Millisecond)
		sitetest.Body("image/gif", "GIF89a")(w, r)
	}
	routes := sitetest.Routes{
		"/":        sitetest.Body("text/html", body.String()+"<img src=/failing><img src=/slow>"),
		"/failing": sitetest.Status(http.StatusInternalServerError),
		"/slow": func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-done:
			case <-r.Context().Done():
			}
		},
	}
	t.Cleanup(func() { close(done) })
	for i := range 12 {
		routes[fmt.Sprintf("/i/%d", i)] = image
	}
	site := sitetest.Start(t, routes)
	s := newStack(t)
	r := s.crawl(fastConfig(site.URL+"/", pipelines(resolver("shop", "/", `'concurrency': 2, 'max_retries': 0, 'timeout': '500ms', `))))
	s.expect(r, run.MaxEmptyEvaluations, 13, 2, 0, 0)
	want := map[string]string{"/failing": "error http_status 500", "/slow": "error timeout"}
	got := outcomesByPath(site, s.history(r))
	for path := range got {
		if strings.HasPrefix(got[path], "ok") {
			delete(got, path)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if n := most.Load(); n != 2 {
		t.Errorf("%d assets were fetched at a time, want 2", n)
	}
}

// A process that continues a run knows from the log what is to be kept as an asset.
func TestAssetsOfAnotherProcess(t *testing.T) {
	t.Parallel()
	want := map[string][]keptAsset{}
	routes := sitetest.Routes{"/": sitetest.Page("/p.png", "/shop/")}
	site := sitetest.Start(t, routes)
	var body strings.Builder
	for i := range 12 {
		path := fmt.Sprintf("/i/%d", i)
		fmt.Fprintf(&body, "<img src=%s>", path)
		routes[path] = sitetest.Body("image/gif", path)
		want[site.URL+path] = []keptAsset{{"shop", site.URL + "/shop/", "image/gif"}}
	}
	routes["/shop/"] = sitetest.Body("text/html", body.String()+"<img src=/p.png>")
	routes["/p.png"] = sitetest.Body("image/png", "page")
	want[site.URL+"/p.png"] = []keptAsset{{"shop", site.URL + "/shop/", "image/png"}}
	s := newStack(t)
	r := s.create(fastConfig(site.URL+"/", pipelines(resolver("shop", "/shop/", "")), fmt.Sprintf(delayConfig("50ms"), 1)))
	if n := s.crawlByProcesses(r.ID, 200*time.Millisecond); n < 3 {
		t.Errorf("%d processes crawled the run", n)
	}
	r = s.run(r.ID)
	s.expect(r, run.MaxEmptyEvaluations, 15, 0, 0, 0)
	s.history(r)
	s.expectAssets(r, want)
	if n := len(site.Hits("/p.png")); n != 2 {
		t.Errorf("the page that became an asset was requested %d times", n)
	}
}
