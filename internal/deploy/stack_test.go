//go:build emulator

package deploy_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/deploy"
)

// TestStack deploys the template and uses the stack.
func TestStack(t *testing.T) {
	s := deployStack(t, map[string]string{"AuthMode": "none"})
	defer s.delete()
	tree := sitetest.Start(t, http.HandlerFunc(endless))
	leaf := sitetest.Start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "leaf") }))
	for _, sub := range []struct {
		name string
		test func(*stack, string, string)
	}{
		{"expansion", testExpansion}, {"stop reasons", testStopReasons}, {"lifecycle", testLifecycle},
		{"objects", testObjects},
		{"tenants", testTenants}, {"dashboard", testDashboard}, {"no route", testNoRoute}, {"lost message", testLostMessage},
		{"dead letter", testDeadLetter}, {"functions", testFunctions}, {"alarms", testAlarms}, {"policies", testPolicies},
		{"tokens", testTokens}, {"signatures", testSignatures}, // each updates the stack
	} {
		ok := t.Run(sub.name, func(t *testing.T) {
			here := *s
			here.t = t
			sub.test(&here, tree.URL+"/", leaf.URL+"/")
			s.outputs = here.outputs
		})
		if !ok {
			t.FailNow()
		}
	}
}

// testStopReasons reaches each stop reason that needs no request.
func testStopReasons(s *stack, tree, leaf string) {
	runs := map[string]string{
		"max_urls":              s.start(config(tree, "max_urls", 7)),
		"max_depth":             s.start(config(tree, "max_depth", 2)),
		"max_age":               s.start(config(tree, "max_age", "3s")),
		"max_empty_evaluations": s.start(config(leaf, "", nil)),
		"empty_seed":            s.start(config("", "", nil)),
	}
	for reason, id := range runs {
		r := s.awaitFinished(id, reason)
		want := map[string]int{"max_urls": 7, "max_depth": 7, "max_empty_evaluations": 1, "empty_seed": 0}
		if fetched, ok := want[reason]; ok && r.Progress.Fetched != fetched {
			s.t.Errorf("%s: %d URLs fetched, want %d", reason, r.Progress.Fetched, fetched)
		}
	}
}

// testLifecycle pauses, resumes, stops and deletes a run.
func testLifecycle(s *stack, tree, _ string) {
	id := s.start(config(tree, "max_age", "5m"))
	crawling := func(more int) func(runJSON) bool {
		return func(r runJSON) bool { return r.Status == "running" && r.Progress.Fetched > more }
	}
	before := s.await(id, "running", crawling(0))
	s.put(id, "pause")
	if r := s.run(id); r.Status != "paused" {
		s.t.Errorf("the run is %s after pause", r.Status)
	}
	s.put(id, "resume")
	s.await(id, "crawling again", crawling(before.Progress.Fetched+20))
	s.put(id, "stop")
	s.awaitFinished(id, "manual")
	if status := s.call("DELETE", "/v1/runs/"+id, nil, nil); status != http.StatusNoContent {
		s.t.Errorf("delete: %d", status)
	}
	if status := s.call("GET", "/v1/runs/"+id, nil, nil); status != http.StatusNotFound {
		s.t.Errorf("get a deleted run: %d", status)
	}
}

// testObjects crawls a run that keeps its pages, and deletes it with its objects.
func testObjects(s *stack, _, leaf string) {
	c := config(leaf, "", nil)
	c["pipelines"] = []any{map[string]any{
		"steps":   []any{map[string]any{"kind": "extractor", "params": map[string]any{"kind": "raw"}}},
		"actions": []any{map[string]any{"kind": "to_blob", "params": map[string]any{"directory": "pages"}}},
	}}
	id := s.start(c)
	s.awaitFinished(id, "max_empty_evaluations")
	client := s3.NewFromConfig(s.deploy.Config, func(o *s3.Options) { o.UsePathStyle = true })
	objects := func() int {
		found, err := client.ListObjectsV2(s.t.Context(), &s3.ListObjectsV2Input{
			Bucket: aws.String(s.outputs["BucketName"]), Prefix: aws.String("default/" + id + "-"),
		})
		if err != nil {
			s.t.Fatal(err)
		}
		return len(found.Contents)
	}
	if objects() == 0 {
		s.t.Error("the bucket has no object of the run")
	}
	if status := s.call("DELETE", "/v1/runs/"+id, nil, nil); status != http.StatusNoContent {
		s.t.Fatalf("delete: %d", status)
	}
	for range 300 {
		if objects() == 0 {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	s.t.Errorf("%d objects of the deleted run are left", objects())
}

func testTenants(s *stack, _, leaf string) {
	id := s.start(config(leaf, "", nil))
	if status := s.call("GET", "/v1/runs/"+id, nil, nil, "X-Tenant-Id", "other"); status != http.StatusNotFound {
		s.t.Errorf("get the run of another tenant: %d", status)
	}
	var list struct{ Items []runJSON }
	if status := s.call("GET", "/v1/runs?statuses=finished&statuses=running&statuses=pending", nil, &list); status != http.StatusOK || len(list.Items) == 0 {
		s.t.Errorf("list: %d with %d runs", status, len(list.Items))
	}
	s.awaitFinished(id, "max_empty_evaluations")
	var log struct{ Items []struct{ Status string } }
	if status := s.call("GET", "/v1/runs/"+id+"/logs", nil, &log); status != http.StatusOK || len(log.Items) == 0 {
		s.t.Errorf("log of a finished run: %d with %d entries", status, len(log.Items))
	}
}

// testDashboard opens the page of the dashboard and its assets.
func testDashboard(s *stack, _, _ string) {
	read := func(path, contentType string) string {
		s.t.Helper()
		resp, err := s.http.Get(s.outputs["ApiUrl"] + path)
		if err != nil {
			s.t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK || !strings.HasPrefix(resp.Header.Get("Content-Type"), contentType) {
			s.t.Fatalf("GET %s: %d %s (%v): %.200s", path, resp.StatusCode, resp.Header, err, body)
		}
		return string(body)
	}
	page := read("/", "text/html")
	if !strings.Contains(page, "&#34;auth_mode&#34;:&#34;none&#34;") {
		s.t.Errorf("the page does not say who may call: %s", page)
	}
	assets := regexp.MustCompile(`(?:src|href)="(assets/[^"]+)"`).FindAllStringSubmatch(page, -1)
	if len(assets) < 2 {
		s.t.Errorf("the page has the assets %v", assets)
	}
	for _, asset := range assets {
		if read("/"+asset[1], "text/") == "" {
			s.t.Errorf("%s is empty", asset[1])
		}
	}
}

// testNoRoute sends requests that no route matches. The responses are those of the service, not of
// the gateway.
func testNoRoute(s *stack, _, _ string) {
	for call, want := range map[string]int{
		"GET /nope": 404, "GET /v1/runs/": 404, "POST /v1/runs": 405, "PATCH /v1/runs/x": 405, "GET /v1/runs/x/pause": 405,
	} {
		method, path, _ := strings.Cut(call, " ")
		var response struct{ Code int }
		if status := s.call(method, path, nil, &response); status != want || response.Code != want {
			s.t.Errorf("%s: %d with the code %d, want %d", call, status, response.Code, want)
		}
	}
}

// testLostMessage loses the wake-up of a run. The sweep wakes the run again.
func testLostMessage(s *stack, _, leaf string) {
	s.pauseCrawling(true)
	id := s.start(config(leaf, "", nil))
	queue := s.outputs["WakeQueueUrl"]
	if _, err := sqs.NewFromConfig(s.deploy.Config).PurgeQueue(s.t.Context(), &sqs.PurgeQueueInput{QueueUrl: &queue}); err != nil {
		s.t.Fatal(err)
	}
	s.pauseCrawling(false)
	if r := s.run(id); r.Status != "pending" {
		s.t.Fatalf("the run is %s although its message was lost", r.Status)
	}
	s.invoke("SweepFunction", map[string]any{"source": "aws.events"})
	s.awaitFinished(id, "max_empty_evaluations")
}

// pauseCrawling disables or enables the event source of the crawl function, and waits for that.
func (s *stack) pauseCrawling(pause bool) {
	s.t.Helper()
	client := lambda.NewFromConfig(s.deploy.Config)
	function := s.ids["CrawlFunction"]
	found, err := client.ListEventSourceMappings(s.t.Context(), &lambda.ListEventSourceMappingsInput{FunctionName: &function})
	if err != nil || len(found.EventSourceMappings) != 1 {
		s.t.Fatalf("event sources of the crawl function: %v, %v", found, err)
	}
	id := found.EventSourceMappings[0].UUID
	if _, err := client.UpdateEventSourceMapping(s.t.Context(), &lambda.UpdateEventSourceMappingInput{UUID: id, Enabled: aws.Bool(!pause)}); err != nil {
		s.t.Fatal(err)
	}
	want := map[bool]string{true: "Disabled", false: "Enabled"}[pause]
	for range 300 {
		now, err := client.GetEventSourceMapping(s.t.Context(), &lambda.GetEventSourceMappingInput{UUID: id})
		if err != nil {
			s.t.Fatal(err)
		}
		if *now.State == want {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	s.t.Fatalf("the event source did not become %s", want)
}

// testDeadLetter sends a wake-up to the dead-letter queue. The sweep finishes the run as unknown.
func testDeadLetter(s *stack, _, leaf string) {
	s.pauseCrawling(true)
	defer s.pauseCrawling(false)
	id := s.start(config(leaf, "", nil))
	queue := s.outputs["DeadLetterQueueUrl"]
	_, err := sqs.NewFromConfig(s.deploy.Config).SendMessage(s.t.Context(), &sqs.SendMessageInput{
		QueueUrl: &queue, MessageBody: aws.String(fmt.Sprintf(`{"tenant": "default", "run_id": %q}`, id)),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.invoke("SweepFunction", map[string]any{"source": "aws.events"})
	s.awaitFinished(id, "unknown")
}

// testFunctions checks the architecture and the variables of the functions.
func testFunctions(s *stack, _, _ string) {
	client := lambda.NewFromConfig(s.deploy.Config)
	functions := 0
	for id, name := range s.ids {
		if !strings.HasSuffix(id, "Function") {
			continue
		}
		functions++
		f, err := client.GetFunctionConfiguration(s.t.Context(), &lambda.GetFunctionConfigurationInput{FunctionName: &name})
		if err != nil {
			s.t.Fatal(err)
		}
		if got := f.Architectures; len(got) != 1 || string(got[0]) != deploy.Architecture() {
			s.t.Errorf("the architecture of %s is %v, want %s", id, got, deploy.Architecture())
		}
		for variable := range f.Environment.Variables {
			if strings.HasPrefix(variable, "AWS_ENDPOINT_URL") {
				s.t.Errorf("%s has the variable %s, which is for `sam local` only", id, variable)
			}
		}
	}
	if functions < 18 {
		s.t.Errorf("%d functions, want one for each route and worker", functions)
	}
}

// testAlarms checks that CloudWatch has the alarms of the template.
func testAlarms(s *stack, _, _ string) {
	found, err := cloudwatch.NewFromConfig(s.deploy.Config).DescribeAlarms(s.t.Context(), &cloudwatch.DescribeAlarmsInput{AlarmNamePrefix: &s.deploy.Name})
	if err != nil {
		s.t.Fatal(err)
	}
	if len(found.MetricAlarms) != s.alarms || s.alarms == 0 {
		s.t.Errorf("%d alarms, want %d", len(found.MetricAlarms), s.alarms)
	}
}

// testPolicies checks that each function has a role, and that the policies name only resources of
// the stack.
func testPolicies(s *stack, _, _ string) {
	client := iam.NewFromConfig(s.deploy.Config)
	for _, role := range s.roles {
		policies, err := client.ListRolePolicies(s.t.Context(), &iam.ListRolePoliciesInput{RoleName: &role})
		if err != nil {
			s.t.Fatal(err)
		}
		for _, name := range policies.PolicyNames {
			policy, err := client.GetRolePolicy(s.t.Context(), &iam.GetRolePolicyInput{RoleName: &role, PolicyName: &name})
			if err != nil {
				s.t.Fatal(err)
			}
			document, err := url.QueryUnescape(*policy.PolicyDocument)
			if err != nil {
				s.t.Fatal(err)
			}
			// ListStreams takes no narrower resource than all streams of the table.
			wild := strings.ReplaceAll(document, s.outputs["TableName"]+"/stream/*", "")
			wild = strings.ReplaceAll(wild, s.outputs["BucketName"]+"/*", "") // the objects have names of many kinds
			wild = strings.ReplaceAll(wild, "secret:inndx-runs/*", "")        // the secrets have names of many kinds
			if !strings.Contains(document, s.deploy.Name) || strings.Contains(wild, "*") {
				s.t.Errorf("the role %s may: %s", role, document)
			}
		}
	}
	if len(s.roles) < 18 {
		s.t.Errorf("%d roles, want one for each function", len(s.roles))
	}
}
