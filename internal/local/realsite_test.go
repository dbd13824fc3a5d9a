//go:build real

package local_test

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

// unpack returns the folder of the package's files. It downloads them once into the cache.
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
		// The package lists may be missing or out of date.
		exec.Command("apt-get", "update", "-q").Run()
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

func mustMkdir(t *testing.T, dir string) string {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// resolve returns the site's response to a path: a status, and the name of a file or the target of
// a redirect.
func resolve(root *os.Root, p string) (status int, target string) {
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
		status, target := resolve(root, r.URL.Path)
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
