package lambdafn

import (
	gocmp "cmp"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"github.com/inndx/runs/internal/api"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
)

const root = "../.."

// workers are the functions that serve no route of the API, and the source of their events.
var workers = map[string]string{"crawl": "SQS", "dead-letter": "SQS", "sweep": "Schedule", "publish-changes": "DynamoDB"}

// template is what the tests read of template.yaml. Intrinsic functions are read as their
// arguments.
type template struct {
	Globals struct {
		Function struct {
			Timeout       int // seconds
			Tracing       string
			LoggingConfig struct{ LogGroup string }
			Environment   struct{ Variables map[string]string }
		}
	}
	Parameters map[string]struct {
		Default        any
		AllowedValues  []any
		AllowedPattern string
		Description    string
	}
	Mappings  map[string]map[string]map[string]string
	Resources map[string]struct {
		Type, Condition                     string
		DeletionPolicy, UpdateReplacePolicy string
		Properties                          resource
	}
}

// ofType returns the resources of a type, by their logical ids.
func (tmpl template) ofType(name string) map[string]resource {
	all := map[string]resource{}
	for id, r := range tmpl.Resources {
		if r.Type == name {
			all[id] = r.Properties
		}
	}
	return all
}

type resource struct {
	// of a function
	CodeUri       string
	Timeout       int
	Policies      []struct{ Statement []statement }
	Events        map[string]struct{ Type string }
	Tracing       string
	LoggingConfig struct{ LogGroup string }
	RecursiveLoop string
	// of the API
	CorsConfiguration []json.RawMessage
	// of a route, its integration and the permission to call the function
	ApiId, RouteKey, OperationName, Target string
	AuthorizationType, AuthorizerId        any
	IntegrationUri, PayloadFormatVersion   string
	Action, Principal, SourceArn           string
	// of an event source
	FunctionName, EventSourceArn string
	FunctionResponseTypes        []string
	MaximumRetryAttempts         int
	ScalingConfig                struct{ MaximumConcurrency any }
	// of the table
	BillingMode            string
	AttributeDefinitions   []map[string]string
	KeySchema              []map[string]string
	GlobalSecondaryIndexes []struct {
		IndexName  string
		KeySchema  []map[string]string
		Projection map[string]string
	}
	DeletionProtectionEnabled        string
	PointInTimeRecoverySpecification struct{ PointInTimeRecoveryEnabled bool }
	SSESpecification                 struct{ SSEEnabled bool }
	TimeToLiveSpecification          struct {
		AttributeName string
		Enabled       bool
	}
	StreamSpecification struct{ StreamViewType string }
	// of a queue
	SqsManagedSseEnabled   bool
	VisibilityTimeout      int
	MessageRetentionPeriod int
	RedrivePolicy          struct {
		DeadLetterTargetArn string
		MaxReceiveCount     int
	}
	// of a log group
	RetentionInDays string
	// of the stage
	AccessLogSettings    struct{ DestinationArn string }
	DefaultRouteSettings struct{ ThrottlingRateLimit string }
	// of a metric filter
	FilterPattern         string
	LogGroupName          string
	MetricTransformations []struct{ MetricNamespace, MetricName, MetricValue string }
	// of an alarm
	AlarmDescription, TreatMissingData, Namespace, MetricName string
	AlarmActions                                              []any
	Dimensions                                                []dimension
}

type dimension struct{ Name, Value string }

type statement struct {
	Sid, Effect string
	Action      []string
	Resource    any
}

func readTemplate(t *testing.T) template {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var document any
	if err := yaml.Unmarshal(data, &document); err != nil {
		t.Fatal(err)
	}
	if data, err = json.Marshal(document); err != nil {
		t.Fatal(err)
	}
	var tmpl template
	if err := json.Unmarshal(data, &tmpl); err != nil {
		t.Fatal(err)
	}
	return tmpl
}

// functions returns the template's functions by the names of their folders.
func (tmpl template) functions(t *testing.T) map[string]resource {
	t.Helper()
	all := map[string]resource{}
	for id, r := range tmpl.Resources {
		if r.Type != "AWS::Serverless::Function" {
			continue
		}
		name, ok := strings.CutPrefix(r.Properties.CodeUri, "build/arm64/")
		if !ok || camel(name)+"Function" != id {
			t.Errorf("function %s has the code %s", id, r.Properties.CodeUri)
		}
		all[name] = r.Properties
	}
	return all
}

func camel(name string) (s string) {
	for part := range strings.SplitSeq(name, "-") {
		s += strings.ToUpper(part[:1]) + part[1:]
	}
	return s
}

// gatewayRoutes returns the routes that the gateway must have: every operation of the API, and
// one for what none of them takes.
func gatewayRoutes() []api.Route {
	return append(api.Routes(), api.Route{Name: api.NoRoute})
}

func routeKey(r api.Route) string {
	if r.Name == api.NoRoute {
		return "$default"
	}
	return r.Method + " " + r.Pattern
}

// functionNames returns the names that there must be: of the routes and of the workers.
func functionNames() []string {
	names := slices.Collect(maps.Keys(workers))
	for _, r := range gatewayRoutes() {
		names = append(names, r.Name)
	}
	return slices.Sorted(slices.Values(names))
}

func TestEveryFunctionHasCodeEventAndResource(t *testing.T) {
	var code, sample []string
	for _, path := range glob(t, "functions/*/main.go") {
		code = append(code, filepath.Base(filepath.Dir(path)))
	}
	for _, path := range glob(t, "events/*.json") {
		sample = append(sample, strings.TrimSuffix(filepath.Base(path), ".json"))
	}
	resources := slices.Sorted(maps.Keys(readTemplate(t).functions(t)))
	for what, got := range map[string][]string{"functions/": code, "events/": sample, "template.yaml": resources} {
		if diff := cmp.Diff(functionNames(), got); diff != "" {
			t.Errorf("%s differs from the API's routes and the workers (-want +got):\n%s", what, diff)
		}
	}
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(root, pattern))
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

func TestMainsServeTheRouteOfTheirFolder(t *testing.T) {
	calls := map[string]string{
		"crawl": `ServeQueue("crawl", d.Keeper().Handler(c.Crawl))`, "dead-letter": `ServeQueue("dead-letter", d.Keeper().Abandon)`,
		"sweep": "k.Sweep(ctx)", "publish-changes": "lambda.Start(publisher.Handle)", api.NoRoute: "func main() { lambdafn.ServeNoRoute()",
	}
	for _, r := range api.Routes() {
		calls[r.Name] = fmt.Sprintf("func main() { lambdafn.ServeRoute(%q)", r.Name)
		if strings.HasPrefix(r.Pattern, "/.well-known/") {
			calls[r.Name] = fmt.Sprintf("func main() { lambdafn.ServeDocs(%q, ", r.Name)
		}
	}
	for name, call := range calls {
		source, err := os.ReadFile(filepath.Join(root, "functions", name, "main.go"))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(source), call) {
			t.Errorf("functions/%s/main.go does not hold %s", name, call)
		}
	}
}

// Every route has its own function, and is closed to whom AuthMode does not let in, but for
// the documentation.
func TestTemplateRoutes(t *testing.T) {
	tmpl := readTemplate(t)
	for _, r := range gatewayRoutes() {
		id := camel(r.Name)
		route, permission := tmpl.Resources[id+"Route"].Properties, tmpl.Resources[id+"Permission"].Properties
		if key := routeKey(r); route.RouteKey != key || route.OperationName != r.Name || route.Target != "integrations/${"+id+"Integration}" {
			t.Errorf("%s is the route %s of %s to %s, want %s", r.Name, route.RouteKey, route.OperationName, route.Target, key)
		}
		if i := tmpl.Resources[id+"Integration"].Properties; i.IntegrationUri != id+"Function.Arn" || i.PayloadFormatVersion != "2.0" {
			t.Errorf("%s goes to %s with payload %s", r.Name, i.IntegrationUri, i.PayloadFormatVersion)
		}
		path := regexp.MustCompile(`\{\w+\}`).ReplaceAllString(strings.Replace(routeKey(r), " ", "", 1), "*")
		if permission.FunctionName != id+"Function" || permission.Principal != "apigateway.amazonaws.com" || !strings.HasSuffix(permission.SourceArn, ":${Api}/*/"+path) {
			t.Errorf("%s may be called by %s for %s", permission.FunctionName, permission.Principal, permission.SourceArn)
		}
		authorization := []any{[]any{"AuthorizationTypes", "AuthMode", "Type"}, []any{"WithJwt", "JwtAuthorizer", "AWS::NoValue"}}
		if strings.HasPrefix(r.Pattern, "/.well-known/") {
			authorization = []any{"NONE", nil}
		}
		if diff := cmp.Diff(authorization, []any{route.AuthorizationType, route.AuthorizerId}); diff != "" {
			t.Errorf("%s is open to others than those it is for (-want +got):\n%s", r.Name, diff)
		}
	}
	// Two other routes are open, and there only for browsers: they ask without credentials.
	front := tmpl.Resources["RootRoute"].Properties
	if front.RouteKey != "GET /" || front.Target != "integrations/${NoRouteIntegration}" || front.AuthorizationType != "NONE" {
		t.Errorf("the root goes from %s to %s with %v", front.RouteKey, front.Target, front.AuthorizationType)
	}
	if p := tmpl.Resources["RootPermission"].Properties; p.FunctionName != "NoRouteFunction" || !strings.HasSuffix(p.SourceArn, ":${Api}/*/GET/") {
		t.Errorf("%s may be called for %s", p.FunctionName, p.SourceArn)
	}
	preflight := tmpl.Resources["PreflightRoute"]
	if preflight.Condition != "WithCors" || preflight.Properties.RouteKey != "OPTIONS /{proxy+}" || preflight.Properties.Target != "integrations/${NoRouteIntegration}" {
		t.Errorf("preflight requests go from %s to %s when %s", preflight.Properties.RouteKey, preflight.Properties.Target, preflight.Condition)
	}
	if got, want := len(tmpl.ofType("AWS::ApiGatewayV2::Route")), len(gatewayRoutes())+2; got != want {
		t.Errorf("the template has %d routes, want %d", got, want)
	}
}

// AuthMode has no default: nobody opens a stack by mistake.
func TestTemplateAuthMode(t *testing.T) {
	tmpl := readTemplate(t)
	mode := tmpl.Parameters["AuthMode"]
	if mode.Default != nil || !slices.Equal(mode.AllowedValues, []any{"iam", "jwt", "none"}) {
		t.Errorf("AuthMode is one of %v, by default %v", mode.AllowedValues, mode.Default)
	}
	want := map[string]map[string]string{"iam": {"Type": "AWS_IAM"}, "jwt": {"Type": "JWT"}, "none": {"Type": "NONE"}}
	if diff := cmp.Diff(want, tmpl.Mappings["AuthorizationTypes"]); diff != "" {
		t.Errorf("authorization types (-want +got):\n%s", diff)
	}
	if got := tmpl.Globals.Function.Environment.Variables["AUTH_MODE"]; got != "AuthMode" {
		t.Errorf("functions are told the mode %q", got)
	}
	for name, p := range tmpl.Parameters {
		if p.Description == "" {
			t.Errorf("the parameter %s is not described", name)
		}
	}
}

// Fn::Split leaves the space behind a comma in the element, which then matches nothing. So the
// lists of the template take no spaces. CloudFormation matches the whole value.
func TestTemplateListsTakeNoSpaces(t *testing.T) {
	tmpl := readTemplate(t)
	for _, name := range []string{"CorsOrigins", "JwtAudience"} {
		pattern := regexp.MustCompile("^(?:" + tmpl.Parameters[name].AllowedPattern + ")$")
		for value, want := range map[string]bool{
			"": true, "https://a.example,http://b.example:3000": true, "*": true, "https://a.example, https://b.example": false,
		} {
			if pattern.MatchString(value) != want {
				t.Errorf("%s takes %q: %v, want %v", name, value, !want, want)
			}
		}
	}
}

func TestTemplateWorkers(t *testing.T) {
	tmpl := readTemplate(t)
	functions := tmpl.functions(t)
	sources := map[string]resource{}
	for _, source := range tmpl.ofType("AWS::Lambda::EventSourceMapping") {
		sources[source.FunctionName] = source
	}
	for name, kind := range workers {
		if kind != "SQS" {
			for _, e := range functions[name].Events {
				if e.Type != kind {
					t.Errorf("%s is started by %s, want %s", name, e.Type, kind)
				}
			}
			continue
		}
		source := sources[camel(name)+"Function"]
		if !slices.Equal(source.FunctionResponseTypes, []string{"ReportBatchItemFailures"}) {
			t.Errorf("%s does not report failures of single messages", name)
		}
		queue := tmpl.Resources[strings.TrimSuffix(source.EventSourceArn, ".Arn")].Properties
		if queue.VisibilityTimeout < 6*functions[name].Timeout || functions[name].Timeout == 0 {
			t.Errorf("messages for %s are hidden for %d s, want at least six times its timeout of %d s", name, queue.VisibilityTimeout, functions[name].Timeout)
		}
	}
	if got := sources["CrawlFunction"].ScalingConfig.MaximumConcurrency; got != "CrawlConcurrency" {
		t.Errorf("the crawl function's concurrency is bounded by %q", got)
	}
	wakeups := tmpl.Resources["WakeQueue"].Properties
	if got := wakeups.RedrivePolicy.DeadLetterTargetArn; got != "DeadLetterQueue.Arn" {
		t.Errorf("the wake queue's dead letters go to %q", got)
	}
	// Messages that are throttled count as received; fewer than five make dead letters of them.
	// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
	if wakeups.RedrivePolicy.MaxReceiveCount < 5 {
		t.Errorf("a message is dead after %d receives", wakeups.RedrivePolicy.MaxReceiveCount)
	}
	// A dead letter keeps the time when it was sent, from which its retention counts: see
	// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html.
	const fourDays = 4 * 24 * 60 * 60 // SQS's default
	dead, kept := tmpl.Resources["DeadLetterQueue"].Properties, gocmp.Or(wakeups.MessageRetentionPeriod, fourDays)
	if gocmp.Or(dead.MessageRetentionPeriod, fourDays) <= kept {
		t.Errorf("dead letters are kept for %d s, wake-ups for %d", dead.MessageRetentionPeriod, kept)
	}
}

// newAccount is the concurrency that a new account may have, see
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html.
const newAccount = 10

// What is deployed without another word runs in a new account: the workers leave something of its
// concurrency to the API.
func TestTemplateFitsANewAccount(t *testing.T) {
	const forTheAPI = 2
	tmpl := readTemplate(t)
	busy := 0
	for _, source := range tmpl.ofType("AWS::Lambda::EventSourceMapping") {
		switch bound := source.ScalingConfig.MaximumConcurrency.(type) {
		case nil: // a stream: one for each shard, for moments; one of them is counted
			busy++
		case float64:
			busy += int(bound)
		case string:
			busy += int(tmpl.Parameters[bound].Default.(float64))
		}
		if source.ScalingConfig.MaximumConcurrency == nil && strings.HasSuffix(source.EventSourceArn, "Queue.Arn") {
			t.Errorf("the concurrency of %s is not bounded", source.FunctionName)
		}
	}
	busy++ // the sweep
	if busy+forTheAPI > newAccount {
		t.Errorf("the workers take %d of %d invocations at once", busy, newAccount)
	}
	samconfig, err := os.ReadFile(filepath.Join(root, "samconfig.toml"))
	if err != nil {
		t.Fatal(err)
	}
	overrides := regexp.MustCompile(`(?s)\[default\.deploy\.parameters\].*?parameter_overrides = "([^"]*)"`).FindSubmatch(samconfig)
	if overrides == nil || strings.Contains(string(overrides[1]), "CrawlConcurrency") {
		t.Errorf("the environment default sets %q", overrides)
	}
}

// A function that only reads must not be able to write, and none may reach more than the
// stack's own table, indexes and queues. What each needs is TestFunctionsMayDoWhatTheyDo's.
func TestTemplatePolicies(t *testing.T) {
	for name, f := range readTemplate(t).functions(t) {
		if name == "publish-changes" {
			continue // it reaches nothing that the others do: see received
		}
		reads := strings.HasPrefix(name, "list-") || strings.HasPrefix(name, "get-")
		for _, permission := range allowed(f) {
			action, resource, _ := strings.Cut(permission, " ")
			// Only the sweep, which no request starts, may read across tenants.
			if strings.Contains(action, "*") || action == "dynamodb:Scan" && name+" "+resource != "sweep by_created" {
				t.Errorf("%s may %s %s", name, action, resource)
			}
			if reads && !slices.Contains([]string{"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"}, action) {
				t.Errorf("%s reads only, and may %s", name, action)
			}
			if !slices.Contains([]string{"Table", "WakeQueue", "DeadLetterQueue", "by_created", "by_job", "by_status", "by_wake"}, resource) {
				t.Errorf("%s may reach %s", name, resource)
			}
		}
	}
}

func TestTemplateKeepsData(t *testing.T) {
	tmpl := readTemplate(t)
	table := tmpl.Resources["Table"]
	if table.DeletionPolicy != "Retain" || table.UpdateReplacePolicy != "Retain" || table.Properties.DeletionProtectionEnabled != "TableDeletionProtection" {
		t.Errorf("the table goes with the stack: %s, %s, protected by %s", table.DeletionPolicy, table.UpdateReplacePolicy, table.Properties.DeletionProtectionEnabled)
	}
	if p := table.Properties; !p.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled || !p.SSESpecification.SSEEnabled || p.StreamSpecification.StreamViewType != "NEW_AND_OLD_IMAGES" {
		t.Errorf("recovery, encryption or the stream is not as it should be: %+v", p)
	}
	for _, queue := range tmpl.ofType("AWS::SQS::Queue") {
		if !queue.SqsManagedSseEnabled {
			t.Error("a queue is not encrypted")
		}
	}
}

func TestTemplateObservesEveryFunction(t *testing.T) {
	tmpl := readTemplate(t)
	logs := tmpl.ofType("AWS::Logs::LogGroup")
	for id, group := range logs {
		if group.RetentionInDays != "LogRetentionDays" {
			t.Errorf("the logs of %s are kept for %q days", id, group.RetentionInDays)
		}
	}
	alarmed := map[string]bool{}
	for id, alarm := range tmpl.ofType("AWS::CloudWatch::Alarm") {
		if alarm.AlarmDescription == "" || alarm.TreatMissingData == "" || len(alarm.AlarmActions) == 0 {
			t.Errorf("the alarm %s does not say what to do, or tells nobody", id)
		}
		for _, d := range alarm.Dimensions {
			alarmed[alarm.MetricName+" of "+d.Value] = true
		}
	}
	for name, f := range tmpl.functions(t) {
		group := gocmp.Or(f.LoggingConfig.LogGroup, tmpl.Globals.Function.LoggingConfig.LogGroup)
		if _, ok := logs[group]; !ok {
			t.Errorf("%s logs to %q", name, group)
		}
		if gocmp.Or(f.Tracing, tmpl.Globals.Function.Tracing) != "Active" {
			t.Errorf("%s is not traced", name)
		}
		for _, metric := range []string{"Errors", "Throttles"} {
			if _, ok := workers[name]; !ok {
				break // a 5xx of the API
			}
			if !alarmed[metric+" of "+camel(name)+"Function"] {
				t.Errorf("no alarm watches the %s of %s", metric, name)
			}
		}
	}
	for _, metric := range []string{
		"5xx of Api", "NumberOfMessagesReceived of DeadLetterQueue.QueueName",
		"ApproximateAgeOfOldestMessage of WakeQueue.QueueName", "ReadThrottleEvents of Table", "WriteThrottleEvents of Table",
	} {
		if !alarmed[metric] {
			t.Errorf("no alarm watches %s", metric)
		}
	}
	if limit := time.Duration(tmpl.Globals.Function.Timeout) * time.Second; limit < requestTimeout+4*time.Second { // 3 s for a wake-up, and to answer
		t.Errorf("a function is ended after %s, before it has answered", limit)
	}
	stage := tmpl.Resources["ApiStage"].Properties
	if stage.AccessLogSettings.DestinationArn != "AccessLogs.Arn" || stage.DefaultRouteSettings.ThrottlingRateLimit != "ThrottlingRate" {
		t.Errorf("the API is not logged or not throttled: %+v", stage)
	}
}

func TestTemplateTable(t *testing.T) {
	got := readTemplate(t).Resources["Table"].Properties
	want := store.Table("any")
	if got.BillingMode != string(want.BillingMode) {
		t.Errorf("billing mode %s, want %s", got.BillingMode, want.BillingMode)
	}
	attributes := map[string]string{}
	for _, a := range got.AttributeDefinitions {
		attributes[a["AttributeName"]] = a["AttributeType"]
	}
	wantAttributes := map[string]string{}
	for _, a := range want.AttributeDefinitions {
		wantAttributes[*a.AttributeName] = string(a.AttributeType)
	}
	if diff := cmp.Diff(wantAttributes, attributes); diff != "" {
		t.Errorf("attributes (-store +template):\n%s", diff)
	}
	indexes := []string{keys(got.KeySchema)}
	for _, i := range got.GlobalSecondaryIndexes {
		indexes = append(indexes, i.IndexName+": "+keys(i.KeySchema)+" "+i.Projection["ProjectionType"])
	}
	wantIndexes := []string{wantKeys(want.KeySchema)}
	for _, i := range want.GlobalSecondaryIndexes {
		wantIndexes = append(wantIndexes, *i.IndexName+": "+wantKeys(i.KeySchema)+" "+string(i.Projection.ProjectionType))
	}
	if ttl := got.TimeToLiveSpecification; ttl.AttributeName != store.TimeToLive || !ttl.Enabled {
		t.Errorf("items live until %+v, want %s", ttl, store.TimeToLive)
	}
	if diff := cmp.Diff(wantIndexes, indexes); diff != "" {
		t.Errorf("keys and indexes (-store +template):\n%s", diff)
	}
}

func keys(schema []map[string]string) (s string) {
	for _, k := range schema {
		s += k["KeyType"] + " " + k["AttributeName"] + " "
	}
	return s
}

func wantKeys(schema []types.KeySchemaElement) (s string) {
	for _, k := range schema {
		s += string(k.KeyType) + " " + *k.AttributeName + " "
	}
	return s
}

func TestSampleEvents(t *testing.T) {
	for _, r := range gatewayRoutes() {
		var e events.APIGatewayV2HTTPRequest
		readEvent(t, r.Name, &e)
		if want := routeKey(r); e.Version != "2.0" || e.RouteKey != want || e.RequestContext.RouteKey != want {
			t.Errorf("events/%s.json is for the route %s", r.Name, e.RouteKey)
		}
	}
	for name, source := range workers {
		if source != "SQS" {
			continue
		}
		var e events.SQSEvent
		readEvent(t, name, &e)
		var m run.Ref
		if err := json.Unmarshal([]byte(e.Records[0].Body), &m); err != nil || m.Tenant == "" {
			t.Errorf("events/%s.json holds the body %s: %v", name, e.Records[0].Body, err)
		}
	}
}

// readEvent reads a sample event and checks that it has no member that v does not know.
func readEvent(t *testing.T, name string, v any) {
	t.Helper()
	f, err := os.Open(filepath.Join(root, "events", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	d := json.NewDecoder(f)
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		t.Fatalf("%s: %v", f.Name(), err)
	}
}
