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

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/local"
	"github.com/inndx/runs/internal/objects"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store/storetest"
	"github.com/inndx/runs/internal/tenant"
)

// archiveSite returns a site with what archives must get right: compressed and equal bodies,
// redirects, other media types, cookies, errors and URLs of any form.
func archiveSite() http.Handler {
	routes := sitetest.Generate(200, 10)
	links := []string{"/compressed", "/twin/1", "/twin/2", "/moved", "/image", "/empty", "/missing", "/odd?q==?utf-8?Q?a?=&x=%0A"}
	routes["/page/1"] = sitetest.Page(append(links, sitetest.Path(5), sitetest.Path(6), sitetest.Path(7), sitetest.Path(8))...)
	routes["/twin/1"] = sitetest.Page("/")
	routes["/twin/2"] = sitetest.Page("/")
	routes["/moved"] = sitetest.Redirect("/twin/1")
	routes["/image"] = sitetest.Body("image/png", "\x89PNG\r\n\x1a\n")
	routes["/empty"] = sitetest.Body("text/plain", "")
	routes["/odd"] = sitetest.Body("text/html; charset=utf-8", "<title>\u00fc</title><h1>WARC/1.1\r\n\r\n</h1>")
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
		{"id": "markdown",
			"steps": [{"kind": "extractor", "params": {"kind": "markdown"}}],
			"actions": [{"kind": "to_blob", "params": {"directory": "text"}}]}]}}`

// TestArchive crawls a site with everything kept and reads the objects with warcio. ARCHIVE_TOOLS is
// the folder of its commands.
func TestArchive(t *testing.T) {
	tools := os.Getenv("ARCHIVE_TOOLS")
	if tools == "" {
		t.Fatal("ARCHIVE_TOOLS must be the folder of warcio; run make test-archive")
	}
	site := sitetest.Start(t, archiveSite())
	dir := t.TempDir()
	stack, err := local.Start(t.Context(), local.Options{
		Addr: "127.0.0.1:0", DataDir: dir,
		Logger: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer stack.Stop()
	r := crawlArchive(t, stack, site.URL+"/")

	history, err := storetest.ReadHistory(t.Context(), stack.Store, run.Ref{Tenant: tenant.Default, ID: r.ID})
	if err != nil {
		t.Fatal(err)
	}
	fetched, converted := map[string]bool{}, map[string]bool{}
	for url, o := range history.Outcomes {
		if o.Status == crawllog.OK {
			fetched[url] = true
		}
		for _, a := range o.Artifacts {
			if a.Kind == crawllog.Parsed {
				converted[url] = true
			}
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "objects", objects.WARCFolder(objects.Prefix(
		run.Ref{Tenant: tenant.Default, ID: r.ID}, r.CreatedAt)), "*.warc.gz"))
	if err != nil || len(files) == 0 {
		t.Fatal("no objects: ", err)
	}
	records := map[string]map[string]bool{}
	for _, file := range files {
		if out, err := exec.CommandContext(t.Context(), filepath.Join(tools, "warcio"), "check", "-v", file).CombinedOutput(); err != nil {
			t.Errorf("warcio check: %v\n%s", err, out)
		}
		index(t, tools, file, records)
		hasNoSecret(t, file)
	}
	captures := maps.Clone(records["response"])
	maps.Copy(captures, records["revisit"])
	for what, diff := range map[string]string{
		"responses and revisits": cmp.Diff(sorted(fetched), sorted(captures)),
		"requests":               cmp.Diff(sorted(fetched), sorted(records["request"])),
		"conversions":            cmp.Diff(sorted(converted), sorted(records["conversion"])),
	} {
		if diff != "" {
			t.Errorf("the URLs of %s differ from those of the log (-log +archive):\n%s", what, diff)
		}
	}
	if len(records["revisit"]) == 0 || len(fetched) < 200 || len(converted) < 200 {
		t.Errorf("%d revisits, %d pages, %d conversions", len(records["revisit"]), len(fetched), len(converted))
	}
}

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
		if url := rec["warc-target-uri"]; of != "warcinfo" && records[of][url] {
			t.Errorf("two records of type %s of %s", of, url)
		}
		records[of][rec["warc-target-uri"]] = true
	}
}

// hasNoSecret checks that the cookie of the site is not in the file.
func hasNoSecret(t *testing.T, file string) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(text, []byte("a-secret")) {
		t.Error("a cookie is in the archive")
	}
}

func sorted(set map[string]bool) []string { return slices.Sorted(maps.Keys(set)) }
