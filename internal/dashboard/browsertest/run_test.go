//go:build browser

package browsertest

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/inndx/runs/internal/chromium"
	"github.com/inndx/runs/internal/crawl/sitetest"
)

// keep is a configuration that follows links and keeps every response.
var keep = object{"pipelines": []any{object{
	"id": "pages", "navigator": object{"kind": "anchor"},
	"steps":   []any{object{"kind": "extractor", "params": object{"kind": "raw"}}},
	"actions": []any{object{"kind": "to_blob"}},
}}}

// broken serves a site whose first page links to a missing page, to a page that redirects to
// another, and to a page of JSON. It returns the URL of its first page.
func broken(t *testing.T) string {
	t.Helper()
	return sitetest.Start(t, sitetest.Routes{
		"/":        sitetest.Body("text/html", "<title>Start &amp; <b>end</b></title><a href=/missing>x</a><a href=/old>x</a><a href=/data>x</a>"),
		"/missing": sitetest.Status(http.StatusNotFound),
		"/old":     sitetest.Redirect("/older"),
		"/older":   sitetest.Redirect("/new"),
		"/new":     sitetest.Body("text/html", "<title>New</title>"),
		"/data":    sitetest.Body("application/json", `{"markup": "<script>document.documentElement.dataset.ran=1</script>"}`),
	}).URL + "/"
}

// A run is steered from its page, which shows by its stream what happens, and requests nothing any
// more when the run is finished.
func TestRunIsFollowed(t *testing.T) {
	u := newUser(t)
	run := u.create("followed", u.site(0), object{"labels": object{"team": "research"}}).Run.ID
	u.await(run, "running")
	u.visit("/runs/" + run + "?tab=configuration")
	u.AwaitText("It is crawling.", "team=research")
	first := u.fetched()
	u.Await("more fetched URLs", func() bool { return u.fetched() > first })
	if n := len(u.Requests("GET /v1/")); n != 2 {
		t.Errorf("%d requests to follow a run, want the run and its stream: %v", n, u.Requests("GET /v1/"))
	}
	u.Role("button", "Pause").Click()
	u.AwaitText("It is paused and waits to be resumed.")
	u.await(run, "paused")
	u.Role("button", "Resume").Click()
	u.AwaitText("It is crawling.")
	u.Role("button", "Stop").Click()
	u.Role("button", "Stop the run").Click()
	u.AwaitText("It was stopped by request.")
	u.Await("the run to be requested when its stream has ended", func() bool { return len(u.Requests("GET /v1/")) == 3 })
	u.AwaitIdle()
	u.ForgetRequests()
	u.Pass(time.Minute)
	if r := u.Requests(""); len(r) > 0 {
		t.Errorf("the page of a finished run sends %v", r)
	}
	u.Role("button", "Delete").Click()
	u.Role("checkbox", "I know that this cannot be undone.").Click()
	u.Role("button", "Delete the run").Click()
	u.AwaitText("The run was deleted")
}

// fetched returns the number of fetched URLs that the page shows, or -1.
func (u *user) fetched() int {
	u.t.Helper()
	n := -1
	u.Eval(`+([...document.querySelectorAll('dt')].find(e => e.textContent === 'Fetched')?.nextSibling.textContent.replace(',', '') ?? -1)`, &n)
	return n
}

// Where the service has no stream, the page waits for the run.
func TestRunWithoutStream(t *testing.T) {
	u := newUser(t)
	target, err := url.Parse(u.base)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/events") {
			w.WriteHeader(http.StatusNotImplemented)
			io.WriteString(w, `{"code": 501, "message": "use wait", "reason": "use_wait"}`)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	u.base = server.URL
	u.Allow("/events")
	run := u.create("followed", u.site(0), nil).Run.ID
	u.await(run, "running")
	u.visit("/runs/" + run + "?tab=configuration")
	u.AwaitText("It is crawling.")
	u.call("PUT", "/v1/runs/"+run+"/stop", nil, nil)
	u.AwaitText("It was stopped by request.")
	if !slices.ContainsFunc(u.Requests("GET /v1/"), func(r chromium.Request) bool { return r.URL.Query().Has("wait") }) {
		t.Error("the page does not wait for the run")
	}
}

// The page says in a sentence why a run finished, with the numbers of its configuration.
func TestRunSentences(t *testing.T) {
	u := newUser(t)
	stop := func(kind string, value any) object {
		return object{"config": object{"stopping_criteria": []any{object{"kind": kind, "params": object{kind: value}}}}}
	}
	for want, run := range map[string]job{
		"It reached max_urls: 3 URLs were processed.":                                               u.finished("a", u.site(5), stop("max_urls", 3)),
		"It reached max_depth: every URL up to 1 link from a seed was processed, and deeper ones":   u.finished("a", u.site(5), stop("max_depth", 1)),
		"It reached max_age: it ran for 1s, without the time when it was paused.":                   u.finished("a", u.site(0), stop("max_age", "1s")),
		"It had nothing left to do: 5 URLs were processed, and 2 evaluations in a row found no oth": u.finished("a", u.site(5), stop("max_empty_evaluations", 2)),
		"It had nothing left to do: 1 URL was processed.":                                           u.finished("a", u.site(1), nil),
		"It had no seed to crawl: the configuration and its sitemaps have none.":                    u.finished("a", "", nil),
	} {
		u.visit("/runs/" + run.Run.ID + "?tab=configuration")
		u.AwaitText(want)
	}
}

// From a failed URL one click leads to its referrer, and the address has every step of the way.
func TestRunLog(t *testing.T) {
	u := newUser(t)
	site := broken(t)
	run := u.finished("broken", site, object{"config": keep}).Run.ID
	u.visit("/runs/" + run + "?tab=log")
	u.AwaitText(site+"missing", site+"new")
	u.Role("DisclosureTriangle", "Filters").Click()
	u.Role("checkbox", "error").Click()
	u.AwaitNoText(site + "new")
	if !strings.Contains(u.URL(), "statuses=error") {
		t.Errorf("the address is %s", u.URL())
	}
	u.Role("button", site+"missing").Click()
	u.AwaitText("error: http_status", "Not Found", "Pages that link here")
	u.Reload()
	u.AwaitText("error: http_status", "Not Found")
	u.Role("link", site).Click() // the referrer
	u.AwaitText("Start & <b>end</b>", "none: it is a seed")
	if !strings.Contains(u.URL(), "url="+url.QueryEscape(site)) {
		t.Errorf("the address is %s", u.URL())
	}
	u.Back()
	u.AwaitText("error: http_status")
	u.Role("button", "Find them").Click()
	u.AwaitText("The run recorded the first link to each URL.")
	u.CheckAccessible()
	u.Screenshot("run-log-failed")

	u.visit("/runs/" + run + "?tab=log&url=" + url.QueryEscape(site+"old"))
	u.AwaitText("Redirects to", site+"older 302", site+"new 200")
}

// Every filter of the address is that of the request, and a wrong one shows what the API says.
func TestRunLogFilters(t *testing.T) {
	u := newUser(t)
	run := u.finished("docs", u.site(2), nil).Run.ID
	filters := "statuses=ok&statuses=error&steps=fetch&error_reasons=http_status&error_reasons=dns&http_statuses=4xx" +
		"&url_prefix=http%3A%2F%2Fa.example%2F&hosts=a.example&content_types=text%2F*&depth=0&depth=1" +
		"&occurred_after=2026-01-01T00%3A00%3A00Z&occurred_before=2027-01-01T00%3A00%3A00Z"
	u.visit("/runs/" + run + "?tab=log&" + filters)
	u.AwaitText("No entry matches.")
	var sent url.Values
	for _, r := range u.Requests("GET /v1/runs/" + run + "/logs") {
		sent = r.URL.Query()
	}
	want, err := url.ParseQuery(filters)
	if err != nil {
		t.Fatal(err)
	}
	sent.Del("per_page")
	if sent.Encode() != want.Encode() {
		t.Errorf("the request has %s\nwant %s", sent.Encode(), want.Encode())
	}
	u.Role("link", "Remove all").Click()
	u.AwaitText("Page 1")
	u.Role("DisclosureTriangle", "Filters").Await()
	u.Role("textbox", "HTTP status").Fill("teapot")
	u.Allow("422")
	u.AwaitText("http_statuses")
	u.Role("textbox", "HTTP status").Fill("2xx")
	u.AwaitText("Page 1")
}

// The charts have the numbers of the run, as pictures and as tables.
func TestRunCharts(t *testing.T) {
	u := newUser(t)
	run := u.finished("broken", broken(t), nil).Run.ID
	u.visit("/runs/" + run)
	u.AwaitText("3 2xx, 2 3xx, 1 4xx.", "Of 6 responses: half within", "1 of 6")
	u.CheckAccessible()
	u.Screenshot("run-overview")
	u.Role("combobox", "Window").Choose("1h")
	u.Await("the window in the address", func() bool { return strings.Contains(u.URL(), "window=1h") })
	u.Role("button", "Table of Responses").Click()
	table := u.Role("region", "Table of Responses").Await()
	u.Await("a row of the only hour", func() bool {
		fields := strings.Fields(table.Text())
		return len(fields) > 3 && slices.Equal(fields[len(fields)-3:], []string{"3", "2", "1"})
	})
	u.Reload()
	u.AwaitText("3 2xx, 2 3xx, 1 4xx.")
	if got := u.Role("combobox", "Window").Value(); got != "1h" {
		t.Errorf("after a reload the window is %q", got)
	}
}

// What there is not has a page that says so.
func TestRunIsMissing(t *testing.T) {
	u := newUser(t)
	u.Allow("404", "422")
	u.visit("/runs/0197f3a4-88d0-7e6a-b1f3-9c2b54e7a610")
	u.AwaitText("no_such_run", "Show the runs")
	u.visit("/runs/%3Cb%3E")
	u.AwaitText("Run <b>", "run_id")
}
