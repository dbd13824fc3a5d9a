package api

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/run"
)

func newLocalHandler(t *testing.T, origins string) http.Handler {
	t.Helper()
	allowed, err := ParseOrigins(origins)
	if err != nil {
		t.Fatal(err)
	}
	return New(Options{
		Store: stubStore{run: func() (run.Run, error) { return run.Run{}, nil }}, Queue: queueFunc(noQueue),
		Docs:         Docs{Spec: func() []byte { return []byte("{}") }, Page: func(string) []byte { return nil }},
		LoopbackOnly: true, Origins: allowed, Logger: slog.New(slog.DiscardHandler),
	}).Handler()
}

func reasonOf(t *testing.T, resp *http.Response) fault.Reason {
	t.Helper()
	var e errorJSON
	if err := json.Unmarshal([]byte(bodyOf(t, resp)), &e); err != nil {
		t.Fatalf("%d: %v", resp.StatusCode, err)
	}
	if e.Code != resp.StatusCode {
		t.Errorf("status %d with code %d", resp.StatusCode, e.Code)
	}
	return e.Reason
}

// A service on one machine rejects a Host that an attacker's DNS points at the machine.
func TestForeignHosts(t *testing.T) {
	h := newLocalHandler(t, "https://console.example")
	for host, ok := range map[string]bool{
		"localhost": true, "localhost:8022": true, "LocalHost:1": true, "localhost.": true, "api.localhost:8022": true,
		"127.0.0.1:8022": true, "127.8.9.10": true, "[::1]:8022": true, "[::1]": true, "[::ffff:127.0.0.1]:8022": true,
		"evil.example": false, "evil.example:8022": false, "127.0.0.1.evil.example": false, "localhost.evil.example": false,
		"notlocalhost": false, "10.0.0.1": false, "0.0.0.0:8022": false, "[::]:8022": false, "192.168.1.5:8022": false,
		"": false, "localhost@evil.example": false, "127.0.0.1:8022.evil.example": false, "console.example": false,
	} {
		t.Run(host, func(t *testing.T) {
			for _, method := range []string{"GET", "OPTIONS", "DELETE"} {
				r := newRequest(method, "/v1/runs/"+idA)
				r.Host = host
				resp := serveRequest(h, r)
				if rejected := resp.StatusCode == 403; rejected == ok {
					t.Errorf("%s with Host %q: %d", method, host, resp.StatusCode)
				} else if rejected && reasonOf(t, resp) != fault.ReasonForeignHost {
					t.Errorf("Host %q: wrong reason", host)
				}
			}
		})
	}
}

// A page of another origin can neither read nor change anything, unless the origin is allowed.
func TestForeignPages(t *testing.T) {
	const v1, docs = "/v1/runs/" + idA, "/.well-known/docs"
	navigation := "Sec-Fetch-Mode: navigate, Sec-Fetch-Dest: document, Sec-Fetch-Site: "
	for _, tt := range []struct {
		origins, method, path, header string
		ok                            bool
	}{
		{"", "GET", v1, "", true},
		{"", "GET", v1, "Sec-Fetch-Site: none", true},
		{"", "GET", v1, "Sec-Fetch-Site: same-origin", true},
		{"", "PUT", v1 + "/stop", "Sec-Fetch-Site: same-origin, Origin: http://localhost:8022", true},
		{"", "PUT", v1 + "/stop", "Origin: http://localhost:8022", true},
		{"", "GET", v1, "Sec-Fetch-Site: cross-site", false},
		{"", "GET", v1, "Sec-Fetch-Site: same-site", false},
		{"", "GET", v1, "Sec-Fetch-Site: something-new", false},
		{"", "GET", v1, "Origin: https://evil.example", false},
		{"", "GET", v1, "Origin: null", false},
		{"", "GET", v1, "Origin: http://localhost:3000", false},
		{"", "GET", v1, "Origin: http://localhost", false},
		{"", "PUT", v1 + "/stop", "Origin: http://evil.example:8022", false},
		{"", "POST", "/v1/jobs", "Sec-Fetch-Site: cross-site, Origin: null", false},
		{"", "PUT", v1 + "/stop", "Sec-Fetch-Site: cross-site, Origin: http://localhost:8022", false},
		{"", "OPTIONS", v1, "Origin: https://evil.example, Access-Control-Request-Method: GET", false},
		{"", "GET", v1, navigation + "cross-site", false},
		{"", "GET", docs, navigation + "cross-site", true},
		{"", "GET", "/", navigation + "same-site", true},
		{"", "GET", docs, "Sec-Fetch-Mode: navigate, Sec-Fetch-Dest: iframe, Sec-Fetch-Site: cross-site", false},
		{"", "GET", docs, "Sec-Fetch-Mode: no-cors, Sec-Fetch-Site: cross-site", false},
		{"", "POST", docs, navigation + "cross-site", false},
		{"https://a.example, http://localhost:3000", "GET", v1, "Origin: https://a.example, Sec-Fetch-Site: cross-site", true},
		{"https://a.example, http://localhost:3000", "PUT", v1 + "/stop", "Origin: http://localhost:3000, Sec-Fetch-Site: same-site", true},
		{"https://a.example", "GET", v1, "Origin: https://b.example, Sec-Fetch-Site: cross-site", false},
		{"https://a.example", "GET", v1, "Origin: http://a.example", false},
		{"https://a.example", "GET", v1, "Origin: https://a.example:444", false},
		{"https://a.example", "GET", v1, "Sec-Fetch-Site: cross-site", false},
		{"https://*", "GET", v1, "Origin: https://b.example, Sec-Fetch-Site: cross-site", true},
		{"https://*", "GET", v1, "Origin: http://b.example, Sec-Fetch-Site: cross-site", false},
		{"*", "GET", v1, "Origin: http://b.example, Sec-Fetch-Site: cross-site", true},
	} {
		t.Run(strings.Join([]string{tt.origins, tt.method, tt.path, tt.header}, " "), func(t *testing.T) {
			r := newRequest(tt.method, tt.path)
			r.Host = "localhost:8022"
			for pair := range strings.SplitSeq(tt.header, ", ") {
				if name, value, ok := strings.Cut(pair, ": "); ok {
					r.Header.Add(name, value)
				}
			}
			resp := serveRequest(newLocalHandler(t, tt.origins), r)
			if rejected := resp.StatusCode == 403; rejected == tt.ok {
				t.Errorf("status %d", resp.StatusCode)
			} else if rejected && reasonOf(t, resp) != fault.ReasonForeignOrigin {
				t.Error("wrong reason")
			}
		})
	}
}

// A deployed service authorizes its callers, so it accepts any Host and Origin.
func TestDeployedServiceAcceptsAnyHost(t *testing.T) {
	s, _ := newStubServer(func() (run.Run, error) { return run.Run{}, nil })
	if resp := call(s.Handler(), "GET", "https://api.example/v1/runs/"+idA, "Origin", "https://b.example"); resp.StatusCode != 200 {
		t.Errorf("%d", resp.StatusCode)
	}
}

func TestCORS(t *testing.T) {
	h := newLocalHandler(t, "https://a.example")
	preflight := newRequest("OPTIONS", "/v1/jobs/"+idA)
	preflight.Host = "localhost:8022"
	for name, value := range map[string]string{
		"Origin": "https://a.example", "Access-Control-Request-Method": "PATCH", "Sec-Fetch-Site": "cross-site",
		"Access-Control-Request-Headers": "content-type,idempotency-key,if-match,x-tenant-id", "Access-Control-Request-Private-Network": "true",
	} {
		preflight.Header.Set(name, value)
	}
	resp := serveRequest(h, preflight)
	if got := resp.Header; resp.StatusCode != 204 || got.Get("Access-Control-Allow-Origin") != "https://a.example" ||
		got.Get("Access-Control-Allow-Methods") != "PATCH" || got.Get("Access-Control-Max-Age") != "3600" ||
		got.Get("Access-Control-Allow-Private-Network") != "true" || got.Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("preflight: %d %v", resp.StatusCode, got)
	}
	// Pages of allowed origins can read errors, too.
	for _, path := range []string{"/v1/runs/" + idA, "/v1/runs/x", "/nope"} {
		r := newRequest("GET", path)
		r.Host = "localhost:8022"
		r.Header.Set("Origin", "https://a.example")
		resp := serveRequest(h, r)
		if got := resp.Header; got.Get("Access-Control-Allow-Origin") != "https://a.example" ||
			!strings.Contains(strings.ToLower(got.Get("Access-Control-Expose-Headers")), "x-request-id") ||
			!strings.Contains(strings.Join(got.Values("Vary"), ","), "Origin") ||
			!strings.Contains(strings.Join(got.Values("Vary"), ","), "Accept-Encoding") {
			t.Errorf("%s: %d %v", path, resp.StatusCode, got)
		}
	}
}

func TestParseOrigins(t *testing.T) {
	for list, ok := range map[string]bool{
		"": true, " ": true, "https://a.example": true, "https://a.example, http://localhost:3000": true, "*": true, "https://*": true,
		"a.example": false, "https://a.example/": false, "https://a.example/x": false, "https://*.example": false, "null": false,
		"https://a.example,": false, "https://": false, "https://u@a.example": false,
	} {
		t.Run(list, func(t *testing.T) {
			if _, err := ParseOrigins(list); (err == nil) != ok {
				t.Errorf("%q: %v", list, err)
			}
		})
	}
}
