//go:build soak

package crawl_test

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/dynamolocal/dynamotest"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/store/storetest"
)

// A soakSite is a site with pages of which some are equal, redirects, assets, and links to another
// site.
type soakSite struct {
	*sitetest.Server
	urls   []string                     // of all that a whole crawl records
	digest map[string][sha256.Size]byte // of the bodies of the pages and assets, by URL
	html   map[string]bool              // the pages that become Markdown
	asset  map[string]bool
}

func newSoakSite(t *testing.T) *soakSite {
	t.Helper()
	other := sitetest.Start(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	routes := sitetest.Generate(soakPages, 8)
	site := &soakSite{digest: map[string][sha256.Size]byte{}, html: map[string]bool{}, asset: map[string]bool{}}
	bodies := map[string]string{}
	for i := range soakPages {
		path := sitetest.Path(i)
		leaf := i > soakPages/2 // the only way to no page
		if leaf && i%20 == 3 {
			routes[path], bodies[path] = sitetest.Redirect("/"), ""
			continue
		}
		if leaf && i%20 == 9 {
			routes[path] = sitetest.Page("/")
		}
		w := httptest.NewRecorder()
		routes[path](w, httptest.NewRequest(http.MethodGet, path, nil))
		bodies[path] = w.Body.String() + fmt.Sprintf(`<img src="/asset/%[1]d"><a href="%[2]s/%[1]d">`, i%soakChecked, other.URL)
		routes[path] = sitetest.Body("text/html", bodies[path])
		if i%100 == 7 {
			routes[path] = busyOnce(routes[path])
		}
	}
	for i := range soakChecked {
		path := fmt.Sprint("/asset/", i)
		bodies[path] = fmt.Sprint("\x89PNG", i/2) // two are equal
		routes[path] = sitetest.Body("image/png", bodies[path])
	}
	site.Server = sitetest.Start(t, routes)
	site.SetDelay(5 * time.Millisecond)
	for path, body := range bodies {
		site.urls = append(site.urls, site.URL+path)
		site.digest[site.URL+path] = sha256.Sum256([]byte(body))
		site.asset[site.URL+path] = strings.HasPrefix(path, "/asset/")
		site.html[site.URL+path] = body != "" && !site.asset[site.URL+path]
	}
	for i := range soakChecked {
		site.urls = append(site.urls, fmt.Sprint(other.URL, "/", i))
	}
	return site
}

// soakKeeps keeps the response and the Markdown of each page and the assets, and checks other
// sites.
const soakKeeps = `{'external': 'check', 'pipelines': [
	{'id': 'raw', 'navigator': {'kind': 'anchor'},
		'steps': [{'kind': 'extractor', 'params': {'kind': 'raw'}}], 'actions': [{'kind': 'to_blob', 'params': {}}]},
	{'id': 'markdown', 'navigator': {'kind': 'assets'},
		'steps': [{'kind': 'extractor', 'params': {'kind': 'markdown'}}], 'actions': [{'kind': 'to_blob', 'params': {'directory': 'text', 'include_assets': true}}]}]}`

// checkArchive checks that a run kept what it should of each page that ended as ok, once, and
// nothing else.
func (k *soak) checkArchive(t *testing.T, r run.Run, h storetest.History, site *soakSite) {
	t.Helper()
	a := k.archive(t, r, h)
	for url, o := range h.Outcomes {
		digest, isOwn := site.digest[url]
		kinds := map[crawllog.Kind]int{}
		for _, artifact := range a.Artifacts[url] {
			if kinds[artifact.Kind]++; artifact.Kind != crawllog.Parsed && artifact.Digest != digest {
				k.fault(t, "%s was kept with another body than the site's", url)
			}
		}
		want := map[crawllog.Kind]int{}
		switch {
		case o.Status != crawllog.OK || !isOwn:
		case site.asset[url]:
			want[crawllog.Asset] = 1
		default:
			want[crawllog.Raw] = 1
			if site.html[url] {
				want[crawllog.Parsed] = 1
			}
		}
		if !maps.Equal(kinds, want) {
			k.fault(t, "%s, which ended as %s %d, has the artifacts %v, want %v", url, o.Status, o.HTTPStatus, kinds, want)
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.ended = append(k.ended, r)
	k.objects += len(a.Objects)
	for _, artifacts := range a.Artifacts {
		k.artifacts += len(artifacts)
	}
}

// archive reads everything that a run keeps.
func (k *soak) archive(t *testing.T, r run.Run, h storetest.History) storetest.Archive {
	t.Helper()
	a, err := storetest.ReadArchive(t.Context(), h, sharedBucket, refTo(r.ID), r.CreatedAt)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range a.Faults {
		k.fault(t, "%s", f)
	}
	return a
}

// later returns the store of a process that begins when no worker writes any more.
func (k *soak) later() (s *store.Store, deadline time.Time) {
	now := func() time.Time { return time.Now().Add(time.Hour) }
	return store.New(store.NewClient(dynamotest.Config(k.t)), k.table, store.WithClock(now), store.WithObjects(sharedBucket)), now().Add(time.Hour)
}

// tidy tidies the finished runs, and checks that they lose nothing but objects without a log part.
func (k *soak) tidy(t *testing.T) {
	t.Helper()
	s, deadline := k.later()
	for _, r := range k.ended {
		h, err := storetest.ReadHistory(t.Context(), s, refTo(r.ID))
		if err != nil {
			t.Fatal(err)
		}
		k.orphans += len(k.archive(t, r, h).Orphans)
		if done, err := s.Tidy(t.Context(), refTo(r.ID), deadline); !done || err != nil {
			t.Fatal("tidy: ", done, err)
		}
		if left := k.archive(t, r, h).Orphans; len(left) > 0 {
			k.fault(t, "no part of the log names these objects: %v", left)
		}
	}
}

// purge deletes all runs, and checks that nothing remains in the bucket.
func (k *soak) purge(t *testing.T) {
	t.Helper()
	for _, r := range k.ended {
		if err := k.store.DeleteRun(t.Context(), refTo(r.ID), nil); err != nil {
			t.Fatal(err)
		}
	}
	s, deadline := k.later()
	for _, r := range append(k.ended, k.deleted...) {
		if done, err := s.Purge(t.Context(), refTo(r.ID), deadline); !done || err != nil {
			t.Fatal("purge: ", done, err)
		}
	}
	for o, err := range sharedBucket.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		k.fault(t, "the object %s remains", o.Name)
	}
}
