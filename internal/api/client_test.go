package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/api"
	"github.com/inndx/runs/internal/dynamolocal/dynamotest"
	"github.com/inndx/runs/internal/openapi"
	"github.com/inndx/runs/internal/openapi/openapitest"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/store/storetest"
	"github.com/inndx/runs/internal/tenant"
)

func TestMain(m *testing.M) { dynamotest.Main(m) }

// service is the whole API on a store of its own.
type service struct {
	t     testing.TB
	store *store.Store
	url   string
	queue *recordedQueue
}

func newService(t testing.TB, opts ...store.Option) *service {
	t.Helper()
	s := &service{t: t, store: storetest.New(t, opts...), queue: &recordedQueue{}}
	server := httptest.NewServer(api.New(api.Options{
		Store:  s.store,
		Queue:  s.queue,
		Docs:   api.Docs{Spec: openapi.JSON, Page: openapi.Docs},
		Logger: slog.New(slog.DiscardHandler),
	}).Handler())
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

// recordedQueue keeps what is sent to it.
type recordedQueue struct {
	mu   sync.Mutex
	sent []run.Ref
}

func (q *recordedQueue) Send(_ context.Context, ref run.Ref, delay time.Duration) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.sent = append(q.sent, ref)
	return nil
}

// take returns what was sent since the last call.
func (q *recordedQueue) take() []run.Ref {
	q.mu.Lock()
	defer q.mu.Unlock()
	sent := q.sent
	q.sent = nil
	return sent
}

// as returns a client that calls as the tenant.
func (s *service) as(t tenant.ID) client { return client{service: s, tenant: t} }

// client calls the service as one tenant. Any call that cannot be made, or whose answer is
// not as the API's description says, fails the test.
type client struct {
	*service
	tenant      tenant.ID
	undescribed bool
}

// beyond returns a client for requests that are answered though nothing describes them.
func (c client) beyond() client {
	c.undescribed = true
	return c
}

// reply is an answer, read whole.
type reply struct {
	t      testing.TB
	call   string
	url    *url.URL
	status int
	header http.Header
	body   []byte
}

// do calls the service. A body is sent as JSON: a string as it stands, nil not at all.
// Headers are pairs of name and value.
func (c client) do(method, path string, body any, header ...string) reply {
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

func (c client) send(req *http.Request, body []byte) reply {
	c.t.Helper()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer resp.Body.Close()
	r := reply{t: c.t, call: req.Method + " " + req.URL.RequestURI(), url: req.URL, status: resp.StatusCode, header: resp.Header}
	if r.body, err = io.ReadAll(resp.Body); err != nil {
		c.t.Fatal(err)
	}
	if !c.undescribed {
		openapitest.Check(c.t, req, body, resp, r.body)
	}
	return r
}

// reach returns the path and query that a reference in the answer leads to.
func (r reply) reach(reference string) string {
	r.t.Helper()
	to, err := r.url.Parse(reference)
	if err != nil || to.Host != r.url.Host {
		r.t.Fatalf("%s: the reference %q (%v)", r.call, reference, err)
	}
	return to.RequestURI()
}

// want fails the test when the status is another.
func (r reply) want(status int) reply {
	r.t.Helper()
	if r.status != status {
		r.t.Fatalf("%s: %d %s, want %d", r.call, r.status, r.body, status)
	}
	return r
}

func (r reply) decode(into any) {
	r.t.Helper()
	d := json.NewDecoder(bytes.NewReader(r.body))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		r.t.Fatalf("%s: %v: %s", r.call, err, r.body)
	}
}

// The answers, as the API's contract describes them.
type (
	runAnswer struct {
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
	jobAnswer struct {
		ID        uuid.UUID         `json:"id"`
		Name      string            `json:"name"`
		Labels    map[string]string `json:"labels"`
		Config    json.RawMessage   `json:"config"`
		CreatedAt time.Time         `json:"created_at"`
		UpdatedAt time.Time         `json:"updated_at"`
		Run       *runAnswer        `json:"run"`
	}
	pageAnswer[T any] struct {
		Items         []T        `json:"items"`
		NextPage      *string    `json:"next_page"`
		SearchedUntil *time.Time `json:"searched_until"`
	}
	failure struct {
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

func (r reply) run() (v runAnswer)              { r.t.Helper(); r.decode(&v); return v }
func (r reply) job() (v jobAnswer)              { r.t.Helper(); r.decode(&v); return v }
func (r reply) runs() (v pageAnswer[runAnswer]) { r.t.Helper(); r.decode(&v); return v }
func (r reply) jobs() (v pageAnswer[jobAnswer]) { r.t.Helper(); r.decode(&v); return v }
func (r reply) failure() (v failure)            { r.t.Helper(); r.decode(&v); return v }
func (r reply) wantFields(want string) {
	r.t.Helper()
	r.want(http.StatusUnprocessableEntity)
	var got []string
	for _, f := range r.failure().Fields {
		for _, e := range f.Errors {
			got = append(got, f.Field+":"+e.Code)
		}
	}
	if g := strings.Join(got, " "); g != want {
		r.t.Errorf("%s: fields %q, want %q", r.call, g, want)
	}
}

// The state that tests need.

func (c client) createJob(body string) jobAnswer {
	c.t.Helper()
	return c.do("POST", "/v1/jobs", body).want(201).job()
}

func (c client) createRun(jobID uuid.UUID) runAnswer {
	c.t.Helper()
	return c.do("POST", "/v1/jobs/"+jobID.String()+"/runs", nil).want(201).run()
}

// bring moves a pending run to the status.
func (c client) bring(id uuid.UUID, to run.Status) {
	c.t.Helper()
	actions := map[run.Status][]run.Action{
		run.Running:  {run.Start},
		run.Paused:   {run.Start, run.Pause},
		run.Finished: {run.Stop},
	}
	for _, a := range actions[to] {
		if _, _, err := c.store.Transition(c.t.Context(), run.Ref{Tenant: c.tenant, ID: id}, a, nil); err != nil {
			c.t.Fatal(err)
		}
	}
}
