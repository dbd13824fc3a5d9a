//go:build browser

package browsertest

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// rows returns the ids of the runs that the page shows, in order.
func (u *user) rows() (ids []string) {
	u.t.Helper()
	u.Eval(`[...document.querySelectorAll('tr[data-run]')].map(row => row.dataset.run)`, &ids)
	return ids
}

// listed returns the ids of the runs that the API lists for a query.
func (u *user) listed(query string) (ids []string) {
	u.t.Helper()
	var page struct{ Items []struct{ ID string } }
	u.call("GET", "/v1/runs?per_page=50&"+query, nil, &page)
	for _, run := range page.Items {
		ids = append(ids, run.ID)
	}
	return ids
}

// awaitRows waits until the page shows exactly the runs, in order.
func (u *user) awaitRows(ids ...string) {
	u.t.Helper()
	u.Await(fmt.Sprintf("the %d runs %v", len(ids), ids), func() bool { return slices.Equal(u.rows(), ids) })
}

// name returns how actions name a run.
func name(job string, id string) string { return job + " (" + id[len(id)-8:] + ")" }

// intercept puts a proxy between the user and the service. It passes on what f does not respond to.
func (u *user) intercept(f func(w http.ResponseWriter, r *http.Request) bool) {
	u.t.Helper()
	target, err := url.Parse(u.base)
	if err != nil {
		u.t.Fatal(err)
	}
	pass := httputil.NewSingleHostReverseProxy(target)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !f(w, r) {
			pass.ServeHTTP(w, r)
		}
	}))
	u.t.Cleanup(proxy.Close)
	u.base = proxy.URL
}

// A second of history: runs of two jobs, with different labels, states and reasons.
func (u *user) history() (docs, shop []job) {
	u.t.Helper()
	for i := range 2 {
		docs = append(docs, u.finished("docs", u.site(3), object{"labels": object{"team": "research", "env": fmt.Sprint(i)}}))
		shop = append(shop, u.finished("shop", "", object{"labels": object{"team": "shop"}}))
	}
	return docs, shop
}

// Each filter of the API can be set on the page, is in the address as the API names it, shows what
// the API lists, also after a reload, and can be removed.
func TestRunFilters(t *testing.T) {
	u := newUser(t)
	docs, shop := u.history()
	running := u.create("docs", u.site(0), nil)
	u.await(running.Run.ID, "running")
	t.Cleanup(func() { u.send("PUT", "/v1/runs/"+running.Run.ID+"/stop", nil).Body.Close() })
	all := u.listed("")
	var middle struct {
		CreatedAt  time.Time `json:"created_at"`
		StartedAt  time.Time `json:"started_at"`
		FinishedAt time.Time `json:"finished_at"`
		UpdatedAt  time.Time `json:"updated_at"`
	}
	u.call("GET", "/v1/runs/"+docs[1].Run.ID, nil, &middle)
	u.visit("/runs")
	u.awaitRows(all...)

	// at fills a field with a time, in the format and the time zone of the browser.
	at := func(label string, moment time.Time) (string, func()) {
		moment = moment.Truncate(time.Second)
		return moment.UTC().Format(time.RFC3339), func() {
			u.Eval(fmt.Sprintf(`(input => {
				const at = new Date(%d)
				input.value = new Date(at - at.getTimezoneOffset() * 60000).toISOString().slice(0, 19)
				input.dispatchEvent(new Event('input', {bubbles: true}))
			})([...document.querySelectorAll('label')].find(l => l.textContent === %q).control)`, moment.UnixMilli(), label), nil)
		}
	}
	tick := func(label string) func() { return func() { u.Role("checkbox", label).Click() } }
	enter := func(label, text string) func() {
		return func() { u.Role("textbox", label).Type(text); u.Press("Enter") }
	}
	tests := []struct {
		query string
		set   func()
	}{
		{"statuses=running", tick("running")},
		{"stop_reasons=empty_seed", tick("empty_seed")},
		{"labels[team]=shop", enter("Find", "team=shop")},
		{"labels[env]=1", func() {
			u.Role("textbox", "Label").Type("env")
			u.Role("textbox", "Value of the label").Type("1")
			u.Press("Enter")
		}},
		{"job_ids=" + shop[1].ID, func() {
			u.Role("combobox", "Job").Type("shop")
			u.Press("Enter")
		}},
		{"include_ids=" + docs[0].Run.ID, enter("Only these runs", docs[0].Run.ID)},
		{"exclude_ids=" + docs[0].Run.ID, enter("Not these runs", docs[0].Run.ID)},
	}
	for label, moment := range map[string]time.Time{
		"Created before": middle.CreatedAt, "Created after": middle.CreatedAt,
		"Started before": middle.StartedAt, "Started after": middle.StartedAt,
		"Finished before": middle.FinishedAt, "Finished after": middle.FinishedAt,
		"Status changed after": middle.UpdatedAt,
	} {
		parameter := strings.ReplaceAll(strings.ToLower(label), " ", "_")
		if label == "Status changed after" {
			parameter = "updated_after"
		}
		value, set := at(label, moment)
		tests = append(tests, struct {
			query string
			set   func()
		}{parameter + "=" + value, set})
	}
	u.Role("DisclosureTriangle", "More filters").Click()
	for _, tt := range tests {
		t.Run(tt.query, func(t *testing.T) {
			parameter, value, _ := strings.Cut(tt.query, "=")
			tt.set()
			u.Await("the filter in the address", func() bool { return strings.Contains(decoded(u.URL()), parameter+"="+strings.TrimSuffix(value, "Z")) })
			want := u.listed(parameter + "=" + url.QueryEscape(value))
			u.awaitRows(want...)
			u.Reload()
			u.awaitRows(want...)
			u.Role("link", "Remove all").Click()
			u.awaitRows(all...)
			u.Role("DisclosureTriangle", "More filters").Click()
		})
	}
}

func decoded(address string) string {
	text, err := url.QueryUnescape(address)
	if err != nil {
		return address
	}
	return text
}

// What the API refuses in an address is shown at its place, and can be removed.
func TestRunFilterRefused(t *testing.T) {
	u := newUser(t)
	u.Allow("422")
	u.visit("/runs?created_before=yesterday&color=red")
	u.AwaitText("must be an RFC 3339 time", "color=red")
	u.CheckAccessible()
	u.Role("link", "Remove the filter color=red").Click()
	u.AwaitNoText("color")
	u.AwaitText("created_before must be")
	u.Role("link", "Remove all").Click()
	u.AwaitText("There are no runs yet")
}

// The id of a run leads to its page.
func TestFindRun(t *testing.T) {
	u := newUser(t)
	j := u.finished("docs", "", nil)
	u.visit("/runs")
	u.awaitRows(j.Run.ID)
	u.Press("/")
	u.Await("the focus on the field", func() bool { return strings.Contains(u.Focused(), "input") })
	u.Role("textbox", "Find").Type(strings.ToUpper(j.Run.ID))
	u.Press("Enter")
	u.Await("the page of the run", func() bool { return strings.Contains(u.URL(), "#/runs/"+j.Run.ID) })
}

// insert types text where the focus is.
func (u *user) insert(text string) {
	u.t.Helper()
	for _, key := range text {
		u.Press(string(key))
	}
}

// A new run moves no row while the user is in the table, who is told of it.
func TestRunsHeld(t *testing.T) {
	u := newUser(t)
	old := u.finished("old", "", nil)
	u.visit("/runs")
	u.awaitRows(old.Run.ID)
	u.Press("j")
	j := u.finished("new", "", nil)
	u.Pass(11 * time.Second)
	u.Role("button", "Show 1 new run").Await()
	u.awaitRows(old.Run.ID)
	u.Role("button", "Show 1 new run").Click()
	u.awaitRows(j.Run.ID, old.Run.ID)
}

// A part of the list that was searched in vain is not the end.
func TestRunsSearchedUntil(t *testing.T) {
	u := newUser(t)
	u.intercept(func(w http.ResponseWriter, r *http.Request) bool {
		query := r.URL.Query()
		if !query.Has("labels[team]") {
			return false
		}
		if query.Get("page") != "next" {
			w.Header().Set("Content-Type", "application/json")
			io.WriteString(w, `{"items": [], "next_page": "next", "searched_until": "2026-03-01T09:06:12.201000Z"}`)
			return true
		}
		query.Del("page")
		r.URL.RawQuery = query.Encode()
		return false
	})
	j := u.finished("docs", "", object{"labels": object{"team": "x"}})
	u.visit("/runs")
	u.awaitRows(j.Run.ID)
	u.Role("link", "team=x").Click()
	u.AwaitText("the service searched until")
	u.AwaitNoText("No run matches")
	u.Screenshot("runs-searched")
	u.Role("link", "Continue the search").Click()
	u.awaitRows(j.Run.ID)
	if !strings.Contains(u.URL(), "page=next") {
		t.Errorf("the address is %s", u.URL())
	}
}

// Pages are reached by cursors, which are in the address.
func TestRunPages(t *testing.T) {
	u := newUser(t)
	for range 3 {
		u.finished("docs", "", nil)
	}
	all := u.listed("")
	u.visit("/runs?per_page=2")
	u.awaitRows(all[:2]...)
	u.Role("link", "Next page").Click()
	u.awaitRows(all[2])
	u.Reload()
	u.awaitRows(all[2])
	u.Back()
	u.awaitRows(all[:2]...)
}

// A new tenant is led to its first job.
func TestNoRuns(t *testing.T) {
	u := newUser(t)
	u.visit("/runs")
	u.AwaitText("There are no runs yet")
	u.CheckAccessible()
	u.Screenshot("runs-none")
	u.Role("link", "Create a job").Click()
	u.Await("the form", func() bool { return strings.Contains(u.URL(), "#/jobs/new") })
}

// The page of runs is accessible.
func TestRunsAccessible(t *testing.T) {
	u := newUser(t)
	u.history()
	u.visit("/runs?labels[team]=research")
	u.awaitRows(u.listed("labels[team]=research")...)
	u.CheckAccessible()
	u.Screenshot("runs")
	u.Role("DisclosureTriangle", "More filters").Click()
	u.CheckAccessible()
	u.Screenshot("runs-filters")
}
