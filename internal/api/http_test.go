package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/inndx/runs/internal/api"
	"github.com/inndx/runs/internal/openapi"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
)

const (
	minimal = `{"name":"docs"}`
	idA     = "0190b5a2-6f3e-7c4d-9a1b-2c3d4e5f6071"
	idB     = "9c2b5a1e-0000-4000-8000-00000000000b"
)

var stamp = regexp.MustCompile(`^"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"$`)

// members returns the members of a JSON object as they stand.
func members(t *testing.T, object []byte) map[string]string {
	t.Helper()
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(object, &raw); err != nil {
		t.Fatal(err)
	}
	m := map[string]string{}
	for k, v := range raw {
		m[k] = string(v)
	}
	return m
}

// wantMembers compares an object with members written as JSON; "time" stands for any time.
func wantMembers(t *testing.T, object []byte, want map[string]string) {
	t.Helper()
	got := members(t, object)
	for k, v := range got {
		if stamp.MatchString(v) {
			got[k] = "time"
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestJob(t *testing.T) {
	c := newService(t).as("acme")
	const config = `{"seeds":[{"kind":"static_list","params":{"urls":["https://example.com/<a>&b"]}}]}`
	r := c.do("POST", "/v1/jobs", `{"id":"`+strings.ToUpper(idB)+`","name":"Döcs","labels":{"team":"research"},"config":`+config+`}`).want(201)
	want := map[string]string{
		"id": `"` + idB + `"`, "name": `"Döcs"`, "labels": `{"team":"research"}`, "config": config,
		"created_at": "time", "updated_at": "time",
	}
	wantMembers(t, r.body, want)
	created := r.job()
	path := r.reach(r.header.Get("Location"))
	if path != "/v1/jobs/"+idB {
		t.Errorf("Location leads to %q", path)
	}
	wantMembers(t, c.do("GET", "/v1/jobs/"+strings.ToUpper(idB), nil).want(200).body, want)

	// A given id is taken once.
	c.do("POST", "/v1/jobs", `{"id":"`+idB+`","name":"other"}`).want(409)
	c.do("POST", "/v1/jobs?create_run=true", `{"id":"`+idB+`","name":"other"}`).want(409)
	if got := c.do("GET", "/v1/runs", nil).want(200).runs(); len(got.Items) != 0 {
		t.Errorf("a refused job has left %d runs", len(got.Items))
	}

	// An update replaces whole what it is given.
	if got := c.do("PATCH", path, `{}`).want(200).job(); got.UpdatedAt != created.UpdatedAt {
		t.Error("an empty update changes the job")
	}
	want["name"] = `"docs"`
	wantMembers(t, c.do("PATCH", path, minimal).want(200).body, want)
	want["labels"] = `{"a":"","b":"2"}`
	wantMembers(t, c.do("PATCH", path, `{"labels":{"a":"","b":"2"}}`).want(200).body, want)
	want["labels"], want["config"], want["name"] = `{}`, `{}`, `"x"`
	r = c.do("PATCH", path, `{"labels":{},"config":{},"name":"x"}`).want(200)
	wantMembers(t, r.body, want)
	if got := r.job(); got.CreatedAt != created.CreatedAt || !got.UpdatedAt.After(created.UpdatedAt) {
		t.Errorf("created %v, updated %v", got.CreatedAt, got.UpdatedAt)
	}
	c.do("PATCH", path, `{"name":"","labels":{"a":1},"config":{"seeds":{}}}`).wantFields("name:length labels.a:type config.seeds:type")
	c.do("PATCH", path, `{"config":{"speed":{"concurrency":0}}}`).wantFields("config.speed.concurrency:range")
	c.do("PATCH", path, nil).want(400)
	wantMembers(t, c.do("GET", path, nil).want(200).body, want)

	// It is deleted once, and not while runs of it are unfinished.
	r1, r2 := c.createRun(created.ID), c.createRun(created.ID)
	for _, unfinished := range []run.Status{run.Pending, run.Running, run.Paused} {
		if unfinished != run.Pending {
			c.bring(r1.ID, unfinished)
		}
		if got := c.do("DELETE", path, nil).want(409).failure(); !strings.Contains(got.Message, "unfinished") {
			t.Errorf("conflict does not name the state: %s", got.Message)
		}
	}
	c.bring(r1.ID, run.Finished)
	c.do("DELETE", path, nil).want(409)
	c.do("DELETE", "/v1/runs/"+r2.ID.String(), nil).want(204)
	if r := c.do("DELETE", path, nil).want(204); len(r.body) != 0 || r.header.Get("Content-Type") != "" {
		t.Errorf("204 with a body: %q %v", r.body, r.header)
	}
	c.do("DELETE", path, nil).want(404)
	c.do("GET", path, nil).want(404)
	c.do("PATCH", path, minimal).want(404)
	c.do("GET", path+"/runs", nil).want(404)
	c.do("POST", path+"/runs", nil).want(404)

	// Its finished runs stay.
	c.do("GET", "/v1/runs/"+r1.ID.String(), nil).want(200)
	if got := c.do("GET", "/v1/runs?job_ids="+idB, nil).want(200).runs(); len(got.Items) != 1 || got.Items[0].ID != r1.ID {
		t.Errorf("the runs of a deleted job: %+v", got.Items)
	}
}

func TestCreateJobWithRun(t *testing.T) {
	c := newService(t).as("acme")
	r := c.do("POST", "/v1/jobs?create_run=true", `{"name":"docs","labels":{"a":"b"}}`).want(201)
	j := r.job()
	if j.Run == nil || j.Run.JobID != j.ID || j.Run.Status != run.Pending || j.Run.Labels["a"] != "b" {
		t.Fatalf("%s", r.body)
	}
	if got := r.reach(r.header.Get("Location")); got != "/v1/jobs/"+j.ID.String() {
		t.Errorf("Location leads to %q", got)
	}
	stored := c.do("GET", "/v1/runs/"+j.Run.ID.String(), nil).want(200).run()
	if d := cmp.Diff(*j.Run, stored); d != "" {
		t.Errorf("the run inside the job is another (-job +run):\n%s", d)
	}
	if d := cmp.Diff([]run.Ref{{Tenant: "acme", ID: stored.ID}}, c.queue.take()); d != "" {
		t.Errorf("wake-ups (-want +got):\n%s", d)
	}
	for _, q := range []string{"", "?create_run=false"} {
		r := c.do("POST", "/v1/jobs"+q, minimal).want(201)
		if _, has := members(t, r.body)["run"]; has || len(c.queue.take()) > 0 {
			t.Errorf("%q creates a run: %s", q, r.body)
		}
	}
	for _, q := range []string{"1", "TRUE", "yes"} {
		c.do("POST", "/v1/jobs?create_run="+q, minimal).wantFields("create_run:enum")
	}
	c.do("POST", "/v1/jobs?create_run=true&create_run=true", minimal).wantFields("create_run:duplicate")
}

// A run keeps the configuration and labels that its job had, and shows what has happened to
// it and nothing else.
func TestRun(t *testing.T) {
	// On the whole second, where a time is easily written shorter than it should be.
	now := time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)
	c := newService(t, store.WithClock(func() time.Time { return now })).as("acme")
	j := c.createJob(`{"name":"docs","labels":{"team":"research"}}`)
	r := c.do("POST", "/v1/jobs/"+j.ID.String()+"/runs", `{"id":"`+strings.ToUpper(idB)+`"}`).want(201)
	path := "/v1/runs/" + idB
	if got := r.reach(r.header.Get("Location")); got != path {
		t.Errorf("Location leads to %q", got)
	}
	resolved := members(t, r.body)["config"]
	for _, part := range []string{"user_agent", "stopping_criteria", "filters", "policies", "speed", "fetcher", "traps", "max_queue_size"} {
		if !strings.Contains(resolved, `"`+part+`":`) {
			t.Errorf("the resolved configuration has no %s: %s", part, resolved)
		}
	}
	want := map[string]string{
		"id": `"` + idB + `"`, "job_id": `"` + j.ID.String() + `"`, "job_name": `"docs"`, "status": `"pending"`, "stop_reason": "null",
		"config": resolved, "labels": `{"team":"research"}`,
		"created_at": "time", "started_at": "null", "paused_at": "null", "finished_at": "null", "updated_at": "time",
		"progress": `{"urls_queued":0,"urls_fetched":0,"urls_failed":0,"urls_excluded":0,"bytes_fetched":0,"depth":0}`,
	}
	wantMembers(t, r.body, want)
	c.do("PATCH", "/v1/jobs/"+j.ID.String(), `{"name":"other","labels":{},"config":{"user_agent":"other"}}`).want(200)
	wantMembers(t, c.do("GET", path, nil).want(200).body, want)

	c.bring(r.run().ID, run.Running)
	want["status"], want["started_at"] = `"running"`, "time"
	wantMembers(t, c.do("GET", path, nil).want(200).body, want)
	want["status"], want["paused_at"] = `"paused"`, "time"
	wantMembers(t, c.do("PUT", path+"/pause", nil).want(200).body, want)
	want["status"], want["paused_at"] = `"running"`, "null"
	wantMembers(t, c.do("PUT", path+"/resume", "").want(200).body, want)
	want["status"], want["finished_at"], want["stop_reason"] = `"finished"`, "time", `"manual"`
	wantMembers(t, c.beyond().do("PUT", path+"/stop", "{}").want(200).body, want)
	wantMembers(t, c.do("GET", path, nil).want(200).body, want)

	if r := c.do("DELETE", path, nil).want(204); len(r.body) != 0 {
		t.Errorf("204 with a body: %q", r.body)
	}
	for _, method := range []string{"GET", "DELETE"} {
		c.do(method, path, nil).want(404)
	}
	for _, action := range []string{"pause", "resume", "stop"} {
		c.do("PUT", path+"/"+action, nil).want(404)
	}
	msg := run.Ref{Tenant: "acme", ID: uuid.MustParse(idB)}
	if d := cmp.Diff([]run.Ref{msg, msg, msg}, c.queue.take()); d != "" { // create, resume, delete
		t.Errorf("wake-ups (-want +got):\n%s", d)
	}
}

func TestCreateRun(t *testing.T) {
	c := newService(t).as("acme")
	j := c.createJob(minimal)
	path := "/v1/jobs/" + j.ID.String() + "/runs"
	for _, body := range []any{nil, "", "{}", " {\n} "} {
		r := c.do("POST", path, body).want(201).run()
		if r.ID.Version() != 7 {
			t.Errorf("generated id %v is not a UUIDv7", r.ID)
		}
	}
	c.do("POST", path, `{"id":"`+idA+`"}`).want(201)
	c.do("POST", path, `{"id":"`+strings.ToUpper(idA)+`"}`).want(409)
	c.do("POST", "/v1/jobs/"+idB+"/runs", nil).want(404)
	for _, tt := range []struct{ body, fields string }{
		{`{"id":""}`, "id:format"},
		{`{"id":"x"}`, "id:format"},
		{`{"id":null}`, "id:type"},
		{`{"id":5}`, "id:type"},
		{`{"id":"00000000-0000-0000-0000-000000000000"}`, "id:format"},
		{`{"id":"` + idA + `","id":"` + idA + `"}`, "id:duplicate"},
		{`{"ID":"` + idA + `"}`, "ID:unknown"},
		{`{"job_id":"` + idA + `","id":1}`, "id:type job_id:unknown"},
	} {
		c.do("POST", path, tt.body).wantFields(tt.fields)
	}
	exclusive := c.createJob(`{"name":"one at a time","config":{"starting_criteria":[{"kind":"exclusive","params":{"by":"job_id","limit":1}}]}}`)
	path = "/v1/jobs/" + exclusive.ID.String() + "/runs"
	first := c.do("POST", path, nil).want(201).run()
	c.do("POST", path, nil).want(409)
	c.bring(first.ID, run.Finished)
	c.do("POST", path, nil).want(201)
}

// The contract's table: action, present status, answer.
func TestLifecycle(t *testing.T) {
	c := newService(t).as("acme")
	j := c.createJob(minimal)
	for _, tt := range []struct {
		action string
		from   run.Status
		status int
		to     run.Status
	}{
		{"pause", run.Pending, 409, run.Pending},
		{"pause", run.Running, 200, run.Paused},
		{"pause", run.Paused, 200, run.Paused},
		{"pause", run.Finished, 409, run.Finished},
		{"resume", run.Pending, 409, run.Pending},
		{"resume", run.Running, 200, run.Running},
		{"resume", run.Paused, 200, run.Running},
		{"resume", run.Finished, 409, run.Finished},
		{"stop", run.Pending, 200, run.Finished},
		{"stop", run.Running, 200, run.Finished},
		{"stop", run.Paused, 200, run.Finished},
		{"stop", run.Finished, 200, run.Finished},
		{"delete", run.Pending, 204, ""},
		{"delete", run.Running, 204, ""},
		{"delete", run.Paused, 204, ""},
		{"delete", run.Finished, 204, ""},
	} {
		t.Run(fmt.Sprintf("%s %s", tt.action, tt.from), func(t *testing.T) {
			id := c.createRun(j.ID).ID
			c.bring(id, tt.from)
			path := "/v1/runs/" + id.String()
			before := c.do("GET", path, nil).want(200)
			if tt.action == "delete" {
				c.do("DELETE", path, nil).want(204)
				c.do("GET", path, nil).want(404)
				return
			}
			r := c.do("PUT", path+"/"+tt.action, nil).want(tt.status)
			after := c.do("GET", path, nil).want(200)
			if after.run().Status != tt.to {
				t.Errorf("the run is %s, want %s", after.run().Status, tt.to)
			}
			switch {
			case r.status == 409:
				if got := r.failure().Message; !strings.Contains(got, string(tt.from)) {
					t.Errorf("conflict does not name the state: %q", got)
				}
			case !bytes.Equal(r.body, after.body):
				t.Errorf("answered %s, is %s", r.body, after.body)
			}
			if tt.from == tt.to && !bytes.Equal(before.body, after.body) {
				t.Errorf("was %s, is %s", before.body, after.body)
			}
		})
	}
	// All unfinished runs are accounted for.
	for _, r := range c.do("GET", "/v1/runs?per_page=100&statuses=pending&statuses=running&statuses=paused", nil).want(200).runs().Items {
		c.do("DELETE", "/v1/runs/"+r.ID.String(), nil).want(204)
	}
	c.do("DELETE", "/v1/jobs/"+j.ID.String(), nil).want(204)
}

func TestBodies(t *testing.T) {
	c := newService(t).as("acme")
	big := func(n int) string { // a valid body of n bytes
		return `{"name":"docs"` + strings.Repeat(" ", n-len(minimal)) + `}`
	}
	const json = "application/json"
	for _, tt := range []struct {
		name, contentType, body string
		status                  int
		message                 string
	}{
		{"charset", "application/json; charset=UTF-8", minimal, 201, ""},
		{"at the bound", json, big(256 << 10), 201, ""},
		{"over the bound", json, big(256<<10 + 1), 413, "262144"},
		{"far over the bound", json, big(3 << 20), 413, "262144"},
		{"form", "application/x-www-form-urlencoded", minimal, 415, "application/json"},
		{"merge patch", "application/merge-patch+json", minimal, 415, "application/json"},
		{"no type", "", minimal, 415, "application/json"},
		{"two types", "application/json, text/plain", minimal, 415, "application/json"},
		{"other charset", "application/json; charset=latin1", minimal, 415, "application/json"},
		{"empty", json, "", 400, "empty"},
		{"spaces", json, "  ", 400, "line 1"},
		{"cut", json, `{"name":`, 400, "line 1, column 8"},
		{"second line", json, "{\n'name':1}", 400, "line 2, column 1"},
		{"trailing", json, minimal + "x", 400, "column 16"},
		{"trailing comma", json, `{"name":"docs",}`, 400, "column 16"},
		{"two documents", json, minimal + minimal, 400, "column 16"},
		{"byte order mark", json, "\ufeff" + minimal, 400, "line 1, column 1"},
		{"not UTF-8", json, "{\"name\":\"\xff\"}", 400, "UTF-8"},
		{"half a character", json, `{"name":"\ud83d"}`, 400, "surrogate"},
		{"deep", json, strings.Repeat("[", 200_000), 400, "depth"},
		{"deep object", json, strings.Repeat(`{"a":`, 50_000), 400, "depth"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := c.do("POST", "/v1/jobs", tt.body, "Content-Type", tt.contentType).want(tt.status)
			if tt.status >= 400 && !strings.Contains(r.failure().Message, tt.message) {
				t.Errorf("message %q does not say %q", r.failure().Message, tt.message)
			}
		})
	}
	c.beyond().do("POST", "/v1/jobs", minimal, "Content-Type", "Application/JSON").want(201)
	c.do("POST", "/v1/jobs", minimal, "Content-Encoding", "gzip").want(415)
	c.do("POST", "/v1/jobs", minimal, "Content-Encoding", "identity").want(201)

	for _, tt := range []struct{ body, fields string }{
		{`{}`, "name:required"},
		{`[]`, ".:type"},
		{`null`, ".:type"},
		{`"name"`, ".:type"},
		{`{"name":null}`, "name:type"},
		{`{"name":1}`, "name:type"},
		{`{"name":""}`, "name:length"},
		{`{"name":"` + strings.Repeat("é", 256) + `"}`, "name:length"},
		{`{"name":"a","name":"b"}`, "name:duplicate"},
		{`{"name":"a","id":null,"labels":null,"config":null}`, "id:type labels:type config:type"},
		{`{"name":"a","labels":[]}`, "labels:type"},
		{`{"name":"a","labels":{"a":null,"b":{}}}`, "labels.a:type labels.b:type"},
		{`{"name":"a","labels":{"a":"1","a":"2"}}`, "labels.a:duplicate"},
		{`{"name":"a","labels":{"":"1"}}`, "labels.:length"},
		{`{"name":"a","labels":{"k":"` + strings.Repeat("v", 256) + `"}}`, "labels.k:length"},
		{`{"name":"a","created_at":"2026-01-01T00:00:00Z"}`, "created_at:unknown"},
		{`{"name":"a","config":{"seeds":[{"kind":"static_list","params":{"urls":["x"]}},{"kind":"nope","params":{}}]}}`,
			"config.seeds[0].params.urls[0]:format config.seeds[1].kind:unknown"},
		{`{"id":1,"labels":{"a":1},"config":{"speed":{"concurrency":0}},"x":1}`,
			"id:type name:required labels.a:type config.speed.concurrency:range x:unknown"},
	} {
		c.do("POST", "/v1/jobs", tt.body).wantFields(tt.fields)
	}
	c.do("POST", "/v1/jobs", `{"name":"`+strings.Repeat("é", 255)+`"}`).want(201)
}

// Header, path, query and body are reported together.
func TestAllWrongFieldsAtOnce(t *testing.T) {
	c := newService(t).as("a b")
	c.do("POST", "/v1/jobs?create_run=x&y=1", `{"id":"x"}`).
		wantFields("X-Tenant-Id:format create_run:enum y:unknown id:format name:required")
	c.do("PATCH", "/v1/jobs/x?y=1", `{"z":1}`).
		wantFields("X-Tenant-Id:format job_id:format y:unknown z:unknown")
	c.do("GET", "/v1/jobs/x/runs?job_ids="+idA+"&per_page=0&labels[a]=", nil).
		wantFields("X-Tenant-Id:format job_id:format job_ids:unknown per_page:range labels[a]:empty")
}

// A route takes no parameter and no body member that it does not declare.
func TestNothingIsIgnored(t *testing.T) {
	c := newService(t).as("acme")
	j := c.createJob(minimal)
	r := c.createRun(j.ID)
	c.bring(r.ID, run.Running)
	job, run := "/v1/jobs/"+j.ID.String(), "/v1/runs/"+r.ID.String()
	for _, tt := range []struct{ method, path string }{
		{"GET", "/v1/runs"}, {"GET", job + "/runs"}, {"POST", job + "/runs"}, {"GET", run}, {"GET", run + "/logs"}, {"DELETE", run},
		{"PUT", run + "/pause"}, {"PUT", run + "/resume"}, {"PUT", run + "/stop"},
		{"GET", "/v1/jobs"}, {"POST", "/v1/jobs"}, {"GET", job}, {"PATCH", job}, {"DELETE", job},
		{"GET", "/.well-known/openapi.json"}, {"GET", "/.well-known/docs"},
	} {
		body := `{"nope":1}`
		want := "force:unknown nope:unknown"
		if tt.method == "POST" && tt.path == "/v1/jobs" {
			want = "force:unknown name:required nope:unknown"
		}
		c.do(tt.method, tt.path+"?force=1", body).wantFields(want)
	}
	if got := c.do("GET", run, nil).want(200).run(); got.Status != "running" {
		t.Errorf("a refused request has moved the run: %s", got.Status)
	}
	c.do("GET", "/v1/runs/x", nil).wantFields("run_id:format")
	c.do("GET", "/v1/runs/{"+r.ID.String()+"}", nil).wantFields("run_id:format")
}

func TestTenantHeader(t *testing.T) {
	s := newService(t)
	s.as("default").createJob(minimal)
	request := func(tenants ...string) reply {
		req, err := http.NewRequestWithContext(t.Context(), "GET", s.url+"/v1/jobs", nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range tenants {
			req.Header.Add("X-Tenant-Id", id)
		}
		return s.as("").send(req, nil)
	}
	if got := request().want(200).jobs(); len(got.Items) != 1 {
		t.Errorf("without the header %d jobs of the default tenant are seen", len(got.Items))
	}
	for _, id := range []string{"DEFAULT", "Default", "0", "a.b_c-d", strings.Repeat("a", 63)} {
		if got := request(id).want(200).jobs(); len(got.Items) != 0 {
			t.Errorf("%s sees the default tenant's jobs", id)
		}
	}
	for _, id := range []string{"", ".a", "-a", "a b", "a#b", "a/b", "ü", "a,b", strings.Repeat("a", 64)} {
		request(id).wantFields("X-Tenant-Id:format")
	}
	request("acme", "acme").wantFields("X-Tenant-Id:duplicate")
}

// Whatever one tenant does with ids of another is answered as if there were no such thing,
// to the byte.
func TestTenantsAreStrangers(t *testing.T) {
	s := newService(t)
	owner, stranger := s.as("owner"), s.as("stranger")
	j := owner.createJob(`{"name":"secret","labels":{"a":"b"}}`)
	r := owner.createRun(j.ID)
	owner.createRun(j.ID)
	owner.bring(r.ID, run.Running)
	own := stranger.createJob(minimal)

	nobodys := uuid.New().String()
	same := func(method, path, body string, id uuid.UUID) {
		t.Helper()
		var b any
		if body != "" {
			b = body
		}
		got := stranger.do(method, strings.ReplaceAll(path, "ID", id.String()), b)
		want := stranger.do(method, strings.ReplaceAll(path, "ID", nobodys), b)
		if got.status != want.status || !bytes.Equal(got.body, want.body) || got.status >= 500 {
			t.Errorf("%s %s: %d %s for another's, %d %s for nobody's", method, path, got.status, got.body, want.status, want.body)
		}
	}
	same("GET", "/v1/runs/ID", "", r.ID)
	same("GET", "/v1/runs/ID/logs", "", r.ID)
	same("PUT", "/v1/runs/ID/pause", "", r.ID)
	same("PUT", "/v1/runs/ID/resume", "", r.ID)
	same("PUT", "/v1/runs/ID/stop", "", r.ID)
	same("DELETE", "/v1/runs/ID", "", r.ID)
	same("GET", "/v1/jobs/ID", "", j.ID)
	same("PATCH", "/v1/jobs/ID", `{"name":"mine"}`, j.ID)
	same("PATCH", "/v1/jobs/ID", `{}`, j.ID)
	same("DELETE", "/v1/jobs/ID", "", j.ID)
	same("GET", "/v1/jobs/ID/runs", "", j.ID)
	same("POST", "/v1/jobs/ID/runs", "", j.ID)
	same("GET", "/v1/runs?include_ids=ID", "", r.ID)
	same("GET", "/v1/runs?job_ids=ID", "", j.ID)
	same("GET", "/v1/jobs?include_ids=ID", "", j.ID)
	for _, list := range []string{"/v1/runs", "/v1/runs?statuses=running", "/v1/runs?labels[a]=b", "/v1/jobs?names=secret"} {
		if r := stranger.do("GET", list, nil).want(200); !bytes.HasPrefix(r.body, []byte(`{"items":[],"next_page":null,"searched_until":null}`)) {
			t.Errorf("%s: %s", list, r.body)
		}
	}

	// Nor do cursors help.
	for _, list := range []string{"/v1/runs?per_page=1", "/v1/runs?per_page=1&statuses=pending&statuses=running"} {
		cursor := owner.do("GET", list, nil).want(200).runs().NextPage
		stranger.do("GET", list+"&page="+*cursor, nil).wantFields("page:cursor")
	}

	// An id that one tenant has is free for another.
	stranger.do("POST", "/v1/jobs", `{"id":"`+j.ID.String()+`","name":"mine"}`).want(201)
	stranger.do("POST", "/v1/jobs/"+own.ID.String()+"/runs", `{"id":"`+r.ID.String()+`"}`).want(201)
	stranger.do("DELETE", "/v1/runs/"+r.ID.String(), nil).want(204)
	stranger.do("DELETE", "/v1/jobs/"+j.ID.String(), nil).want(204)
	if got := owner.do("GET", "/v1/runs/"+r.ID.String(), nil).want(200).run(); got.Status != run.Running {
		t.Errorf("the owner's run is %s", got.Status)
	}
	if got := owner.do("GET", "/v1/jobs/"+j.ID.String(), nil).want(200).job(); got.Name != "secret" {
		t.Errorf("the owner's job is %s", got.Name)
	}
}

// What is served is what is described.
func TestRoutesAreDescribed(t *testing.T) {
	var document struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	if err := json.Unmarshal(openapi.JSON(), &document); err != nil {
		t.Fatal(err)
	}
	var described, served []string
	for path, methods := range document.Paths {
		for method, text := range methods {
			if method == "parameters" {
				continue
			}
			var operation struct{ OperationID string }
			if err := json.Unmarshal(text, &operation); err != nil {
				t.Fatal(err)
			}
			described = append(described, strings.ToUpper(method)+" "+path+" "+operation.OperationID)
		}
	}
	for _, r := range api.Routes() {
		served = append(served, r.Method+" "+r.Pattern+" "+r.Name)
	}
	slices.Sort(described)
	slices.Sort(served)
	if d := cmp.Diff(described, served); d != "" {
		t.Errorf("(-described +served):\n%s", d)
	}
}

func TestWellKnown(t *testing.T) {
	c := newService(t).as("not a tenant") // these belong to nobody
	r := c.do("GET", "/.well-known/openapi.json", nil).want(200)
	if !json.Valid(r.body) || !strings.HasPrefix(members(t, r.body)["openapi"], `"3.1`) {
		t.Errorf("not an OpenAPI 3.1 document: %.100s", r.body)
	}
	r = c.do("GET", "/.well-known/docs", nil).want(200)
	if got := r.header.Get("Content-Type"); got != "text/html; charset=utf-8" || !bytes.Contains(r.body, []byte("<html")) {
		t.Errorf("Content-Type %q: %.100s", got, r.body)
	}
	if regexp.MustCompile(`(?i)(src|href)="(https?:)?//[^"]*\.(js|css)`).Match(r.body) {
		t.Error("the page loads from elsewhere")
	}
}

func TestHead(t *testing.T) {
	c := newService(t).as("acme")
	j := c.createJob(minimal)
	c.createRun(j.ID)
	c.createRun(j.ID)
	for _, path := range []string{"/v1/runs?per_page=1", "/v1/jobs/" + j.ID.String(), "/v1/runs/" + idA, "/v1/runs?x=1"} {
		// A client of Go asks for gzip by itself, but not by HEAD.
		get, head := c.do("GET", path, nil, "Accept-Encoding", "identity"), c.do("HEAD", path, nil)
		if len(head.body) != 0 {
			t.Errorf("HEAD %s: %s", path, head.body)
		}
		for _, name := range []string{"Content-Type", "Content-Length", "Link", "Cache-Control", "ETag", "Vary"} {
			if g, h := get.header.Get(name), head.header.Get(name); g != h || get.status != head.status {
				t.Errorf("%s: %s is %q for GET and %q for HEAD", path, name, g, h)
			}
		}
	}
}

var next = regexp.MustCompile(`^<([^>]+)>; rel="next"$`)

// walk follows the Link headers of a list and returns the ids in their order.
func (c client) walk(path string) []uuid.UUID {
	c.t.Helper()
	var ids []uuid.UUID
	for pages := 0; ; pages++ {
		if pages > 1000 {
			c.t.Fatalf("%s: endless", path)
		}
		r := c.do("GET", path, nil).want(200)
		var page pageAnswer[struct {
			ID uuid.UUID `json:"id"`
		}]
		if err := json.Unmarshal(r.body, &page); err != nil {
			c.t.Fatal(err)
		}
		for _, item := range page.Items {
			ids = append(ids, item.ID)
		}
		link := r.header.Get("Link")
		if page.NextPage == nil {
			if link != "" {
				c.t.Errorf("%s: Link %q on the last page", path, link)
			}
			return ids
		}
		m := next.FindStringSubmatch(link)
		if m == nil || !strings.Contains(m[1], *page.NextPage) {
			c.t.Fatalf("%s: Link %q, next_page %q", path, link, *page.NextPage)
		}
		path = r.reach(m[1])
	}
}

// Every filter, alone and in both spellings, on every route that has it, against
// run.Filter's definition; walked by pages of two.
func TestListRuns(t *testing.T) {
	c := newService(t).as("acme")
	jobs := []jobAnswer{c.createJob(`{"name":"a","labels":{"team":"x","env":"prod"}}`), c.createJob(`{"name":"b","labels":{"team":"y"}}`)}
	var all []runAnswer
	statuses := run.Statuses()
	for i := range 12 {
		r := c.createRun(jobs[i%2].ID)
		c.bring(r.ID, statuses[i/2%4])
		all = append(all, c.do("GET", "/v1/runs/"+r.ID.String(), nil).want(200).run())
	}
	slices.Reverse(all) // most recent first

	job := func(i int) func(runAnswer) bool { return func(r runAnswer) bool { return r.JobID == jobs[i].ID } }
	status := func(s ...run.Status) func(runAnswer) bool {
		return func(r runAnswer) bool { return slices.Contains(s, r.Status) }
	}
	among := func(i ...int) func(runAnswer) bool {
		return func(r runAnswer) bool { return slices.ContainsFunc(i, func(i int) bool { return all[i].ID == r.ID }) }
	}
	not := func(f func(runAnswer) bool) func(runAnswer) bool { return func(r runAnswer) bool { return !f(r) } }
	every := func(runAnswer) bool { return true }
	id := func(i int) string { return all[i].ID.String() }
	at := func(i int) string { return all[i].CreatedAt.Format("2006-01-02T15:04:05.000000Z07:00") }
	moment := func(t *time.Time) string { return t.Format("2006-01-02T15:04:05.000000Z07:00") }
	started := func(r runAnswer) bool { return r.StartedAt != nil }
	for _, tt := range []struct {
		query string
		want  func(runAnswer) bool
	}{
		{"", every},
		{"job_ids=" + jobs[0].ID.String(), job(0)},
		{"job_ids[]=" + jobs[1].ID.String() + "&job_ids=" + idA, job(1)},
		{"job_ids=" + jobs[0].ID.String() + "&job_ids[]=" + jobs[1].ID.String(), every},
		{"include_ids=" + id(3) + "&include_ids[]=" + strings.ToUpper(id(7)) + "&include_ids=" + idA, among(3, 7)},
		{"exclude_ids=" + id(0) + "&exclude_ids[]=" + id(11), not(among(0, 11))},
		{"include_ids=" + id(3) + "&include_ids=" + id(4) + "&exclude_ids=" + id(3), among(4)},
		{"statuses=running", status(run.Running)},
		{"statuses[]=running&statuses[]=paused", status(run.Running, run.Paused)},
		{"statuses=pending&statuses=running&statuses=paused&statuses=finished", every},
		{"stop_reasons=manual", status(run.Finished)},
		{"stop_reasons[]=max_urls&stop_reasons[]=manual", status(run.Finished)},
		{"stop_reasons=max_urls", status()},
		{"stop_reasons=manual&statuses=running", status()},
		{"created_before=" + at(5), among(6, 7, 8, 9, 10, 11)},
		{"created_after=" + at(5), among(0, 1, 2, 3, 4)},
		{"created_after=" + at(5) + "&created_before=" + at(2), among(3, 4)},
		{"created_after=" + at(2) + "&created_before=" + at(5), status()},
		{"created_before=0001-01-01T00:00:00Z", status()},
		{"created_after=0001-01-01T00:00:00Z&created_before=9999-12-31T23:59:59Z", every},
		{"started_after=0001-01-01T00:00:00Z", started},
		{"started_before=9999-12-31T23:59:59Z", started},
		{"started_before=" + moment(all[7].StartedAt), among(8, 9)}, // the oldest two are pending
		{"started_after=" + moment(all[9].StartedAt) + "&started_before=" + moment(all[6].StartedAt), among(7, 8)},
		{"finished_after=0001-01-01T00:00:00Z", status(run.Finished)},
		{"finished_before=9999-12-31T23:59:59Z", status(run.Finished)},
		{"finished_before=" + moment(all[4].FinishedAt), among(5)},
		{"finished_after=" + moment(all[5].FinishedAt), among(4)},
		{"finished_after=" + moment(all[5].FinishedAt) + "&statuses=running", status()},
		{"updated_after=" + moment(&all[5].UpdatedAt), among(0, 1, 2, 3, 4)},
		{"updated_after=9999-12-31T23:59:59Z", status()},
		{"view=summary&statuses=running", status(run.Running)},
		{"labels[team]=x", job(0)},
		{"labels%5Bteam%5D=y", job(1)},
		{"labels[team]=x&labels[env]=prod", job(0)},
		{"labels[team]=y&labels[env]=prod", status()},
		{"labels[nope]=x", status()},
		{"statuses=running&job_ids=" + jobs[0].ID.String() + "&labels[team]=x&exclude_ids=" + id(0) + "&created_before=9999-01-01T00:00:00Z",
			func(r runAnswer) bool { return r.Status == run.Running && r.JobID == jobs[0].ID && r.ID != all[0].ID }},
	} {
		for _, perPage := range []string{"", "per_page=2", "per_page=100"} {
			query := strings.Trim(tt.query+"&"+perPage, "&")
			want := func(more func(runAnswer) bool) []uuid.UUID {
				var ids []uuid.UUID
				for _, r := range all {
					if tt.want(r) && more(r) {
						ids = append(ids, r.ID)
					}
				}
				return ids
			}
			if d := cmp.Diff(want(every), c.walk("/v1/runs?"+query)); d != "" {
				t.Errorf("/v1/runs?%s (-want +got):\n%s", query, d)
			}
			if !strings.Contains(query, "job_ids") {
				path := "/v1/jobs/" + jobs[1].ID.String() + "/runs?" + query
				if d := cmp.Diff(want(job(1)), c.walk(path)); d != "" {
					t.Errorf("%s (-want +got):\n%s", path, d)
				}
			}
		}
	}
	// A list shows a run as getting it does.
	page := c.do("GET", "/v1/runs?per_page=100", nil).want(200).runs()
	if d := cmp.Diff(all, page.Items); d != "" {
		t.Errorf("(-get +list):\n%s", d)
	}
	for i := range all {
		all[i].Config = nil
	}
	page = c.do("GET", "/v1/runs?per_page=100&view=summary", nil).want(200).runs()
	if d := cmp.Diff(all, page.Items); d != "" {
		t.Errorf("a summary (-get +list):\n%s", d)
	}
	if n := len(c.do("GET", "/v1/runs", nil).want(200).runs().Items); n != 10 {
		t.Errorf("a page has %d runs by default", n)
	}
	c.do("GET", "/v1/jobs/"+idA+"/runs", nil).want(404)
}

func TestListJobs(t *testing.T) {
	c := newService(t).as("acme")
	var all []jobAnswer
	for i := range 7 {
		all = append(all, c.createJob(fmt.Sprintf(`{"name":"job %d","labels":{"odd":"%t"}}`, i/2, i%2 == 1)))
	}
	slices.Reverse(all)
	at := func(i int) string { return all[i].CreatedAt.Format("2006-01-02T15:04:05.000000Z07:00") }
	for _, tt := range []struct {
		query string
		want  []int
	}{
		{"", []int{0, 1, 2, 3, 4, 5, 6}},
		{"names=job+0", []int{5, 6}},
		{"names[]=job%200&names=job+3", []int{0, 5, 6}},
		{"names=job", nil},
		{"include_ids=" + all[2].ID.String() + "&include_ids[]=" + all[1].ID.String(), []int{1, 2}},
		{"exclude_ids=" + all[2].ID.String() + "&labels[odd]=false", []int{0, 4, 6}},
		{"created_before=" + at(4), []int{5, 6}},
		{"created_after=" + at(2) + "&names=job+3", []int{0}},
	} {
		var want []uuid.UUID
		for _, i := range tt.want {
			want = append(want, all[i].ID)
		}
		for _, perPage := range []string{"&per_page=1", "&per_page=2", ""} {
			if d := cmp.Diff(want, c.walk("/v1/jobs?"+tt.query+perPage)); d != "" {
				t.Errorf("%s (-want +got):\n%s", tt.query+perPage, d)
			}
		}
	}
	page := c.do("GET", "/v1/jobs", nil).want(200).jobs()
	if d := cmp.Diff(all, page.Items); d != "" {
		t.Errorf("(-get +list):\n%s", d)
	}
	for i := range all {
		all[i].Config = nil
	}
	page = c.do("GET", "/v1/jobs?view=summary", nil).want(200).jobs()
	if d := cmp.Diff(all, page.Items); d != "" {
		t.Errorf("a summary (-get +list):\n%s", d)
	}
	for _, unknown := range []string{"statuses=running", "job_ids=" + idA, "stop_reasons=manual", "finished_after=2026-01-02T15:04:05Z"} {
		name, _, _ := strings.Cut(unknown, "=")
		c.do("GET", "/v1/jobs?"+unknown, nil).wantFields(name + ":unknown")
	}
}

// Each parameter may have a hundred values, and all of them at once.
func TestListWithHundredValuesEach(t *testing.T) {
	c := newService(t).as("acme")
	j := c.createJob(minimal)
	c.createRun(j.ID)
	var b strings.Builder
	for i := range 100 {
		id := uuid.New()
		fmt.Fprintf(&b, "&exclude_ids=%s&labels[%s]=%s", id, strings.Repeat("é", 60)+fmt.Sprint(i), strings.Repeat("v", 255))
		fmt.Fprintf(&b, "&statuses=%s&stop_reasons=%s", run.Statuses()[i%4], run.StopReasons()[i%7])
	}
	filters := b.String()
	var jobIDs, includeIDs strings.Builder
	for range 100 {
		fmt.Fprintf(&jobIDs, "&job_ids=%s", uuid.New())
		fmt.Fprintf(&includeIDs, "&include_ids=%s", uuid.New())
	}
	c.do("GET", "/v1/runs?per_page=100"+filters, nil).want(200)
	c.do("GET", "/v1/runs?per_page=100"+filters+jobIDs.String(), nil).want(200)
	c.do("GET", "/v1/runs?per_page=100"+filters+jobIDs.String()+includeIDs.String(), nil).want(200)
	c.do("GET", "/v1/jobs/"+j.ID.String()+"/runs?per_page=100"+filters, nil).want(200)
	for _, name := range []string{"job_ids", "include_ids", "exclude_ids"} {
		c.do("GET", "/v1/runs?"+strings.Repeat("&"+name+"="+idA, 101), nil).wantFields(name + ":too_many")
	}
}

// Cursors work for the list they were made for, and for nothing else.
func TestCursors(t *testing.T) {
	c := newService(t).as("acme")
	j := c.createJob(minimal)
	for range 3 {
		c.createRun(j.ID)
	}
	cursor := *c.do("GET", "/v1/runs?per_page=1", nil).want(200).runs().NextPage
	c.do("GET", "/v1/runs?per_page=100&page="+cursor, nil).want(200)
	for _, path := range []string{
		"/v1/runs?statuses=pending&page=", "/v1/runs?job_ids=" + j.ID.String() + "&page=",
		"/v1/jobs/" + j.ID.String() + "/runs?page=", "/v1/jobs?page=",
	} {
		c.do("GET", path+cursor, nil).wantFields("page:cursor")
	}
	for _, bad := range []string{"x", "%00", "null", strings.Repeat("A", 10_000), cursor + "A", cursor[1:], "%20" + cursor, cursor + "%0A"} {
		c.do("GET", "/v1/runs?page="+bad, nil).wantFields("page:cursor")
	}
}
