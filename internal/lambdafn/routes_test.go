package lambdafn

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/inndx/runs/internal/api"
)

// Every route has its own function. Every route but the documentation and the dashboard requires what
// AuthMode says.
func TestTemplateRoutes(t *testing.T) {
	tmpl := readTemplate(t)
	for _, r := range gatewayRoutes() {
		t.Run(r.Name, func(t *testing.T) {
			id := camel(r.Name)
			route, permission := tmpl.Resources[id+"Route"].Properties, tmpl.Resources[id+"Permission"].Properties
			if key := routeKey(r); route.RouteKey != key || route.OperationName != r.Name || route.Target != "integrations/${"+id+"Integration}" {
				t.Errorf("the route is %s of %s to %s, want %s", route.RouteKey, route.OperationName, route.Target, key)
			}
			if i := tmpl.Resources[id+"Integration"].Properties; i.IntegrationUri != id+"Function.Arn" || i.PayloadFormatVersion != "2.0" {
				t.Errorf("the integration is %s with payload %s", i.IntegrationUri, i.PayloadFormatVersion)
			}
			path := regexp.MustCompile(`\{\w+\}`).ReplaceAllString(strings.Replace(routeKey(r), " ", "", 1), "*")
			if permission.FunctionName != id+"Function" || permission.Principal != "apigateway.amazonaws.com" || !strings.HasSuffix(permission.SourceArn, ":${Api}/*/"+path) {
				t.Errorf("%s may be invoked by %s for %s", permission.FunctionName, permission.Principal, permission.SourceArn)
			}
			authorization := []any{[]any{"AuthorizationTypes", "AuthMode", "Type"}, []any{"WithJwt", "JwtAuthorizer", "AWS::NoValue"}}
			if strings.HasPrefix(r.Pattern, "/.well-known/") || r.Name == api.GetDashboard {
				authorization = []any{"NONE", nil}
			}
			if diff := cmp.Diff(authorization, []any{route.AuthorizationType, route.AuthorizerId}); diff != "" {
				t.Errorf("authorization (-want +got):\n%s", diff)
			}
		})
	}
	if got, want := len(tmpl.ofType("AWS::ApiGatewayV2::Route")), len(gatewayRoutes())+2; got != want {
		t.Errorf("the template has %d routes, want %d", got, want)
	}
}

// Two more routes are open, because browsers send these requests without credentials.
func TestTemplateBrowserRoutes(t *testing.T) {
	tmpl := readTemplate(t)
	asset := tmpl.Resources["DashboardAssetRoute"].Properties
	if asset.RouteKey != "GET /assets/{asset}" || asset.Target != "integrations/${GetDashboardIntegration}" || asset.AuthorizationType != "NONE" {
		t.Errorf("the assets are the route %s to %s with %v", asset.RouteKey, asset.Target, asset.AuthorizationType)
	}
	if p := tmpl.Resources["DashboardAssetPermission"].Properties; p.FunctionName != "GetDashboardFunction" || !strings.HasSuffix(p.SourceArn, ":${Api}/*/GET/assets/*") {
		t.Errorf("%s may be invoked for %s", p.FunctionName, p.SourceArn)
	}
	preflight := tmpl.Resources["PreflightRoute"]
	if preflight.Condition != "WithCors" || preflight.Properties.RouteKey != "OPTIONS /{proxy+}" || preflight.Properties.Target != "integrations/${NoRouteIntegration}" {
		t.Errorf("preflight requests take the route %s to %s on the condition %s", preflight.Properties.RouteKey, preflight.Properties.Target, preflight.Condition)
	}
}

func TestTemplateStage(t *testing.T) {
	tmpl := readTemplate(t)
	stage := tmpl.Resources["ApiStage"].Properties
	if stage.AccessLogSettings.DestinationArn != "AccessLogs.Arn" || stage.DefaultRouteSettings.ThrottlingRateLimit != "ThrottlingRate" {
		t.Errorf("the stage has no log or no throttling: %+v", stage)
	}
	const margin = 4 * time.Second // 3 s to send a wake-up and 1 s to respond
	if limit := time.Duration(tmpl.Globals.Function.Timeout) * time.Second; limit < requestTimeout+margin {
		t.Errorf("the timeout %s ends a function before it responds", limit)
	}
}

// A request that waits gets its response before its function ends, and before the HTTP API does.
func TestTemplateWait(t *testing.T) {
	const gateway = 30 * time.Second // see api.MaxWait
	const margin = 2 * time.Second   // to start and to respond
	longest := api.MaxWait + requestTimeout
	if limit := time.Duration(readTemplate(t).functions(t)["get-run"].Timeout) * time.Second; limit < longest+margin || gateway < longest+margin {
		t.Errorf("a wait takes up to %s, and its function ends after %s, the HTTP API after %s", longest, limit, gateway)
	}
	// All functions of an account share its concurrency, see
	// https://docs.aws.amazon.com/lambda/latest/dg/lambda-concurrency.html.
	if bound, _ := json.Marshal(readTemplate(t).functions(t)["get-run"].ReservedConcurrentExecutions); !bytes.Contains(bound, []byte(`"GetRunConcurrency"`)) {
		t.Errorf("requests that wait are bounded by %s", bound)
	}
}

// AuthMode has no default, so no stack is open by mistake.
func TestTemplateAuthMode(t *testing.T) {
	tmpl := readTemplate(t)
	mode := tmpl.Parameters["AuthMode"]
	if mode.Default != nil || !slices.Equal(mode.AllowedValues, []any{"iam", "jwt", "none"}) {
		t.Errorf("AuthMode is one of %v and defaults to %v", mode.AllowedValues, mode.Default)
	}
	want := map[string]map[string]string{"iam": {"Type": "AWS_IAM"}, "jwt": {"Type": "JWT"}, "none": {"Type": "NONE"}}
	if diff := cmp.Diff(want, tmpl.Mappings["AuthorizationTypes"]); diff != "" {
		t.Errorf("authorization types (-want +got):\n%s", diff)
	}
	if got := tmpl.Globals.Function.Environment.Variables["AUTH_MODE"]; got != "AuthMode" {
		t.Errorf("AUTH_MODE is %q", got)
	}
	for name, p := range tmpl.Parameters {
		if p.Description == "" {
			t.Errorf("the parameter %s has no description", name)
		}
	}
}

// Fn::Split keeps the space after a comma in the element, which then matches nothing. So the lists
// of the template reject spaces. CloudFormation matches the pattern against the whole value.
func TestTemplateListsRejectSpaces(t *testing.T) {
	tmpl := readTemplate(t)
	for _, name := range []string{"CorsOrigins", "JwtAudience"} {
		pattern := regexp.MustCompile("^(?:" + tmpl.Parameters[name].AllowedPattern + ")$")
		for value, want := range map[string]bool{
			"": true, "https://a.example,http://b.example:3000": true, "*": true, "https://a.example, https://b.example": false,
		} {
			t.Run(name+"="+value, func(t *testing.T) {
				if pattern.MatchString(value) != want {
					t.Errorf("accepted is %v, want %v", !want, want)
				}
			})
		}
	}
}
