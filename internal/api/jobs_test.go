package api_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inndx/runs/internal/run"
)

const jobConfig = `{"seeds":[{"kind":"static_list","params":{"urls":["https://example.com/<a>&b"]}}]}`

// createFullJob creates a job in which every member is given. Its id is idB.
func (c client) createFullJob() response {
	c.t.Helper()
	return c.do("POST", "/v1/jobs",
		`{"id":"`+strings.ToUpper(idB)+`","name":"Döcs","labels":{"team":"research"},"config":`+jobConfig+`}`).want(201)
}

// fullJob returns the members of the response to createFullJob.
func fullJob() map[string]string {
	return map[string]string{
		"id": `"` + idB + `"`, "name": `"Döcs"`, "labels": `{"team":"research"}`, "config": jobConfig,
		"created_at": "time", "updated_at": "time",
	}
}

func TestCreateJob(t *testing.T) {
	c := newService(t).as("acme")
	r := c.createFullJob()
	wantMembers(t, r.body, fullJob())
	t.Run("Location leads to the job", func(t *testing.T) {
		if path := r.resolve(r.header.Get("Location")); path != "/v1/jobs/"+idB {
			t.Errorf("Location leads to %q", path)
		}
		wantMembers(t, c.in(t).do("GET", "/v1/jobs/"+strings.ToUpper(idB), nil).want(200).body, fullJob())
	})
	t.Run("an id is used once", func(t *testing.T) {
		c := c.in(t)
		c.do("POST", "/v1/jobs", `{"id":"`+idB+`","name":"other"}`).want(409)
		c.do("POST", "/v1/jobs?create_run=true", `{"id":"`+idB+`","name":"other"}`).want(409)
		if got := c.do("GET", "/v1/runs", nil).want(200).runs(); len(got.Items) != 0 {
			t.Errorf("a rejected job left %d runs", len(got.Items))
		}
	})
}

func TestCreateJobWithRun(t *testing.T) {
	c := newService(t).as("acme")
	r := c.do("POST", "/v1/jobs?create_run=true", `{"name":"docs","labels":{"a":"b"}}`).want(201)
	j := r.job()
	if j.Run == nil || j.Run.JobID != j.ID || j.Run.Status != run.Pending || j.Run.Labels["a"] != "b" {
		t.Fatalf("%s", r.body)
	}
	if got := r.resolve(r.header.Get("Location")); got != "/v1/jobs/"+j.ID.String() {
		t.Errorf("Location leads to %q", got)
	}
	stored := c.do("GET", "/v1/runs/"+j.Run.ID.String(), nil).want(200).run()
	if d := cmp.Diff(*j.Run, stored); d != "" {
		t.Errorf("the run in the job differs from the stored run (-job +run):\n%s", d)
	}
	if d := cmp.Diff([]run.Ref{{Tenant: "acme", ID: stored.ID}}, c.queue.drain()); d != "" {
		t.Errorf("wake-ups (-want +got):\n%s", d)
	}
	for _, q := range []string{"", "?create_run=false"} {
		t.Run("no run for "+q, func(t *testing.T) {
			r := c.in(t).do("POST", "/v1/jobs"+q, minimal).want(201)
			if _, has := members(t, r.body)["run"]; has || len(c.queue.drain()) > 0 {
				t.Errorf("%q creates a run: %s", q, r.body)
			}
		})
	}
	for _, q := range []string{"1", "TRUE", "yes"} {
		t.Run("create_run="+q, func(t *testing.T) {
			c.in(t).do("POST", "/v1/jobs?create_run="+q, minimal).wantFields("create_run:enum")
		})
	}
	t.Run("create_run is given once", func(t *testing.T) {
		c.in(t).do("POST", "/v1/jobs?create_run=true&create_run=true", minimal).wantFields("create_run:duplicate")
	})
}

// An update replaces each member that it has, and no other.
func TestUpdateJob(t *testing.T) {
	c := newService(t).as("acme")
	created := c.createFullJob().job()
	path, want := "/v1/jobs/"+idB, fullJob()
	t.Run("empty", func(t *testing.T) {
		if got := c.in(t).do("PATCH", path, `{}`).want(200).job(); got.UpdatedAt != created.UpdatedAt {
			t.Error("an empty update changes the job")
		}
	})
	t.Run("name", func(t *testing.T) {
		want["name"] = `"docs"`
		wantMembers(t, c.in(t).do("PATCH", path, minimal).want(200).body, want)
	})
	t.Run("labels", func(t *testing.T) {
		want["labels"] = `{"a":"","b":"2"}`
		wantMembers(t, c.in(t).do("PATCH", path, `{"labels":{"a":"","b":"2"}}`).want(200).body, want)
	})
	t.Run("all", func(t *testing.T) {
		want["labels"], want["config"], want["name"] = `{}`, `{}`, `"x"`
		r := c.in(t).do("PATCH", path, `{"labels":{},"config":{},"name":"x"}`).want(200)
		wantMembers(t, r.body, want)
		if got := r.job(); got.CreatedAt != created.CreatedAt || !got.UpdatedAt.After(created.UpdatedAt) {
			t.Errorf("created %v, updated %v", got.CreatedAt, got.UpdatedAt)
		}
	})
	t.Run("a rejected update changes nothing", func(t *testing.T) {
		c := c.in(t)
		c.do("PATCH", path, `{"name":"","labels":{"a":1},"config":{"seeds":{}}}`).wantFields("name:length labels.a:type config.seeds:type")
		c.do("PATCH", path, `{"config":{"speed":{"concurrency":0}}}`).wantFields("config.speed.concurrency:range")
		c.do("PATCH", path, nil).want(400)
		wantMembers(t, c.do("GET", path, nil).want(200).body, want)
	})
}

// A job is deleted once, and not while it has unfinished runs. Its finished runs stay.
func TestDeleteJob(t *testing.T) {
	c := newService(t).as("acme")
	created := c.createFullJob().job()
	path := "/v1/jobs/" + idB
	r1, r2 := c.createRun(created.ID), c.createRun(created.ID)
	for _, unfinished := range []run.Status{run.Pending, run.Running, run.Paused} {
		if unfinished != run.Pending {
			c.moveTo(r1.ID, unfinished)
		}
		t.Run("rejected while a run is "+string(unfinished), func(t *testing.T) {
			if got := c.in(t).do("DELETE", path, nil).want(409).errorBody(); !strings.Contains(got.Message, "unfinished") {
				t.Errorf("the conflict does not name the state: %s", got.Message)
			}
		})
	}
	c.moveTo(r1.ID, run.Finished)
	c.do("DELETE", path, nil).want(409)
	c.do("DELETE", "/v1/runs/"+r2.ID.String(), nil).want(204)
	if r := c.do("DELETE", path, nil).want(204); len(r.body) != 0 || r.header.Get("Content-Type") != "" {
		t.Errorf("204 with a body: %q %v", r.body, r.header)
	}
	t.Run("a deleted job does not exist", func(t *testing.T) {
		c := c.in(t)
		c.do("DELETE", path, nil).want(404)
		c.do("GET", path, nil).want(404)
		c.do("PATCH", path, minimal).want(404)
		c.do("GET", path+"/runs", nil).want(404)
		c.do("POST", path+"/runs", nil).want(404)
	})
	t.Run("its finished runs stay", func(t *testing.T) {
		c := c.in(t)
		c.do("GET", "/v1/runs/"+r1.ID.String(), nil).want(200)
		got := c.do("GET", "/v1/runs?job_ids="+idB, nil).want(200).runs()
		if len(got.Items) != 1 || got.Items[0].ID != r1.ID {
			t.Errorf("the runs of a deleted job: %+v", got.Items)
		}
	})
}
