package openapitest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/inndx/runs/internal/openapi"
)

const (
	run = "/v1/runs/0197f3a4-88d0-7e6a-b1f3-9c2b54e7a610"
	job = "/v1/jobs/0197f3a2-1c4e-7b1d-9a55-3f1a6c0d2e47"
)

// example returns an example of the description as JSON.
func example(t testing.TB, name string) string {
	t.Helper()
	var doc struct {
		Components struct {
			Examples map[string]struct{ Value json.RawMessage }
		}
	}
	if err := json.Unmarshal(openapi.JSON(), &doc); err != nil {
		t.Fatal(err)
	}
	e, ok := doc.Components.Examples[name]
	if !ok {
		t.Fatalf("no example %s", name)
	}
	return string(e.Value)
}

// withoutConfig returns the job after removing the config of its run.
func withoutConfig(t testing.TB, jobWithRun string) string {
	t.Helper()
	var job map[string]any
	if err := json.Unmarshal([]byte(jobWithRun), &job); err != nil {
		t.Fatal(err)
	}
	delete(job["run"].(map[string]any), "config")
	text, err := json.Marshal(job)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestCheck(t *testing.T) {
	pending, page, aJob := example(t, "PendingRun"), example(t, "RunPage"), example(t, "Job")
	plain := "X-Request-Id: r\nContent-Type: application/json; charset=utf-8\n"
	header := plain + "ETag: \"q3t0u7pZyGvJd1Yz2kB5Xw\"\n"
	notFound := `{"code":404,"message":"no such run"}`
	const times = `"created_at":"2026-03-01T10:00:00.000000Z","updated_at":"2026-03-01T10:00:00.000000Z"`
	bareJob := `{"id":"` + job[len("/v1/jobs/"):] + `","name":"n","labels":{},` + times + `}`
	onPage := func(items string) string { return `{"items":[` + items + `],"next_page":null,"searched_until":null}` }
	for _, tt := range []struct {
		name, method, target, body string
		status                     int
		header, response           string
		want                       string // a part of the error, or empty for no error
	}{
		{"get", "GET", run, "", 200, header, pending, ""},
		{"upper case id", "GET", strings.ToUpper(run[len("/v1/runs/"):]), "", 404, header, notFound, ""},
		{"list", "GET", "/v1/runs?per_page=20&statuses=running", "", 200, header, page, ""},
		{"list with everything", "GET", "/v1/runs?page=x&per_page=1&statuses[]=running&statuses[]=paused&statuses=finished&stop_reasons=manual" +
			"&job_ids=0197f3a2-1c4e-7b1d-9a55-3f1a6c0d2e47&created_before=2026-01-01T00:00:00%2B02:00&labels[team]=research&labels[a.b]=c%20d", "", 200,
			header + "Link: <?page=x>; rel=\"next\"\n", page, ""},
		{"escaped brackets", "GET", "/v1/runs?statuses%5B%5D=running&labels%5Bteam%5D=research", "", 200, header, page, ""},
		{"a summary", "GET", "/v1/jobs?view=summary", "", 200, header, onPage(bareJob), ""},
		{"a summary that is empty", "GET", "/v1/jobs?view=summary", "", 200, header, onPage(""), ""},
		{"labels as JSON", "GET", `/v1/runs?labels=%7B%22team%22%3A%22research%22%7D`, "", 200, header, page, ""},
		{"head", "HEAD", run, "", 200, header, "", ""},
		{"create", "POST", job + "/runs", `{}`, 201, header + "Location: ../../runs/" + run[len("/v1/runs/"):] + "\n", pending, ""},
		{"create without a body", "POST", job + "/runs", ``, 201, header + "Location: ../../runs/" + run[len("/v1/runs/"):] + "\n", pending, ""},
		{"create a job", "POST", "/v1/jobs?create_run=true", example(t, "NewJobFull"), 201, header + "Location: jobs/" + job[len("/v1/jobs/"):] + "\n", example(t, "JobWithRun"), ""},
		{"patch a job", "PATCH", job, `{"labels":{}}`, 200, header, aJob, ""},
		{"delete", "DELETE", run, "", 204, "X-Request-Id: r\n", "", ""},
		{"an error", "GET", run, "", 404, header, notFound, ""},
		{"an error of an invalid request", "GET", "/v1/runs?per_page=0", "", 422, header,
			`{"code":422,"message":"m","fields":[{"field":"per_page","errors":[{"code":"range","message":"m","params":{"min":1}}]}]}`, ""},
		{"an error with a reason", "PUT", run + "/pause", "", 409, header, `{"code":409,"message":"m","reason":"wrong_state"}`, ""},
		{"throttled", "GET", run, "", 429, header + "Retry-After: 1\n", `{"code":429,"message":"m"}`, ""},
		{"no such path", "GET", "/v2", "", 404, header, notFound, ""},
		{"no such method", "PUT", run, "", 405, header + "Allow: DELETE, GET\n", `{"code":405,"message":"m"}`, ""},
		{"options", "OPTIONS", run, "", 204, "Allow: GET\n", "", ""},
		{"docs", "GET", "/.well-known/docs", "", 200, "X-Request-Id: r\nContent-Type: text/html; charset=utf-8\nETag: \"q3t0u7pZyGvJd1Yz2kB5Xw\"\n", "<!doctype html>", ""},
		{"openapi", "GET", "/.well-known/openapi.json", "", 200, header, string(openapi.JSON()), ""},

		{"undescribed status", "GET", run, "", 418, header, notFound, "status is not supported"},
		{"undescribed member", "GET", run, "", 200, header, strings.Replace(pending, "{", `{"x":1,`, 1), "additional"},
		{"missing member", "GET", run, "", 200, header, strings.Replace(pending, `"paused_at":null,`, ``, 1), "paused_at"},
		{"no config", "GET", job, "", 200, header, bareJob, "config"},
		{"no config on a page", "GET", "/v1/jobs?view=full", "", 200, header, onPage(bareJob), "config"},
		{"no config of the first run", "POST", "/v1/jobs?create_run=true", `{"name":"n"}`, 201, header + "Location: jobs/" + job[len("/v1/jobs/"):] + "\n",
			withoutConfig(t, example(t, "JobWithRun")), "config"},
		{"a config in a summary", "GET", "/v1/runs?view=summary", "", 200, header, page, "config"},
		{"unknown status", "GET", run, "", 200, header, strings.Replace(pending, `"pending"`, `"waiting"`, 1), "status"},
		{"milliseconds", "GET", run, "", 200, header, strings.Replace(pending, `.125000Z`, `.125Z`, 1), "at"},
		{"unresolved config", "GET", run, "", 200, header, strings.Replace(pending, `"filters"`, `"filter"`, 1), "filter"},
		{"config with a wrong part", "GET", run, "", 200, header, strings.Replace(pending, `"timeout":"30s"`, `"timeout":1`, 1), "timeout"},
		{"error with details", "GET", run, "", 500, header, `{"code":500,"message":"m","stack":"s"}`, "stack"},
		{"message instead of fields", "GET", run, "", 422, header, `{"code":422,"message":"m"}`, "fields"},
		{"fields alone", "GET", run, "", 422, header, `{"code":422,"fields":[{"field":"f","errors":[{"code":"range","message":"m"}]}]}`, "message"},
		{"an error that only a gateway sends", "GET", run, "", 403, header, `{"message":"Forbidden"}`, "code"},
		{"another code than the status", "GET", run, "", 404, header, `{"code":400,"message":"m"}`, "code"},
		{"undescribed member of an inner object", "GET", run, "", 200, header, strings.Replace(pending, `"concurrency"`, `"x":1,"concurrency"`, 1), "additional"},
		{"no entity tag", "GET", run, "", 200, plain, pending, "ETag"},
		{"no request id", "GET", run, "", 200, strings.Replace(header, "X-Request-Id: r\n", "", 1), pending, "X-Request-Id"},
		{"no Location", "POST", job + "/runs", `{}`, 201, header, pending, "Location"},
		{"no Retry-After", "GET", run, "", 503, header, `{"code":503,"message":"m"}`, "Retry-After"},
		{"no request id of a 429", "GET", run, "", 429, "Content-Type: application/json\nRetry-After: 1\n", `{"code":429,"message":"m"}`, "X-Request-Id"},
		{"no Allow", "PUT", run, "", 405, header, `{"code":405,"message":"m"}`, "Allow"},
		{"404 instead of 405", "PUT", run, "", 404, header, notFound, "status is not supported"},
		{"a path that does not exist", "GET", "/v2", "", 200, header, pending, "status is not supported"},
		{"another content type", "GET", run, "", 200, strings.Replace(header, "application/json", "text/plain", 1), pending, "Content-Type"},
		{"a body after 204", "DELETE", run, "", 204, header, "{}", "there is a body"},
		{"not JSON", "GET", run, "", 404, header, "404 page not found", "not JSON"},

		{"undescribed parameter", "GET", "/v1/runs?state=running", "", 200, header, page, `"state" is not described`},
		{"undescribed spelling", "GET", "/v1/runs?per_page[]=1", "", 200, header, page, `"per_page[]" is not described`},
		{"wrong parameter", "GET", "/v1/runs?per_page=101", "", 200, header, page, "per_page"},
		{"wrong parameter in brackets", "GET", "/v1/runs?statuses[]=done", "", 200, header, page, "statuses"},
		{"wrong time", "GET", "/v1/runs?created_after=yesterday", "", 200, header, page, "created_after"},
		{"wrong path", "GET", "/v1/runs/1", "", 200, header, pending, "run_id"},
		{"wrong body", "POST", "/v1/jobs", `{"name":""}`, 201, header + "Location: jobs/" + job[len("/v1/jobs/"):] + "\n", aJob, "name"},
		{"undescribed body member", "POST", job + "/runs", `{"x":1}`, 201, header + "Location: ../../runs/" + run[len("/v1/runs/"):] + "\n", pending, "additional"},
		{"a body where none is described", "PUT", run + "/stop", `{}`, 200, header, pending, "body"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			target := tt.target
			if !strings.HasPrefix(target, "/") {
				target = "/v1/runs/" + target
			}
			req := httptest.NewRequest(tt.method, "http://127.0.0.1:4711"+target, strings.NewReader(tt.body))
			req.Header.Set("X-Tenant-Id", "acme")
			if tt.body != "" {
				req.Header.Set("Content-Type", "application/json")
			}
			resp := &http.Response{StatusCode: tt.status, Header: http.Header{}, Request: req}
			for line := range strings.Lines(tt.header) {
				name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
				resp.Header.Set(name, value)
			}
			err := check(req, []byte(tt.body), resp, []byte(tt.response))
			switch {
			case tt.want == "" && err != nil:
				t.Errorf("got %v", err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("got %v, want an error with %q", err, tt.want)
			}
			if body, _ := io.ReadAll(req.Body); string(body) != tt.body {
				t.Error("the body of the request was read")
			}
		})
	}
}

func BenchmarkCheck(b *testing.B) {
	page := example(b, "RunPage")
	req := httptest.NewRequest("GET", "/v1/runs?per_page=20&statuses=running", nil)
	resp := &http.Response{StatusCode: 200, Request: req, Header: http.Header{"X-Request-Id": {"r"}, "Content-Type": {"application/json"}}}
	for b.Loop() {
		Check(b, req, nil, resp, []byte(page))
	}
}
