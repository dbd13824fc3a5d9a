//go:build emulator

package deploy_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsconfig "github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/deploy"
)

// stack is the deployed stack as a test uses it.
type stack struct {
	t       *testing.T
	deploy  deploy.Stack
	http    http.Client
	outputs map[string]string
	ids     map[string]string // physical ids by logical ids
	roles   []string          // names
	alarms  int
}

// up deploys the stack with the parameters. It is deleted by the test that calls it first.
func up(t *testing.T, parameters map[string]string) *stack {
	t.Helper()
	if os.Getenv("AWS_ENDPOINT_URL") == "" {
		t.Fatal("AWS_ENDPOINT_URL must say where the emulator is")
	}
	config, err := awsconfig.LoadDefaultConfig(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{
		"AllowPrivateAddresses": "true", "TableDeletionProtection": "false", "LogLevel": "debug", "CrawlConcurrency": "10",
	}
	for name, value := range parameters {
		all[name] = value
	}
	s := &stack{t: t, deploy: deploy.Stack{
		Name: "inndx-runs-test", Bucket: "inndx-runs-test-code", Root: "../..", Arch: runtime.GOARCH, Parameters: all, Config: config,
	}}
	if s.outputs, err = s.deploy.Deploy(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.resources()
	endpoint, err := url.Parse(*config.BaseEndpoint)
	if err != nil {
		t.Fatal(err)
	}
	// The host of an emulator's API has a name that need not resolve.
	s.http.Transport = &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, endpoint.Host)
	}}
	t.Cleanup(s.http.CloseIdleConnections)
	return s
}

func (s *stack) down() {
	if err := s.deploy.Delete(context.Background()); err != nil {
		s.t.Errorf("delete the stack: %v", err)
	}
}

// resources reads what the stack is made of.
func (s *stack) resources() {
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

// call calls the API. It decodes the answer into out, if that is not nil.
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
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	if out != nil {
		if err := json.Unmarshal(answer, out); err != nil {
			s.t.Fatalf("%s %s: %d %s", method, path, resp.StatusCode, answer)
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

// start creates a job with the configuration, and its first run.
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

// await waits until the run is as it should be.
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

func (s *stack) awaitEnd(id, reason string) runJSON {
	s.t.Helper()
	r := s.await(id, "finished", func(r runJSON) bool { return r.Status == "finished" })
	if r.StopReason != reason {
		s.t.Errorf("the run ended by %s, want %s: %+v", r.StopReason, reason, r)
	}
	return r
}

// invoke calls a function with an event, and returns its answer.
func (s *stack) invoke(function string, event any) []byte {
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
	return out.Payload
}

// endless is a site without an end, on which each page takes a moment and has a number.
func endless(w http.ResponseWriter, r *http.Request) {
	time.Sleep(20 * time.Millisecond)
	n, _ := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/")) // 0 for the first page, which has none
	fmt.Fprintf(w, `<a href="/%d">a</a> <a href="/%d">b</a>`, 2*n+1, 2*n+2)
}

// config is a crawl of the URL, as fast as can be, until the criterion.
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

// TestStack deploys the template and uses what was deployed.
func TestStack(t *testing.T) {
	s := up(t, map[string]string{"AuthMode": "none"})
	defer s.down()
	tree := sitetest.Start(t, http.HandlerFunc(endless))
	leaf := sitetest.Start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "leaf") }))
	for _, sub := range []struct {
		name string
		test func(*stack, string, string)
	}{
		{"stop reasons", testStopReasons}, {"lifecycle", testLifecycle}, {"tenants", testTenants}, {"no route", testNoRoute}, {"lost message", testLostMessage},
		{"dead letter", testDeadLetter}, {"resources", testResources}, {"tokens", testTokens}, {"signatures", testSignatures},
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

// testStopReasons crawls to each stop reason that a crawl comes to by itself.
func testStopReasons(s *stack, tree, leaf string) {
	runs := map[string]string{
		"max_urls":              s.start(config(tree, "max_urls", 7)),
		"max_depth":             s.start(config(tree, "max_depth", 2)),
		"max_age":               s.start(config(tree, "max_age", "3s")),
		"max_empty_evaluations": s.start(config(leaf, "", nil)),
		"empty_seed":            s.start(config("", "", nil)),
	}
	for reason, id := range runs {
		r := s.awaitEnd(id, reason)
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
	s.awaitEnd(id, "manual")
	if status := s.call("DELETE", "/v1/runs/"+id, nil, nil); status != http.StatusNoContent {
		s.t.Errorf("delete: %d", status)
	}
	if status := s.call("GET", "/v1/runs/"+id, nil, nil); status != http.StatusNotFound {
		s.t.Errorf("get what was deleted: %d", status)
	}
}

func testTenants(s *stack, _, leaf string) {
	id := s.start(config(leaf, "", nil))
	if status := s.call("GET", "/v1/runs/"+id, nil, nil, "X-Tenant-Id", "other"); status != http.StatusNotFound {
		s.t.Errorf("another tenant is answered %d", status)
	}
	var list struct{ Items []runJSON }
	if status := s.call("GET", "/v1/runs?statuses=finished&statuses=running&statuses=pending", nil, &list); status != http.StatusOK || len(list.Items) == 0 {
		s.t.Errorf("the list is answered %d with %d runs", status, len(list.Items))
	}
	s.awaitEnd(id, "max_empty_evaluations")
	var log struct{ Items []struct{ Status string } }
	if status := s.call("GET", "/v1/runs/"+id+"/logs", nil, &log); status != http.StatusOK || len(log.Items) == 0 {
		s.t.Errorf("the log of a finished run is answered %d with %d entries", status, len(log.Items))
	}
}

// testNoRoute calls what no route takes: the answers are the service's, not the gateway's.
func testNoRoute(s *stack, _, _ string) {
	for call, want := range map[string]int{
		"GET /nope": 404, "GET /v1/runs/": 404, "POST /v1/runs": 405, "PATCH /v1/runs/x": 405, "GET /v1/runs/x/pause": 405,
	} {
		method, path, _ := strings.Cut(call, " ")
		var answer struct{ Code int }
		if status := s.call(method, path, nil, &answer); status != want || answer.Code != want {
			s.t.Errorf("%s is answered %d, and says %d, want %d", call, status, answer.Code, want)
		}
	}
}

// testLostMessage loses the wake-up of a run, and the sweep finds it.
func testLostMessage(s *stack, _, leaf string) {
	s.pauseCrawling(true)
	id := s.start(config(leaf, "", nil))
	queue := s.outputs["WakeQueueUrl"]
	if _, err := sqs.NewFromConfig(s.deploy.Config).PurgeQueue(s.t.Context(), &sqs.PurgeQueueInput{QueueUrl: &queue}); err != nil {
		s.t.Fatal(err)
	}
	s.pauseCrawling(false)
	if r := s.run(id); r.Status != "pending" {
		s.t.Fatalf("the run is %s though its message was lost", r.Status)
	}
	s.invoke("SweepFunction", map[string]any{"source": "aws.events"})
	s.awaitEnd(id, "max_empty_evaluations")
}

// pauseCrawling makes the queue keep its messages, and waits until it does.
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

// testDeadLetter puts a wake-up where those go that failed too often.
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
	s.awaitEnd(id, "unknown")
}

// testResources looks at what the stack has beside what it does.
func testResources(s *stack, _, _ string) {
	found, err := cloudwatch.NewFromConfig(s.deploy.Config).DescribeAlarms(s.t.Context(), &cloudwatch.DescribeAlarmsInput{AlarmNamePrefix: &s.deploy.Name})
	if err != nil {
		s.t.Fatal(err)
	}
	if len(found.MetricAlarms) != s.alarms || s.alarms == 0 {
		s.t.Errorf("%d alarms, want %d", len(found.MetricAlarms), s.alarms)
	}
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
			if !strings.Contains(document, s.deploy.Name) || strings.Contains(wild, "*") {
				s.t.Errorf("the role %s may: %s", role, document)
			}
		}
	}
	if len(s.roles) < 18 {
		s.t.Errorf("%d roles, want one for each function", len(s.roles))
	}
}

// testTokens closes the stack to all but the holders of tokens.
func testTokens(s *stack, _, leaf string) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		s.t.Fatal(err)
	}
	issuer := newIssuer(s.t, key)
	*s = *up(s.t, map[string]string{"AuthMode": "jwt", "JwtIssuer": issuer, "JwtAudience": "runs,other-runs", "TenantClaim": "org"})
	claims := func(changes ...any) map[string]any {
		c := map[string]any{
			"iss": issuer, "aud": "runs", "sub": "someone", "org": "acme",
			"iat": time.Now().Add(-time.Minute).Unix(), "exp": time.Now().Add(time.Hour).Unix(),
		}
		for i := 0; i < len(changes); i += 2 {
			c[changes[i].(string)] = changes[i+1]
		}
		return c
	}
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		s.t.Fatal(err)
	}
	good := sign(s.t, key, claims())
	for name, tc := range map[string]struct {
		headers []string
		want    int
	}{
		"no token":            {nil, 401},
		"no token but header": {[]string{"X-Tenant-Id", "acme"}, 401},
		"expired":             {bearer(sign(s.t, key, claims("exp", time.Now().Add(-time.Minute).Unix()))), 401},
		"wrong audience":      {bearer(sign(s.t, key, claims("aud", "elsewhere"))), 401},
		"wrong issuer":        {bearer(sign(s.t, key, claims("iss", "https://elsewhere.example"))), 401},
		"another's signature": {bearer(sign(s.t, stranger, claims())), 401},
		"no tenant":           {bearer(sign(s.t, key, claims("org", ""))), 403},
		"another's header":    {append(bearer(good), "X-Tenant-Id", "other"), 403},
		"its own header":      {append(bearer(good), "X-Tenant-Id", "acme"), 200},
		"good":                {bearer(good), 200},
	} {
		for _, path := range []string{"/v1/runs", "/v1/jobs"} {
			if got := s.call("GET", path, nil, nil, tc.headers...); got != tc.want {
				s.t.Errorf("%s: %s is answered %d, want %d", name, path, got, tc.want)
			}
		}
	}
	var created struct{ Run runJSON }
	s.call("POST", "/v1/jobs?create_run=true", map[string]any{"name": "emulated", "config": config(leaf, "", nil)}, &created, bearer(good)...)
	for org, want := range map[string]int{"acme": 200, "other": 404} {
		if got := s.call("GET", "/v1/runs/"+created.Run.ID, nil, nil, bearer(sign(s.t, key, claims("org", org)))...); got != want {
			s.t.Errorf("the tenant %s is answered %d for a run of acme, want %d", org, got, want)
		}
	}
	s.openIsDocumentationAlone(http.StatusUnauthorized)
}

// testSignatures closes the stack to all but those who sign. That signatures are verified
// is API Gateway's part, and not every emulator does it.
func testSignatures(s *stack, _, _ string) {
	*s = *up(s.t, map[string]string{"AuthMode": "iam"})
	s.openIsDocumentationAlone(http.StatusForbidden)
}

// openIsDocumentationAlone calls every route without credentials.
func (s *stack) openIsDocumentationAlone(want int) {
	s.t.Helper()
	var description struct{ Paths map[string]map[string]any }
	if status := s.call("GET", "/.well-known/openapi.json", nil, &description); status != http.StatusOK {
		s.t.Errorf("the description is answered %d", status)
	}
	if status := s.call("GET", "/nope", nil, nil); status != want {
		s.t.Errorf("what has no route is answered %d without credentials, want %d", status, want)
	}
	for path, methods := range description.Paths {
		for method := range methods {
			want := want
			if strings.HasPrefix(path, "/.well-known/") {
				want = http.StatusOK
			}
			if method == "parameters" {
				continue
			}
			url := strings.NewReplacer("{run_id}", "9c2b4e61-0f7d-4a8b-8e13-5d6c7b8a9f02", "{job_id}", "3f1a7c52-8d0e-4b6f-9a35-2c7d1e84b6a0").Replace(path)
			if got := s.call(strings.ToUpper(method), url, nil, nil, "X-Tenant-Id", "acme"); got != want {
				s.t.Errorf("%s %s without credentials is answered %d, want %d", method, path, got, want)
			}
		}
	}
}

func bearer(token string) []string { return []string{"Authorization", "Bearer " + token} }

// newIssuer serves the key as an OpenID provider does, and returns the issuer's URL.
func newIssuer(t *testing.T, key *rsa.PrivateKey) string {
	mux := http.NewServeMux()
	issuer := sitetest.Start(t, mux)
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		json.NewEncoder(w).Encode(map[string]any{"issuer": issuer.URL, "jwks_uri": issuer.URL + "/keys"})
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		json.NewEncoder(w).Encode(map[string]any{"keys": []any{map[string]any{
			"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "1",
			"n": base64.RawURLEncoding.EncodeToString(key.N.Bytes()),
			"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(key.E)).Bytes()),
		}}})
	})
	return issuer.URL
}

// sign returns a token of the claims (RFC 7519), signed by RS256.
func sign(t *testing.T, key *rsa.PrivateKey, claims map[string]any) string {
	t.Helper()
	encode := func(v any) string {
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(data)
	}
	signed := encode(map[string]any{"alg": "RS256", "typ": "JWT", "kid": "1"}) + "." + encode(claims)
	digest := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature)
}
