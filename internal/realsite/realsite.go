//go:build real

// Package realsite serves and walks a real site, for tests.
package realsite

import (
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// The site is the documentation of the Glasgow Haskell Compiler as Debian ships it: thousands of
// pages by Sphinx and Haddock, with links that are relative, absolute, broken, escaped, and to
// anchors.
const (
	debianPackage = "ghc-doc"
	siteRoot      = "usr/share/doc/ghc-doc/html"
)

// A Site serves the files of the package.
type Site struct {
	root *os.Root
	// Redirects are paths that redirect to others, and Missing paths that do not exist, whatever
	// the files are.
	Redirects map[string]string
	Missing   map[string]bool
}

// Open returns the site. It downloads the files once into the cache, which is the folder .cache two
// folders above the test's.
func Open(t testing.TB) *Site {
	t.Helper()
	root, err := os.OpenRoot(filepath.Join(unpack(t), siteRoot))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return &Site{root: root, Redirects: map[string]string{}, Missing: map[string]bool{}}
}

// unpack returns the folder of the package's files.
func unpack(t testing.TB) string {
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
		// The package lists may be missing or out of date.
		if output, err := exec.Command("apt-get", "update", "-q").CombinedOutput(); err != nil {
			t.Logf("apt-get update: %v\n%s", err, output)
		}
		if output, err := download(); err != nil {
			t.Fatalf("downloading %s failed, which works on Debian only: %v\n%s", debianPackage, err, output)
		}
	}
	archives, _ := filepath.Glob(filepath.Join(work, "*.deb"))
	if len(archives) != 1 {
		t.Fatalf("apt-get downloaded %v, want one archive", archives)
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

func mustMkdir(t testing.TB, dir string) string {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// resolve returns the site's response to a path: a status, and the name of a file or the target of
// a redirect.
func (s *Site) resolve(p string) (status int, target string) {
	name := strings.TrimPrefix(path.Clean(p), "/")
	if name == "" {
		name = "."
	}
	info, err := s.root.Stat(name)
	switch {
	case s.Redirects[p] != "":
		return http.StatusMovedPermanently, s.Redirects[p]
	case err != nil || s.Missing[p]:
		return http.StatusNotFound, ""
	case info.IsDir() && !strings.HasSuffix(p, "/"):
		return http.StatusMovedPermanently, p + "/"
	case info.IsDir():
		name = path.Join(name, "index.html")
		if info, err = s.root.Stat(name); err != nil || info.IsDir() {
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

// ServeHTTP serves the files.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("LinkChecker", "allowed") // linkchecker slows down on other sites
	status, target := s.resolve(r.URL.Path)
	switch status {
	case http.StatusMovedPermanently:
		w.Header().Set("Location", (&url.URL{Path: target, RawQuery: r.URL.RawQuery}).String())
		w.WriteHeader(status)
	case http.StatusOK:
		w.Header().Set("Content-Type", "application/octet-stream")
		if isHTML(target) {
			w.Header().Set("Content-Type", "text/html")
		}
		f, err := s.root.Open(target)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		defer f.Close()
		io.Copy(w, f)
	default:
		http.NotFound(w, r)
	}
}
