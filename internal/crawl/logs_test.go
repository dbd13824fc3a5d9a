package crawl_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/run"
)

// The log has one entry for every URL of a site, with the step at which it ended.
func TestLogsOfASite(t *testing.T) {
	t.Parallel()
	links := []string{"/gone", "/private", "/hangup", "/bad", "/moved", "/long", "http://other.example/x"}
	site := sitetest.Start(t, sitetest.Routes{
		"/robots.txt": sitetest.Body("text/plain", "User-agent: *\nDisallow: /private\n"),
		"/":           sitetest.Page(links...),
		"/gone":       sitetest.Status(410), "/hangup": hangUp,
		"/bad": sitetest.Redirect("ftp://other.example/"), "/moved": sitetest.Redirect("/target"), "/target": sitetest.Page(),
		"/long": sitetest.Body("text/html", strings.Repeat("x", 2000)),
	})
	s := newStack(t)
	r := s.crawl(fastConfig(site.URL+"/", `{'fetcher': {'max_body_bytes': 1024, 'max_retries': 1}}`))
	got := map[string]string{}
	for _, e := range s.logs(r, crawllog.Filter{}) {
		path := strings.TrimPrefix(e.URL, site.URL)
		if got[path] != "" {
			t.Errorf("%s is shown twice", path)
		}
		got[path] = fmt.Sprintln(e.Step, e.Status, e.ErrorReason, e.HTTPStatus, e.Depth)
		if e.RunID != r.ID || e.JobID != r.JobID || e.OccurredAt.Before(r.StartedAt.Truncate(time.Millisecond)) || e.OccurredAt.After(r.FinishedAt) {
			t.Errorf("%s: %+v", path, e)
		}
		if path != "http://other.example/x" && e.Host() != site.Host() {
			t.Errorf("%s is of the host %q, want %q", path, e.Host(), site.Host())
		}
	}
	want := map[string]string{
		"/":                      "fetch ok  200 0\n",
		"/gone":                  "fetch error http_status 410 1\n",
		"/private":               "fetch excluded robots_txt 0 1\n",
		"/hangup":                "fetch error reset 0 1\n", // its first attempt has no outcome
		"/bad":                   "parse error invalid_redirect 302 1\n",
		"/moved":                 "fetch ok  302 1\n",
		"/target":                "fetch ok  200 1\n",
		"/long":                  "parse error truncated 200 1\n",
		"http://other.example/x": "schedule excluded seed_hosts 0 1\n",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	other := s.logs(r, crawllog.Filter{Hosts: []string{"other.example"}})
	if len(other) != 1 || other[0].Status != crawllog.Excluded {
		t.Errorf("the other host's entries: %+v", other)
	}
	if n := len(s.logs(r, crawllog.Filter{Hosts: []string{site.Host()}})); n != len(want)-1 {
		t.Errorf("the site has %d entries", n)
	}
}

// The log of a run that is not finished shows what is committed so far.
func TestLogsOfARunningCrawl(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	site := sitetest.Start(t, sitetest.Routes{"/": sitetest.Page("/slow"), "/slow": waitFor(release)})
	s := newStack(t)
	r := s.create(fastConfig(site.URL + "/"))
	s.wake(r.ID)
	s.await(r.ID, "recording", func(r run.Run) bool { return r.Progress.URLsFetched == 1 })
	if got := s.logs(r, crawllog.Filter{}); len(got) != 1 || got[0].URL != site.URL+"/" {
		t.Errorf("during the crawl: %+v", got)
	}
	close(release)
	s.await(r.ID, "finished", isFinished)
	if got := s.logs(r, crawllog.Filter{}); len(got) != 2 || got[0].URL != site.URL+"/slow" {
		t.Errorf("after the crawl: %+v", got)
	}
}
