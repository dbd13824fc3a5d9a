package main_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
)

// A countedSite serves a number of pages, which link to each other, and counts the requests.
type countedSite struct {
	*httptest.Server
	pages, requests atomic.Int32
}

func newCountedSite(t *testing.T, pages int32) *countedSite {
	s := &countedSite{}
	s.pages.Store(pages)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.requests.Add(1)
		if r.URL.Path == "/robots.txt" {
			http.NotFound(w, r)
			return
		}
		links := []string{"/"}
		for i := range s.pages.Load() - 1 {
			links = append(links, fmt.Sprintf("/%d", i))
		}
		page(w, links...)
	}))
	t.Cleanup(s.Close)
	return s
}

// filesIn returns the names of the files below the folder, with the hashes of URLs replaced.
func filesIn(t *testing.T, dir string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			rel, _ := filepath.Rel(dir, name)
			if parts := strings.Split(filepath.ToSlash(rel), "/"); len(parts) > 1 && len(parts[len(parts)-2]) == 32 {
				parts[len(parts)-2] = "HASH"
				rel = strings.Join(parts, "/")
			}
			names = append(names, filepath.ToSlash(rel))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	return names
}

// Files of two runs are not mixed, and --overwrite removes only files that the command writes.
func TestOutputOfEarlierRun(t *testing.T) {
	t.Parallel()
	site := newCountedSite(t, 3)
	dir := t.TempDir()
	crawl := func(code int, args ...string) *process {
		t.Helper()
		args = append([]string{"crawl", site.URL, "--delay", "0s", "--output", dir}, args...)
		p := command(t, []string{"DATA_DIR=" + t.TempDir()}, args...).start()
		p.wait(code)
		return p
	}
	check := func(want ...string) {
		t.Helper()
		if got := filesIn(t, dir); !slices.Equal(got, want) {
			t.Errorf("the folder has %q, want %q", got, want)
		}
	}
	others := []string{"report.html", "text/HASH/data", "markdown/HASH/notes", "markdown/notes"}
	for _, name := range others {
		name = filepath.Join(dir, strings.ReplaceAll(name, "HASH", strings.Repeat("0", 32)))
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	crawl(0, "--keep", "raw,markdown")
	all := []string{
		"archive.wacz", "log.csv", "log.ndjson", "markdown/HASH/data", "markdown/HASH/data", "markdown/HASH/data",
		"markdown/HASH/notes", "markdown/notes", "report.html", "text/HASH/data",
	}
	check(all...)

	requests := site.requests.Load()
	p := crawl(2, "--keep", "markdown")
	for _, e := range []string{"log.csv, log.ndjson, archive.wacz, markdown/", "and 1 more", "--overwrite"} {
		if !strings.Contains(p.errs.String(), e) {
			t.Errorf("standard error does not say %q", e)
		}
	}
	if site.requests.Load() != requests {
		t.Error("the site was requested")
	}
	check(all...)

	site.pages.Store(1)
	left := ".log.csv.0190b5a2-6f3e-7c4d-9a1b-2c3d4e5f6071"
	if err := os.WriteFile(filepath.Join(dir, left), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	p = crawl(0, "--keep", "markdown", "--overwrite")
	check("log.csv", "log.ndjson", "markdown/HASH/data", "markdown/HASH/notes", "markdown/notes", "report.html", "text/HASH/data")
	checkLog(t, filepath.Join(dir, "log.csv"), 1)
	if !strings.Contains(p.errs.String(), "wrote 1 extracted file to ") {
		t.Error("the extracted file is not counted")
	}
}

// A pipeline whose files would have the names of others is refused before the crawl, and so is a
// manifest that is wrong. The folder is not made.
func TestRefusedOutput(t *testing.T) {
	t.Parallel()
	pipeline := func(directory string) string {
		return fmt.Sprintf(`{"steps": [{"kind": "extractor", "params": {"kind": "text"}}],
			"actions": [{"kind": "log", "params": {"event": "kept"}}, {"kind": "to_blob", "params": {"directory": %q}}]}`, directory)
	}
	site := newCountedSite(t, 1)
	seeds := fmt.Sprintf(`{"seeds": [{"kind": "static_list", "params": {"urls": [%q]}}], "pipelines": [`, site.URL)
	for name, tc := range map[string]struct{ pipelines, problem string }{
		"log":       {pipeline("log.csv"), "config.pipelines[0].actions[1].params.directory must not begin with log.csv"},
		"archive":   {pipeline("Archive.WACZ/x"), "config.pipelines[0].actions[1].params.directory must not begin with archive.wacz"},
		"twice":     {pipeline("a") + "," + pipeline("b") + "," + pipeline("A"), "config.pipelines[2].actions[1].params.directory must not be that of pipelines[0]"},
		"a mistake": {`{"steps": 1}`, "pipelines[0].steps"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "out")
			p := command(t, []string{"DATA_DIR=" + t.TempDir()}, "crawl", manifestWith(t, seeds+tc.pipelines+"]}"), "--output", dir, "--overwrite").start()
			p.wait(2)
			if !strings.Contains(p.errs.String(), tc.problem) {
				t.Errorf("standard error does not say %q", tc.problem)
			}
			if _, err := os.Stat(dir); !os.IsNotExist(err) {
				t.Errorf("the folder was made: %v", err)
			}
		})
	}
	for name, make := range map[string]func(dir string) error{
		"a folder in the place of a file": func(dir string) error { return os.Mkdir(filepath.Join(dir, "log.ndjson"), 0o700) },
		"a file in the place of a folder": func(dir string) error { return os.WriteFile(filepath.Join(dir, "out"), nil, 0o600) },
		"a link that leads out":           func(dir string) error { return os.Symlink(t.TempDir(), filepath.Join(dir, "out")) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := make(dir); err != nil {
				t.Fatal(err)
			}
			command(t, []string{"DATA_DIR=" + t.TempDir()}, "crawl", manifestWith(t, seeds+pipeline("out/x")+"]}"), "--output", dir, "--overwrite").start().wait(2)
		})
	}
	if site.requests.Load() != 0 {
		t.Error("the site was requested")
	}
}
