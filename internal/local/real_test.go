//go:build real

package local_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/net/html"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/local"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/tenant"
)

// The site is the documentation of the Glasgow Haskell Compiler as Debian ships it:
// thousands of pages by Sphinx and Haddock, with links that are relative, absolute, broken,
// escaped, and to anchors.
const (
	debianPackage = "ghc-doc"
	siteRoot      = "usr/share/doc/ghc-doc/html"
)

// TestRealSite crawls the site through the whole stack, and compares what the run's log
// says with a walk of the files that shares no code with the crawler.
func TestRealSite(t *testing.T) {
	root, err := os.OpenRoot(filepath.Join(unpack(t), siteRoot))
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	site := httptest.NewServer(siteHandler(root))
	defer site.Close()

	began := time.Now()
	want := walk(t, root, site.URL+"/")
	t.Logf("the walk found %d URLs in %s: %s", len(want), time.Since(began).Round(time.Millisecond), tally(want))
	if len(want) < 2000 {
		t.Errorf("the walk found %d URLs only: the package is not what it was", len(want))
	}

	began = time.Now()
	got, finished := crawlSite(t, site.URL+"/")
	took := time.Since(began)
	t.Logf("the crawl found %d URLs in %s (%.0f a second): %s", len(got), took.Round(time.Millisecond), float64(len(got))/took.Seconds(), tally(got))
	compare(t, want, got)

	counts := map[bool]int64{}
	for _, status := range want {
		counts[status < 400]++
	}
	p := finished.Progress
	if finished.StopReason != run.MaxEmptyEvaluations || p.URLsFetched != counts[true] || p.URLsFailed != counts[false] || p.URLsQueued != 0 {
		t.Errorf("the run finished as %s with %+v, want %d fetched and %d failed", finished.StopReason, p, counts[true], counts[false])
	}
}

// statuses are the HTTP statuses by URL.
type statuses map[string]int

func tally(s statuses) string {
	counts := map[int]int{}
	for _, status := range s {
		counts[status]++
	}
	return fmt.Sprint(counts)
}

func compare(t *testing.T, want, got statuses) {
	t.Helper()
	const most = 20
	bad := 0
	for _, u := range slices.Sorted(maps.Keys(want)) {
		if status, ok := got[u]; !ok || status != want[u] {
			if bad++; bad <= most {
				t.Errorf("%s: the crawl says %d, the walk %d", u, status, want[u])
			}
		}
	}
	for _, u := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[u]; !ok {
			if bad++; bad <= most {
				t.Errorf("%s: the crawl says %d, the walk does not know it", u, got[u])
			}
		}
	}
	if bad > most {
		t.Errorf("and %d more differences", bad-most)
	}
}

// unpack returns the folder of the package's files, which are fetched once.
func unpack(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../../.cache/" + debianPackage)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); err == nil {
		return dir
	}
	work, err := os.MkdirTemp(mustMkdir(t, filepath.Dir(dir)), "fetch-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(work)
	download := func() ([]byte, error) {
		cmd := exec.Command("apt-get", "download", "-q", debianPackage)
		cmd.Dir = work
		return cmd.CombinedOutput()
	}
	if _, err := download(); err != nil {
		// The lists of packages may be missing or old.
		exec.Command("apt-get", "update", "-q").Run()
		if output, err := download(); err != nil {
			t.Fatalf("%s cannot be fetched, which needs Debian: %v\n%s", debianPackage, err, output)
		}
	}
	archives, _ := filepath.Glob(filepath.Join(work, "*.deb"))
	if len(archives) != 1 {
		t.Fatalf("apt-get left %v", archives)
	}
	files := filepath.Join(work, "files")
	if output, err := exec.Command("dpkg", "-x", archives[0], files).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	if err := os.Rename(files, dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

func mustMkdir(t *testing.T, dir string) string {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// find is what the site answers for a path: a status, and a file or the target of a
// redirect.
func find(root *os.Root, p string) (status int, target string) {
	name := strings.TrimPrefix(path.Clean(p), "/")
	if name == "" {
		name = "."
	}
	info, err := root.Stat(name)
	switch {
	case err != nil:
		return http.StatusNotFound, ""
	case info.IsDir() && !strings.HasSuffix(p, "/"):
		return http.StatusMovedPermanently, p + "/"
	case info.IsDir():
		name = path.Join(name, "index.html")
		if info, err = root.Stat(name); err != nil || info.IsDir() {
			return http.StatusNotFound, ""
		}
	case strings.HasSuffix(p, "/"):
		return http.StatusNotFound, ""
	}
	return http.StatusOK, name
}

func isHTML(name string) bool {
	return strings.HasSuffix(name, ".html") || strings.HasSuffix(name, ".htm")
}

// siteHandler serves the files below root.
func siteHandler(root *os.Root) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status, target := find(root, r.URL.Path)
		switch status {
		case http.StatusMovedPermanently:
			w.Header().Set("Location", (&url.URL{Path: target, RawQuery: r.URL.RawQuery}).String())
			w.WriteHeader(status)
		case http.StatusOK:
			w.Header().Set("Content-Type", "application/octet-stream")
			if isHTML(target) {
				w.Header().Set("Content-Type", "text/html")
			}
			f, err := root.Open(target)
			if err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			defer f.Close()
			io.Copy(w, f)
		default:
			http.NotFound(w, r)
		}
	})
}

// walk returns the URLs of the site that can be reached from start, by the files and by
// what the standard library and a whole HTML parser make of them.
func walk(t *testing.T, root *os.Root, start string) statuses {
	t.Helper()
	first, err := url.Parse(start)
	if err != nil {
		t.Fatal(err)
	}
	known := statuses{}
	queue := []*url.URL{first}
	visit := func(from *url.URL, ref string) {
		// Browsers take whitespace off a reference before they read it.
		u, err := from.Parse(strings.Trim(ref, " \t\r\n\f"))
		if err != nil || u.Scheme != "http" || u.Host != first.Host {
			return
		}
		if u.Fragment = ""; u.Path == "" {
			u.Path = "/"
		}
		if _, ok := known[spelling(u)]; !ok {
			known[spelling(u)] = 0
			queue = append(queue, u)
		}
	}
	known[spelling(first)] = 0
	for ; len(queue) > 0; queue = queue[1:] {
		u := queue[0]
		status, target := find(root, u.Path)
		known[spelling(u)] = status
		switch {
		case status == http.StatusMovedPermanently:
			visit(u, (&url.URL{Path: target, RawQuery: u.RawQuery}).String())
		case status == http.StatusOK && isHTML(target):
			data, err := fs.ReadFile(root.FS(), target)
			if err != nil {
				t.Fatal(err)
			}
			document, err := html.Parse(bytes.NewReader(data))
			if err != nil {
				t.Fatalf("%s: %v", target, err)
			}
			links(document, u, visit)
		}
	}
	return known
}

// spelling writes a URL in one way, whatever was escaped in it that need not be.
func spelling(u *url.URL) string {
	s := u.Scheme + "://" + u.Host + (&url.URL{Path: u.Path}).EscapedPath()
	if u.RawQuery != "" {
		s += "?" + u.RawQuery
	}
	return s
}

// links visits what the document links to.
func links(document *html.Node, from *url.URL, visit func(from *url.URL, ref string)) {
	var refs []string
	base := from
	for n := range document.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		a := map[string]string{}
		for _, attribute := range n.Attr {
			a[attribute.Key] = attribute.Val
		}
		rel := strings.Fields(strings.ToLower(a["rel"]))
		switch n.Data {
		case "base":
			if u, err := from.Parse(a["href"]); err == nil && base == from {
				base = u
			}
		case "a", "area":
			if href, ok := a["href"]; ok && !slices.Contains(rel, "nofollow") {
				refs = append(refs, href)
			}
		case "link":
			alternate := slices.Contains(rel, "alternate") && !slices.Contains(rel, "stylesheet") && (a["type"] == "" || a["type"] == "text/html")
			if alternate || slices.Contains(rel, "canonical") || slices.Contains(rel, "next") || slices.Contains(rel, "prev") {
				refs = append(refs, a["href"])
			}
		case "frame", "iframe":
			if src, ok := a["src"]; ok {
				refs = append(refs, src)
			}
		case "meta":
			if _, ref, ok := strings.Cut(a["content"], "url="); ok && strings.EqualFold(a["http-equiv"], "refresh") {
				refs = append(refs, ref)
			}
		}
	}
	for _, ref := range refs {
		visit(base, ref)
	}
}

// crawlSite crawls the site by a run of its own, and returns what the run's log says and the
// run. A URL with two outcomes fails the test.
func crawlSite(t *testing.T, seed string) (statuses, run.Run) {
	t.Helper()
	stack, err := local.Start(t.Context(), local.Options{
		Addr:    "127.0.0.1:0",
		DataDir: t.TempDir(),
		Logger:  slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer stack.Stop()
	id := createRun(t, stack.URL, seed)
	finished := awaitFinished(t, stack.Store, id)
	found := statuses{}
	for part, err := range stack.Store.LogParts(t.Context(), run.Ref{Tenant: tenant.Default, ID: id}, 0) {
		if err != nil {
			t.Fatal(err)
		}
		for record, err := range crawllog.Decode(part.Data) {
			if err != nil {
				t.Fatal(err)
			}
			o, ok := record.(*crawllog.Outcome)
			if !ok || o.Status == crawllog.Excluded {
				continue
			}
			u, err := url.Parse(o.URL)
			if err != nil {
				t.Fatalf("the log holds the URL %q: %v", o.URL, err)
			}
			if _, twice := found[spelling(u)]; twice {
				t.Errorf("%s was crawled twice, or in two spellings", o.URL)
			}
			found[spelling(u)] = o.HTTPStatus
		}
	}
	return found, finished
}

func createRun(t *testing.T, api, seed string) uuid.UUID {
	t.Helper()
	body := fmt.Sprintf(`{"name": "real", "config": {
		"seeds": [{"kind": "static_list", "params": {"urls": [%q]}}],
		"policies": [], "fetcher": {"max_body_bytes": 33554432},
		"speed": {"concurrency": 8, "per_host_concurrency": 8}}}`, seed)
	resp, err := http.Post(api+"/v1/jobs?create_run=true", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var job struct{ Run struct{ ID uuid.UUID } }
	if err := json.NewDecoder(resp.Body).Decode(&job); err != nil || resp.StatusCode != http.StatusCreated {
		t.Fatalf("the job cannot be created: %s: %v", resp.Status, err)
	}
	return job.Run.ID
}

func awaitFinished(t *testing.T, st *store.Store, id uuid.UUID) run.Run {
	t.Helper()
	for {
		r, err := st.Run(t.Context(), run.Ref{Tenant: tenant.Default, ID: id})
		if err != nil {
			t.Fatal(err)
		}
		if r.Status == run.Finished {
			return r
		}
		select {
		case <-t.Context().Done():
			t.Fatal(t.Context().Err())
		case <-time.After(200 * time.Millisecond):
		}
	}
}
