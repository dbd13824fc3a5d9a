package crawl_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inndx/runs/internal/artifact"
	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/weburl"
)

// A resolver is a pipeline that keeps the images of the pages that a pattern allows. more are
// members of its asset_resolver.
func resolver(id, pattern, more string) string {
	return `{'id': '` + id + `', 'steps': [
		{'kind': 'condition', 'params': [{'kind': 'url_patterns', 'params': {'allow': [{'pathname': '` + pattern + `'}]}}]},
		{'kind': 'asset_resolver', 'params': {` + more + `'resolvers': [{'kind': 'xpath', 'params': {'xpaths': ['//img/@src']}}]}}],
		'actions': [{'kind': 'to_blob', 'params': {'directory': '` + id + `', 'include_assets': true}}]}`
}

// pipelines returns a configuration with a pipeline that follows links, and others.
func pipelines(others ...string) string {
	return `{'pipelines': [{'id': 'links', 'navigator': {'kind': 'anchor'}}, ` + strings.Join(others, ", ") + `]}`
}

// A keptAsset is what a test expects of an artifact that is an asset.
type keptAsset struct{ Pipeline, Page, Type string }

// expectAssets checks the assets that a run kept, and everything else that it kept.
func (s *stack) expectAssets(r run.Run, want map[string][]keptAsset) {
	s.t.Helper()
	got := map[string][]keptAsset{}
	for url, artifacts := range s.archive(r).Artifacts {
		for _, a := range artifacts {
			if a.Kind == crawllog.Asset {
				got[url] = append(got[url], keptAsset{a.PipelineID, a.Page, a.ContentType})
				checkBlobKey(s.t, url, a)
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		s.t.Errorf("assets (-want +got):\n%s", diff)
	}
}

func checkBlobKey(t *testing.T, url string, a crawllog.Artifact) {
	t.Helper()
	kind, _, _ := strings.Cut(a.ContentType, "/")
	if kind == "" {
		kind = "unknown"
	}
	page, own := weburl.KeyOfText(a.Page), weburl.KeyOfText(url)
	want := fmt.Sprintf("%s/%x/assets/%s/%x", a.PipelineID, page[:], kind, own[:])
	if got := (&artifact.Artifact{Artifact: a, URL: url}).BlobKey(); got != want {
		t.Errorf("the blob key of %s is %s, want %s", url, got, want)
	}
}

// The assets that a pipeline keeps are fetched once, on all hosts and whatever the filters allow,
// and nothing follows from them except redirects. What a deny pattern matches is not requested.
func TestAssetsAreKept(t *testing.T) {
	t.Parallel()
	var requests methodLog
	other := sitetest.Start(t, requests.wrap(sitetest.Routes{
		"/moved.png": sitetest.Redirect("/there.png"), "/there.png": sitetest.Body("image/png", "there"),
		"/frame": sitetest.Page("/never"),
	}))
	site := sitetest.Start(t, requests.wrap(sitetest.Routes{
		"/shop/": sitetest.Body("text/html", `<base href=/img/><img src=a.png><img src="#x"><img src=""><img src="data:image/png,x">
			<img src=`+other.URL+`/moved.png><img src=`+other.URL+`/frame><img src=gone.png><img src=denied.png><a href=/plain></a><a href=/shop/two></a>`),
		"/shop/two":  sitetest.Body("text/html", `<img src=/img/a.png><img src=/linked.png><a href=/linked.png></a>`),
		"/plain":     sitetest.Body("text/html", `<img src=/img/other.png>`),
		"/img/a.png": sitetest.Body("image/png", "a"), "/linked.png": sitetest.Body("", "linked"),
	}))
	s := newStack(t)
	r := s.crawl(fastConfig(site.URL+"/shop/", pipelines(resolver("shop", "/shop/*", "")), `{'filters': [{'kind': 'seed_hosts'},
		{'kind': 'regex_patterns', 'params': {'allow': ['/(shop/|shop/two|plain|linked.png)$'], 'deny': ['denied']}}]}`))
	s.expect(r, run.MaxEmptyEvaluations, 8, 1, 1, 0)
	s.history(r)
	first, second := site.URL+"/shop/", site.URL+"/shop/two"
	s.expectAssets(r, map[string][]keptAsset{
		site.URL + "/img/a.png":  {{"shop", first, "image/png"}},
		other.URL + "/moved.png": {{"shop", first, ""}},
		other.URL + "/there.png": {{"shop", first, "image/png"}},
		other.URL + "/frame":     {{"shop", first, "text/html; charset=utf-8"}},
		site.URL + "/linked.png": {{"shop", second, ""}},
	})
	get := []string{"GET"}
	requests.expect(t, map[string][]string{
		"/shop/": get, "/shop/two": get, "/plain": get, "/img/a.png": get, "/img/gone.png": get, "/linked.png": get,
		"/moved.png": get, "/there.png": get, "/frame": get,
	})
}

// A page may need what was requested before the run knew that it is to be kept: as a page, or as a
// check, or not at all. It is requested once more, and counted once.
func TestAssetsAreKeptAfterTheirOutcome(t *testing.T) {
	t.Parallel()
	var requests methodLog
	site := sitetest.Start(t, requests.wrap(sitetest.Routes{
		"/":           sitetest.Body("text/html", "<a href=/page.png></a><img src=/check.png><a href=/refused.png></a><a href=/next></a>"),
		"/next":       sitetest.Page("/shop/"),
		"/shop/":      sitetest.Body("text/html", "<img src=/page.png><img src=/check.png><img src=/refused.png><a href=/shop/again></a>"),
		"/shop/again": sitetest.Body("text/html", "<img src=/page.png><img src=/check.png><a href=/check.png></a>"),
		"/page.png":   sitetest.Body("image/png", "page"), "/check.png": sitetest.Body("image/png", "check"), "/refused.png": sitetest.Body("image/png", "page"),
	}))
	s := newStack(t)
	r := s.crawl(fastConfig(site.URL+"/", pipelines(`{'navigator': {'kind': 'assets'}}`, resolver("shop", "/shop/*", "")),
		`{'stopping_criteria': [{'kind': 'max_depth', 'params': {'max_depth': 3}}]}`, // depths in order
		`{'filters': [{'kind': 'seed_hosts'}, {'kind': 'regex_patterns', 'params': {'allow': ['(/|/next|/again|page.png|check.png)$']}}]}`))
	s.expect(r, run.MaxEmptyEvaluations, 6, 0, 1, 0)
	outcomes := s.history(r)
	if o := outcomes[site.URL+"/refused.png"]; o.Status != crawllog.Excluded {
		t.Errorf("the first outcome of an excluded URL is %s", o.Status)
	}
	page := site.URL + "/shop/"
	s.expectAssets(r, map[string][]keptAsset{
		site.URL + "/page.png":    {{"shop", page, "image/png"}},
		site.URL + "/check.png":   {{"shop", page, "image/png"}},
		site.URL + "/refused.png": {{"shop", page, "image/png"}},
	})
	get := []string{"GET"}
	requests.expect(t, map[string][]string{
		"/": get, "/next": get, "/shop/": get, "/shop/again": get,
		"/page.png": {"GET", "GET"}, "/check.png": {"HEAD", "GET"}, "/refused.png": get,
	})
}

// A pipeline keeps the assets of its navigator on the pages that its conditions let pass. The
// others are only checked.
func TestAssetsOfTheNavigatorAreKept(t *testing.T) {
	t.Parallel()
	var requests methodLog
	site := sitetest.Start(t, requests.wrap(sitetest.Routes{
		"/":      sitetest.Body("text/html", `<link rel=stylesheet href=/plain.css><a href=/shop/></a>`),
		"/shop/": sitetest.Body("text/html", `<link rel=stylesheet href=/shop.css><img src=/i srcset="/j 2x"><a href=/i></a>`),
		"/i":     sitetest.Body("image/gif", "i"), "/j": sitetest.Body("image/gif", "j"),
		"/plain.css": sitetest.Body("text/css", ""), "/shop.css": sitetest.Body("text/css", ""),
	}))
	s := newStack(t)
	r := s.crawl(fastConfig(site.URL+"/", pipelines(`{'id': 'shop', 'navigator': {'kind': 'assets'}, 'steps': [
		{'kind': 'condition', 'params': [{'kind': 'url_patterns', 'params': {'allow': [{'pathname': '/shop/'}]}}]}],
		'actions': [{'kind': 'to_blob', 'params': {'directory': 'shop', 'include_assets': true}}]}`)))
	s.expect(r, run.MaxEmptyEvaluations, 6, 0, 0, 0)
	s.history(r)
	page := site.URL + "/shop/"
	s.expectAssets(r, map[string][]keptAsset{
		site.URL + "/shop.css": {{"shop", page, "text/css"}},
		site.URL + "/i":        {{"shop", page, "image/gif"}},
		site.URL + "/j":        {{"shop", page, "image/gif"}},
	})
	get := []string{"GET"}
	requests.expect(t, map[string][]string{"/": get, "/shop/": get, "/shop.css": get, "/i": get, "/j": get, "/plain.css": {"HEAD", "GET"}})
}

// A style sheet is read for the assets that it names, and for those of the style sheets that it
// imports. They are assets of the page.
func TestAssetsOfStyleSheets(t *testing.T) {
	t.Parallel()
	const all = `{'id': 'all', 'navigator': {'kind': 'assets'}, 'actions': [{'kind': 'to_blob', 'params': {'directory': 'all', 'include_assets': true}}]}`
	const check = `{'navigator': {'kind': 'assets'}}`
	const resolves = `{'id': 'all', 'steps': [{'kind': 'asset_resolver', 'params': {'resolvers': [
		{'kind': 'xpath', 'params': {'xpaths': ['//link/@href']}}]}}], 'actions': [{'kind': 'to_blob', 'params': {'directory': 'all', 'include_assets': true}}]}`
	get, both, head := []string{"GET"}, []string{"HEAD", "GET"}, []string{"HEAD"}
	for name, tt := range map[string]struct {
		pipeline string
		requests map[string][]string
		kept     []string
	}{
		"kept":                 {all, map[string][]string{"/": get, "/css/a.css": get, "/css/b": get, "/font": get, "/css/bg": get}, []string{"/css/a.css", "/css/b", "/font", "/css/bg"}},
		"checked":              {check, map[string][]string{"/": get, "/css/a.css": both, "/css/b": both, "/font": head, "/css/bg": head}, nil},
		"of an asset_resolver": {resolves, map[string][]string{"/": get, "/css/a.css": get}, []string{"/css/a.css"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var requests methodLog
			large := strings.Repeat("/* comment */", 10_000) // more than a check reads of other responses
			site := sitetest.Start(t, requests.wrap(sitetest.Routes{
				"/":          sitetest.Body("text/html", `<link rel=stylesheet href=/css/a.css>`),
				"/css/a.css": sitetest.Body("text/css; charset=utf-8", `@import "b";`+large+`@font-face{src:url(/font)}`),
				"/css/b":     sitetest.Body("text/css", `body{background:url('bg')}@import url(a.css)`),
				"/font":      sitetest.Body("font/woff2", "x"), "/css/bg": sitetest.Body("image/png", "x"),
			}))
			s := newStack(t)
			r := s.crawl(fastConfig(site.URL+"/", pipelines(tt.pipeline), `{'filters': [{'kind': 'seed_hosts'},
				{'kind': 'regex_patterns', 'params': {'allow': ['/$']}}]}`))
			s.expect(r, run.MaxEmptyEvaluations, int64(len(tt.requests)), 0, 0, 0)
			s.history(r)
			requests.expect(t, tt.requests)
			for url, artifacts := range s.archive(r).Artifacts {
				path := strings.TrimPrefix(url, site.URL)
				if want := slices.Contains(tt.kept, path); len(artifacts) == 1 != want {
					t.Errorf("%s: %d artifacts", path, len(artifacts))
				} else if want && artifacts[0].Page != site.URL+"/" {
					t.Errorf("%s is an asset of %s", path, artifacts[0].Page)
				}
			}
		})
	}
}
