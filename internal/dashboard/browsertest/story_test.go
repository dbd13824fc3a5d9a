//go:build browser

package browsertest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/dynamolocal"
)

// A person creates a job with the command's own service, watches its run, steers it, finds out what is
// broken and takes the log home. Every name and every text of the site is hostile.
func TestStory(t *testing.T) {
	u := newUserAt(t, serveCommand(t), "acme")
	shop := newShop(t)
	run := u.createsAndRuns(shop)
	u.watches(run)
	u.pauses(run, shop)
	u.Role("button", "Resume").Click()
	u.AwaitText("It is crawling.")
	fetched := u.fetched()
	u.Await("the run to go on", func() bool { return u.fetched() > fetched })
	u.Role("button", "Stop").Click()
	u.Role("button", "Stop the run").Click()
	u.AwaitText("It was stopped by request.")

	u.filtersRuns(run)
	u.followsFailure(run, shop)
	u.exportsLog(run)
	u.checkStranger(run)
	u.checkReload(
		"/runs", "/runs?stop_reasons=manual", "/runs/"+run, "/runs/"+run+"?tab=links&states=failed",
		"/runs/"+run+"?tab=log&url="+url.QueryEscape(shop.missing), "/runs/"+run+"?tab=exports", "/jobs", "/jobs/new",
	)
}

// createsAndRuns creates a job in the form, and returns the id of its run.
func (u *user) createsAndRuns(s *shop) (run string) {
	u.t.Helper()
	u.visit("/jobs")
	u.Role("link", "New job").Click()
	u.Role("textbox", "Name").Fill(hostile[0])
	u.Role("button", "Add a label").Click()
	u.Role("textbox", "Key of label 1").Fill("team")
	u.Role("textbox", "Value of label 1").Fill(hostile[1])
	u.Role("textbox", "URLs to start from").Fill(s.URL + "/")
	u.Role("textbox", "Delay").Fill("0s")
	u.Role("button", "Create and run now").Click()
	u.Await("the page of the run", func() bool {
		_, run, _ = strings.Cut(u.URL(), "#/runs/")
		run, _, _ = strings.Cut(run, "?")
		return run != ""
	})
	u.AwaitText(hostile[0], "team="+hostile[1], "It is crawling.")
	return run
}

// watches sees the numbers grow on the page that was loaded once.
func (u *user) watches(run string) {
	u.t.Helper()
	u.Eval(`document.documentElement.dataset.loaded = 'once'`, nil)
	first := u.fetched()
	u.Await("more fetched URLs", func() bool { return u.fetched() > first+10 })
	var loaded string
	u.Eval(`document.documentElement.dataset.loaded ?? ''`, &loaded)
	if loaded != "once" || !strings.Contains(u.URL(), run) {
		u.t.Errorf("the page was loaded again, at %s", u.URL())
	}
	u.checkNothingRan()
}

// pauses pauses the run. Within a second nothing more is fetched of its site, while runs of another
// site begin and end.
func (u *user) pauses(run string, s *shop) {
	u.t.Helper()
	u.Role("button", "Pause").Click()
	u.AwaitText("It is paused and waits to be resumed.")
	u.await(run, "paused")
	// fetched returns how many URLs are fetched until a run beside has finished.
	fetched := func(pages int) int32 {
		before := s.begun.Load()
		u.finished("beside", u.site(pages), nil)
		return s.begun.Load() - before
	}
	u.Await("the end of the fetches", func() bool { return fetched(3) == 0 })
	if n := fetched(20); n > 0 {
		u.t.Errorf("%d URLs are fetched while the run is paused", n)
	}
}

// filtersRuns finds the stopped run among the others.
func (u *user) filtersRuns(run string) {
	u.t.Helper()
	u.Role("link", "Runs").Click()
	u.Await("the runs", func() bool { return len(u.rows()) > 1 })
	u.Role("DisclosureTriangle", "More filters").Click()
	u.Role("checkbox", "manual").Click()
	u.awaitRows(run)
	u.Role("link", hostile[0]).Click()
	u.Await("the numbers of the run", func() bool { return strings.Contains(u.URL(), "#/runs/"+run) && u.fetched() > 0 })
}

// followsFailure comes from the number of failed URLs to the page that links to one of them.
func (u *user) followsFailure(run string, s *shop) {
	u.t.Helper()
	u.Eval(`[...document.querySelectorAll('dt')].find(e => e.textContent === 'Failed').nextSibling.firstChild.click()`, nil)
	u.Role("link", s.missing).Click()
	u.AwaitText("error: http_status", "Not Found")
	u.Role("link", s.URL+"/").Click() // the referrer
	u.AwaitText(hostile[3]+" 0", "none: it is a seed")
	u.checkNothingRan()
}

// exportsLog makes an export and downloads it. The file has what the API lists.
func (u *user) exportsLog(run string) {
	u.t.Helper()
	folder := u.t.TempDir()
	u.AcceptDownloads(folder)
	u.Role("link", "Exports").Click()
	u.Role("button", "NDJSON").Click()
	u.Role("button", "Download the export as NDJSON").Click()
	got := map[string]object{}
	for line := range strings.Lines(u.downloaded(filepath.Join(folder, run+".ndjson"))) {
		var entry object
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			u.t.Fatalf("%v of %s", err, line)
		}
		got[entry["id"].(string)] = entry
	}
	want := map[string]object{}
	for query := "per_page=100"; query != ""; {
		var log struct {
			Items []object
			Next  string `json:"next_page"`
		}
		u.call("GET", "/v1/runs/"+run+"/logs?"+query, nil, &log)
		for _, entry := range log.Items {
			want[entry["id"].(string)] = entry
		}
		query = ""
		if log.Next != "" {
			query = "per_page=100&page=" + url.QueryEscape(log.Next)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		u.t.Errorf("the file has (-API +file):\n%s", diff)
	}
}

// checkStranger checks that another tenant sees nothing of the user's.
func (u *user) checkStranger(run string) {
	u.t.Helper()
	stranger := newUserAt(u.t, u.base, "stranger")
	stranger.Allow("404")
	stranger.visit("/runs")
	stranger.AwaitText("There are no runs yet")
	stranger.visit("/jobs")
	stranger.AwaitText("There are no jobs yet")
	for _, tab := range []string{"overview", "log", "exports"} {
		stranger.visit("/runs/" + run + "?tab=" + tab)
		stranger.AwaitText("no_such_run")
		stranger.AwaitNoText(hostile[0])
	}
}

// A shop is a slow site without end, whose first page links to a missing one.
type shop struct {
	*sitetest.Server
	missing string       // the URL of the missing page
	begun   atomic.Int32 // requests
}

func newShop(t *testing.T) *shop {
	t.Helper()
	s := &shop{}
	path := "/missing?q=" + url.QueryEscape(hostile[0])
	pages := endless(func(i int) string {
		body := fmt.Sprintf("<title>%s</title>", html.EscapeString(fmt.Sprint(hostile[3], " ", i)))
		if i == 0 {
			body += `<a href="` + path + `">x</a>`
		}
		return body
	})
	s.Server = sitetest.Start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.begun.Add(1)
		if r.URL.Path == "/missing" || r.URL.Path == "/robots.txt" {
			http.NotFound(w, r)
			return
		}
		pages(w, r)
	}))
	s.missing = s.URL + path
	return s
}

var readyAt = regexp.MustCompile(`is ready at (\S+)`)

// serveCommand builds the command, runs its service as `make run` does, until the end of the test, and
// returns its URL.
func serveCommand(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "inndx")
	if output, err := exec.Command("go", "build", "-o", binary, "github.com/inndx/runs/cmd/inndx").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	var log bytes.Buffer
	cmd := exec.Command(binary, "serve")
	cmd.Env = append(os.Environ(), "PORT=0", "DATA_DIR="+t.TempDir(), "LOG_LEVEL=warn", dynamolocal.EndpointVariable+"=")
	cmd.Stderr = &log
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			t.Error(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("the service ends with %v and logs\n%s", err, &log)
		}
	})
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		if match := readyAt.FindStringSubmatch(lines.Text()); match != nil {
			go func() {
				for lines.Scan() { // or the service may wait until somebody reads
				}
			}()
			return match[1]
		}
	}
	t.Fatal("the service is never ready")
	return ""
}
