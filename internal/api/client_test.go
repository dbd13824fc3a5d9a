package api_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/inndx/runs/internal/openapi/openapitest"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/tenant"
)

// as returns a client of the tenant.
func (s *service) as(t tenant.ID) client { return client{service: s, t: s.t, tenant: t} }

// A client calls the service as one tenant. A call that fails, or whose response does not conform
// to the OpenAPI document, fails the test.
type client struct {
	*service
	t              testing.TB
	tenant         tenant.ID
	isUndocumented bool
}

// in returns a copy of c that reports failures to the subtest.
func (c client) in(t testing.TB) client {
	c.t = t
	return c
}

// undocumented returns a copy of c for requests that the service supports, but that the OpenAPI
// document does not describe.
func (c client) undocumented() client {
	c.isUndocumented = true
	return c
}

// A response is an HTTP response whose body has been read.
type response struct {
	t      testing.TB
	call   string
	url    *url.URL
	status int
	header http.Header
	body   []byte
}

// do calls the service. It sends a body as JSON, a string body as it is, and no body if body is
// nil. The header consists of pairs of name and value.
func (c client) do(method, path string, body any, header ...string) response {
	c.t.Helper()
	var text []byte
	switch body := body.(type) {
	case nil:
	case string:
		text = []byte(body)
	default:
		var err error
		if text, err = json.Marshal(body); err != nil {
			c.t.Fatal(err)
		}
	}
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.url+path, bytes.NewReader(text))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("X-Tenant-Id", string(c.tenant))
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	return c.send(req, text)
}

func (c client) send(req *http.Request, body []byte) response {
	c.t.Helper()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	r := response{t: c.t, call: req.Method + " " + req.URL.RequestURI(), url: req.URL, status: resp.StatusCode, header: resp.Header}
	if r.body, err = io.ReadAll(resp.Body); err != nil {
		c.t.Fatal(err)
	}
	if !c.isUndocumented {
		openapitest.Check(c.t, req, body, resp, r.body)
	}
	return r
}

// resolve returns the path and query of a reference in the response.
func (r response) resolve(reference string) string {
	r.t.Helper()
	to, err := r.url.Parse(reference)
	if err != nil || to.Host != r.url.Host {
		r.t.Fatalf("%s: the reference %q (%v)", r.call, reference, err)
	}
	return to.RequestURI()
}

// want fails the test if the status differs.
func (r response) want(status int) response {
	r.t.Helper()
	if r.status != status {
		r.t.Fatalf("%s: %d %s, want %d", r.call, r.status, r.body, status)
	}
	return r
}

func (r response) decode(into any) {
	r.t.Helper()
	d := json.NewDecoder(bytes.NewReader(r.body))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		r.t.Fatalf("%s: %v: %s", r.call, err, r.body)
	}
}

// raw calls the service without a body. Unlike do, it does not decompress the response.
func (c client) raw(method, path, acceptEncoding string) response {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.url+path, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("X-Tenant-Id", string(c.tenant))
	if acceptEncoding != "" {
		req.Header.Set("Accept-Encoding", acceptEncoding)
	}
	transport := &http.Transport{DisableCompression: true}
	defer transport.CloseIdleConnections()
	resp, err := transport.RoundTrip(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	r := response{t: c.t, call: method + " " + path, url: req.URL, status: resp.StatusCode, header: resp.Header}
	if r.body, err = io.ReadAll(resp.Body); err != nil {
		c.t.Fatal(err)
	}
	return r
}

// The bodies of responses, as the OpenAPI document describes them.
type (
	runBody struct {
		ID         uuid.UUID         `json:"id"`
		JobID      uuid.UUID         `json:"job_id"`
		JobName    *string           `json:"job_name"`
		Status     run.Status        `json:"status"`
		StopReason *run.StopReason   `json:"stop_reason"`
		Config     json.RawMessage   `json:"config"`
		Labels     map[string]string `json:"labels"`
		CreatedAt  time.Time         `json:"created_at"`
		StartedAt  *time.Time        `json:"started_at"`
		PausedAt   *time.Time        `json:"paused_at"`
		FinishedAt *time.Time        `json:"finished_at"`
		UpdatedAt  time.Time         `json:"updated_at"`
		Progress   map[string]int64  `json:"progress"`
	}
	jobBody struct {
		ID        uuid.UUID         `json:"id"`
		Name      string            `json:"name"`
		Labels    map[string]string `json:"labels"`
		Config    json.RawMessage   `json:"config"`
		CreatedAt time.Time         `json:"created_at"`
		UpdatedAt time.Time         `json:"updated_at"`
		Run       *runBody          `json:"run"`
	}
	pageBody[T any] struct {
		Items         []T                        `json:"items"`
		NextPage      *string                    `json:"next_page"`
		SearchedUntil *time.Time                 `json:"searched_until"`
		Searched      *struct{ Parts, Of int64 } `json:"searched"` // of lists that search a log
	}
	errorBody struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
		Reason  string `json:"reason"`
		Fields  []struct {
			Field  string `json:"field"`
			Errors []struct {
				Code    string         `json:"code"`
				Message string         `json:"message"`
				Params  map[string]any `json:"params"`
			} `json:"errors"`
		} `json:"fields"`
	}
)

func (r response) run() (v runBody)            { r.t.Helper(); r.decode(&v); return v }
func (r response) job() (v jobBody)            { r.t.Helper(); r.decode(&v); return v }
func (r response) runs() (v pageBody[runBody]) { r.t.Helper(); r.decode(&v); return v }
func (r response) jobs() (v pageBody[jobBody]) { r.t.Helper(); r.decode(&v); return v }
func (r response) errorBody() (v errorBody)    { r.t.Helper(); r.decode(&v); return v }
func (r response) wantFields(want string) {
	r.t.Helper()
	r.want(http.StatusUnprocessableEntity)
	var got []string
	for _, f := range r.errorBody().Fields {
		for _, e := range f.Errors {
			got = append(got, f.Field+":"+e.Code)
		}
	}
	if g := strings.Join(got, " "); g != want {
		r.t.Errorf("%s: fields %q, want %q", r.call, g, want)
	}
}
