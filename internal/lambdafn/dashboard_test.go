package lambdafn

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The dashboard follows redirects to the bucket, from the origin of the API or of its custom domain.
func TestTemplateBucketAcceptsDownloads(t *testing.T) {
	var cors struct {
		CorsRules []struct {
			AllowedMethods, AllowedHeaders, ExposedHeaders []string
			AllowedOrigins                                 []any
		}
	}
	if err := json.Unmarshal(readTemplate(t).Resources["Bucket"].Properties.CorsConfiguration, &cors); err != nil || len(cors.CorsRules) != 1 {
		t.Fatalf("%v: %+v", err, cors)
	}
	rule := cors.CorsRules[0]
	want := []any{"WithCors", []any{",", "${Api.ApiEndpoint},${CorsOrigins}"}, []any{"Api.ApiEndpoint"}}
	if diff := cmp.Diff(want, rule.AllowedOrigins); diff != "" {
		t.Errorf("origins (-want +got):\n%s", diff)
	}
	if !slices.Equal(rule.AllowedMethods, []string{"GET", "HEAD"}) {
		t.Errorf("methods %v", rule.AllowedMethods)
	}
	// The name of a file is in Content-Disposition, and the page sends the tenant.
	if !slices.Contains(rule.AllowedHeaders, "x-tenant-id") || !slices.Contains(rule.ExposedHeaders, "Content-Disposition") {
		t.Errorf("the page may send %v and read %v", rule.AllowedHeaders, rule.ExposedHeaders)
	}
	// A browser that keeps the credentials at a redirect to another origin must not send them to S3.
	if slices.Contains(rule.AllowedHeaders, "authorization") || slices.Contains(rule.AllowedHeaders, "*") {
		t.Errorf("the page may send %v", rule.AllowedHeaders)
	}
}

func TestDashboardEnvironment(t *testing.T) {
	oidc := func(changes ...string) map[string]string {
		env := map[string]string{
			"JWT_ISSUER": "https://login.example.com/pool", "DASHBOARD_CLIENT_ID": "runs", "DASHBOARD_SCOPES": "openid email",
			"DASHBOARD_TOKEN": "id_token", "DASHBOARD_CONNECT": "https://bucket.s3.example ",
		}
		for i := 0; i < len(changes); i += 2 {
			env[changes[i]] = changes[i+1]
		}
		return env
	}
	for name, tt := range map[string]struct {
		mode    authMode
		env     map[string]string
		want    DashboardEnvironment
		invalid string
	}{
		"none":           {authNone, oidc(), DashboardEnvironment{AuthMode: "none", Connect: "https://bucket.s3.example"}, ""},
		"iam":            {authIAM, oidc(), DashboardEnvironment{AuthMode: "iam", Connect: "https://bucket.s3.example"}, ""},
		"a pasted token": {authJWT, oidc("DASHBOARD_CLIENT_ID", ""), DashboardEnvironment{AuthMode: "jwt", Connect: "https://bucket.s3.example"}, ""},
		"a client": {authJWT, oidc(), DashboardEnvironment{
			"jwt", "https://login.example.com/pool", "runs", "openid email", "id_token", "https://bucket.s3.example https://login.example.com",
		}, ""},
		"other endpoints": {authJWT, oidc("DASHBOARD_CONNECT", "https://b.example https://auth.example:8443"), DashboardEnvironment{
			"jwt", "https://login.example.com/pool", "runs", "openid email", "id_token",
			"https://b.example https://auth.example:8443 https://login.example.com",
		}, ""},
		"no issuer":       {authJWT, oidc("JWT_ISSUER", "login"), DashboardEnvironment{}, "JWT_ISSUER"},
		"no openid":       {authJWT, oidc("DASHBOARD_SCOPES", "email openidx"), DashboardEnvironment{}, "DASHBOARD_SCOPES"},
		"another token":   {authJWT, oidc("DASHBOARD_TOKEN", "refresh_token"), DashboardEnvironment{}, "DASHBOARD_TOKEN"},
		"a path":          {authNone, oidc("DASHBOARD_CONNECT", "https://b.example/x"), DashboardEnvironment{}, "DASHBOARD_CONNECT"},
		"a directive":     {authNone, oidc("DASHBOARD_CONNECT", "https://b.example;script-src"), DashboardEnvironment{}, "DASHBOARD_CONNECT"},
		"every origin":    {authNone, oidc("DASHBOARD_CONNECT", "https://*"), DashboardEnvironment{}, "DASHBOARD_CONNECT"},
		"the source none": {authNone, oidc("DASHBOARD_CONNECT", "'none'"), DashboardEnvironment{}, "DASHBOARD_CONNECT"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := readDashboardEnvironment(tt.mode, func(name string) string { return tt.env[name] })
			if tt.invalid != "" {
				if err == nil || !strings.Contains(err.Error(), tt.invalid) {
					t.Errorf("%+v, %v, want an error about %s", got, err, tt.invalid)
				}
				return
			}
			if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}
