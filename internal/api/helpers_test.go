package api_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"gocloud.dev/blob/memblob"

	"github.com/inndx/runs/internal/api"
	"github.com/inndx/runs/internal/contents"
	"github.com/inndx/runs/internal/dynamolocal/dynamotest"
	"github.com/inndx/runs/internal/export"
	"github.com/inndx/runs/internal/objects/bucket"
	"github.com/inndx/runs/internal/openapi"
	"github.com/inndx/runs/internal/pipeline"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/store/storetest"
)

func TestMain(m *testing.M) { dynamotest.Main(m) }

// A service is the API with a table of its own.
type service struct {
	t      testing.TB
	store  *store.Store
	bucket *signingBucket
	url    string
	queue  *recordedQueue
}

func newService(t testing.TB, opts ...store.Option) *service {
	t.Helper()
	return newServiceWith(t, api.Options{}, opts...)
}

// newServiceWith returns a service with further options.
func newServiceWith(t testing.TB, o api.Options, opts ...store.Option) *service {
	t.Helper()
	return newServiceOn(t, o, storetest.New(t, opts...))
}

// newServiceOn returns a service of the store.
func newServiceOn(t testing.TB, o api.Options, st *store.Store) *service {
	t.Helper()
	s := &service{
		t: t, store: st, queue: &recordedQueue{},
		bucket: &signingBucket{Store: bucket.New(memblob.OpenBucket(nil))},
	}
	if o.Store == nil {
		o.Store = st
	}
	o.Queue = s.queue
	o.Contents = contents.New(s.bucket, s.store)
	o.Files = s.bucket
	o.Docs = api.Docs{Spec: openapi.JSON, Page: openapi.Docs}
	o.CheckConfig = pipeline.CheckConfig
	o.Logger = slog.New(slog.DiscardHandler)
	server := httptest.NewServer(api.New(o).Handler())
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

// A recordedQueue records the wake-ups sent to it.
type recordedQueue struct {
	mu      sync.Mutex
	sent    []run.Ref
	exports []export.Ref
}

func (q *recordedQueue) SendExport(_ context.Context, ref run.Ref, id uuid.UUID, _ time.Duration) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.exports = append(q.exports, export.Ref{Run: ref, ID: id})
	return nil
}

func (q *recordedQueue) Send(_ context.Context, ref run.Ref, delay time.Duration) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.sent = append(q.sent, ref)
	return nil
}

// drain returns the wake-ups sent since the last call.
func (q *recordedQueue) drain() []run.Ref {
	q.mu.Lock()
	defer q.mu.Unlock()
	sent := q.sent
	q.sent = nil
	return sent
}

func (c client) createJob(body string) jobBody {
	c.t.Helper()
	return c.do("POST", "/v1/jobs", body).want(201).job()
}

func (c client) createRun(jobID uuid.UUID) runBody {
	c.t.Helper()
	return c.do("POST", "/v1/jobs/"+jobID.String()+"/runs", nil).want(201).run()
}

// moveTo moves a pending run to the status.
func (c client) moveTo(id uuid.UUID, to run.Status) {
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

const (
	minimal = `{"name":"docs"}` // the smallest valid job
	idA     = "0190b5a2-6f3e-7c4d-9a1b-2c3d4e5f6071"
	idB     = "9c2b5a1e-0000-4000-8000-00000000000b"
)

var stamp = regexp.MustCompile(`^"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"$`)

// members returns the members of a JSON object as raw JSON.
func members(t testing.TB, object []byte) map[string]string {
	t.Helper()
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(object, &raw); err != nil {
		t.Fatal(err)
	}
	m := map[string]string{}
	for k, v := range raw {
		m[k] = string(v)
	}
	return m
}

// wantMembers compares an object with members in raw JSON. In want, "time" stands for any time.
func wantMembers(t testing.TB, object []byte, want map[string]string) {
	t.Helper()
	got := members(t, object)
	for k, v := range got {
		if stamp.MatchString(v) {
			got[k] = "time"
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

var next = regexp.MustCompile(`^<([^>]+)>; rel="next"$`)

// walk follows the Link headers of a list and returns the ids of all items, in their order.
func (c client) walk(path string) []uuid.UUID {
	c.t.Helper()
	var ids []uuid.UUID
	for pages := 0; ; pages++ {
		if pages > 1000 {
			c.t.Fatalf("%s: endless", path)
		}
		r := c.do("GET", path, nil).want(200)
		var page pageBody[struct {
			ID uuid.UUID `json:"id"`
		}]
		if err := json.Unmarshal(r.body, &page); err != nil {
			c.t.Fatal(err)
		}
		for _, item := range page.Items {
			ids = append(ids, item.ID)
		}
		link := r.header.Get("Link")
		if page.NextPage == nil {
			if link != "" {
				c.t.Errorf("%s: Link %q on the last page", path, link)
			}
			return ids
		}
		m := next.FindStringSubmatch(link)
		if m == nil || !strings.Contains(m[1], *page.NextPage) {
			c.t.Fatalf("%s: Link %q, next_page %q", path, link, *page.NextPage)
		}
		path = r.resolve(m[1])
	}
}
