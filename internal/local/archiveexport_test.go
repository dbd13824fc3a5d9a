//go:build archive

package local_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/local"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store/storetest"
	"github.com/inndx/runs/internal/tenant"
)

// TestArchiveExports crawls a site with everything kept, makes its exports, and reads them with the
// tools of the field: warcio checks the WARC, wacz validates the WACZ, and pywb replays it.
func TestArchiveExports(t *testing.T) {
	tools := os.Getenv("ARCHIVE_TOOLS")
	if tools == "" {
		t.Fatal("ARCHIVE_TOOLS must be the folder of warcio, wacz and pywb; run make test-archive")
	}
	site := sitetest.Start(t, archiveSite())
	stack, err := local.Start(t.Context(), local.Options{
		Addr: "127.0.0.1:0", DataDir: t.TempDir(),
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
	fetched := map[string]bool{}
	for url, o := range history.Outcomes {
		if o.Status == crawllog.OK {
			fetched[url] = true
		}
	}

	warc := exportFile(t, stack, r.ID, "warc", "archive.warc.gz")
	if out, err := exec.CommandContext(t.Context(), filepath.Join(tools, "warcio"), "check", "-v", warc).CombinedOutput(); err != nil {
		t.Errorf("warcio check: %v\n%s", err, out)
	}
	records := map[string]map[string]bool{}
	index(t, tools, warc, records)
	captured := records["response"]
	for url := range records["revisit"] {
		captured[url] = true
	}
	if diff := cmp.Diff(sorted(fetched), sorted(captured)); diff != "" {
		t.Errorf("the URLs of the WARC differ from those of the log (-log +archive):\n%s", diff)
	}

	wacz := exportFile(t, stack, r.ID, "wacz", "archive.wacz")
	out, err := exec.CommandContext(t.Context(), filepath.Join(tools, "wacz"), "validate", "-f", wacz).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "Validation succeeded") {
		t.Errorf("wacz validate: %v\n%s", err, out)
	}
	replay(t, tools, wacz, site.URL, "/", "/page/1", "/page/2", "/compressed", "/twin/2")
}

// replay serves a WACZ with pywb, and checks that the pages are those of the site.
func replay(t *testing.T, tools, wacz, site string, pages ...string) {
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
	player := exec.CommandContext(t.Context(), filepath.Join(tools, "wayback"), "-b", "127.0.0.1", "-p", fmt.Sprint(addr.Port))
	player.Dir = dir
	if err := player.Start(); err != nil {
		t.Fatal(err)
	}
	defer player.Wait()
	defer player.Process.Kill()
	until(t, "pywb listens", func() bool {
		c, err := net.Dial("tcp", addr.String())
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	for _, page := range pages {
		want := body(t, site+page)
		// With id_, pywb sends what was captured, without its own changes.
		if got := body(t, "http://"+addr.String()+"/site/id_/"+site+page); got != want {
			t.Errorf("the replay of %s is %.200q, the site has %.200q", page, got, want)
		}
	}
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
