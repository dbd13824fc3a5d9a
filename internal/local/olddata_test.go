package local_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/dynamolocal"
	"github.com/inndx/runs/internal/local"
)

// oldData is a data folder of an earlier version, and what that version answered.
const oldData = "testdata/datadir-2026-11"

// recorded is answers.json of a data folder.
type recorded struct {
	SitePort int                    `json:"site_port"`
	Jobs     map[string]uuid.UUID   `json:"jobs"` // by role
	Runs     map[string][]uuid.UUID `json:"runs"` // by role
	Answers  []struct {
		Tenant string          `json:"tenant"`
		Path   string          `json:"path"`
		Status int             `json:"status"`
		Body   json.RawMessage `json:"body"`
	} `json:"answers"`
	RunningLog struct {
		Items []struct {
			ID  uuid.UUID `json:"id"`
			URL string    `json:"url"`
		} `json:"items"`
	} `json:"running_log"`
}

// This version answers all that an earlier one answered for its data folder, before and after
// it has written what it needs itself, finds the old runs by labels and stop reasons, and goes
// on with those that are not finished.
func TestDataOfAnEarlierVersion(t *testing.T) {
	var old recorded
	text, err := os.ReadFile(filepath.Join(oldData, "answers.json"))
	if err == nil {
		err = json.Unmarshal(text, &old)
	}
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	const database = "shared-local-instance.db"
	data, err := os.ReadFile(filepath.Join(oldData, database))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, database), data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Run("answers", func(t *testing.T) {
		s := open(t, dir, uuid.New()) // no run goes on
		s.compareAnswers(old)
		s.awaitBackfill()
		s.compareAnswers(old)
		s.findOldRuns(old)
		s.showJobNames(old)
	})
	t.Run("unfinished runs", func(t *testing.T) {
		site := serveSite(t, old.SitePort)
		s := open(t, dir, uuid.Nil)
		s.goOn(old, site)
	})
}

// service is the whole service on a data folder.
type service struct {
	*local.Stack
	t *testing.T
}

// open starts the service, which crawls only one run unless that is the nil UUID.
func open(t *testing.T, dir string, only uuid.UUID) service {
	t.Helper()
	t.Setenv(dynamolocal.EndpointVariable, "") // the folder needs a database of its own
	s, err := local.Start(t.Context(), local.Options{
		Addr: "127.0.0.1:0", DataDir: dir, OnlyRun: only, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return service{s, t}
}

// call returns the status and the body of an answer, as JSON.
func (s service) call(method, tenant, path string) (int, map[string]any) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.URL+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("X-Tenant-Id", tenant)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	var body map[string]any
	if err := json.Unmarshal(text, &body); err != nil {
		s.t.Fatalf("%s %s: %d %s", method, path, resp.StatusCode, text)
	}
	return resp.StatusCode, body
}

// compareAnswers asks all that was asked before, cursors included.
func (s service) compareAnswers(old recorded) {
	s.t.Helper()
	for _, a := range old.Answers {
		var want any
		if err := json.Unmarshal(a.Body, &want); err != nil {
			s.t.Fatal(err)
		}
		status, got := s.call("GET", a.Tenant, a.Path)
		if status != a.Status {
			s.t.Errorf("%s: %d, was %d", a.Path, status, a.Status)
		}
		for _, difference := range missing("", want, got) {
			s.t.Errorf("%s: %s", a.Path, difference)
		}
	}
}

// missing says what of an old answer a new one has not, or has otherwise. New members are
// allowed, and another spelling of a cursor.
func missing(at string, want, got any) []string {
	var all []string
	switch want := want.(type) {
	case map[string]any:
		object, _ := got.(map[string]any)
		for name, value := range want {
			switch member, ok := object[name]; {
			case !ok:
				all = append(all, fmt.Sprintf("%s.%s is missing", at, name))
			case name == "next_page" && (value == nil) == (member == nil):
			default:
				all = append(all, missing(at+"."+name, value, member)...)
			}
		}
	case []any:
		list, _ := got.([]any)
		if len(list) != len(want) {
			return []string{fmt.Sprintf("%s has %d items, had %d", at, len(list), len(want))}
		}
		for i := range want {
			all = append(all, missing(fmt.Sprintf("%s[%d]", at, i), want[i], list[i])...)
		}
	default:
		if !reflect.DeepEqual(want, got) {
			all = append(all, fmt.Sprintf("%s is %v, was %v", at, got, want))
		}
	}
	return all
}

// awaitBackfill waits until lists rely on entries. A service of one run leaves the backfill to others.
func (s service) awaitBackfill() {
	s.t.Helper()
	await(s.t, "the backfill", func() bool {
		done, err := s.Store.Backfill(s.t.Context(), math.MaxInt, time.Now().Add(time.Minute))
		if err != nil {
			s.t.Fatal(err)
		}
		return done
	})
}

// ids returns the ids of the runs of a whole list, sorted.
func (s service) ids(tenant, query string) []string {
	s.t.Helper()
	ids := []string{}
	for page := ""; ; {
		status, body := s.call("GET", tenant, "/v1/runs?per_page=2&"+query+page)
		if status != http.StatusOK {
			s.t.Fatalf("%s: %d %v", query, status, body)
		}
		for _, item := range body["items"].([]any) {
			ids = append(ids, item.(map[string]any)["id"].(string))
		}
		if body["next_page"] == nil {
			slices.Sort(ids)
			return ids
		}
		page = "&page=" + url.QueryEscape(body["next_page"].(string))
	}
}

// findOldRuns lists the old runs by what they have entries of now.
func (s service) findOldRuns(old recorded) {
	s.t.Helper()
	for query, roles := range map[string][]string{
		"stop_reasons=max_urls":                                         {"max_urls"},
		"stop_reasons=max_age&stop_reasons=empty_seed":                  {"max_age", "empty_seed"},
		"labels[rare]=yes":                                              {"max_age"},
		"labels[team]=ops&stop_reasons=manual":                          {"manual"},
		"labels[team]=ops&labels[stage]=test":                           {"manual", "paused", "running"},
		"labels[stage]=test&statuses=paused":                            {"paused"},
		"job_ids=" + old.Jobs["slow"].String() + "&stop_reasons=manual": {"manual"},
		"stop_reasons=unknown":                                          {},
	} {
		want := []string{}
		for _, role := range roles {
			for _, id := range old.Runs[role] {
				want = append(want, id.String())
			}
		}
		slices.Sort(want)
		if got := s.ids("acme", query); !slices.Equal(got, want) {
			s.t.Errorf("%s: %v, want %v", query, got, want)
		}
	}
	if got := s.ids("globex", "stop_reasons=max_urls"); len(got) != len(old.Runs["globex"]) {
		s.t.Errorf("the other tenant has %v, want %v", got, old.Runs["globex"])
	}
}

// showJobNames checks that old runs, which do not hold the name of their job, show it.
func (s service) showJobNames(old recorded) {
	s.t.Helper()
	for role, name := range map[string]string{"max_age": "age", "manual": "slow", "paused": "slow"} {
		for _, id := range old.Runs[role] {
			if _, r := s.call("GET", "acme", "/v1/runs/"+id.String()); r["job_name"] != name {
				s.t.Errorf("a run of the job %q has the job name %v", name, r["job_name"])
			}
		}
	}
}

// goOn checks that the interrupted run and the paused run are crawled further, without losing or
// repeating what was recorded, and that they are listed by how they end.
func (s service) goOn(old recorded, site <-chan string) {
	t := s.t
	running, paused := old.Runs["running"][0].String(), old.Runs["paused"][0].String()
	before := map[string]bool{}
	for _, entry := range old.RunningLog.Items {
		before[entry.ID.String()] = true
	}
	entries := func() []any {
		_, body := s.call("GET", "acme", "/v1/runs/"+running+"/logs?per_page=100")
		return body["items"].([]any)
	}
	await(t, "the interrupted run to go on", func() bool { return len(entries()) >= len(before)+2 })
	urls := map[string]int{}
	for _, item := range entries() {
		entry := item.(map[string]any)
		urls[entry["url"].(string)]++
		delete(before, entry["id"].(string))
	}
	if len(before) > 0 {
		t.Errorf("entries of the log are gone: %v", before)
	}
	for u, n := range urls {
		if n > 1 {
			t.Errorf("%s is recorded %d times", u, n)
		}
	}
	if status, r := s.call("PUT", "acme", "/v1/runs/"+paused+"/resume"); status != http.StatusOK || r["status"] != "running" {
		t.Fatalf("resume: %d %v", status, r)
	}
	for range 2 { // the site is asked by both runs, in whatever order
		<-site
	}
	manual := append([]string{running, paused}, idStrings(old.Runs["manual"])...)
	slices.Sort(manual)
	for _, id := range []string{running, paused} {
		if status, r := s.call("PUT", "acme", "/v1/runs/"+id+"/stop"); status != http.StatusOK || r["stop_reason"] != "manual" {
			t.Errorf("stop: %d %v", status, r)
		}
	}
	if got := s.ids("acme", "stop_reasons=manual"); !slices.Equal(got, manual) {
		t.Errorf("the stopped runs are %v, want %v", got, manual)
	}
}

func idStrings(ids []uuid.UUID) (all []string) {
	for _, id := range ids {
		all = append(all, id.String())
	}
	return all
}

// serveSite serves the site that the old runs crawl, and delivers each path that is asked for.
func serveSite(t *testing.T, port int) <-chan string {
	t.Helper()
	listener, err := net.Listen("tcp", fmt.Sprintf("localhost:%d", port))
	if err != nil {
		t.Skip("the port of the site is taken:", err)
	}
	asked := make(chan string, 10_000)
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.URL.Path
		if r.URL.Path == "/robots.txt" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, "<p>A page.")
	})}
	go server.Serve(listener) // until it is closed
	t.Cleanup(func() { server.Close() })
	return asked
}

// await waits until the condition holds.
func await(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline := time.After(time.Minute)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-deadline:
			t.Fatal("waited too long for", what)
		case <-tick.C:
		}
	}
}
