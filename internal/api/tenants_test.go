package api_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/run"
)

func TestTenantHeader(t *testing.T) {
	s := newService(t)
	s.as("default").createJob(minimal)
	request := func(t *testing.T, tenants ...string) response {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), "GET", s.url+"/v1/jobs", nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range tenants {
			req.Header.Add("X-Tenant-Id", id)
		}
		return s.as("").in(t).send(req, nil)
	}
	t.Run("absent", func(t *testing.T) {
		if got := request(t).want(200).jobs(); len(got.Items) != 1 {
			t.Errorf("got %d jobs of the default tenant, want 1", len(got.Items))
		}
	})
	for _, id := range []string{"DEFAULT", "Default", "0", "a.b_c-d", strings.Repeat("a", 63)} {
		t.Run("valid "+id, func(t *testing.T) {
			if got := request(t, id).want(200).jobs(); len(got.Items) != 0 {
				t.Errorf("%s sees the default tenant's jobs", id)
			}
		})
	}
	for _, id := range []string{"", ".a", "-a", "a b", "a#b", "a/b", "ü", "a,b", strings.Repeat("a", 64)} {
		t.Run(fmt.Sprintf("invalid %q", id), func(t *testing.T) { request(t, id).wantFields("X-Tenant-Id:format") })
	}
	t.Run("given twice", func(t *testing.T) { request(t, "acme", "acme").wantFields("X-Tenant-Id:duplicate") })
}

// The response to a request with another tenant's id is, byte for byte, the response to a request
// with an id that does not exist.
func TestTenantsAreIsolated(t *testing.T) {
	s := newService(t)
	owner, stranger := s.as("owner"), s.as("stranger")
	j := owner.createJob(`{"name":"secret","labels":{"a":"b"}}`)
	r := owner.createRun(j.ID)
	owner.createRun(j.ID)
	owner.moveTo(r.ID, run.Running)
	own := stranger.createJob(minimal)

	unused := uuid.New().String()
	for _, tt := range []struct {
		method, path, body string
		id                 uuid.UUID
	}{
		{"GET", "/v1/runs/ID", "", r.ID},
		{"GET", "/v1/runs/ID/logs", "", r.ID},
		{"GET", "/v1/runs/ID/metrics", "", r.ID},
		{"GET", "/v1/runs/ID/metrics?hosts=a.example", "", r.ID},
		{"GET", "/v1/runs/ID/latency", "", r.ID},
		{"GET", "/v1/runs/ID/hosts", "", r.ID},
		{"PUT", "/v1/runs/ID/pause", "", r.ID},
		{"PUT", "/v1/runs/ID/resume", "", r.ID},
		{"PUT", "/v1/runs/ID/stop", "", r.ID},
		{"DELETE", "/v1/runs/ID", "", r.ID},
		{"GET", "/v1/jobs/ID", "", j.ID},
		{"PATCH", "/v1/jobs/ID", `{"name":"mine"}`, j.ID},
		{"PATCH", "/v1/jobs/ID", `{}`, j.ID},
		{"DELETE", "/v1/jobs/ID", "", j.ID},
		{"GET", "/v1/jobs/ID/runs", "", j.ID},
		{"POST", "/v1/jobs/ID/runs", "", j.ID},
		{"GET", "/v1/runs?include_ids=ID", "", r.ID},
		{"GET", "/v1/runs?job_ids=ID", "", j.ID},
		{"GET", "/v1/jobs?include_ids=ID", "", j.ID},
	} {
		t.Run(tt.method+" "+tt.path+" "+tt.body, func(t *testing.T) {
			var body any
			if tt.body != "" {
				body = tt.body
			}
			c := stranger.in(t)
			got := c.do(tt.method, strings.ReplaceAll(tt.path, "ID", tt.id.String()), body)
			want := c.do(tt.method, strings.ReplaceAll(tt.path, "ID", unused), body)
			if got.status != want.status || !bytes.Equal(got.body, want.body) || got.status >= 500 {
				t.Errorf("%d %s for another tenant's id, %d %s for an unused id", got.status, got.body, want.status, want.body)
			}
		})
	}
	for _, list := range []string{"/v1/runs", "/v1/runs?statuses=running", "/v1/runs?labels[a]=b", "/v1/jobs?names=secret"} {
		t.Run("GET "+list, func(t *testing.T) {
			r := stranger.in(t).do("GET", list, nil).want(200)
			if !bytes.HasPrefix(r.body, []byte(`{"items":[],"next_page":null,"searched_until":null}`)) {
				t.Errorf("%s", r.body)
			}
		})
	}
	for _, list := range []string{"/v1/runs?per_page=1", "/v1/runs?per_page=1&statuses=pending&statuses=running"} {
		t.Run("cursor of "+list, func(t *testing.T) {
			cursor := owner.in(t).do("GET", list, nil).want(200).runs().NextPage
			stranger.in(t).do("GET", list+"&page="+*cursor, nil).wantFields("page:cursor")
		})
	}
	t.Run("two tenants may use the same id", func(t *testing.T) {
		owner, stranger := owner.in(t), stranger.in(t)
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
	})
}
