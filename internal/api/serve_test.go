package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/idempotency"
	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/run"
)

// brokenStore fails in ways that a real store cannot be brought to. Calls it does not have
// panic.
type brokenStore struct {
	Store
	run func() (run.Run, error)
}

func (s brokenStore) Run(context.Context, run.Ref) (run.Run, error) { return s.run() }

func (s brokenStore) CreateRun(context.Context, job.Ref, uuid.UUID, *idempotency.Key) (run.Run, error) {
	return s.run()
}

// hangingStore does not answer.
type hangingStore struct{ Store }

func (hangingStore) Run(ctx context.Context, _ run.Ref) (run.Run, error) {
	<-ctx.Done()
	return run.Run{}, ctx.Err()
}

// A store that does not answer keeps nobody waiting longer than the timeout.
func TestTimeout(t *testing.T) {
	h := New(Options{
		Store: hangingStore{}, Queue: queueFunc(noQueue), Timeout: 10 * time.Millisecond, Logger: slog.New(slog.DiscardHandler),
	}).Handler()
	resp := get(h, "GET", "/v1/runs/"+idA)
	if resp.StatusCode != 503 || resp.Header.Get("Retry-After") != "1" {
		t.Errorf("%d %s, Retry-After %q, want 503", resp.StatusCode, text(t, resp), resp.Header.Get("Retry-After"))
	}
}

type queueFunc func(context.Context, run.Ref) error

func (f queueFunc) Send(ctx context.Context, ref run.Ref, _ time.Duration) error { return f(ctx, ref) }

func noQueue(context.Context, run.Ref) error { return nil }

// newBroken returns a server on a store whose Run and CreateRun return what run returns,
// and its log.
func newBroken(run func() (run.Run, error)) (*Server, *bytes.Buffer) {
	var log bytes.Buffer
	return New(Options{
		Store:  brokenStore{run: run},
		Queue:  queueFunc(noQueue),
		Logger: slog.New(slog.NewJSONHandler(&log, nil)),
	}), &log
}

func newRequest(method, target string) *http.Request { return httptest.NewRequest(method, target, nil) }

// get calls h. The header Host is the host of a target that is a whole URL.
func get(h http.Handler, method, target string, header ...string) *http.Response {
	r := newRequest(method, target)
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	return serveRequest(h, r)
}

func serveRequest(h http.Handler, r *http.Request) *http.Response {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func text(t *testing.T, resp *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(b))
}

func TestErrorsBecomeStatuses(t *testing.T) {
	secret := errors.New("dynamodb: T#acme secret")
	for _, tt := range []struct {
		err        error
		status     int
		body       string
		retryAfter string
	}{
		{fault.New(fault.Malformed, "m"), 400, `{"code":400,"message":"m","reason":"malformed_body"}`, ""},
		{fault.New(fault.Forbidden, "m"), 403, `{"code":403,"message":"m","reason":"no_tenant"}`, ""},
		{fmt.Errorf("wrapped: %w", fault.New(fault.NotFound, "m")), 404, `{"code":404,"message":"m","reason":"no_such_path"}`, ""},
		{fault.Because(fault.ReasonExists, "m"), 409, `{"code":409,"message":"m","reason":"exists"}`, ""},
		{fault.New(fault.Conflict, "m"), 409, `{"code":409,"message":"m","reason":"conflict"}`, ""},
		{fault.New(fault.TooLarge, "m"), 413, `{"code":413,"message":"m","reason":"body_too_large"}`, ""},
		{fault.New(fault.UnsupportedMediaType, "m"), 415, `{"code":415,"message":"m","reason":"unsupported_media_type"}`, ""},
		{fault.Fields{{Field: "page", Errors: []fault.Rule{{Code: "format", Message: "m<>"}}}}.Err(), 422,
			`{"code":422,"message":"the request is invalid","reason":"invalid","fields":[{"field":"page","errors":[{"code":"format","message":"m<>"}]}]}`, ""},
		{fault.New(fault.Invalid, "m"), 422, `{"code":422,"message":"m","reason":"invalid"}`, ""},
		{&fault.Error{Kind: fault.Throttled, Message: "m", RetryAfter: 1500 * time.Millisecond, Err: secret}, 429, `{"code":429,"message":"m","reason":"store_throttled"}`, "2"},
		{&fault.Error{Kind: fault.Unavailable, Message: "m", Err: secret}, 503, `{"code":503,"message":"m","reason":"store_unavailable"}`, "1"},
		{context.DeadlineExceeded, 503, `{"code":503,"message":"the request took too long","reason":"timeout"}`, "1"},
		{&fault.Error{Kind: fault.Internal, Message: secret.Error()}, 500, `{"code":500,"message":"internal error","reason":"internal"}`, ""},
		{secret, 500, `{"code":500,"message":"internal error","reason":"internal"}`, ""},
	} {
		s, log := newBroken(func() (run.Run, error) { return run.Run{}, tt.err })
		resp := get(s.Handler(), "GET", "/v1/runs/"+idA)
		if got := text(t, resp); resp.StatusCode != tt.status || got != tt.body {
			t.Errorf("%v: %d %s, want %d %s", tt.err, resp.StatusCode, got, tt.status, tt.body)
		}
		if got := resp.Header.Get("Retry-After"); got != tt.retryAfter {
			t.Errorf("%v: Retry-After %q, want %q", tt.err, got, tt.retryAfter)
		}
		level := map[int]string{429: "WARN", 503: "WARN", 500: "ERROR"}[tt.status]
		if level != "" && !(strings.Contains(log.String(), tt.err.Error()) && strings.Contains(log.String(), level)) {
			t.Errorf("%v: the log does not say it: %s", tt.err, log)
		}
	}
}

func TestEveryKindHasAStatus(t *testing.T) {
	for k := fault.Internal; k <= fault.Unavailable; k++ {
		if statuses[k] < 400 {
			t.Errorf("kind %d is answered %d", k, statuses[k])
		}
	}
}

func TestPanicIsAnsweredWithoutDetails(t *testing.T) {
	s, log := newBroken(func() (run.Run, error) { panic("secret") })
	resp := get(s.Handler(), "GET", "/v1/runs/"+idA)
	if got := text(t, resp); resp.StatusCode != 500 || got != `{"code":500,"message":"internal error","reason":"internal"}` {
		t.Errorf("%d %s", resp.StatusCode, got)
	}
	if resp.Header.Get("X-Request-Id") == "" {
		t.Error("no X-Request-Id")
	}
	if !strings.Contains(log.String(), "panic: secret") || !strings.Contains(log.String(), "serve_test.go") {
		t.Errorf("the log has no panic with a stack: %s", log)
	}
}

func TestErrorListsAtMostHundredFields(t *testing.T) {
	var fs fault.Fields
	for i := range 101 {
		fs.Add(fmt.Sprint(i), fault.Empty())
	}
	s, _ := newBroken(func() (run.Run, error) { return run.Run{}, fs.Err() })
	var body errorJSON
	if err := json.Unmarshal([]byte(text(t, get(s.Handler(), "GET", "/v1/runs/"+idA))), &body); err != nil {
		t.Fatal(err)
	}
	if len(body.Fields) != 100 {
		t.Errorf("%d fields", len(body.Fields))
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
		s, log := newBroken(func() (run.Run, error) { return run.Run{}, nil })
		s.opts.RequestID = func(*http.Request) string { return tt.platform }
		var header []string
		for _, v := range tt.sent {
			header = append(header, "X-Request-Id", v)
		}
		for _, path := range []string{"/v1/runs/" + idA, "/nope", "/v1/runs/x"} {
			log.Reset()
			got := get(s.Handler(), "GET", path, header...).Header.Get("X-Request-Id")
			if !regexp.MustCompile("^"+regexp.QuoteMeta(tt.want)+"$").MatchString(got) &&
				!(tt.want == generated && regexp.MustCompile("^"+generated+"$").MatchString(got)) {
				t.Errorf("%q: answered %q, want %q", tt.sent, got, tt.want)
			}
			if !strings.Contains(log.String(), `"request_id":"`+got+`"`) {
				t.Errorf("%q: the log has another id: %s", tt.sent, log)
			}
		}
	}
}

func TestLogLine(t *testing.T) {
	s, log := newBroken(func() (run.Run, error) { return run.Run{}, nil })
	for _, tt := range []struct {
		method, path, tenant string
		want                 map[string]any
	}{
		{"GET", "/v1/runs/" + idA + "", "acme", map[string]any{"route": "get-run", "status": 200.0, "tenant": "acme"}},
		{"HEAD", "/v1/runs/" + idA + "", "acme", map[string]any{"route": "get-run", "status": 200.0, "tenant": "acme"}},
		{"GET", "/v1/runs/" + idA + "?secret=1", "acme", map[string]any{"route": "get-run", "status": 422.0, "tenant": "acme"}},
		{"GET", "/v1/runs/" + idA, "a b", map[string]any{"route": "get-run", "status": 422.0, "tenant": ""}},
		{"POST", "/nope", "acme", map[string]any{"route": "", "status": 404.0, "tenant": ""}},
	} {
		log.Reset()
		get(s.Handler(), tt.method, tt.path, "X-Tenant-Id", tt.tenant, "X-Request-Id", "id-1")
		var line map[string]any
		if err := json.Unmarshal(log.Bytes(), &line); err != nil {
			t.Fatalf("not one line: %v: %s", err, log)
		}
		if v, ok := line["latency_ms"].(float64); !ok || v < 0 {
			t.Errorf("latency_ms %v", line["latency_ms"])
		}
		delete(line, "latency_ms")
		delete(line, "time")
		want := map[string]any{"level": "INFO", "msg": "request", "method": tt.method, "request_id": "id-1",
			"read_units": 0.0, "write_units": 0.0} // the store is no table
		for k, v := range tt.want {
			want[k] = v
		}
		if d := cmp.Diff(want, line); d != "" {
			t.Errorf("%s %s (-want +got):\n%s", tt.method, tt.path, d)
		}
	}
}

func TestPathsAndMethods(t *testing.T) {
	s, _ := newBroken(func() (run.Run, error) { return run.Run{}, nil })
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
		resp := get(s.Handler(), tt.method, tt.path)
		body := text(t, resp)
		if resp.StatusCode != tt.status || resp.Header.Get("Allow") != tt.allow {
			t.Errorf("%s %s: %d, Allow %q, want %d, Allow %q", tt.method, tt.path,
				resp.StatusCode, resp.Header.Get("Allow"), tt.status, tt.allow)
		}
		if got, want := resp.Header.Get("Cache-Control"), "no-store"; got != want {
			t.Errorf("%s %s: Cache-Control %q", tt.method, tt.path, got)
		}
		if tt.method == "HEAD" || tt.status == 204 {
			if body != "" {
				t.Errorf("%s %s: has a body: %s", tt.method, tt.path, body)
			}
			continue
		}
		if got := resp.Header.Get("Content-Type"); got != "application/json; charset=utf-8" {
			t.Errorf("%s %s: Content-Type %q", tt.method, tt.path, got)
		}
		if tt.status >= 400 && !strings.HasPrefix(body, fmt.Sprintf(`{"code":%d,`, tt.status)) {
			t.Errorf("%s %s: %s", tt.method, tt.path, body)
		}
	}
}

func TestRouteServesOnlyItsOwn(t *testing.T) {
	s, _ := newBroken(func() (run.Run, error) { return run.Run{}, nil })
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
		if got := get(h, tt.method, tt.path).StatusCode; got != tt.status {
			t.Errorf("%s %s: %d, want %d", tt.method, tt.path, got, tt.status)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("an unknown route does not panic")
		}
	}()
	s.Route("nope")
}

// A gateway sends what it has no route for to a function that has neither store nor queue,
// and does not take HEAD.
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
		resp := get(h, tt.method, tt.path)
		if resp.StatusCode != tt.status || resp.Header.Get("Allow") != tt.allow || resp.Header.Get("X-Request-Id") == "" {
			t.Errorf("%s %s: %d, %v, want %d, Allow %q", tt.method, tt.path, resp.StatusCode, resp.Header, tt.status, tt.allow)
		}
	}
}

func TestNewRefusesBadOptions(t *testing.T) {
	store, queue := brokenStore{}, queueFunc(noQueue)
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
			New(o).Route("get-docs") // needs neither
		}
	}
}

// What was committed stays answered with 2xx when the message that follows it is not sent,
// and the message is sent even when the caller has gone.
func TestWakeUps(t *testing.T) {
	s, log := newBroken(func() (run.Run, error) { return run.Run{ID: uuid.MustParse(idB)}, nil })
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
		t.Errorf("the log does not tell: %s", log)
	}
}
