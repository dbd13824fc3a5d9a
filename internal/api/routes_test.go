package api

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/inndx/runs/internal/run"
)

func TestPathsAndMethods(t *testing.T) {
	s, _ := newStubServer(func() (run.Run, error) { return run.Run{}, nil })
	const runs, run = "GET, HEAD, OPTIONS", "DELETE, GET, HEAD, OPTIONS"
	for _, tt := range []struct {
		method, path string
		status       int
		allow        string
	}{
		{"GET", "/v1", 404, ""},
		{"POST", "/", 405, runs},
		{"GET", "/v1/runs/", 404, ""},
		{"GET", "/v1/runs/" + idA + "/", 404, ""},
		{"GET", "//v1/runs", 404, ""},
		{"GET", "/v1//runs", 404, ""},
		{"GET", "/v1/./runs", 404, ""},
		{"GET", "/v1/x/../runs", 404, ""},
		{"GET", "/V1/runs", 404, ""},
		{"PUT", "/v1/runs//pause", 404, ""},
		{"PUT", "/v1/runs/" + idA + "/start", 404, ""},
		{"OPTIONS", "/nope", 404, ""},
		{"GET", "/v1/runs/x", 422, ""},
		{"GET", "/v1/runs/a%2Fb", 422, ""},
		{"GET", "/v1/%72uns/" + idA, 200, ""},
		{"POST", "/v1/runs", 405, runs},
		{"TRACE", "/v1/runs", 405, runs},
		{"get", "/v1/runs", 405, runs},
		{"PUT", "/v1/jobs", 405, "GET, HEAD, OPTIONS, POST"},
		{"PUT", "/v1/jobs/x", 405, "DELETE, GET, HEAD, OPTIONS, PATCH"},
		{"DELETE", "/v1/jobs/x/runs", 405, "GET, HEAD, OPTIONS, POST"},
		{"PATCH", "/v1/runs/x", 405, run},
		{"POST", "/v1/runs/x/pause", 405, "OPTIONS, PUT"},
		{"HEAD", "/v1/runs/x/stop", 405, "OPTIONS, PUT"},
		{"POST", "/.well-known/docs", 405, runs},
		{"OPTIONS", "/v1/runs/x", 204, run},
		{"HEAD", "/v1/runs/" + idA, 200, ""},
	} {
		t.Run(tt.method+" "+tt.path, func(t *testing.T) {
			resp := call(s.Handler(), tt.method, tt.path)
			body := bodyOf(t, resp)
			if resp.StatusCode != tt.status || resp.Header.Get("Allow") != tt.allow {
				t.Errorf("%d, Allow %q, want %d, Allow %q", resp.StatusCode, resp.Header.Get("Allow"), tt.status, tt.allow)
			}
			if got, want := resp.Header.Get("Cache-Control"), "no-store"; got != want {
				t.Errorf("Cache-Control %q", got)
			}
			if tt.method == "HEAD" || tt.status == 204 {
				if body != "" {
					t.Errorf("the response has a body: %s", body)
				}
				return
			}
			if got := resp.Header.Get("Content-Type"); got != "application/json; charset=utf-8" {
				t.Errorf("Content-Type %q", got)
			}
			if tt.status >= 400 && !strings.HasPrefix(body, fmt.Sprintf(`{"code":%d,`, tt.status)) {
				t.Errorf("body %s", body)
			}
		})
	}
}

func TestRouteServesOneRoute(t *testing.T) {
	s, _ := newStubServer(func() (run.Run, error) { return run.Run{}, nil })
	h := s.Route("get-run")
	for _, tt := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/v1/runs/" + idA, 200},
		{"DELETE", "/v1/runs/" + idA, 404},
		{"GET", "/v1/runs", 404},
		{"PATCH", "/v1/runs", 405},
		{"GET", "/nope", 404},
		{"OPTIONS", "/v1/runs", 204},
	} {
		t.Run(tt.method+" "+tt.path, func(t *testing.T) {
			if got := call(h, tt.method, tt.path).StatusCode; got != tt.status {
				t.Errorf("%s %s: %d, want %d", tt.method, tt.path, got, tt.status)
			}
		})
	}
	defer func() {
		if recover() == nil {
			t.Error("an unknown route does not panic")
		}
	}()
	s.Route("nope")
}

// NoRoute needs neither the store nor the queue, and does not list HEAD, which a gateway's routes
// do not serve.
func TestNoRoute(t *testing.T) {
	h := New(Options{Logger: slog.New(slog.DiscardHandler)}).Route(NoRoute)
	for _, tt := range []struct {
		method, path string
		status       int
		allow        string
	}{
		{"POST", "/v1/runs", 405, "GET, OPTIONS"},
		{"HEAD", "/v1/runs", 405, "GET, OPTIONS"},
		{"PATCH", "/v1/runs/" + idA, 405, "DELETE, GET, OPTIONS"},
		{"OPTIONS", "/v1/runs/x/stop", 204, "OPTIONS, PUT"},
		{"GET", "/v1/runs", 404, ""},
		{"GET", "/nope", 404, ""},
	} {
		t.Run(tt.method+" "+tt.path, func(t *testing.T) {
			resp := call(h, tt.method, tt.path)
			if resp.StatusCode != tt.status || resp.Header.Get("Allow") != tt.allow || resp.Header.Get("X-Request-Id") == "" {
				t.Errorf("%s %s: %d, %v, want %d, Allow %q", tt.method, tt.path, resp.StatusCode, resp.Header, tt.status, tt.allow)
			}
		})
	}
}
