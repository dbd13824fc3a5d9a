package api_test

import (
	"strings"
	"testing"

	"github.com/inndx/runs/internal/run"
)

func TestBodyEncoding(t *testing.T) {
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
		{"truncated", json, `{"name":`, 400, "line 1, column 8"},
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
			r := c.in(t).do("POST", "/v1/jobs", tt.body, "Content-Type", tt.contentType).want(tt.status)
			if tt.status >= 400 && !strings.Contains(r.errorBody().Message, tt.message) {
				t.Errorf("message %q does not contain %q", r.errorBody().Message, tt.message)
			}
		})
	}
	t.Run("upper case", func(t *testing.T) {
		c.in(t).undocumented().do("POST", "/v1/jobs", minimal, "Content-Type", "Application/JSON").want(201)
	})
	t.Run("gzip", func(t *testing.T) { c.in(t).do("POST", "/v1/jobs", minimal, "Content-Encoding", "gzip").want(415) })
	t.Run("identity", func(t *testing.T) { c.in(t).do("POST", "/v1/jobs", minimal, "Content-Encoding", "identity").want(201) })
}

func TestBodyFields(t *testing.T) {
	c := newService(t).as("acme")
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
		t.Run(tt.fields, func(t *testing.T) { c.in(t).do("POST", "/v1/jobs", tt.body).wantFields(tt.fields) })
	}
	t.Run("the longest name", func(t *testing.T) {
		c.in(t).do("POST", "/v1/jobs", `{"name":"`+strings.Repeat("é", 255)+`"}`).want(201)
	})
}

// One response reports all that is wrong with the header, the path, the query and the body.
func TestAllErrorsAreReportedTogether(t *testing.T) {
	c := newService(t).as("a b")
	c.do("POST", "/v1/jobs?create_run=x&y=1", `{"id":"x"}`).
		wantFields("X-Tenant-Id:format create_run:enum y:unknown id:format name:required")
	c.do("PATCH", "/v1/jobs/x?y=1", `{"z":1}`).
		wantFields("X-Tenant-Id:format job_id:format y:unknown z:unknown")
	c.do("GET", "/v1/jobs/x/runs?job_ids="+idA+"&per_page=0&labels[a]=", nil).
		wantFields("X-Tenant-Id:format job_id:format job_ids:unknown per_page:range labels[a]:empty")
}

// A route rejects parameters and body members that it does not declare.
func TestUnknownFieldsAreRejected(t *testing.T) {
	c := newService(t).as("acme")
	j := c.createJob(minimal)
	r := c.createRun(j.ID)
	c.moveTo(r.ID, run.Running)
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
		t.Run(tt.method+" "+tt.path, func(t *testing.T) { c.in(t).do(tt.method, tt.path+"?force=1", body).wantFields(want) })
	}
	t.Run("a rejected request changes nothing", func(t *testing.T) {
		if got := c.in(t).do("GET", run, nil).want(200).run(); got.Status != "running" {
			t.Errorf("a rejected request changed the status of the run to %s", got.Status)
		}
	})
	t.Run("an id that is not a UUID", func(t *testing.T) {
		c := c.in(t)
		c.do("GET", "/v1/runs/x", nil).wantFields("run_id:format")
		c.do("GET", "/v1/runs/{"+r.ID.String()+"}", nil).wantFields("run_id:format")
	})
}
