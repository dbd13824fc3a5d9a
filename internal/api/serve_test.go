package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/inndx/runs/internal/run"
)

// A request to a store that does not respond ends after the timeout.
func TestTimeout(t *testing.T) {
	h := New(Options{
		Store: blockingStore{}, Queue: queueFunc(noQueue), Timeout: 10 * time.Millisecond, Logger: slog.New(slog.DiscardHandler),
	}).Handler()
	resp := call(h, "GET", "/v1/runs/"+idA)
	if resp.StatusCode != 503 || resp.Header.Get("Retry-After") != "1" {
		t.Errorf("%d %s, Retry-After %q, want 503", resp.StatusCode, bodyOf(t, resp), resp.Header.Get("Retry-After"))
	}
}

func TestRequestID(t *testing.T) {
	generated := `[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}`
	for _, tt := range []struct {
		sent     []string
		platform string
		want     string
	}{
		{nil, "", generated},
		{[]string{"abc-123/x=="}, "gw", "abc-123/x=="},
		{[]string{strings.Repeat("a", 128)}, "", strings.Repeat("a", 128)},
		{[]string{strings.Repeat("a", 129)}, "", generated},
		{[]string{""}, "", generated},
		{[]string{"a b"}, "JKJaXmPLvHcESHA=", "JKJaXmPLvHcESHA="},
		{[]string{"a\"b"}, "", generated},
		{[]string{"é"}, "bad id", generated},
		{[]string{"a", "b"}, "", generated},
	} {
		t.Run(fmt.Sprintf("%.20q %s", tt.sent, tt.platform), func(t *testing.T) {
			s, log := newStubServer(func() (run.Run, error) { return run.Run{}, nil })
			s.opts.RequestID = func(*http.Request) string { return tt.platform }
			var header []string
			for _, v := range tt.sent {
				header = append(header, "X-Request-Id", v)
			}
			for _, path := range []string{"/v1/runs/" + idA, "/nope", "/v1/runs/x"} {
				log.Reset()
				got := call(s.Handler(), "GET", path, header...).Header.Get("X-Request-Id")
				if !regexp.MustCompile("^"+regexp.QuoteMeta(tt.want)+"$").MatchString(got) &&
					!(tt.want == generated && regexp.MustCompile("^"+generated+"$").MatchString(got)) {
					t.Errorf("%q: the response has the id %q, want %q", tt.sent, got, tt.want)
				}
				if !strings.Contains(log.String(), `"request_id":"`+got+`"`) {
					t.Errorf("%q: the log does not have the id %q: %s", tt.sent, got, log)
				}
			}
		})
	}
}

func TestLogLine(t *testing.T) {
	s, log := newStubServer(func() (run.Run, error) { return run.Run{}, nil })
	for _, tt := range []struct {
		method, path, tenant string
		want                 map[string]any
	}{
		{"GET", "/v1/runs/" + idA + "", "acme", map[string]any{"route": "get-run", "status": 200.0, "tenant": "acme"}},
		{"HEAD", "/v1/runs/" + idA + "", "acme", map[string]any{"route": "get-run", "status": 200.0, "tenant": "acme"}},
		{"GET", "/v1/runs/" + idA + "?secret=1", "acme", map[string]any{"route": "get-run", "status": 422.0, "tenant": "acme"}},
		{"GET", "/v1/runs/" + idA, "a b", map[string]any{"route": "get-run", "status": 422.0, "tenant": ""}},
		{"POST", "/nope", "acme", map[string]any{"route": "", "method": "POST", "status": 404.0, "tenant": ""}},
	} {
		t.Run(tt.method+" "+tt.path+" "+tt.tenant, func(t *testing.T) {
			log.Reset()
			call(s.Handler(), tt.method, tt.path, "X-Tenant-Id", tt.tenant, "X-Request-Id", "id-1")
			var line map[string]any
			if err := json.Unmarshal(log.Bytes(), &line); err != nil {
				t.Fatalf("not one line: %v: %s", err, log)
			}
			if v, ok := line["latency_ms"].(float64); !ok || v < 0 {
				t.Errorf("latency_ms %v", line["latency_ms"])
			}
			delete(line, "latency_ms")
			delete(line, "time")
			want := map[string]any{"level": "INFO", "msg": "request", "request_id": "id-1"} // stubStore has no table
			for k, v := range tt.want {
				want[k] = v
			}
			if d := cmp.Diff(want, line); d != "" {
				t.Errorf("%s %s (-want +got):\n%s", tt.method, tt.path, d)
			}
		})
	}
}

func TestInvalidOptionsPanic(t *testing.T) {
	store, queue := stubStore{}, queueFunc(noQueue)
	for _, o := range []Options{
		{Queue: queue},
		{Store: store},
		{Store: store, Queue: queue, DefaultTenant: "a#b"},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%+v does not panic", o)
				}
			}()
			New(o).Route("get-run")
		}()
		if o.Store == nil || o.Queue == nil {
			New(o).Route("get-docs") // needs neither the store nor the queue
		}
	}
}

// A wake-up that cannot be sent does not change the response, and is sent even if the client has
// disconnected.
func TestWakeUps(t *testing.T) {
	s, log := newStubServer(func() (run.Run, error) { return run.Run{ID: uuid.MustParse(idB)}, nil })
	var sent run.Ref
	var alive error
	s.opts.Queue = queueFunc(func(ctx context.Context, m run.Ref) error {
		sent, alive = m, ctx.Err()
		return errors.New("queue is down")
	})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := httptest.NewRequestWithContext(ctx, "POST", "/v1/jobs/"+idA+"/runs", nil)
	r.Header.Set("X-Tenant-Id", "acme")
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	if w.Code != 201 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if want := (run.Ref{Tenant: "acme", ID: uuid.MustParse(idB)}); sent != want || alive != nil {
		t.Errorf("sent %v (context: %v), want %v", sent, alive, want)
	}
	if !strings.Contains(log.String(), "queue is down") {
		t.Errorf("the log does not have the error: %s", log)
	}
}
