package lambdafn

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"github.com/inndx/runs/internal/api"
	"github.com/inndx/runs/internal/run"
)

// workers maps each function that serves no route of the API to the source of its events.
var workers = map[string]string{"crawl": "SQS", "sweep": "Schedule", "publish-changes": "DynamoDB"}

// gatewayRoutes returns the routes that the gateway must have: one for each operation of the API,
// one for the dashboard, and one for requests that match no operation.
func gatewayRoutes() []api.Route {
	return append(api.Routes(), api.Route{Name: api.GetDashboard, Method: "GET", Pattern: "/"}, api.Route{Name: api.NoRoute})
}

func routeKey(r api.Route) string {
	if r.Name == api.NoRoute {
		return "$default"
	}
	return r.Method + " " + r.Pattern
}

// functionNames returns the names of all functions: of the routes and of the workers.
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
	slices.Sort(sample) // get-job.json is behind get-job-x.json, and get-job before get-job-x
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
		"crawl": `ServeQueue("crawl", d.Keeper(exporter).Handler(c.Crawl))`,
		"sweep": "d.ServeSweep(d.Keeper(nil))", "publish-changes": "lambda.Start(lambdafn.StreamHandler(publisher))", api.NoRoute: "func main() { lambdafn.ServeNoRoute()",
		api.GetDashboard: "func main() { lambdafn.ServeDashboard(",
	}
	for _, r := range api.Routes() {
		calls[r.Name] = fmt.Sprintf("lambdafn.ServeRoute(%q", r.Name)
		if strings.HasPrefix(r.Pattern, "/.well-known/") {
			calls[r.Name] = fmt.Sprintf("func main() { lambdafn.ServeDocs(%q, ", r.Name)
		}
	}
	for _, name := range []string{"create-job", "update-job"} { // they read configurations
		calls[name] = fmt.Sprintf("func main() { lambdafn.ServeRoute(%q, checkConfig) }", name)
	}
	for name, call := range calls {
		source, err := os.ReadFile(filepath.Join(root, "functions", name, "main.go"))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(source), call) {
			t.Errorf("functions/%s/main.go does not contain %s", name, call)
		}
	}
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
			t.Errorf("the body in events/%s.json is %s: %v", name, e.Records[0].Body, err)
		}
	}
}

// readEvent reads a sample event into v. It fails the test if the event has a member that v lacks.
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
