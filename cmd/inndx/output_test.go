package main_test

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// threePages serves a site of three pages.
func threePages(t *testing.T) string {
	t.Helper()
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, "<title>Page %s</title><h1>Heading of %s</h1><a href=/a>a</a> <a href=/b>b</a>", r.URL.Path, r.URL.Path)
	}))
	t.Cleanup(site.Close)
	return site.URL
}

func TestCrawlWithOutput(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new", "out")
	p := command(t, []string{"DATA_DIR=" + t.TempDir()}, "crawl", threePages(t), "--delay", "0s", "--keep", "raw,markdown", "--output", dir).start()
	p.wait(0)
	var parsed int
	var rest []string
	err := filepath.WalkDir(dir, func(name string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		if strings.HasPrefix(string(data), "# Heading of /") {
			parsed++
		} else {
			rest = append(rest, filepath.Base(name))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(rest)
	if parsed != 3 || !slices.Equal(rest, []string{"archive.wacz", "log.csv", "log.ndjson"}) {
		t.Errorf("the folder has %d pages as Markdown and %q", parsed, rest)
	}
	checkLog(t, filepath.Join(dir, "log.csv"), 3)
	z, err := zip.OpenReader(filepath.Join(dir, "archive.wacz"))
	if err != nil {
		t.Fatal(err)
	}
	z.Close()
	for _, e := range []string{"wrote " + filepath.Join(dir, "log.csv"), "wrote 3 extracted files"} {
		if !strings.Contains(p.errs.String(), e) {
			t.Errorf("standard error does not say %q", e)
		}
	}

	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	command(t, []string{"DATA_DIR=" + t.TempDir()}, "crawl", "http://localhost:1/", "--output", file).start().wait(2)
}

// Ctrl-C ends the writing of files, and leaves no part of one.
func TestInterruptedOutput(t *testing.T) {
	t.Parallel()
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		for i := range 300 {
			fmt.Fprintf(w, "<a href=/%d>a</a>", i)
		}
	}))
	t.Cleanup(site.Close)
	dir := t.TempDir()
	p := command(t, []string{"DATA_DIR=" + t.TempDir()}, "crawl", site.URL, "--delay", "0s", "--concurrency", "8", "--keep", "markdown", "--output", dir).start()
	await(t, "the first file", func() bool { return strings.Contains(p.errs.String(), "wrote "+filepath.Join(dir, "log.csv")) })
	p.signal(os.Interrupt)
	p.wait(130)
	if strings.Contains(p.errs.String(), "extracted files") {
		t.Error("the files were written")
	}
	err := filepath.WalkDir(dir, func(name string, _ os.DirEntry, err error) error {
		if strings.HasPrefix(filepath.Base(name), ".") {
			t.Errorf("%s is left", name)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// checkLog checks that a CSV has a number of entries.
func checkLog(t *testing.T, name string, entries int) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil || len(rows) != entries+1 || rows[0][0] != "id" {
		t.Errorf("%s has %d rows, %v", name, len(rows), err)
	}
}
