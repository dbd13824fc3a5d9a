//go:build browser

package browsertest

import (
	"fmt"
	"html"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inndx/runs/internal/crawl/sitetest"
)

// The page makes, downloads and deletes exports, and downloads artifacts, under the names that the
// service gives them.
func TestRunDownloads(t *testing.T) {
	u := newUser(t)
	folder := t.TempDir()
	u.AcceptDownloads(folder)
	site := broken(t)
	run := u.finished("broken", site, object{"config": keep}).Run.ID
	u.visit("/runs/" + run + "?tab=exports")
	u.AwaitText("There is no export yet.")
	for _, format := range []string{"CSV", "NDJSON", "WARC", "WACZ"} {
		u.Role("button", format).Click()
		u.Role("button", "Download the export as "+format).Await()
	}
	u.AwaitNoText("so far")
	u.CheckAccessible()
	u.Screenshot("run-exports")
	u.Role("button", "Download the export as NDJSON").Click()
	log := u.downloaded(filepath.Join(folder, run+".ndjson"))
	if n := strings.Count(log, "\n"); n != 6 || !strings.Contains(log, site+"missing") {
		t.Errorf("the file has %d lines, want 6: %s", n, log)
	}
	u.Role("button", "Delete the export as NDJSON").Click()
	u.Role("button", "Delete the export").Click()
	u.Role("button", "Download the export as NDJSON").AwaitGone()

	u.visit("/runs/" + run + "?tab=log&url=" + url.QueryEscape(site+"data"))
	u.Role("button", "Preview").Click()
	u.AwaitText(`{"markup": "<script>document.documentElement.dataset.ran=1</script>"}`)
	u.Eval(`[...document.querySelectorAll('button')].find(b => b.textContent.startsWith('Download')).click()`, nil)
	if content := u.downloaded(filepath.Join(folder, "data.json")); !strings.HasPrefix(content, `{"markup"`) {
		t.Errorf("the artifact is %s", content)
	}
}

// downloaded waits for a file and returns its content.
func (u *user) downloaded(path string) string {
	u.t.Helper()
	var content []byte
	u.Await("the file "+path, func() bool {
		content, _ = os.ReadFile(path)
		return len(content) > 0
	})
	return string(content)
}

// What sites send shows as text in every part of the page, runs nothing and fits a phone.
func TestRunHostileSite(t *testing.T) {
	u := newUser(t)
	site := sitetest.Start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text := r.URL.Query().Get("text")
		w.Header().Set("Content-Type", "text/html; charset=utf-8; x="+url.QueryEscape(text))
		if strings.Contains(text, "javascript") {
			w.WriteHeader(http.StatusTeapot)
		}
		fmt.Fprintf(w, "<title>%s</title>", html.EscapeString(text))
		for _, text := range hostile {
			fmt.Fprintf(w, `<a href="/?text=%s">x</a><a href="http://%s.example/">x</a>`, url.QueryEscape(text), html.EscapeString(text))
		}
	}))
	run := u.finished("hostile", site.URL+"/", object{"config": keep}).Run.ID
	for _, tab := range []string{"overview", "log", "links", "hosts", "artifacts", "exports", "configuration"} {
		u.visit("/runs/" + run + "?tab=" + tab)
		u.AwaitIdle()
		u.checkNothingRan()
		u.CheckAccessible()
		u.Screenshot("run-hostile-" + tab)
	}
	u.visit("/runs/" + run + "?tab=log&http_statuses=418")
	u.Role("button", site.URL+"/?text="+url.QueryEscape(hostile[4])).Click()
	u.AwaitText("URL hash")
	u.checkNothingRan()
	u.CheckWidth()
}

func (u *user) checkNothingRan() {
	u.t.Helper()
	var ran bool
	u.Eval(`Boolean(document.documentElement.dataset.ran) || [...document.links].some(a => a.protocol === 'javascript:')`, &ran)
	if ran {
		u.t.Errorf("%s runs a script of a stranger, or links to one", u.URL())
	}
}
