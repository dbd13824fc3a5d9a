package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/run"
)

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
		t.Run(tt.err.Error(), func(t *testing.T) {
			s, log := newStubServer(func() (run.Run, error) { return run.Run{}, tt.err })
			resp := call(s.Handler(), "GET", "/v1/runs/"+idA)
			if got := bodyOf(t, resp); resp.StatusCode != tt.status || got != tt.body {
				t.Errorf("%d %s, want %d %s", resp.StatusCode, got, tt.status, tt.body)
			}
			if got := resp.Header.Get("Retry-After"); got != tt.retryAfter {
				t.Errorf("Retry-After %q, want %q", got, tt.retryAfter)
			}
			level := map[int]string{429: "WARN", 503: "WARN", 500: "ERROR"}[tt.status]
			if level != "" && !(strings.Contains(log.String(), tt.err.Error()) && strings.Contains(log.String(), level)) {
				t.Errorf("the log does not have the error: %s", log)
			}
		})
	}
}

func TestEveryKindHasAStatus(t *testing.T) {
	for k := fault.Internal; k <= fault.Unavailable; k++ {
		if statuses[k] < 400 {
			t.Errorf("the status of kind %d is %d", k, statuses[k])
		}
	}
}

func TestPanicBecomesAnInternalError(t *testing.T) {
	s, log := newStubServer(func() (run.Run, error) { panic("secret") })
	resp := call(s.Handler(), "GET", "/v1/runs/"+idA)
	if got := bodyOf(t, resp); resp.StatusCode != 500 || got != `{"code":500,"message":"internal error","reason":"internal"}` {
		t.Errorf("%d %s", resp.StatusCode, got)
	}
	if resp.Header.Get("X-Request-Id") == "" {
		t.Error("no X-Request-Id")
	}
	if !strings.Contains(log.String(), "panic: secret") || !strings.Contains(log.String(), "errors_test.go") {
		t.Errorf("the log has no panic with a stack: %s", log)
	}
}

func TestErrorListsAtMost100Fields(t *testing.T) {
	var fs fault.Fields
	for i := range 101 {
		fs.Add(fmt.Sprint(i), fault.Empty())
	}
	s, _ := newStubServer(func() (run.Run, error) { return run.Run{}, fs.Err() })
	var body errorJSON
	if err := json.Unmarshal([]byte(bodyOf(t, call(s.Handler(), "GET", "/v1/runs/"+idA))), &body); err != nil {
		t.Fatal(err)
	}
	if len(body.Fields) != 100 {
		t.Errorf("%d fields", len(body.Fields))
	}
}
