package local_test

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
)

// oldData is a data folder of an earlier version, with recorded responses of that version.
const oldData = "testdata/datadir-2026-11"

// recorded is the answers.json of a data folder.
type recorded struct {
	SitePort  int                    `json:"site_port"`
	Jobs      map[string]uuid.UUID   `json:"jobs"` // by role
	Runs      map[string][]uuid.UUID `json:"runs"` // by role
	Responses []struct {
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

// This version gives the recorded responses of an earlier version for its data folder, before and
// after the backfill. It lists the old runs by label and stop reason, and continues the unfinished
// ones.
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
	t.Run("responses", func(t *testing.T) {
		s := open(t, dir, uuid.New()) // the only run to crawl does not exist, so none is crawled
		s.checkResponses(old)
		s.awaitBackfill()
		s.checkResponses(old)
		s.checkLists(old)
		s.checkJobNames(old)
		for role, ids := range old.Runs {
			for _, id := range ids {
				if role != "globex" && role != "deleted" {
					s.checkNumbers(id.String(), false)
				}
			}
		}
	})
	t.Run("unfinished runs", func(t *testing.T) {
		site := serveSite(t, old.SitePort)
		s := open(t, dir, uuid.Nil)
		s.checkUnfinishedRuns(old, site)
	})
}

// checkResponses repeats the recorded requests, also those with cursors, and compares the
// responses.
func (s service) checkResponses(old recorded) {
	s.t.Helper()
	for _, a := range old.Responses {
		var want any
		if err := json.Unmarshal(a.Body, &want); err != nil {
			s.t.Fatal(err)
		}
		status, got := s.call("GET", a.Tenant, a.Path)
		if status != a.Status {
			s.t.Errorf("GET %s: status %d, was %d", a.Path, status, a.Status)
		}
		for _, difference := range differences("", want, got) {
			s.t.Errorf("GET %s: %s", a.Path, difference)
		}
	}
}

// differences lists what a new response lacks of an old one, or has with another value. It allows
// new members and other text of a cursor.
func differences(at string, want, got any) []string {
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
				all = append(all, differences(at+"."+name, value, member)...)
			}
		}
	case []any:
		list, _ := got.([]any)
		if len(list) != len(want) {
			return []string{fmt.Sprintf("%s has %d items, had %d", at, len(list), len(want))}
		}
		for i := range want {
			all = append(all, differences(fmt.Sprintf("%s[%d]", at, i), want[i], list[i])...)
		}
	default:
		if !reflect.DeepEqual(want, got) {
			all = append(all, fmt.Sprintf("%s is %v, was %v", at, got, want))
		}
	}
	return all
}

// awaitBackfill runs the backfill until it is done. A service that crawls only one run does not run
// it.
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

// checkLists checks that lists find the old runs by the index entries that the backfill wrote.
func (s service) checkLists(old recorded) {
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
			s.t.Errorf("runs with %s: %v, want %v", query, got, want)
		}
	}
	if got := s.ids("globex", "stop_reasons=max_urls"); len(got) != len(old.Runs["globex"]) {
		s.t.Errorf("runs of the other tenant: %v, want %v", got, old.Runs["globex"])
	}
}

// checkJobNames checks that old runs, which do not store the name of their job, show it.
func (s service) checkJobNames(old recorded) {
	s.t.Helper()
	for role, name := range map[string]string{"max_age": "age", "manual": "slow", "paused": "slow"} {
		for _, id := range old.Runs[role] {
			if _, r := s.call("GET", "acme", "/v1/runs/"+id.String()); r["job_name"] != name {
				s.t.Errorf("a run of the job %q has the job name %v", name, r["job_name"])
			}
		}
	}
}

// checkUnfinishedRuns checks that the crawls of the interrupted run and of the paused run continue,
// that no log entry is lost or repeated, and that lists find the runs by their stop reason.
func (s service) checkUnfinishedRuns(old recorded, site <-chan string) {
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
	await(t, "the interrupted run to continue", func() bool { return len(entries()) >= len(before)+2 })
	urls := map[string]int{}
	for _, item := range entries() {
		entry := item.(map[string]any)
		urls[entry["url"].(string)]++
		delete(before, entry["id"].(string))
	}
	if len(before) > 0 {
		t.Errorf("log entries are lost: %v", before)
	}
	for u, n := range urls {
		if n > 1 {
			t.Errorf("%s is recorded %d times", u, n)
		}
	}
	if status, r := s.call("PUT", "acme", "/v1/runs/"+paused+"/resume"); status != http.StatusOK || r["status"] != "running" {
		t.Fatalf("PUT resume: %d %v", status, r)
	}
	for range 2 { // each run sends a request, in either order
		<-site
	}
	manual := append([]string{running, paused}, idStrings(old.Runs["manual"])...)
	slices.Sort(manual)
	for _, id := range []string{running, paused} {
		if status, r := s.call("PUT", "acme", "/v1/runs/"+id+"/stop"); status != http.StatusOK || r["stop_reason"] != "manual" {
			t.Errorf("PUT stop: %d %v", status, r)
		}
	}
	if got := s.ids("acme", "stop_reasons=manual"); !slices.Equal(got, manual) {
		t.Errorf("the stopped runs are %v, want %v", got, manual)
	}
	s.checkNumbers(running, true)
	s.checkNumbers(paused, true)
}

// checkNumbers checks that the numbers over time of a run that does not crawl add up to its
// progress. The length of the queue is known only if this version recorded something.
func (s service) checkNumbers(id string, continued bool) {
	s.t.Helper()
	_, r := s.call("GET", "acme", "/v1/runs/"+id)
	status, metrics := s.call("GET", "acme", "/v1/runs/"+id+"/metrics")
	if status != http.StatusOK {
		s.t.Fatalf("the metrics of the run %s: %d %v", id, status, metrics)
	}
	_, hosts := s.call("GET", "acme", "/v1/runs/"+id+"/hosts")
	for what, list := range map[string]any{"metrics": metrics["buckets"], "hosts": hosts["items"]} {
		sums := map[string]float64{"urls_fetched": 0, "urls_failed": 0, "urls_excluded": 0, "bytes_fetched": 0}
		queued := false
		for _, item := range list.([]any) {
			for name := range sums {
				sums[name] += item.(map[string]any)[name].(float64)
			}
			queued = queued || item.(map[string]any)["urls_queued"] != nil
		}
		for name, n := range sums {
			if want := r["progress"].(map[string]any)[name]; n != want {
				s.t.Errorf("%s of the run %s: %s is %v, want %v", what, id, name, n, want)
			}
		}
		if queued && !continued {
			s.t.Errorf("%s of the run %s have a length of the queue that was not recorded", what, id)
		}
	}
}
