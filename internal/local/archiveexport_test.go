//go:build archive

package local_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestArchiveExports crawls a site with everything kept, makes its exports, and reads them with the
// tools of the field: warcio checks the WARC, wacz validates the WACZ, and pywb replays it.
func TestArchiveExports(t *testing.T) {
	a := newArchive(t)
	records := a.check(exportFile(t, a.Stack, a.run.ID, "warc", "archive.warc.gz"))
	if diff := cmp.Diff(sorted(a.fetched), sorted(captures(records))); diff != "" {
		t.Errorf("the URLs of the WARC differ from those of the log (-log +archive):\n%s", diff)
	}
	wacz := exportFile(t, a.Stack, a.run.ID, "wacz", "archive.wacz")
	a.validate(wacz)
	startPlayer(t, a.tools, wacz).expect(a.site.URL,
		"/", "/page/1", "/page/2", "/compressed", "/twin/2", "/styled", "/style.css", "/font", "/picture", "/picture-2x")
}

// validate lets wacz validate the file.
func (a *archive) validate(wacz string) {
	a.t.Helper()
	out, err := exec.CommandContext(a.t.Context(), filepath.Join(a.tools, "wacz"), "validate", "-f", wacz).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "Validation succeeded") {
		a.t.Errorf("wacz validate: %v\n%s", err, out)
	}
}

// A player is pywb, which replays a WACZ.
type player struct {
	t   *testing.T
	url string // followed by the URL of a capture. With id_, pywb sends what was captured, without its own changes.
}

// startPlayer serves a WACZ with pywb until the end of the test.
func startPlayer(t *testing.T, tools, wacz string) player {
	t.Helper()
	dir := t.TempDir()
	for _, args := range [][]string{{"init", "site"}, {"add", "--unpack-wacz", "site", wacz}} {
		manage := exec.CommandContext(t.Context(), filepath.Join(tools, "wb-manager"), args...)
		manage.Dir = dir
		if out, err := manage.CombinedOutput(); err != nil {
			t.Fatalf("wb-manager %v: %v\n%s", args, err, out)
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := listener.Addr().(*net.TCPAddr)
	listener.Close()
	cmd := exec.CommandContext(t.Context(), filepath.Join(tools, "wayback"), "-b", "127.0.0.1", "-p", fmt.Sprint(addr.Port))
	cmd.Dir = dir
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	until(t, "pywb listens", func() bool {
		c, err := net.Dial("tcp", addr.String())
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	return player{t, "http://" + addr.String() + "/site/id_/"}
}

// expect checks that the pages are those of the site.
func (p player) expect(site string, pages ...string) {
	p.t.Helper()
	for _, page := range pages {
		want := body(p.t, site+page)
		if got := body(p.t, p.url+site+page); got != want {
			p.t.Errorf("the replay of %s is %.200q, the site has %.200q", page, got, want)
		}
	}
}

// status returns the status of the response for a URL.
func (p player) status(url string) int {
	p.t.Helper()
	resp, err := http.Get(p.url + url)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

// body returns the body of a URL, which must respond with 200.
func body(t *testing.T, url string) string {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", url, resp.Status, err)
	}
	return string(text)
}
