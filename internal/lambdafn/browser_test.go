package lambdafn

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"github.com/inndx/runs/internal/api"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/wake"
)

func TestPrefix(t *testing.T) {
	const id = "9c2b5a1e-0000-4000-8000-00000000000b"
	for _, tt := range []struct{ path, routeKey, stage, want string }{
		{"/v1/runs", "GET /v1/runs", "$default", ""},
		{"/prod/v1/runs", "GET /v1/runs", "prod", "/prod"},
		{"/crawler/v1/runs", "GET /v1/runs", "$default", "/crawler"}, // an API mapping
		{"/a/b/v1/runs/" + id, "GET /v1/runs/{run_id}", "$default", "/a/b"},
		{"/v1/v1/runs", "GET /v1/runs", "$default", "/v1"},
		{"/prod/", "GET /", "prod", "/prod"},
		{"/prod", "GET /", "prod", "/prod"},
		{"/crawler", "GET /", "$default", "/crawler"},
		{"/crawler/", "GET /", "$default", "/crawler"},
		{"/crawler/assets/a.js", "GET /assets/{asset}", "$default", "/crawler"},
		{"/", "GET /", "$default", ""},
		{"/prod/nope", "$default", "prod", "/prod"},
		{"/prod", "$default", "prod", "/prod"},
		{"/product/nope", "$default", "prod", ""},
		{"/prod/v1/runs", "OPTIONS /{proxy+}", "prod", "/prod"},
		{"/v1/runs/a/b", "GET /v1/runs/{run_id}", "$default", ""},
		{"/nope", "GET /v1/runs/{run_id}", "$default", ""},
		{"", "GET /v1/runs", "$default", ""},
	} {
		t.Run(strings.Join([]string{tt.path, tt.routeKey, tt.stage}, " "), func(t *testing.T) {
			if got := prefix(tt.path, tt.routeKey, tt.stage); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

// The functions work behind a stage or an API mapping. Their references include its prefix.
func TestFunctionsBehindAPrefix(t *testing.T) {
	call := gateways(t, environment{auth: authIAM})
	at := func(e *events.APIGatewayV2HTTPRequest) {
		e.RawPath, e.RequestContext.HTTP.Path = "/prod"+e.RawPath, "/prod"+e.RawPath
		e.RequestContext.Stage = "prod"
	}
	resp := call("create-job", at)
	if resp.StatusCode != http.StatusCreated {
		t.Fatalf("%d %s", resp.StatusCode, resp.Body)
	}
	base, _ := url.Parse("https://api.example/prod/v1/jobs?create_run=true")
	where, err := base.Parse(resp.Headers["Location"])
	if err != nil || !strings.HasPrefix(where.Path, "/prod/v1/jobs/") {
		t.Errorf("Location %q leads to %v (%v)", resp.Headers["Location"], where, err)
	}
	checkDashboardBehindAPrefix(t, call)
	docs := unpacked(t, call("get-docs", at))
	if host := "https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com/prod/v1/runs/"; !strings.Contains(docs, host) || strings.Contains(docs, "localhost:8022") {
		t.Error("the curl commands of the docs have another base URL")
	}
}

// checkDashboardBehindAPrefix opens the dashboard and its assets as a browser does, by references that
// are relative to the page, behind a stage and behind an API mapping.
func checkDashboardBehindAPrefix(t *testing.T, call func(string, func(*events.APIGatewayV2HTTPRequest)) events.APIGatewayV2HTTPResponse) {
	t.Helper()
	get := func(where *url.URL, stage, routeKey string) events.APIGatewayV2HTTPResponse {
		return call("get-dashboard", func(e *events.APIGatewayV2HTTPRequest) {
			e.RawPath, e.RawQueryString = where.EscapedPath(), where.RawQuery
			e.RequestContext.Stage, e.RouteKey, e.RequestContext.RouteKey = stage, routeKey, routeKey
		})
	}
	for _, tt := range []struct{ stage, path string }{{"$default", "/"}, {"prod", "/prod/"}, {"prod", "/prod"}, {"$default", "/crawler/"}, {"$default", "/crawler"}} {
		where, _ := url.Parse("https://api.example" + tt.path + "?code=1&state=2")
		resp := get(where, tt.stage, "GET /")
		if !strings.HasSuffix(tt.path, "/") {
			var err error
			if where, err = where.Parse(resp.Headers["Location"]); resp.StatusCode != 302 || err != nil || where.String() != "https://api.example"+tt.path+"/?code=1&state=2" {
				t.Errorf("%s: %d to %q, which is %v", tt.path, resp.StatusCode, resp.Headers["Location"], where)
				continue
			}
			resp = get(where, tt.stage, "GET /")
		}
		assets := regexp.MustCompile(`(?:src|href)="(assets/[^"]+)"`).FindAllStringSubmatch(unpacked(t, resp), -1)
		if resp.StatusCode != http.StatusOK || len(assets) < 2 {
			t.Errorf("%s: %d with the assets %v", tt.path, resp.StatusCode, assets)
		}
		for _, asset := range assets {
			at, err := where.Parse(asset[1])
			if err != nil {
				t.Fatal(err)
			}
			if resp := get(at, tt.stage, "GET /assets/{asset}"); resp.StatusCode != http.StatusOK || len(unpacked(t, resp)) == 0 {
				t.Errorf("%s: %d %s", at, resp.StatusCode, resp.Body)
			}
		}
	}
}

// unpacked returns the decoded body of a response.
func unpacked(t *testing.T, resp events.APIGatewayV2HTTPResponse) string {
	t.Helper()
	body := []byte(resp.Body)
	if resp.IsBase64Encoded {
		var err error
		if body, err = base64.StdEncoding.DecodeString(resp.Body); err != nil {
			t.Fatal(err)
		}
	}
	if resp.Headers["Content-Encoding"] == "gzip" {
		zr, err := gzip.NewReader(bytes.NewReader(body))
		if err == nil {
			body, err = io.ReadAll(zr)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return string(body)
}

// API Gateway decodes a compressed body from base64. The assets of the dashboard fit a response of
// Lambda, which has at most 6 MB.
func TestFunctionsCompress(t *testing.T) {
	call := gateways(t, environment{auth: authIAM})
	plain := call("get-openapi", nil)
	packed := call("get-openapi", func(e *events.APIGatewayV2HTTPRequest) { e.Headers["accept-encoding"] = "gzip, deflate, br" })
	if !packed.IsBase64Encoded || packed.Headers["Content-Encoding"] != "gzip" || packed.Headers["Vary"] != "Accept-Encoding" {
		t.Errorf("%v, base64 %v", packed.Headers, packed.IsBase64Encoded)
	}
	if plain.IsBase64Encoded || unpacked(t, packed) != plain.Body || len(packed.Body) > len(plain.Body)/2 {
		t.Errorf("%d bytes became %d", len(plain.Body), len(packed.Body))
	}
	same := call("get-openapi", func(e *events.APIGatewayV2HTTPRequest) { e.Headers["if-none-match"] = plain.Headers["Etag"] })
	if same.StatusCode != http.StatusNotModified || same.Body != "" {
		t.Errorf("%d with %d bytes", same.StatusCode, len(same.Body))
	}
}

// A service on one machine has the same CORS rules as API Gateway.
func TestCORSRulesMatchTheTemplate(t *testing.T) {
	var want struct {
		AllowMethods, AllowHeaders, ExposeHeaders []string
		MaxAge                                    int
	}
	// The arguments of !If: the condition, the value if it is true, and the value if it is false.
	var arguments []json.RawMessage
	if json.Unmarshal(readTemplate(t).Resources["Api"].Properties.CorsConfiguration, &arguments) != nil || len(arguments) != 3 || json.Unmarshal(arguments[1], &want) != nil {
		t.Fatalf("%s", arguments)
	}
	origins, err := api.ParseOrigins("https://a.example")
	if err != nil {
		t.Fatal(err)
	}
	h := api.New(api.Options{
		Store: &store.Store{}, Queue: wake.NewLocal(wake.LocalOptions{}), Origins: origins, Logger: slog.New(slog.DiscardHandler),
	}).Handler()
	ask := func(method, header string) http.Header {
		r := httptest.NewRequest("OPTIONS", "/v1/jobs", nil)
		r.Header.Set("Origin", "https://a.example")
		r.Header.Set("Access-Control-Request-Method", method)
		if header != "" {
			r.Header.Set("Access-Control-Request-Headers", header)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Result().Header
	}
	const allowed = "Access-Control-Allow-Origin"
	for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"} {
		if got := ask(method, "").Get(allowed) != ""; got != slices.Contains(want.AllowMethods, method) {
			t.Errorf("method %s is allowed: %v", method, got)
		}
	}
	for _, header := range append(want.AllowHeaders, "cookie", "x-other", "if-range") {
		if got := ask("GET", header).Get(allowed) != ""; got != slices.Contains(want.AllowHeaders, header) {
			t.Errorf("header %s is allowed: %v", header, got)
		}
	}
	if got := ask("GET", "").Get("Access-Control-Max-Age"); got != strconv.Itoa(want.MaxAge) {
		t.Errorf("the maximum age is %s s, want %d", got, want.MaxAge)
	}
	r := httptest.NewRequest("GET", "/nope", nil)
	r.Header.Set("Origin", "https://a.example")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	exposed := strings.Split(strings.ToLower(w.Result().Header.Get("Access-Control-Expose-Headers")), ", ")
	if diff := cmp.Diff(want.ExposeHeaders, exposed); diff != "" {
		t.Errorf("exposed (-template +one machine):\n%s", diff)
	}
	if !json.Valid(w.Body.Bytes()) {
		t.Errorf("%s", w.Body)
	}
}
