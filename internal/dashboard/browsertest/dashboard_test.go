//go:build browser

package browsertest

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/inndx/runs/internal/crawl/sitetest"
)

// Every address can be reloaded, and shows the same.
func TestReload(t *testing.T) {
	u := newUser(t)
	j := u.finished("docs", u.site(3), object{"labels": object{"team": "research"}})
	u.checkReload(
		"/runs", "/runs?statuses=finished", "/runs?statuses=paused", "/runs/"+j.Run.ID, "/runs/"+j.Run.ID+"?window=1h",
		"/runs/"+j.Run.ID+"?tab=log&statuses=ok&depth=1", "/runs/"+j.Run.ID+"?tab=links&states=fetched",
		"/runs/"+j.Run.ID+"?tab=hosts&order=latency", "/runs/"+j.Run.ID+"?tab=artifacts",
		"/runs/"+j.Run.ID+"?tab=configuration", "/jobs/"+j.ID, "/jobs/"+j.ID+"/edit", "/jobs/"+j.ID+"/compare", "/nowhere",
	)
}

// checkReload opens addresses, and checks that each shows the same after a reload and runs nothing.
func (u *user) checkReload(addresses ...string) {
	u.t.Helper()
	for _, address := range addresses {
		u.t.Run(address, func(t *testing.T) {
			u := newUserAt(t, u.base, u.tenant)
			u.visit(address)
			before, at := u.settled(), u.URL()
			u.Reload()
			if after := u.settled(); after != before {
				t.Errorf("the page shows (-before +after):\n%s", cmp.Diff(strings.Split(before, "\n"), strings.Split(after, "\n")))
			}
			if u.URL() != at {
				t.Errorf("the address became %s", u.URL())
			}
			u.checkNothingRan()
		})
	}
}

var times = regexp.MustCompile(`(\b\d+(\.\d+)? ?(ms|s|m|h|d|seconds?|minutes?)\b ?)+(ago\b)?|\bnow\b`)

// settled returns the text of the page after it stopped to change, without durations, which go on
// changing.
func (u *user) settled() (text string) {
	u.t.Helper()
	u.Await("the page to settle", func() bool {
		last := text
		u.AwaitIdle()
		text = times.ReplaceAllString(u.Text(), "T")
		return text == last
	})
	return text
}

// Two tabs of a browser show two tenants, and neither shows anything of the other's, also after the
// tenant of a tab was changed.
func TestTwoTenants(t *testing.T) {
	first, second := newUser(t), newUser(t)
	first.finished("docs of the first", first.site(1), nil)
	second.finished("docs of the second", second.site(1), nil)
	beside := &user{first.Tab.Tab(), t, second.base, second.tenant}
	first.visit("/runs")
	beside.visit("/runs")
	first.AwaitText("docs of the first")
	beside.AwaitText("docs of the second")
	for _, u := range []*user{first, beside} {
		for _, r := range u.Requests("GET /v1/") {
			if r.Header["X-Tenant-Id"] != u.tenant {
				t.Errorf("the tab of %s requests %s of %v", u.tenant, r.URL, r.Header["X-Tenant-Id"])
			}
		}
	}
	first.Role("button", "Tenant "+first.tenant).Click()
	first.Role("textbox", "Another tenant").Type(second.tenant)
	first.Press("Enter")
	first.AwaitText("docs of the second")
	if text := first.Text(); strings.Contains(text, "docs of the first") {
		t.Errorf("the page of another tenant shows %s", text)
	}
	if !strings.Contains(first.URL(), "tenant="+second.tenant) {
		t.Errorf("the address is %s", first.URL())
	}
}

// hostile are texts that a page must not take for its own markup, direction or size.
var hostile = []string{
	`<img src=x onerror="document.documentElement.dataset.ran=1">`, `"><script>document.documentElement.dataset.ran=1</script>`,
	`' onmouseover='document.documentElement.dataset.ran=1`, `{{constructor.constructor("document.documentElement.dataset.ran=1")()}}`,
	`javascript:document.documentElement.dataset.ran=1//`, "safe\u202Egnp.exe", strings.Repeat("W", 120),
	`</style><style>*{display:none}</style>`, `&lt;b&gt;`, "🏴‍☠️ e\u0301", "../../v1/runs?x=#",
}

// What tenants store shows as text, runs nothing, and does not make a phone scroll sideways.
func TestHostileText(t *testing.T) {
	u := newUser(t)
	labels := object{}
	for i, text := range hostile {
		labels[fmt.Sprintf("k%d", i)] = text
	}
	var runs, jobs []string
	for _, text := range hostile {
		j := u.finished(text, "", object{"labels": labels})
		jobs, runs = append(jobs, j.ID), append(runs, j.Run.ID)
	}
	shown := func(address string, texts ...string) {
		u.t.Helper()
		u.visit(address)
		for _, text := range texts {
			u.Await("the text "+text, func() bool {
				var found bool
				quoted, _ := json.Marshal(text)
				u.Eval(fmt.Sprintf(`document.body.textContent.includes(%s)`, quoted), &found)
				return found
			})
		}
		u.AwaitIdle()
		u.CheckWidth()
		var ran bool
		u.Eval(`Boolean(document.documentElement.dataset.ran)`, &ran)
		if ran {
			t.Errorf("%s runs a script of a tenant", address)
		}
	}
	site := sitetest.Start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// The titles of pages may have any character.
		text := "\x1b[31m" + r.URL.Query().Get("text")
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, "<title>%s</title>", html.EscapeString(text))
		for _, text := range hostile {
			fmt.Fprintf(w, `<a href="/?text=%s">x</a>`, url.QueryEscape(text))
		}
	}))
	crawled := u.finished("crawled", site.URL+"/", nil)
	shown("/runs", hostile...)
	u.Screenshot("hostile-runs")
	shown("/jobs")
	shown("/runs/" + crawled.Run.ID)
	for i := range hostile {
		shown("/runs/" + runs[i])
		shown("/jobs/" + jobs[i])
	}
}

// Ten runs are watched with one request each two seconds, and rarely in the background.
func TestFewRequests(t *testing.T) {
	u := newUser(t)
	endless := u.site(0)
	for i := range 10 {
		j := u.create(fmt.Sprint("watched ", i), endless, nil)
		u.await(j.Run.ID, "running")
		t.Cleanup(func() {
			resp := u.send("PUT", "/v1/runs/"+j.Run.ID+"/stop", nil)
			resp.Body.Close()
		})
	}
	u.visit("/runs?statuses=running")
	for i := range 10 {
		u.AwaitText(fmt.Sprint("watched ", i))
	}
	u.AwaitIdle()
	count := func(d time.Duration) int {
		u.ForgetRequests()
		u.Pass(d)
		return len(u.Requests(""))
	}
	if n := count(time.Minute); n < 15 || n > 31 {
		t.Errorf("%d requests in a minute, want one each two seconds", n)
	}
	u.Hide()
	count(10 * time.Second) // a load may have been due
	if n := count(10 * time.Minute); n < 1 || n > 11 {
		t.Errorf("%d requests in ten minutes in the background, want at most one a minute", n)
	}
	u.Show()
	if n := count(5 * time.Second); n < 2 {
		t.Errorf("%d requests in 5 s after the page is shown again", n)
	}
}

// The first view is fast on loopback. The test prints how fast, since the machine may be busy.
func TestFirstView(t *testing.T) {
	u := newUser(t)
	u.finished("docs", u.site(1), nil)
	u.visit("/runs")
	u.AwaitText("docs")
	t.Logf("the first content is painted %s after the navigation, in %d requests", u.FirstView().Round(time.Millisecond), len(u.Requests("")))
}
