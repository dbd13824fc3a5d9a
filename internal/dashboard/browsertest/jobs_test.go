//go:build browser

package browsertest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/inndx/runs/internal/crawl/sitetest"
)

// editor returns the configuration in the editor.
func (u *user) editor() (config object) {
	u.t.Helper()
	text := u.Role("textbox", "Configuration as JSON").Value()
	if err := json.Unmarshal([]byte(text), &config); err != nil {
		u.t.Fatalf("%v of %s", err, text)
	}
	return config
}

// A user creates a job in the form and runs it. The editor shows what is sent, and what the user does
// not touch is not sent.
func TestCreateJob(t *testing.T) {
	u := newUser(t)
	seed := u.site(2)
	u.visit("/jobs")
	u.Role("link", "New job").Click()
	u.Role("textbox", "Name").Fill("made in the form")
	u.Role("textbox", "URLs to start from").Fill(seed)
	u.Role("textbox", "After URLs").Fill("5")
	u.Role("textbox", "Delay").Fill("0s")
	want := `{"policies":[{"kind":"robots_txt","params":{"default_delay":"0s"}}],` +
		`"seeds":[{"kind":"static_list","params":{"urls":["` + seed + `"]}}],` +
		`"stopping_criteria":[{"kind":"max_urls","params":{"max_urls":5}}]}`
	if got, _ := json.Marshal(u.editor()); string(got) != want {
		t.Errorf("the editor has %s, want %s", got, want)
	}
	u.CheckAccessible()
	u.CheckWidth()
	u.Screenshot("job-form")
	u.Role("button", "Create and run now").Click()
	u.Await("the page of the run", func() bool { return strings.Contains(u.URL(), "#/runs/") })
	u.AwaitText("made in the form", "finished")
	var jobs struct{ Items []object }
	u.call("GET", "/v1/jobs", nil, &jobs)
	if got, _ := json.Marshal(jobs.Items[0]["config"]); len(jobs.Items) != 1 || string(got) != want {
		t.Errorf("%d jobs with the configuration %s", len(jobs.Items), got)
	}
}

// What the API refuses is shown at the input or at the line of the editor, and the first place has the
// focus.
func TestJobErrors(t *testing.T) {
	u := newUser(t)
	u.Allow("422")
	u.visit("/jobs/new")
	u.Role("textbox", "Name").Fill("wrong")
	u.Role("textbox", "Configuration as JSON").Fill(`{"seeds":[{"kind":"static_list","params":{"urls":["http://a.example/","ftp://b"]}}],"traps":{"nonsense":1}}`)
	u.Role("button", "Create").Click()
	u.AwaitText("Not saved. 2 fields are invalid.", "Line 2: must be an absolute http or https URL", "config.traps.nonsense")
	u.Await("the focus", func() bool {
		var place string
		u.Eval(`document.activeElement.dataset.place ?? ''`, &place)
		return place == "config.seeds[0].params.urls"
	})
	u.CheckAccessible()
	u.Role("textbox", "Configuration as JSON").Fill("{\n  \"seeds\": x\n}")
	u.AwaitText("Line 2, column 12", "The form is locked")
}

// A user whose job somebody else changed keeps the changes, and those of the other.
func TestEditConflict(t *testing.T) {
	u := newUser(t)
	u.Allow("412")
	j := u.finished("shared", "", object{
		"labels": object{"team": "one"}, "config": object{"fetcher": object{"bearer": object{"token": "secret", "hosts": []string{"a.example"}}}},
	})
	u.visit("/jobs/" + j.ID + "/edit")
	u.Role("textbox", "After URLs").Fill("7")
	u.call("PATCH", "/v1/jobs/"+j.ID, object{"labels": object{"team": "two"}}, nil)
	u.Role("button", "Save").Click()
	u.AwaitText("somebody changed the job")
	u.Role("button", "Keep my changes and overwrite it at the next save").Click()
	u.AwaitNoText("somebody changed the job")
	u.Role("button", "Save").Click()
	u.Role("heading", "shared").Await()
	var saved object
	u.call("GET", "/v1/jobs/"+j.ID, nil, &saved)
	text, _ := json.Marshal(saved)
	for _, part := range []string{`"max_urls":7`, `"team":"two"`, `"token":"***"`, `"policies":[]`} {
		if !strings.Contains(string(text), part) {
			t.Errorf("the job %s has no %s", text, part)
		}
	}
}

// A user compares two runs of a site that changed between them.
func TestCompareRuns(t *testing.T) {
	u := newUser(t)
	var changed atomic.Bool
	site := sitetest.Start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		switch second := changed.Load(); {
		case r.URL.Path == "/" && second:
			w.Write([]byte(`<a href="/broken">x</a><a href="/fixed">x</a><a href="/flaky">x</a><a href="/added">x</a>`))
		case r.URL.Path == "/":
			w.Write([]byte(`<a href="/broken">x</a><a href="/fixed">x</a><a href="/flaky">x</a><a href="/removed">x</a>`))
		case r.URL.Path == "/broken", r.URL.Path == "/fixed" && !second, r.URL.Path == "/flaky" && second:
			http.NotFound(w, r)
		}
	}))
	j := u.finished("compared", site.URL+"/", nil)
	changed.Store(true)
	var run struct{ ID string }
	u.call("POST", "/v1/jobs/"+j.ID+"/runs", object{}, &run)
	u.await(run.ID, "finished")

	u.visit("/jobs/" + j.ID)
	u.Role("link", "Compare the last two").Click()
	for title, path := range map[string]string{
		"Newly broken": "/flaky", "Fixed": "/fixed", "Still broken": "/broken", "New": "/added", "Gone": "/removed",
	} {
		u.Role("link", "1 "+title).Click()
		u.Role("heading", title).Await()
		u.AwaitText(site.URL + path)
	}
	u.CheckAccessible()
	u.CheckWidth()
	folder := t.TempDir()
	u.AcceptDownloads(folder)
	u.Role("button", "Download all as CSV").Click()
	u.Await("the CSV", func() bool {
		files, _ := filepath.Glob(filepath.Join(folder, "compare-*.csv"))
		if len(files) != 1 {
			return false
		}
		text, _ := os.ReadFile(files[0])
		return strings.Contains(string(text), "newly_broken,"+site.URL+"/flaky,fetched 200,failed 404,,")
	})
	u.Role("link", "1 Newly broken").Click()
	u.Role("link", "failed 404").Click()
	u.Await("the log of the URL", func() bool {
		return strings.Contains(u.URL(), "/runs/"+run.ID) && strings.Contains(u.URL(), url.QueryEscape(site.URL+"/flaky"))
	})
}
