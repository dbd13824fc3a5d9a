package crawl_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"gocloud.dev/blob/memblob"

	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/objects/bucket"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store/storetest"
)

// sharedBucket has the objects of the runs of all tests.
var sharedBucket = bucket.New(memblob.OpenBucket(nil))

// keepRaw makes a run keep every response.
const keepRaw = `{'pipelines': [{'id': 'pages', 'navigator': {'kind': 'anchor'},
	'steps': [{'kind': 'extractor', 'params': {'kind': 'raw'}}], 'actions': [{'kind': 'to_blob', 'params': {}}]}]}`

// archive reads everything that a run keeps, and checks that it is what the log says.
func (s *stack) archive(r run.Run) storetest.Archive {
	s.t.Helper()
	a, _ := s.archiveAndHistory(r)
	for _, fault := range a.Faults {
		s.t.Error(fault)
	}
	return a
}

func (s *stack) archiveAndHistory(r run.Run) (storetest.Archive, storetest.History) {
	s.t.Helper()
	h, err := storetest.ReadHistory(s.t.Context(), s.store, refTo(r.ID))
	if err != nil {
		s.t.Fatal(err)
	}
	a, err := storetest.ReadArchive(s.t.Context(), h, sharedBucket, refTo(r.ID), r.CreatedAt)
	if err != nil {
		s.t.Fatal(err)
	}
	return a, h
}

// expectArchive checks that a run kept each of its pages that ended as ok once, and nothing else.
func (s *stack) expectArchive(r run.Run) storetest.Archive {
	s.t.Helper()
	s.history(r)
	a, h := s.archiveAndHistory(r)
	for url := range h.Outcomes {
		if strings.Contains(url, "/fetched/") { // by commitPages
			delete(h.Outcomes, url)
		}
	}
	a.ExpectKept(h, 1)
	for _, fault := range a.Faults {
		s.t.Error(fault)
	}
	return a
}

func TestResponsesAreKept(t *testing.T) {
	t.Parallel()
	site := sitetest.Start(t, sitetest.Routes{
		"/":         sitetest.Page("/a", "/a?again", "/empty", "/missing", "/moved", "/image"),
		"/a":        sitetest.Page("/"),
		"/empty":    sitetest.Body("text/plain", ""),
		"/moved":    sitetest.Redirect("/a"),
		"/image":    sitetest.Body("image/png", "\x89PNG"),
		"/fetched/": sitetest.Status(http.StatusNoContent),
	})
	s := newStack(t)
	r := s.crawl(fastConfig(site.URL+"/", keepRaw))
	a := s.expectArchive(r)
	if len(a.Orphans) > 0 {
		t.Errorf("objects that the log does not name: %v", a.Orphans)
	}
	for _, path := range []string{"/", "/a", "/a?again", "/empty", "/moved", "/image"} {
		if len(a.Artifacts[site.URL+path]) != 1 {
			t.Errorf("%s was not kept", path)
			continue
		}
		got := a.Artifacts[site.URL+path][0]
		if got.Kind != crawllog.Raw || got.PipelineID != "pages" || got.KeyStrategy != "hash" {
			t.Errorf("%s: %+v", path, got)
		}
	}
	if image := a.Artifacts[site.URL+"/image"][0]; image.ContentType != "image/png" || image.Size != 4 {
		t.Errorf("the image: %+v", image)
	}
	first, again := a.Artifacts[site.URL+"/a"][0], a.Artifacts[site.URL+"/a?again"][0]
	if (first.Original == crawllog.Location{}) == (again.Original == crawllog.Location{}) {
		t.Errorf("equal bodies are not stored once: %+v, %+v", first, again)
	}
}

// A later process knows the bodies that an earlier one kept, from the log and from segments.
func TestRevisitAcrossProcesses(t *testing.T) {
	t.Parallel()
	const pages = 30
	routes := sitetest.Routes{}
	for i := range pages {
		routes[sitetest.Path(i)] = sitetest.Body("text/html", "<p>The same on each page <a href=/page/1></a>")
	}
	var links []string
	for i := 1; i < pages; i++ {
		links = append(links, sitetest.Path(i))
	}
	routes["/"] = sitetest.Page(links...)
	site := sitetest.Start(t, routes)
	site.SetDelay(20e6)
	s := &stack{t: t, store: sharedStore(t)}
	r := s.create(fastConfig(site.URL+"/", keepRaw, `{'speed': {'concurrency': 2, 'per_host_concurrency': 2}}`))
	s.crawlByProcesses(r.ID, 100*time.Millisecond)
	a := s.expectArchive(s.run(r.ID))
	whole := 0
	for _, artifacts := range a.Artifacts {
		if (artifacts[0].Original == crawllog.Location{}) {
			whole++
		}
	}
	if whole != 2 || len(a.Artifacts) != pages || len(a.Objects) < 2 {
		t.Errorf("%d bodies are stored of 2 different ones, for %d pages in %d objects", whole, len(a.Artifacts), len(a.Objects))
	}
}

// A run that keeps artifacts does not crawl without a place for them.
func TestNoBucket(t *testing.T) {
	t.Parallel()
	site := sitetest.Start(t, sitetest.Routes{"/": sitetest.Page()})
	s := newStack(t, func(o *crawl.Options) { o.Objects = nil })
	s.expect(s.crawl(fastConfig(site.URL+"/", keepRaw)), run.Unknown, 0, 0, 0, 0)
	if hits := site.All(); len(hits) > 0 {
		t.Errorf("requests: %v", hits)
	}
}

// An object of a commit that is refused is deleted, unless the commit is in the log.
func TestRefusedCommits(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]func(s *stack, l *run.Lease, c crawllog.Commit) error{
		"the run was stopped": func(s *stack, l *run.Lease, _ crawllog.Commit) error { s.change(l.Ref.ID, run.Stop); return nil },
		"the same commit is in the log": func(s *stack, l *run.Lease, c crawllog.Commit) error {
			lease := *l
			return s.store.Commit(s.t.Context(), &lease, c)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			site := sitetest.Start(t, sitetest.Routes{"/": sitetest.Page()})
			s := &stack{t: t, store: sharedStore(t)}
			r := s.create(fastConfig(site.URL+"/", keepRaw))
			hooked := &hookedStore{Store: s.store}
			hooked.before = func(l *run.Lease, c crawllog.Commit) error { return before(s, l, c) }
			s.handle(s.crawler(func(o *crawl.Options) { o.Store, o.Queue = hooked, &recordingQueue{} }), r.ID)
			a := s.archive(s.run(r.ID))
			if !hooked.called || len(a.Orphans) > 0 {
				t.Errorf("called: %t, objects that the log does not name: %v", hooked.called, a.Orphans)
			}
		})
	}
}

// The deletion of the object of a refused commit fails, or the process dies. At worst the object
// remains.
func TestRefusedCommitsAndDeletionsThatFail(t *testing.T) {
	t.Parallel()
	for outcome, want := range map[writeOutcome]int{
		succeeds: 0, fails: 1, isLost: 1, isUnacknowledged: 0, diesBefore: 1, diesDuring: 0, diesAfter: 0,
	} {
		t.Run(string(outcome), func(t *testing.T) {
			t.Parallel()
			site := sitetest.Start(t, sitetest.Routes{"/": sitetest.Page()})
			s := &stack{t: t, store: sharedStore(t)}
			r := s.create(fastConfig(site.URL+"/", keepRaw))
			stopped := &hookedStore{Store: s.store, before: func(l *run.Lease, _ crawllog.Commit) error {
				s.change(l.Ref.ID, run.Stop)
				return nil
			}}
			var delayed delayedWrites
			p := &process{Store: stopped, queue: &recordingQueue{}, delayed: &delayed, outcome: func(write string) writeOutcome {
				if write == "delete" {
					return outcome
				}
				return succeeds
			}}
			s.handle(s.crawler(func(o *crawl.Options) { o.Store, o.Queue, o.Objects = p, p, p }), r.ID)
			delayed.arrive(true)
			if a := s.expectArchive(s.run(r.ID)); !stopped.called || len(a.Orphans) != want {
				t.Errorf("called: %t, objects that remain: %v, want %d", stopped.called, a.Orphans, want)
			}
		})
	}
}

// A hookedStore calls before just before the first commit that names an object.
type hookedStore struct {
	crawl.Store
	before func(*run.Lease, crawllog.Commit) error
	called bool
}

func (h *hookedStore) Commit(ctx context.Context, l *run.Lease, c crawllog.Commit) error {
	if !h.called && namesObject(c) {
		h.called = true
		if err := h.before(l, c); err != nil {
			return err
		}
	}
	return h.Store.Commit(ctx, l, c)
}

// namesObject reports whether an outcome of the commit has an artifact.
func namesObject(c crawllog.Commit) bool {
	for _, part := range c.Parts {
		for rec := range crawllog.Decode(part) {
			if o, ok := rec.(*crawllog.Outcome); ok && len(o.Artifacts) > 0 {
				return true
			}
		}
	}
	return false
}

// A redirect that sets a cookie and leads back is fetched at its target. Its response is kept under
// the URL that it came from, so that an archive has what was exchanged.
func TestResponsesBehindACookieAreKept(t *testing.T) {
	t.Parallel()
	site := sitetest.Start(t, sitetest.Routes{
		"/": sitetest.Page("/private/"),
		"/private/": func(w http.ResponseWriter, r *http.Request) {
			if _, err := r.Cookie("session"); err != nil {
				http.Redirect(w, r, "/set", http.StatusFound)
				return
			}
			sitetest.Page("inner")(w, r)
		},
		"/private/inner": sitetest.Page(),
		"/set": func(w http.ResponseWriter, r *http.Request) {
			http.SetCookie(w, &http.Cookie{Name: "session", Value: "1", Path: "/"})
			http.Redirect(w, r, "/private/", http.StatusFound)
		},
	})
	s := newStack(t)
	r := s.crawl(fastConfig(site.URL+"/", keepRaw))
	s.expectAllPages(r, 4)
	o := s.history(r)[site.URL+"/set"]
	if o.HTTPStatus != http.StatusOK || o.RedirectURL != site.URL+"/private/" || o.ResponseURL() != o.RedirectURL {
		t.Errorf("the redirect that leads back: %+v", o)
	}
}

// An artifact says whether its content is cut.
func TestTruncatedArtifacts(t *testing.T) {
	t.Parallel()
	site := sitetest.Start(t, sitetest.Routes{
		"/":      sitetest.Page("/whole", "/cut", "/page"),
		"/whole": sitetest.Body("text/plain", strings.Repeat("a", 1024)),
		"/cut":   sitetest.Body("text/plain", strings.Repeat("b", 1025)),
		"/page":  sitetest.Body("text/html", strings.Repeat("c", 1025)), // its links may be missing
	})
	s := newStack(t)
	r := s.crawl(fastConfig(site.URL+"/", keepRaw, `{'fetcher': {'max_body_bytes': 1024}}`))
	a := s.expectArchive(r)
	for path, want := range map[string]bool{"/whole": false, "/cut": true} {
		if got := a.Artifacts[site.URL+path]; len(got) != 1 || got[0].Size != 1024 || got[0].Truncated != want {
			t.Errorf("%s: %+v", path, got)
		}
	}
	if o := s.history(r)[site.URL+"/page"]; o.ErrorReason != "truncated" || len(o.Artifacts) > 0 {
		t.Errorf("the page: %+v", o)
	}
}
