package api_test

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/store"
)

const keyHeader = "Idempotency-Key"

// wantSame fails the test unless again is the same response as r.
func (r response) wantSame(again response) {
	t := again.t
	t.Helper()
	if again.status != r.status || !bytes.Equal(again.body, r.body) {
		t.Errorf("%s: %d %s, first %d %s", r.call, again.status, again.body, r.status, r.body)
	}
	for _, name := range []string{"Location", "ETag", "Content-Type"} {
		if got, want := again.header.Get(name), r.header.Get(name); got != want || got == "" {
			t.Errorf("%s: %s is %q, first %q", r.call, name, got, want)
		}
	}
}

// A request that repeats another one with its key gets the first response, for a day and even after
// the created resource has changed.
func TestIdempotencyKey(t *testing.T) {
	now := time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)
	c := newService(t, store.WithClock(func() time.Time { return now })).as("acme")
	const job = `{"name":"docs","labels":{"a":"b","c":"1"},"config":{"speed":{"concurrency":3}}}`
	const jobs = "/v1/jobs?create_run=true"
	j := c.do("POST", jobs, job, keyHeader, "k1").want(201)
	created := j.job()
	runs := "/v1/jobs/" + created.ID.String() + "/runs"
	r := c.do("POST", runs, nil, keyHeader, "k1").want(201) // a key belongs to its route
	c.queue.drain()

	t.Run("repeated", func(t *testing.T) {
		c := c.in(t)
		const rewritten = `{"config": {"speed": {"concurrency": 3}}, "labels": {"c": "1", "a": "b"}, "name": "docs"}`
		j.wantSame(c.do("POST", jobs, job, keyHeader, "k1"))
		j.wantSame(c.do("POST", jobs, rewritten, keyHeader, `"k1"`))
		r.wantSame(c.do("POST", runs, `{}`, keyHeader, "k1"))
		// The first process may have died before it sent its wake-up.
		if sent := c.queue.drain(); len(sent) != 3 {
			t.Errorf("%d wake-ups", len(sent))
		}
	})
	t.Run("reused for another request", func(t *testing.T) {
		c := c.in(t)
		for _, other := range []response{
			c.do("POST", "/v1/jobs", job, keyHeader, "k1"),
			c.do("POST", jobs, strings.Replace(job, "3", "3.0", 1), keyHeader, "k1"),
			c.do("POST", jobs, `{"name":"docs"}`, keyHeader, "k1"),
			c.do("POST", runs, `{"id":"`+idB+`"}`, keyHeader, "k1"),
			c.do("POST", "/v1/jobs/"+idA+"/runs", nil, keyHeader, "k1"),
		} {
			if other.status == 422 && other.errorBody().Reason == string(fault.ReasonInvalid) {
				continue // 3.0 is not an integer
			}
			other.wantFields(keyHeader + ":reused")
			if got := other.errorBody().Reason; got != string(fault.ReasonIdempotencyKeyReused) {
				t.Errorf("%s: reason %s", other.call, got)
			}
		}
	})
	t.Run("of another tenant", func(t *testing.T) {
		other := c.as("beta").in(t).do("POST", jobs, job, keyHeader, "k1").want(201).job()
		if other.ID == created.ID {
			t.Error("two tenants share a key")
		}
	})
	t.Run("repeated after changes, for a day", func(t *testing.T) {
		c := c.in(t)
		c.do("PATCH", "/v1/jobs/"+created.ID.String(), `{"name":"other"}`).want(200)
		for _, id := range []uuid.UUID{created.Run.ID, r.run().ID} {
			c.do("PUT", "/v1/runs/"+id.String()+"/stop", nil).want(200)
			c.do("DELETE", "/v1/runs/"+id.String(), nil).want(204)
		}
		c.do("DELETE", "/v1/jobs/"+created.ID.String(), nil).want(204)
		now = now.Add(24*time.Hour - time.Second)
		j.wantSame(c.do("POST", jobs, job, keyHeader, "k1"))
		r.wantSame(c.do("POST", runs, nil, keyHeader, "k1"))
		c.do("GET", "/v1/jobs/"+created.ID.String(), nil).want(404)
		now = now.Add(time.Second)
		c.do("POST", runs, nil, keyHeader, "k1").want(404)
		if id := c.do("POST", jobs, job, keyHeader, "k1").want(201).job().ID; id == created.ID {
			t.Error("the key is still in use after a day")
		}
	})
	t.Run("reused after an error", func(t *testing.T) {
		c := c.in(t)
		c.do("POST", "/v1/jobs", `{}`, keyHeader, "k2").want(422)
		c.do("POST", "/v1/jobs", minimal, keyHeader, "k2").want(201)
	})
}

func TestInvalidIdempotencyKeys(t *testing.T) {
	c := newService(t).as("acme")
	for _, bad := range []string{"", `"`, "a b", "é", strings.Repeat("k", 256)} {
		t.Run(fmt.Sprintf("%.20q", bad), func(t *testing.T) {
			c.in(t).do("POST", "/v1/jobs", minimal, keyHeader, bad).wantFields(keyHeader + ":format")
		})
	}
	for _, tt := range []struct {
		method, path string
		body         any
	}{
		{"PUT", "/v1/runs/" + idA + "/stop", nil}, {"PATCH", "/v1/jobs/" + idA, `{}`}, {"DELETE", "/v1/jobs/" + idA, nil},
	} {
		t.Run("not supported by "+tt.method, func(t *testing.T) {
			c.in(t).do(tt.method, tt.path, tt.body, keyHeader, "k").wantFields(keyHeader + ":unsupported")
		})
	}
	t.Run("ignored by GET", func(t *testing.T) { c.in(t).do("GET", "/v1/jobs", nil, keyHeader, "k").want(200) })
}

// Concurrent requests with one key get the same response, or a conflict to retry on.
func TestConcurrentRequestsWithOneKey(t *testing.T) {
	c := newService(t).as("acme")
	var mu sync.Mutex
	bodies := map[string]bool{}
	var group sync.WaitGroup
	for range 6 {
		group.Go(func() {
			r := c.do("POST", "/v1/jobs?create_run=true", minimal, keyHeader, "at-once")
			mu.Lock()
			defer mu.Unlock()
			switch {
			case r.status == 201:
				bodies[string(r.body)] = true
			case r.status != 409 || r.errorBody().Reason != string(fault.ReasonRequestInProgress):
				t.Errorf("%d %s", r.status, r.body)
			}
		})
	}
	group.Wait()
	if n := len(c.do("GET", "/v1/runs", nil).want(200).runs().Items); len(bodies) != 1 || n != 1 {
		t.Errorf("%d different responses, %d runs", len(bodies), n)
	}
}
