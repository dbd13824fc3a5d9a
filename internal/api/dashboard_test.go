package api

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"
)

// A dashboardStub is a dashboard with one asset.
var dashboardStub = Dashboard{
	Page: func() []byte { return []byte(strings.Repeat("<p>page</p>", 200)) },
	Asset: func(name string) ([]byte, string, bool) {
		if name != "app-1.js" {
			return nil, "", false
		}
		return []byte(strings.Repeat("let x\n", 500)), "text/javascript; charset=utf-8", true
	},
	Connect: "https://bucket.example https://login.example",
}

// newDashboard serves only the dashboard, without a store, as its function does.
func newDashboard(d Dashboard) http.Handler {
	return New(Options{Dashboard: d, Logger: slog.New(slog.DiscardHandler)}).Route(GetDashboard)
}

func TestDashboardHeader(t *testing.T) {
	h := newDashboard(dashboardStub)
	for path, want := range map[string]map[string]string{
		"/": {
			"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff",
			"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
				"connect-src 'self' https://bucket.example https://login.example; base-uri 'none'; form-action 'none'; " +
				"frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
			"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin", "Referrer-Policy": "no-referrer",
		},
		"/assets/app-1.js": {
			"Content-Type": "text/javascript; charset=utf-8", "Cache-Control": "public, max-age=31536000, immutable",
			"X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "same-origin",
		},
	} {
		for _, method := range []string{"GET", "HEAD"} {
			resp := call(h, method, path, "Accept-Encoding", "gzip")
			if resp.StatusCode != 200 || resp.Header.Get("Content-Encoding") != "gzip" || resp.Header.Get("Vary") != "Accept-Encoding" {
				t.Errorf("%s %s: %d %v", method, path, resp.StatusCode, resp.Header)
			}
			for name, value := range want {
				if got := resp.Header.Get(name); got != value {
					t.Errorf("%s %s: %s is %q, want %q", method, path, name, got, value)
				}
			}
			if body := bodyOf(t, resp); (len(body) == 0) != (method == "HEAD") {
				t.Errorf("%s %s: %d bytes", method, path, len(body))
			}
			same := call(h, method, path, "Accept-Encoding", "gzip", "If-None-Match", resp.Header.Get("ETag"))
			if same.StatusCode != 304 || len(bodyOf(t, same)) > 0 || same.Header.Get("Cache-Control") != want["Cache-Control"] {
				t.Errorf("%s %s: %d %v", method, path, same.StatusCode, same.Header)
			}
		}
	}
}

func TestDashboardPaths(t *testing.T) {
	h, none := newDashboard(dashboardStub), newDashboard(Dashboard{})
	for request, want := range map[string]int{
		"GET /?code=a&state=b&session_state=c": 200, // the parameters of an OpenID provider
		"GET /assets/":                         404, "GET /assets/app-2.js": 404, "GET /assets": 404, "GET /assets/a/app-1.js": 404,
		"GET /assets/..%2Findex.html": 404, "GET /assets/../index.html": 404, "GET /assets/%2e%2e%2findex.html": 404,
		"GET /assets/app-1.js%00": 404, "GET /index.html": 404, "GET /assets/app-1.js?v=1": 422,
		"POST /": 405, "DELETE /assets/app-1.js": 405, "GET /v1/runs": 404, "OPTIONS /": 204,
	} {
		method, path, _ := strings.Cut(request, " ")
		if resp := call(h, method, path); resp.StatusCode != want {
			t.Errorf("%s: %d, want %d", request, resp.StatusCode, want)
		}
	}
	for _, path := range []string{"/", "/assets/app-1.js"} {
		if resp := call(none, "GET", path); resp.StatusCode != 404 {
			t.Errorf("without a dashboard, GET %s: %d", path, resp.StatusCode)
		}
	}
}

// Pages of other origins may link to the dashboard. They can neither frame it nor load its assets.
func TestDashboardFromForeignPages(t *testing.T) {
	h := New(Options{Dashboard: dashboardStub, Logger: slog.New(slog.DiscardHandler), LoopbackOnly: true}).Route(GetDashboard)
	for _, tt := range []struct {
		path, host, site, mode, dest string
		want                         int
	}{
		{"/", "localhost:8022", "cross-site", "navigate", "document", 200},
		{"/?code=a", "localhost:8022", "cross-site", "navigate", "document", 200},
		{"/", "localhost:8022", "cross-site", "navigate", "iframe", 403},
		{"/", "localhost:8022", "cross-site", "no-cors", "image", 403},
		{"/", "evil.example", "none", "navigate", "document", 403},
		{"/assets/app-1.js", "localhost:8022", "same-origin", "cors", "script", 200},
		{"/assets/app-1.js", "localhost:8022", "cross-site", "no-cors", "script", 403},
		{"/assets/app-1.js", "localhost:8022", "cross-site", "navigate", "document", 403},
	} {
		r := newRequest("GET", tt.path)
		r.Host = tt.host
		r.Header.Set("Sec-Fetch-Site", tt.site)
		r.Header.Set("Sec-Fetch-Mode", tt.mode)
		r.Header.Set("Sec-Fetch-Dest", tt.dest)
		if resp := serveRequest(h, r); resp.StatusCode != tt.want {
			t.Errorf("%+v: %d", tt, resp.StatusCode)
		}
	}
}
