//go:build emulator

package deploy_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/inndx/runs/internal/deploy"
)

// A stack is a deployed stack and the test that uses it.
type stack struct {
	t       *testing.T
	deploy  deploy.Stack
	http    http.Client
	outputs map[string]string
	ids     map[string]string // physical ids by logical id
	roles   []string          // the names of its IAM roles
	alarms  int               // the number of its alarms
}

// deployStack creates or updates the stack with the parameters. The test that creates the stack
// deletes it.
func deployStack(t *testing.T, parameters map[string]string) *stack {
	t.Helper()
	if os.Getenv("AWS_ENDPOINT_URL") == "" {
		t.Fatal("AWS_ENDPOINT_URL is not set to the URL of the emulator")
	}
	config, err := awsconfig.LoadDefaultConfig(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{
		"AllowPrivateAddresses": "true", "TableDeletionProtection": "false", "LogLevel": "debug", "CrawlConcurrency": "10",
		"Architecture": deploy.Architecture(),
	}
	maps.Copy(all, parameters)
	s := &stack{t: t, deploy: deploy.Stack{
		Name: "inndx-runs-test", Bucket: "inndx-runs-test-code", Root: "../..", Parameters: all, Config: config,
	}}
	if s.outputs, err = s.deploy.Deploy(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.readResources()
	endpoint, err := url.Parse(*config.BaseEndpoint)
	if err != nil {
		t.Fatal(err)
	}
	// The host name of an emulator's API does not have to resolve.
	s.http.Transport = &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, endpoint.Host)
	}}
	t.Cleanup(s.http.CloseIdleConnections)
	return s
}

func (s *stack) delete() {
	if err := s.deploy.Delete(context.Background()); err != nil {
		s.t.Errorf("delete the stack: %v", err)
	}
}

// readResources reads the ids of the stack's resources.
func (s *stack) readResources() {
	s.ids = map[string]string{}
	pages := cloudformation.NewListStackResourcesPaginator(cloudformation.NewFromConfig(s.deploy.Config),
		&cloudformation.ListStackResourcesInput{StackName: &s.deploy.Name})
	for pages.HasMorePages() {
		page, err := pages.NextPage(s.t.Context())
		if err != nil {
			s.t.Fatal(err)
		}
		for _, r := range page.StackResourceSummaries {
			s.ids[*r.LogicalResourceId] = aws.ToString(r.PhysicalResourceId)
			switch *r.ResourceType {
			case "AWS::IAM::Role":
				s.roles = append(s.roles, *r.PhysicalResourceId)
			case "AWS::CloudWatch::Alarm":
				s.alarms++
			}
		}
	}
}

// call calls the API and returns the status. It decodes the response into out unless out is nil.
// The headers are names and values in turn.
func (s *stack) call(method, path string, body, out any, headers ...string) int {
	s.t.Helper()
	var payload bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&payload).Encode(body); err != nil {
			s.t.Fatal(err)
		}
	}
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.outputs["ApiUrl"]+path, &payload)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := s.http.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	response, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	if out != nil {
		if err := json.Unmarshal(response, out); err != nil {
			s.t.Fatalf("%s %s: %d %s", method, path, resp.StatusCode, response)
		}
	}
	return resp.StatusCode
}

type runJSON struct {
	ID         string
	Status     string
	StopReason string `json:"stop_reason"`
	Progress   struct {
		Queued  int `json:"urls_queued"`
		Fetched int `json:"urls_fetched"`
	}
}

// start creates a job with the config and returns the id of its first run.
func (s *stack) start(config map[string]any) string {
	s.t.Helper()
	var created struct{ Run runJSON }
	body := map[string]any{"name": "emulated", "config": config}
	if status := s.call("POST", "/v1/jobs?create_run=true", body, &created); status != http.StatusCreated {
		s.t.Fatalf("create a job: %d", status)
	}
	return created.Run.ID
}

func (s *stack) run(id string) (r runJSON) {
	s.t.Helper()
	if status := s.call("GET", "/v1/runs/"+id, nil, &r); status != http.StatusOK {
		s.t.Fatalf("get the run %s: %d", id, status)
	}
	return r
}

func (s *stack) put(id, action string) {
	s.t.Helper()
	if status := s.call("PUT", "/v1/runs/"+id+"/"+action, nil, nil); status != http.StatusOK {
		s.t.Fatalf("%s the run %s: %d", action, id, status)
	}
}

// await waits until ok accepts the run. The text what says what ok checks.
func (s *stack) await(id, what string, ok func(runJSON) bool) runJSON {
	s.t.Helper()
	deadline := time.Now().Add(90 * time.Second)
	for {
		r := s.run(id)
		if ok(r) {
			return r
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("the run did not become %s: %+v", what, r)
		}
		time.Sleep(200 * time.Millisecond)
	}
}

func (s *stack) awaitFinished(id, reason string) runJSON {
	s.t.Helper()
	r := s.await(id, "finished", func(r runJSON) bool { return r.Status == "finished" })
	if r.StopReason != reason {
		s.t.Errorf("the stop reason is %s, want %s: %+v", r.StopReason, reason, r)
	}
	return r
}

// invoke invokes the function with the logical id.
func (s *stack) invoke(function string, event any) {
	s.t.Helper()
	payload, err := json.Marshal(event)
	if err != nil {
		s.t.Fatal(err)
	}
	name := s.ids[function]
	out, err := lambda.NewFromConfig(s.deploy.Config).Invoke(s.t.Context(), &lambda.InvokeInput{FunctionName: &name, Payload: payload})
	if err != nil || out.FunctionError != nil {
		s.t.Fatalf("%s: %v %s", function, err, out.Payload)
	}
}

// endless serves an infinite binary tree of numbered pages, each after 20 ms.
func endless(w http.ResponseWriter, r *http.Request) {
	time.Sleep(20 * time.Millisecond)
	n, _ := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/")) // 0 for the root, which has no number
	fmt.Fprintf(w, `<a href="/%d">a</a> <a href="/%d">b</a>`, 2*n+1, 2*n+2)
}

// config returns a config that crawls from the seed, without delays, until the criterion. Either
// may be empty.
func config(seed, criterion string, bound any) map[string]any {
	c := map[string]any{"policies": []any{}, "speed": map[string]any{"concurrency": 4, "per_host_concurrency": 4}}
	if seed != "" {
		c["seeds"] = []any{part("static_list", "urls", []string{seed})}
	}
	if criterion != "" {
		c["stopping_criteria"] = []any{part(criterion, criterion, bound)}
	}
	return c
}

func part(kind, name string, value any) map[string]any {
	return map[string]any{"kind": kind, "params": map[string]any{name: value}}
}
