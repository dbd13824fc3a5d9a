package lambdafn

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/uuid"
)

// token returns a function that gives a sample event a token with the claims, and the tenant
// header.
func token(claims map[string]string, header string) func(*events.APIGatewayV2HTTPRequest) {
	return func(e *events.APIGatewayV2HTTPRequest) {
		e.RequestContext.Authorizer = &events.APIGatewayV2HTTPRequestContextAuthorizerDescription{
			JWT: &events.APIGatewayV2HTTPRequestContextAuthorizerJWTDescription{Claims: claims},
		}
		delete(e.Headers, "x-tenant-id")
		if header != "" {
			e.Headers["x-tenant-id"] = header
		}
	}
}

// The token names the tenant, and the header may not name another one.
func TestTokenNamesTheTenant(t *testing.T) {
	call := gateways(t, environment{auth: authJWT, tenantClaim: "org", defaultTenant: "acme"})
	acme := map[string]string{"org": "acme", "sub": "someone"}
	resp := call("create-job", token(acme, ""))
	var created struct{ ID uuid.UUID }
	if err := json.Unmarshal([]byte(resp.Body), &created); err != nil || resp.StatusCode != http.StatusCreated {
		t.Fatalf("create-job: %d %s", resp.StatusCode, resp.Body)
	}
	for name, tc := range map[string]struct {
		claims   map[string]string
		header   string
		want     int
		contains string
	}{
		"own token":           {acme, "", 200, created.ID.String()},
		"own header":          {acme, "acme", 200, created.ID.String()},
		"another token":       {map[string]string{"org": "other"}, "", 404, ""},
		"another header":      {map[string]string{"org": "other"}, "acme", 403, `"other_tenant"`},
		"a repeated header":   {acme, "acme,other", 403, "X-Tenant-Id"},
		"an invalid header":   {acme, "#", 403, "X-Tenant-Id"},
		"no claim":            {map[string]string{"tenant": "acme"}, "", 403, `"no_tenant"`},
		"no claim but header": {map[string]string{"sub": "acme"}, "acme", 403, "no claim org"},
		"an empty claim":      {map[string]string{"org": ""}, "", 403, "claim org"},
		"a list":              {map[string]string{"org": "[acme other]"}, "", 403, "claim org"},
		"a key separator":     {map[string]string{"org": "acme#RUN"}, "", 403, "claim org"},
	} {
		t.Run(name, func(t *testing.T) {
			resp := call("get-job", func(e *events.APIGatewayV2HTTPRequest) {
				e.RawPath = "/v1/jobs/" + created.ID.String()
				token(tc.claims, tc.header)(e)
			})
			if resp.StatusCode != tc.want || !strings.Contains(resp.Body, tc.contains) {
				t.Errorf("%d %s, want %d with %q", resp.StatusCode, resp.Body, tc.want, tc.contains)
			}
		})
	}
}

// A route without its authorizer is not open, because a request without a token has no tenant.
func TestRequestsWithoutTokenAreRejected(t *testing.T) {
	call := gateways(t, environment{auth: authJWT, tenantClaim: "org", defaultTenant: "acme"})
	for _, name := range functionNames() {
		if _, worker := workers[name]; worker {
			continue
		}
		want := http.StatusForbidden
		switch name {
		case "get-openapi", "get-docs", "get-dashboard":
			want = http.StatusOK
		case "no-route": // which ignores the tenant
			want = http.StatusMethodNotAllowed
		}
		resp := call(name, func(e *events.APIGatewayV2HTTPRequest) { e.RequestContext.Authorizer = nil })
		if resp.StatusCode != want {
			t.Errorf("%s: %d %s, want %d", name, resp.StatusCode, resp.Body, want)
		}
	}
}

// In the modes iam and none, the header names the tenant.
func TestHeaderNamesTheTenant(t *testing.T) {
	for _, mode := range []authMode{authIAM, authNone} {
		call := gateways(t, environment{auth: mode})
		if resp := call("create-job", nil); resp.StatusCode != http.StatusCreated {
			t.Fatalf("create-job: %d %s", resp.StatusCode, resp.Body)
		}
		for header, want := range map[string]int{"acme": 1, "other": 0, "": 0} {
			resp := call("list-jobs", func(e *events.APIGatewayV2HTTPRequest) {
				e.RawQueryString, e.QueryStringParameters = "", nil
				token(map[string]string{"org": "acme"}, header)(e)
			})
			var page struct{ Items []any }
			if err := json.Unmarshal([]byte(resp.Body), &page); err != nil || len(page.Items) != want {
				t.Errorf("%s: tenant %q sees %s, want %d jobs", mode, header, resp.Body, want)
			}
		}
	}
}
