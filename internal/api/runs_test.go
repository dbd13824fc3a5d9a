package api_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
)

// A run keeps the configuration and the labels that its job had when the run was created. It shows
// each transition, and nothing that has not happened.
func TestRun(t *testing.T) {
	// A whole second must not be written in a shorter form.
	now := time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)
	c := newService(t, store.WithClock(func() time.Time { return now })).as("acme")
	j := c.createJob(`{"name":"docs","labels":{"team":"research"}}`)
	r := c.do("POST", "/v1/jobs/"+j.ID.String()+"/runs", `{"id":"`+strings.ToUpper(idB)+`"}`).want(201)
	path := "/v1/runs/" + idB
	if got := r.resolve(r.header.Get("Location")); got != path {
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
		"progress": `{"urls_queued":0,"urls_fetched":0,"urls_failed":0,"urls_excluded":0,"bytes_fetched":0,"depth":0,"waiting_for":null}`,
	}
	wantMembers(t, r.body, want)
	t.Run("an update of the job does not change it", func(t *testing.T) {
		c := c.in(t)
		c.do("PATCH", "/v1/jobs/"+j.ID.String(), `{"name":"other","labels":{},"config":{"user_agent":"other"}}`).want(200)
		wantMembers(t, c.do("GET", path, nil).want(200).body, want)
	})
	t.Run("it shows its transitions", func(t *testing.T) {
		c := c.in(t)
		c.moveTo(r.run().ID, run.Running)
		want["status"], want["started_at"] = `"running"`, "time"
		wantMembers(t, c.do("GET", path, nil).want(200).body, want)
		want["status"], want["paused_at"] = `"paused"`, "time"
		wantMembers(t, c.do("PUT", path+"/pause", nil).want(200).body, want)
		want["status"], want["paused_at"] = `"running"`, "null"
		wantMembers(t, c.do("PUT", path+"/resume", "").want(200).body, want)
		want["status"], want["finished_at"], want["stop_reason"] = `"finished"`, "time", `"manual"`
		wantMembers(t, c.undocumented().do("PUT", path+"/stop", "{}").want(200).body, want)
		wantMembers(t, c.do("GET", path, nil).want(200).body, want)
	})
	t.Run("a deleted run does not exist", func(t *testing.T) {
		c := c.in(t)
		if r := c.do("DELETE", path, nil).want(204); len(r.body) != 0 {
			t.Errorf("204 with a body: %q", r.body)
		}
		for _, method := range []string{"GET", "DELETE"} {
			c.do(method, path, nil).want(404)
		}
		for _, action := range []string{"pause", "resume", "stop"} {
			c.do("PUT", path+"/"+action, nil).want(404)
		}
	})
	ref := run.Ref{Tenant: "acme", ID: uuid.MustParse(idB)}
	if d := cmp.Diff([]run.Ref{ref, ref, ref}, c.queue.drain()); d != "" { // create, resume, delete
		t.Errorf("wake-ups (-want +got):\n%s", d)
	}
}

func TestCreateRun(t *testing.T) {
	c := newService(t).as("acme")
	j := c.createJob(minimal)
	path := "/v1/jobs/" + j.ID.String() + "/runs"
	for _, body := range []any{nil, "", "{}", " {\n} "} {
		t.Run(fmt.Sprintf("empty body %v", body), func(t *testing.T) {
			r := c.in(t).do("POST", path, body).want(201).run()
			if r.ID.Version() != 7 {
				t.Errorf("the generated id %v is not a UUIDv7", r.ID)
			}
		})
	}
	t.Run("an id is used once", func(t *testing.T) {
		c := c.in(t)
		c.do("POST", path, `{"id":"`+idA+`"}`).want(201)
		c.do("POST", path, `{"id":"`+strings.ToUpper(idA)+`"}`).want(409)
	})
	t.Run("no such job", func(t *testing.T) { c.in(t).do("POST", "/v1/jobs/"+idB+"/runs", nil).want(404) })
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
		t.Run(tt.body, func(t *testing.T) { c.in(t).do("POST", path, tt.body).wantFields(tt.fields) })
	}
	t.Run("exclusive", func(t *testing.T) {
		c := c.in(t)
		exclusive := c.createJob(`{"name":"one at a time","config":{"starting_criteria":[{"kind":"exclusive","params":{"by":"job_id","limit":1}}]}}`)
		path := "/v1/jobs/" + exclusive.ID.String() + "/runs"
		first := c.do("POST", path, nil).want(201).run()
		c.do("POST", path, nil).want(409)
		c.moveTo(first.ID, run.Finished)
		c.do("POST", path, nil).want(201)
	})
}

// The response to each action in each status, as the OpenAPI document describes it.
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
			c := c.in(t)
			id := c.createRun(j.ID).ID
			c.moveTo(id, tt.from)
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
				if got := r.errorBody().Message; !strings.Contains(got, string(tt.from)) {
					t.Errorf("the conflict does not name the state: %q", got)
				}
			case !bytes.Equal(r.body, after.body):
				t.Errorf("the response is %s, the next GET %s", r.body, after.body)
			}
			if tt.from == tt.to && !bytes.Equal(before.body, after.body) {
				t.Errorf("was %s, is %s", before.body, after.body)
			}
		})
	}
	t.Run("the job counts its unfinished runs", func(t *testing.T) {
		c := c.in(t)
		const unfinished = "/v1/runs?per_page=100&statuses=pending&statuses=running&statuses=paused"
		for _, r := range c.do("GET", unfinished, nil).want(200).runs().Items {
			c.do("DELETE", "/v1/runs/"+r.ID.String(), nil).want(204)
		}
		c.do("DELETE", "/v1/jobs/"+j.ID.String(), nil).want(204)
	})
}
