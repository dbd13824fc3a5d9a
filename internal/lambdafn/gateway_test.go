package lambdafn

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/uuid"

	"github.com/inndx/runs/internal/api"
	"github.com/inndx/runs/internal/dashboard"
	"github.com/inndx/runs/internal/dynamolocal/dynamotest"
	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/openapi"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/wake"
)

func TestMain(m *testing.M) { dynamotest.Main(m) }

// gateways returns a function that calls the handler of a route as API Gateway does. The handlers
// share a new table. The function sends the route's sample event, after edit has changed it.
func gateways(t *testing.T, env environment) func(name string, edit func(*events.APIGatewayV2HTTPRequest)) events.APIGatewayV2HTTPResponse {
	t.Helper()
	st := store.New(store.NewClient(dynamotest.Config(t)), "test-"+uuid.NewString())
	if err := st.EnsureTable(t.Context()); err != nil {
		t.Fatal(err)
	}
	server := api.New(api.Options{
		Store: st, Queue: wake.NewLocal(wake.LocalOptions{}), RequestID: gatewayRequestID, CallersTenant: env.callersTenant(),
		Docs: api.Docs{Spec: openapi.JSON, Page: openapi.Docs},
		Dashboard: api.Dashboard{
			Page: func() []byte { return dashboard.Page(dashboard.Settings{AuthMode: string(env.auth)}) }, Asset: dashboard.Asset,
		},
		Logger: slog.New(slog.DiscardHandler),
	})
	return func(name string, edit func(*events.APIGatewayV2HTTPRequest)) events.APIGatewayV2HTTPResponse {
		t.Helper()
		var e events.APIGatewayV2HTTPRequest
		readEvent(t, name, &e)
		if edit != nil {
			edit(&e)
		}
		resp, err := gateway(server.Route(name))(t.Context(), e)
		if err != nil {
			t.Fatalf("%s: the function failed: %v", name, err)
		}
		return resp
	}
}

// The functions handle their sample events. The order of the calls creates what each event needs.
func TestSampleEventsAreServed(t *testing.T) {
	call := gateways(t, environment{auth: authIAM})
	var created struct {
		ID  string
		Run struct{ ID string }
	}
	resp := call("create-job", nil)
	if resp.StatusCode != http.StatusCreated {
		t.Fatalf("create-job: %d %s", resp.StatusCode, resp.Body)
	}
	if err := json.Unmarshal([]byte(resp.Body), &created); err != nil || created.Run.ID == "" {
		t.Fatalf("the response of create-job is %s: %v", resp.Body, err)
	}
	// Replace the ids in the samples by those of the created job and run.
	real := func(e *events.APIGatewayV2HTTPRequest) {
		for name, id := range map[string]string{"job_id": created.ID, "run_id": created.Run.ID} {
			if sample := e.PathParameters[name]; sample != "" {
				e.RawPath = strings.Replace(e.RawPath, sample, id, 1)
			}
		}
	}
	for _, step := range []struct {
		name string
		want int
	}{
		{"get-job", 200}, {"update-job", 200}, {"list-jobs", 200},
		{"get-run", 200}, {"list-run-logs", 200}, {"stream-run-events", 501}, {"list-run-links", 200}, {"list-run-edges", 200},
		{"get-run-metrics", 200}, {"get-run-latency", 200}, {"list-run-hosts", 200},
		{"list-runs", 200}, {"list-job-runs", 200}, {"create-run", 201},
		{"pause-run", 409}, {"resume-run", 409}, {"delete-job", 409}, {"stop-run", 200}, {"delete-run", 204},
		{"get-openapi", 200}, {"get-docs", 200}, {"get-dashboard", 200}, {"no-route", 405},
	} {
		resp := call(step.name, real)
		t.Run(step.name, func(t *testing.T) {
			if resp.StatusCode != step.want {
				t.Errorf("%d %s, want %d", resp.StatusCode, resp.Body, step.want)
			}
			if resp.Headers["X-Request-Id"] == "" {
				t.Errorf("no X-Request-Id in %v", resp.Headers)
			}
		})
	}
}

// A function that waits for a run reads its status until another function has changed it.
func TestFunctionsWait(t *testing.T) {
	call := gateways(t, environment{auth: authIAM})
	var created struct{ Run struct{ ID, Status string } }
	if err := json.Unmarshal([]byte(call("create-job", nil).Body), &created); err != nil {
		t.Fatal(err)
	}
	to := func(query string) func(*events.APIGatewayV2HTTPRequest) {
		return func(e *events.APIGatewayV2HTTPRequest) {
			e.RawPath = strings.Replace(e.RawPath, e.PathParameters["run_id"], created.Run.ID, 1)
			e.RawQueryString = query
		}
	}
	waited := make(chan events.APIGatewayV2HTTPResponse, 1)
	go func() { waited <- call("get-run", to("wait=20s&while=pending")) }()
	if resp := call("stop-run", to("")); resp.StatusCode != http.StatusOK {
		t.Fatalf("stop-run: %d %s", resp.StatusCode, resp.Body)
	}
	resp := <-waited
	if err := json.Unmarshal([]byte(resp.Body), &created.Run); err != nil || created.Run.Status != "finished" {
		t.Errorf("%d %s, want a finished run", resp.StatusCode, resp.Body)
	}
}

// A page of the largest possible items is within Lambda's bound for responses. The body is a JSON
// string that contains JSON, so some characters are escaped twice.
func TestLargestPageFitsAResponse(t *testing.T) {
	call := gateways(t, environment{auth: authIAM})
	labels := map[string]string{}
	for i := range job.MaxLabels {
		labels[fmt.Sprintf("%02d%s", i, strings.Repeat(`"`, job.MaxLabelKeyLength-2))] = strings.Repeat(`\`, job.MaxLabelValueLength)
	}
	body, err := json.Marshal(map[string]any{"name": strings.Repeat(`"`, job.MaxNameLength), "labels": labels, "config": map[string]any{}})
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		resp := call("create-job", func(e *events.APIGatewayV2HTTPRequest) { e.Body, e.RawQueryString = string(body), "create_run=true" })
		if resp.StatusCode != http.StatusCreated {
			t.Fatalf("%d %s", resp.StatusCode, resp.Body)
		}
	}
	for _, list := range []string{"list-jobs", "list-runs"} {
		resp := call(list, func(e *events.APIGatewayV2HTTPRequest) {
			e.RawQueryString, e.QueryStringParameters = "per_page=100", nil
		})
		var payload bytes.Buffer
		encoder := json.NewEncoder(&payload)
		encoder.SetEscapeHTML(false) // as aws-lambda-go does
		if err := encoder.Encode(resp); err != nil || resp.StatusCode != http.StatusOK {
			t.Fatal(resp.StatusCode, err)
		}
		var page struct {
			Items []any
			Next  string `json:"next_page"`
		}
		if err := json.Unmarshal([]byte(resp.Body), &page); err != nil {
			t.Fatal(err)
		}
		if payload.Len() > maxPayload || page.Next == "" || len(page.Items) < 50 {
			t.Errorf("%s: %d items in %d bytes, next page %q", list, len(page.Items), payload.Len(), page.Next)
		}
	}
}

// API Gateway joins repeated keys with commas, except in rawQueryString.
func TestRepeatedQueryKeys(t *testing.T) {
	call := gateways(t, environment{auth: authIAM})
	resp := call("list-runs", func(e *events.APIGatewayV2HTTPRequest) {
		e.RawQueryString = "statuses=running&statuses=paused&statuses=nonsense"
		e.QueryStringParameters = map[string]string{"statuses": "running,paused,nonsense"}
	})
	if resp.StatusCode != 422 || strings.Contains(resp.Body, "running,paused") {
		t.Errorf("%d %s, want 422 for the value nonsense alone", resp.StatusCode, resp.Body)
	}
}

// API Gateway unescapes rawPath, so it may be any string. An invalid path is an error of the
// caller.
func TestInvalidPaths(t *testing.T) {
	call := gateways(t, environment{auth: authIAM})
	for _, path := range []string{
		"/v1/runs/%", "/v1/runs/%zz", "/v1/runs/a b", "/v1/runs/a?b", "/v1/runs/a#b", "/v1/runs/\x01", "/v1/runs/\u00e9",
		"//evil.example/v1/runs", "/", "v1", "/v1/runs/" + strings.Repeat("a", 9000), "/v1/runs/..%2f..",
	} {
		t.Run(fmt.Sprintf("%.40q", path), func(t *testing.T) {
			resp := call("get-run", func(e *events.APIGatewayV2HTTPRequest) { e.RawPath = path })
			if resp.StatusCode != 404 && resp.StatusCode != 422 {
				t.Errorf("%d %s, want 404 or 422", resp.StatusCode, resp.Body)
			}
		})
	}
}

func TestReadEnvironment(t *testing.T) {
	const queue = "https://sqs.eu-central-1.amazonaws.com/123456789012/wake"
	for name, tc := range map[string]struct {
		set  map[string]string
		want environment
		errs []string
	}{
		"defaults": {
			set:  map[string]string{"WAKE_QUEUE_URL": queue, "AUTH_MODE": "iam"},
			want: environment{auth: authIAM, table: "inndx-runs", queueURL: queue, defaultTenant: "default", period: defaultPeriod},
		},
		"all": {
			set: map[string]string{
				"AUTH_MODE": "jwt", "TENANT_CLAIM": "org", "ALLOW_PRIVATE_ADDRESSES": "true", "TABLE_NAME": "t", "WAKE_QUEUE_URL": queue, "DEFAULT_TENANT_ID": "acme", "LOG_LEVEL": "warn", "RUN_RETENTION_DAYS": "30", "MAX_IDLE": "500ms",
				"CRAWL_PERIOD": "90s", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",
			},
			want: environment{auth: authJWT, tenantClaim: "org", allowPrivate: true, table: "t", queueURL: queue, defaultTenant: "acme", logLevel: slog.LevelWarn, retention: 30 * 24 * time.Hour, maxIdle: 500 * time.Millisecond, period: 90 * time.Second, memory: 1769 << 20},
		},
		"wrong": {
			set:  map[string]string{"AUTH_MODE": "open", "ALLOW_PRIVATE_ADDRESSES": "maybe", "DEFAULT_TENANT_ID": "#", "LOG_LEVEL": "loud", "RUN_RETENTION_DAYS": "some", "MAX_IDLE": "2m", "CRAWL_PERIOD": "0s", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "-1"},
			errs: []string{"AUTH_MODE", "CRAWL_PERIOD", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "MAX_IDLE", "RUN_RETENTION_DAYS", "ALLOW_PRIVATE_ADDRESSES", "WAKE_QUEUE_URL", "DEFAULT_TENANT_ID", "LOG_LEVEL"},
		},
		"open by mistake": {
			set:  map[string]string{"WAKE_QUEUE_URL": queue},
			errs: []string{"AUTH_MODE"},
		},
		"a token without a claim": {
			set:  map[string]string{"WAKE_QUEUE_URL": queue, "AUTH_MODE": "jwt"},
			errs: []string{"TENANT_CLAIM"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := readEnvironment(func(key string) string { return tc.set[key] })
			if tc.errs == nil && (err != nil || got != tc.want) {
				t.Errorf("got %+v, %v; want %+v", got, err, tc.want)
			}
			for _, variable := range tc.errs {
				if err == nil || !strings.Contains(err.Error(), variable) {
					t.Errorf("error %v does not name %s", err, variable)
				}
			}
		})
	}
}
