//go:build archive

package local_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/local"
	"github.com/inndx/runs/internal/objects"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store/storetest"
	"github.com/inndx/runs/internal/tenant"
)

// An archive is a finished run that kept everything of a site.
type archive struct {
	service
	tools     string // the folder with the commands of the field
	dir       string // the data folder
	site      *sitetest.Server
	run       run.Run
	history   storetest.History
	fetched   map[string]bool // the URLs that ended as ok
	converted map[string]bool // the URLs with Markdown
}

// newArchive crawls archiveSite.
func newArchive(t *testing.T) *archive {
	t.Helper()
	a := &archive{tools: os.Getenv("ARCHIVE_TOOLS"), dir: t.TempDir(), site: sitetest.Start(t, archiveSite())}
	if a.tools == "" {
		t.Fatal("ARCHIVE_TOOLS must be the folder of warcio, wacz and pywb; run make test-archive")
	}
	stack, err := local.Start(t.Context(), local.Options{
		Addr: "127.0.0.1:0", DataDir: a.dir,
		Logger: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stack.Stop)
	a.service = service{stack, t}
	a.run = crawlArchive(t, stack, a.site.URL+"/")
	if a.history, err = storetest.ReadHistory(t.Context(), stack.Store, run.Ref{Tenant: tenant.Default, ID: a.run.ID}); err != nil {
		t.Fatal(err)
	}
	a.fetched, a.converted = map[string]bool{}, map[string]bool{}
	for url, o := range a.history.Outcomes {
		if o.Status == crawllog.OK {
			a.fetched[url] = true
		}
		for _, artifact := range o.Artifacts {
			if artifact.Kind == crawllog.Parsed {
				a.converted[url] = true
			}
		}
	}
	return a
}

// files returns the paths of the WARC objects.
func (a *archive) files() []string {
	a.t.Helper()
	folder := objects.WARCFolder(objects.Prefix(run.Ref{Tenant: tenant.Default, ID: a.run.ID}, a.run.CreatedAt))
	files, err := filepath.Glob(filepath.Join(a.dir, "objects", folder, "*.warc.gz"))
	if err != nil || len(files) == 0 {
		a.t.Fatal("no objects: ", err)
	}
	return files
}

// check lets warcio check each record of the files, and returns the URLs of the records by type.
func (a *archive) check(files ...string) map[string]map[string]bool {
	a.t.Helper()
	records := map[string]map[string]bool{}
	for _, file := range files {
		if out, err := exec.CommandContext(a.t.Context(), filepath.Join(a.tools, "warcio"), "check", "-v", file).CombinedOutput(); err != nil {
			a.t.Errorf("warcio check: %v\n%s", err, out)
		}
		index(a.t, a.tools, file, records)
	}
	return records
}

// captures returns the URLs of the responses and of the revisits.
func captures(records map[string]map[string]bool) map[string]bool {
	all := maps.Clone(records["response"])
	maps.Copy(all, records["revisit"])
	return all
}

// archiveSite returns a site with what archives must get right: compressed and equal bodies,
// redirects, other media types, cookies, errors, URLs of any form, and assets.
func archiveSite() http.Handler {
	routes := sitetest.Generate(200, 10)
	links := []string{"/compressed", "/twin/1", "/twin/2", "/moved", "/image", "/empty", "/missing", "/styled", "/odd?q==?utf-8?Q?a?=&x=%0A"}
	routes["/page/1"] = sitetest.Page(append(links, sitetest.Path(5), sitetest.Path(6), sitetest.Path(7), sitetest.Path(8))...)
	routes["/twin/1"] = sitetest.Page("/")
	routes["/twin/2"] = sitetest.Page("/")
	routes["/moved"] = sitetest.Redirect("/twin/1")
	routes["/image"] = sitetest.Body("image/png", "\x89PNG\r\n\x1a\n")
	routes["/empty"] = sitetest.Body("text/plain", "")
	routes["/odd"] = sitetest.Body("text/html; charset=utf-8", "<title>\u00fc</title><h1>WARC/1.1\r\n\r\n</h1>")
	routes["/styled"] = sitetest.Body("text/html", `<link rel=stylesheet href=/style.css><img src=/picture srcset="/picture-2x 2x, /lost 3x">`)
	routes["/style.css"] = sitetest.Body("text/css", "@font-face { src: url('/font') } body { background: url(/picture) }")
	routes["/font"] = sitetest.Body("font/woff2", "wOF2")
	routes["/picture"] = sitetest.Body("image/gif", "GIF89a")
	routes["/picture-2x"] = sitetest.Body("image/gif", "GIF89a, larger")
	routes["/compressed"] = func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Content-Encoding", "gzip")
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "a-secret"})
		z := gzip.NewWriter(w)
		fmt.Fprint(z, "<h1>Compressed</h1>", strings.Repeat("<p>text", 1000))
		z.Close()
	}
	return routes
}

const archiveConfig = `{"name": "archive", "config": {
	"seeds": [{"kind": "static_list", "params": {"urls": [%q]}}], "policies": [],
	"speed": {"concurrency": 8, "per_host_concurrency": 8},
	"pipelines": [
		{"id": "raw", "navigator": {"kind": "anchor"},
			"steps": [{"kind": "extractor", "params": {"kind": "raw"}}], "actions": [{"kind": "to_blob", "params": {}}]},
		{"id": "assets", "navigator": {"kind": "assets"},
			"actions": [{"kind": "to_blob", "params": {"directory": "site", "include_assets": true}}]},
		{"id": "markdown",
			"steps": [{"kind": "extractor", "params": {"kind": "markdown"}}],
			"actions": [{"kind": "to_blob", "params": {"directory": "text"}}]}]}}`

// crawlArchive crawls a site with everything kept.
func crawlArchive(t *testing.T, stack *local.Stack, seed string) run.Run {
	t.Helper()
	resp, err := http.Post(stack.URL+"/v1/jobs?create_run=true", "application/json", strings.NewReader(fmt.Sprintf(archiveConfig, seed)))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var job struct{ Run struct{ ID uuid.UUID } }
	if err := json.Unmarshal(text, &job); err != nil || resp.StatusCode != http.StatusCreated {
		t.Fatalf("the job cannot be created: %s: %s", resp.Status, text)
	}
	for {
		r, err := stack.Store.Run(t.Context(), run.Ref{Tenant: tenant.Default, ID: job.Run.ID})
		if err != nil {
			t.Fatal(err)
		}
		if r.Status == run.Finished {
			return r
		}
		select {
		case <-t.Context().Done():
			t.Fatal(t.Context().Err())
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// index adds the URLs of the file's records, by type, as warcio reads them.
func index(t *testing.T, tools, file string, records map[string]map[string]bool) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), filepath.Join(tools, "warcio"), "index", "-f", "warc-type,warc-target-uri", file).Output()
	if err != nil {
		t.Fatal("warcio index: ", err)
	}
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		var rec map[string]string
		if err := json.Unmarshal(lines.Bytes(), &rec); err != nil {
			t.Fatal(err)
		}
		of := rec["warc-type"]
		if records[of] == nil {
			records[of] = map[string]bool{}
		}
		if url := rec["warc-target-uri"]; url != "" && records[of][url] {
			t.Errorf("two records of type %s of %s", of, url)
		}
		records[of][rec["warc-target-uri"]] = true
	}
}

// exportFile makes an export of the run and returns the path of its file.
func exportFile(t *testing.T, stack *local.Stack, id uuid.UUID, format, name string) string {
	t.Helper()
	var e struct {
		ID    uuid.UUID
		State string
		Error string
		URL   string `json:"download_url"`
	}
	exports := stack.URL + "/v1/runs/" + id.String() + "/exports"
	resp, err := http.Post(exports, "application/json", strings.NewReader(fmt.Sprintf(`{"format":%q}`, format)))
	for ; ; resp, err = http.Get(exports + "/" + e.ID.String()) {
		if err != nil {
			t.Fatal(err)
		}
		err := json.NewDecoder(resp.Body).Decode(&e)
		resp.Body.Close()
		if err != nil || resp.StatusCode >= 300 || e.State == "failed" {
			t.Fatalf("%s: %s, %v, %+v", format, resp.Status, err, e)
		}
		if e.State == "finished" {
			break
		}
		select {
		case <-t.Context().Done():
			t.Fatal(t.Context().Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
	resp, err = http.Get(stack.URL + e.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	path := filepath.Join(t.TempDir(), name)
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := io.Copy(f, resp.Body); err != nil {
		t.Fatal(err)
	}
	return path
}

func sorted(set map[string]bool) []string { return slices.Sorted(maps.Keys(set)) }
