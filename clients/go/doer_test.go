package runs

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

var (
	busy = response{status: http.StatusServiceUnavailable, body: `{"code":503,"message":"busy","reason":"unavailable"}`}
	job  = response{status: http.StatusCreated, body: `{"name":"example"}`}
)

func refusedFor(seconds string) response {
	return response{status: http.StatusTooManyRequests, body: `{"message":"Too Many Requests"}`, header: http.Header{"Retry-After": {seconds}}}
}

func TestHeaders(t *testing.T) {
	s := &script{responses: []response{job}}
	c := connect(t, s, Options{Tenant: "acme", Token: "secret"})
	for range 2 {
		if _, err := c.CreateJobWithResponse(t.Context(), nil, JobInput{Name: "example"}); err != nil {
			t.Fatal(err)
		}
	}
	given := &CreateJobParams{IdempotencyKey: new("given")}
	if _, err := c.CreateJobWithResponse(t.Context(), given, JobInput{Name: "example"}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.DeleteJobWithResponse(t.Context(), runID, nil); err != nil {
		t.Fatal(err)
	}
	header := func(i int, name string) string { return s.requests[i].Header.Get(name) }
	if header(0, "X-Tenant-Id") != "acme" || header(0, "Authorization") != "Bearer secret" {
		t.Errorf("the header is %v", s.requests[0].Header)
	}
	const key = "Idempotency-Key"
	if header(0, key) == "" || header(0, key) == header(1, key) || header(2, key) != "given" || header(3, key) != "" {
		t.Errorf("the keys are %q, %q, %q and %q", header(0, key), header(1, key), header(2, key), header(3, key))
	}
}

func TestRepetition(t *testing.T) {
	broken := response{err: errors.New("connection reset")}
	inProgress := response{status: http.StatusConflict, body: `{"code":409,"message":"wait","reason":"request_in_progress"}`}
	for name, test := range map[string]struct {
		responses []response
		retries   int
		requests  int
		least     time.Duration
		status    int // of the error, or 0 if the last response is a success
	}{
		"refused, then created":      {responses: []response{refusedFor("7"), job}, requests: 2, least: 7 * time.Second},
		"busy, without Retry-After":  {responses: []response{busy, busy, job}, requests: 3, least: 750 * time.Millisecond},
		"the response was lost":      {responses: []response{broken, inProgress, job}, requests: 3},
		"busy for too long":          {responses: []response{busy}, requests: 4, status: 503},
		"more repetitions":           {responses: []response{busy}, retries: 5, requests: 6, status: 503},
		"no repetitions":             {responses: []response{busy}, retries: -1, requests: 1, status: 503},
		"a Retry-After of an hour":   {responses: []response{refusedFor("3600")}, requests: 1, status: 429},
		"an overflowing Retry-After": {responses: []response{refusedFor("99999999999999999999")}, requests: 4, status: 429},
		"a failure of the service":   {responses: []response{{status: 500}}, requests: 1, status: 500},
		"a conflict":                 {responses: []response{{status: 409, body: `{"message":"exists","reason":"run_exists"}`}}, requests: 1, status: 409},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{responses: test.responses}
				began := time.Now()
				_, err := connect(t, s, Options{Retries: test.retries}).CreateJobWithResponse(t.Context(), nil, JobInput{Name: "example"})
				if elapsed := time.Since(began); elapsed < test.least {
					t.Errorf("it took %v", elapsed)
				}
				var e *Error
				if errors.As(err, &e) != (test.status != 0) || (e != nil && e.Status != test.status) {
					t.Errorf("the error is %v", err)
				}
				if len(s.requests) != test.requests {
					t.Errorf("%d requests", len(s.requests))
				}
				for i, req := range s.requests {
					if req.Header.Get("Idempotency-Key") != s.requests[0].Header.Get("Idempotency-Key") || s.bodies[i] != `{"name":"example"}` {
						t.Errorf("request %d is another one: %v %s", i, req.Header, s.bodies[i])
					}
				}
			})
		})
	}
	t.Run("a connection that stays broken", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			_, err := connect(t, &script{responses: []response{broken}}, Options{}).GetRunWithResponse(t.Context(), runID, nil)
			if !errors.Is(err, broken.err) {
				t.Errorf("the error is %v", err)
			}
		})
	})
	t.Run("until the context ends", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			began := time.Now()
			_, err := connect(t, &script{responses: []response{refusedFor("20")}}, Options{}).GetRunWithResponse(ctx, runID, nil)
			if err == nil || time.Since(began) != time.Second {
				t.Errorf("after %v the error is %v", time.Since(began), err)
			}
		})
	})
}

func TestErrors(t *testing.T) {
	for name, test := range map[string]struct {
		response response
		want     string
	}{
		"the service's": {response{status: 404, body: `{"code":404,"message":"no such run","reason":"no_such_run"}`}, "404: no such run"},
		"invalid fields": {
			response{status: 422, body: `{"code":422,"message":"the request is invalid","reason":"invalid","fields":[` +
				`{"field":"page","errors":[{"code":"format","message":"is not a cursor"}]}]}`},
			"422: the request is invalid; page is not a cursor",
		},
		"a gateway's":       {response{status: 403, body: `{"message":"Forbidden"}`}, "403: Forbidden"},
		"a proxy's":         {response{status: 502, body: `<html>`, header: http.Header{"Content-Type": {"text/html"}}}, "502: Bad Gateway"},
		"without a body":    {response{status: 500}, "500: Internal Server Error"},
		"another JSON":      {response{status: 400, body: `["message"]`}, "400: Bad Request"},
		"a page of a proxy": {response{status: 200, body: `<html>`, header: http.Header{"Content-Type": {"text/html"}}}, "200: the response is not JSON, so it is not the service's"},
	} {
		t.Run(name, func(t *testing.T) {
			test.response.header = test.response.header.Clone()
			if test.response.header == nil {
				test.response.header = http.Header{}
			}
			test.response.header.Set("X-Request-Id", "an-id")
			_, err := connect(t, &script{responses: []response{test.response}}, Options{}).GetRunWithResponse(t.Context(), runID, nil)
			if err == nil || err.Error() != test.want {
				t.Errorf("the error is %v, want %s", err, test.want)
			}
			var e *Error
			if test.response.status >= 400 && (!errors.As(err, &e) || e.RequestID != "an-id") {
				t.Errorf("the error is %#v", err)
			}
		})
	}
	t.Run("content of any type", func(t *testing.T) {
		s := &script{responses: []response{{status: 200, body: "<html>", header: http.Header{"Content-Type": {"text/html"}}}}}
		if resp, err := connect(t, s, Options{}).GetArtifactBlobWithResponse(t.Context(), "id", nil); err != nil || string(resp.Body) != "<html>" {
			t.Errorf("%v, %v", resp, err)
		}
	})
}

// Later versions of the service add members, values and kinds.
func TestLaterVersion(t *testing.T) {
	s := &script{responses: []response{{status: 200, body: `{"id":"` + runID.String() + `","status":"asleep","later":{"a":1},
		"stop_reason":"bored","config":{"filters":[{"kind":"later","params":{}}],"later":[1]}}`}}}
	resp, err := connect(t, s, Options{}).GetRunWithResponse(t.Context(), runID, nil)
	if err != nil || resp.JSON200.Status != "asleep" || *resp.JSON200.StopReason != "bored" {
		t.Fatalf("%+v, %v", resp, err)
	}
	if kind, err := resp.JSON200.Config.Filters[0].Discriminator(); kind != "later" || err != nil {
		t.Errorf("the filter is %s, %v", kind, err)
	}
}

// An empty list is not the same as an omitted one.
func TestEmptyLists(t *testing.T) {
	s := &script{responses: []response{job}}
	input := JobInput{Name: "n", Config: &Config{Seeds: []Seed{}, Filters: []Filter{}}}
	if _, err := connect(t, s, Options{}).CreateJobWithResponse(t.Context(), nil, input); err != nil {
		t.Fatal(err)
	}
	if want := `{"config":{"filters":[],"seeds":[]},"name":"n"}`; s.bodies[0] != want {
		t.Errorf("the body is %s, want %s", s.bodies[0], want)
	}
}

func TestQueries(t *testing.T) {
	s := &script{responses: []response{{status: 200, body: `{"items":[],"next_page":null,"searched_until":null}`}}}
	params := &ListRunsParams{
		Statuses: StatusList{StatusRunning, StatusPaused}, Labels: LabelFilter{"team": "research & more"},
		CreatedAfter: new(time.Date(2026, 3, 1, 12, 0, 0, 0, time.FixedZone("", 3600))),
	}
	if _, err := connect(t, s, Options{}).ListRunsWithResponse(t.Context(), params); err != nil {
		t.Fatal(err)
	}
	got := s.requests[0].URL.Query()
	if !slices.Equal(got["statuses"], []string{"running", "paused"}) || got.Get("labels[team]") != "research & more" ||
		!strings.HasSuffix(got.Get("created_after"), "+01:00") || len(got) != 3 {
		t.Errorf("the query is %v", got)
	}
}
