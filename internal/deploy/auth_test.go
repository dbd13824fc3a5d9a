//go:build emulator

package deploy_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/inndx/runs/internal/crawl/sitetest"
)

// testTokens updates the stack to AuthMode jwt. Only requests with a valid token succeed.
func testTokens(s *stack, _, leaf string) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		s.t.Fatal(err)
	}
	issuer := newIssuer(s.t, key)
	*s = *deployStack(s.t, map[string]string{
		"AuthMode": "jwt", "JwtIssuer": issuer, "JwtAudience": "runs,other-runs", "TenantClaim": "org",
	})
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
	otherKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		s.t.Fatal(err)
	}
	good := sign(s.t, key, claims())
	for name, tc := range map[string]struct {
		headers []string
		want    int
	}{
		"no token":            {nil, 401},
		"a header only":       {[]string{"X-Tenant-Id", "acme"}, 401},
		"expired":             {bearer(sign(s.t, key, claims("exp", time.Now().Add(-time.Minute).Unix()))), 401},
		"wrong audience":      {bearer(sign(s.t, key, claims("aud", "elsewhere"))), 401},
		"wrong issuer":        {bearer(sign(s.t, key, claims("iss", "https://elsewhere.example"))), 401},
		"another signing key": {bearer(sign(s.t, otherKey, claims())), 401},
		"no tenant":           {bearer(sign(s.t, key, claims("org", ""))), 403},
		"another tenant":      {append(bearer(good), "X-Tenant-Id", "other"), 403},
		"the same tenant":     {append(bearer(good), "X-Tenant-Id", "acme"), 200},
		"good":                {bearer(good), 200},
	} {
		for _, path := range []string{"/v1/runs", "/v1/jobs"} {
			if got := s.call("GET", path, nil, nil, tc.headers...); got != tc.want {
				s.t.Errorf("%s: GET %s: %d, want %d", name, path, got, tc.want)
			}
		}
	}
	var created struct{ Run runJSON }
	s.call("POST", "/v1/jobs?create_run=true", map[string]any{"name": "emulated", "config": config(leaf, "", nil)}, &created, bearer(good)...)
	for org, want := range map[string]int{"acme": 200, "other": 404} {
		if got := s.call("GET", "/v1/runs/"+created.Run.ID, nil, nil, bearer(sign(s.t, key, claims("org", org)))...); got != want {
			s.t.Errorf("a run of acme for the tenant %s: %d, want %d", org, got, want)
		}
	}
	s.checkOpenRoutes(http.StatusUnauthorized)
}

// testSignatures updates the stack to AuthMode iam. Only signed requests succeed. API Gateway
// verifies the signatures, which not every emulator does, so the test sends none.
func testSignatures(s *stack, _, _ string) {
	*s = *deployStack(s.t, map[string]string{"AuthMode": "iam"})
	s.checkOpenRoutes(http.StatusForbidden)
}

// checkOpenRoutes calls every route without credentials. The documentation responds. The status of
// all other routes is want.
func (s *stack) checkOpenRoutes(want int) {
	s.t.Helper()
	var description struct{ Paths map[string]map[string]any }
	if status := s.call("GET", "/.well-known/openapi.json", nil, &description); status != http.StatusOK {
		s.t.Errorf("the OpenAPI document: %d", status)
	}
	if status := s.call("GET", "/", nil, nil); status != http.StatusOK {
		s.t.Errorf("the dashboard: %d", status)
	}
	if status := s.call("GET", "/nope", nil, nil); status != want {
		s.t.Errorf("a path without a route, without credentials: %d, want %d", status, want)
	}
	for path, methods := range description.Paths {
		for method := range methods {
			if method == "parameters" {
				continue
			}
			want := want
			if strings.HasPrefix(path, "/.well-known/") {
				want = http.StatusOK
			}
			url := strings.NewReplacer("{run_id}", "9c2b4e61-0f7d-4a8b-8e13-5d6c7b8a9f02", "{job_id}", "3f1a7c52-8d0e-4b6f-9a35-2c7d1e84b6a0").Replace(path)
			if got := s.call(strings.ToUpper(method), url, nil, nil, "X-Tenant-Id", "acme"); got != want {
				s.t.Errorf("%s %s without credentials: %d, want %d", method, path, got, want)
			}
		}
	}
}

func bearer(token string) []string { return []string{"Authorization", "Bearer " + token} }

// newIssuer serves the key as an OpenID provider does. It returns the URL of the issuer.
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

// sign returns a token with the claims (RFC 7519), signed with RS256.
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
