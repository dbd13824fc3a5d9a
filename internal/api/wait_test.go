package api_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/api"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/store/storetest"
	"github.com/inndx/runs/internal/watch"
)

// tooLong is longer than an operation takes that needs no wait, and shorter than the longest wait.
const tooLong = 15 * time.Second

// A countingStore counts the reads of runs that have returned.
type countingStore struct {
	*store.Store
	read chan struct{}
}

func (s countingStore) Run(ctx context.Context, ref run.Ref) (run.Run, error) {
	r, err := s.Store.Run(ctx, ref)
	select {
	case s.read <- struct{}{}:
	default: // nobody counts
	}
	return r, err
}

// newWatchedService returns a service with a hub, as on one machine, and a channel that receives
// when a run was read.
func newWatchedService(t *testing.T) (*service, *watch.Hub, <-chan struct{}) {
	hub := new(watch.Hub)
	st := storetest.New(t, store.WithHub(hub))
	counting := countingStore{st, make(chan struct{}, 1000)}
	return newServiceOn(t, api.Options{Hub: hub, Store: counting, Timeout: 30 * time.Second}, st), hub, counting.read
}

// Whatever changes the status of a run wakes the requests that wait for it.
func TestWait(t *testing.T) {
	s, hub, read := newWatchedService(t)
	c := s.as("acme")
	j := c.createJob(minimal)
	for _, tt := range []struct {
		from   run.Status
		to     string // what ends the wait
		change func(c client, id uuid.UUID)
		want   int
	}{
		{run.Pending, "running", func(c client, id uuid.UUID) { c.transition(id, run.Start) }, 200},
		{run.Running, "paused", func(c client, id uuid.UUID) { c.do("PUT", "/v1/runs/"+id.String()+"/pause", nil).want(200) }, 200},
		{run.Paused, "running", func(c client, id uuid.UUID) { c.do("PUT", "/v1/runs/"+id.String()+"/resume", nil).want(200) }, 200},
		{run.Running, "finished", func(c client, id uuid.UUID) { c.do("PUT", "/v1/runs/"+id.String()+"/stop", nil).want(200) }, 200},
		{run.Running, "finished", func(c client, id uuid.UUID) { c.finish(id) }, 200},
		{run.Running, "", func(c client, id uuid.UUID) { c.do("DELETE", "/v1/runs/"+id.String(), nil).want(204) }, 404},
	} {
		t.Run(fmt.Sprintf("from %s to %s", tt.from, tt.to), func(t *testing.T) {
			c := c.in(t)
			id := c.createRun(j.ID).ID
			c.moveTo(id, tt.from)
			drain(read)
			var got response
			var waiting sync.WaitGroup
			waiting.Go(func() { got = c.do("GET", "/v1/runs/"+id.String()+"?wait=20s&while="+string(tt.from), nil) })
			<-read // it waits now, or will see the change
			start := time.Now()
			tt.change(c, id)
			waiting.Wait()
			if got.want(tt.want); tt.want == 200 && string(got.run().Status) != tt.to {
				t.Errorf("the run is %s, want %s", got.run().Status, tt.to)
			}
			if time.Since(start) > tooLong {
				t.Error("the wait ended because the time was up")
			}
			if hub.Watched(run.Ref{Tenant: "acme", ID: id}, watch.Status) {
				t.Error("a subscription is left")
			}
		})
	}
	t.Run("another tenant does not wait", func(t *testing.T) {
		id := c.createRun(j.ID).ID
		s.as("umbrella").in(t).do("GET", "/v1/runs/"+id.String()+"?wait=20s", nil).want(404)
	})
	t.Run("what is wrong with the parameters", func(t *testing.T) {
		for query, want := range map[string]string{
			"wait=":                         "wait:empty",
			"wait=20":                       "wait:format",
			"wait=P1D":                      "wait:format",
			"wait=0s":                       "wait:range",
			"wait=999ms":                    "wait:range",
			"wait=20.001s":                  "wait:range",
			"wait=-1s":                      "wait:range",
			"wait=1s&wait=2s":               "wait:duplicate",
			"wait[]=1s":                     "wait[]:unknown",
			"while=running":                 "wait:required",
			"wait=1s&while=stopped":         "while:enum",
			"wait=1s&while=":                "while:empty",
			"while=x":                       "while:enum wait:required",
			"wait=1m&while=paused&timeout=": "wait:range timeout:unknown",
		} {
			t.Run(query, func(t *testing.T) {
				c.in(t).do("GET", "/v1/runs/"+idA+"?"+query, nil).wantFields(want)
			})
		}
		for _, query := range []string{"wait=1s", "wait=1000ms", "wait=0.3m&while=paused"} {
			c.in(t).do("GET", "/v1/runs/"+idA+"?"+query, nil).want(404)
		}
		c.in(t).do("PUT", "/v1/runs/"+idA+"/pause?wait=1s", nil).wantFields("wait:unknown")
		c.in(t).do("GET", "/v1/runs?wait=1s", nil).wantFields("wait:unknown")
	})
}

// 200 clients that wait over HTTP read the table when they arrive and when they get their response,
// and not in between.
func TestWaitUnits(t *testing.T) {
	hub := new(watch.Hub)
	st, meter := storetest.NewMetered(t, store.WithHub(hub))
	read := make(chan struct{}, 1000)
	s := newServiceOn(t, api.Options{Hub: hub, Store: countingStore{st, read}}, st)
	c := s.as("acme")
	id := c.createRun(c.createJob(minimal).ID).ID
	path := "/v1/runs/" + id.String()
	c.moveTo(id, run.Running)
	c.do("GET", path, nil).want(200)
	meter.Reset()
	c.do("GET", path, nil).want(200)
	one := meter.Reset()
	const clients = 200
	wait := func(query string, change func()) {
		t.Helper()
		drain(read)
		ctx, cancel := context.WithTimeout(t.Context(), tooLong)
		defer cancel()
		var waiting sync.WaitGroup
		for range clients {
			waiting.Go(func() {
				req, _ := http.NewRequestWithContext(ctx, "GET", c.url+path+query, nil)
				req.Header.Set("X-Tenant-Id", "acme")
				c.send(req, nil).want(200)
			})
		}
		for range clients {
			<-read
		}
		if got := meter.Reset(); got.Requests != clients*one.Requests {
			t.Errorf("%d clients made %d requests to the table when they arrived", clients, got.Requests)
		}
		change()
		waiting.Wait()
	}
	wait("?wait=2s", func() {})
	if got := meter.Reset(); got.Requests != clients*one.Requests {
		t.Errorf("%d clients made %d requests to the table until their time was up, want %d", clients, got.Requests, clients*one.Requests)
	}
	wait("?wait=20s", func() {
		c.do("PUT", path+"/pause", nil).want(200)
		meter.Reset()
	})
	if hub.Watched(run.Ref{Tenant: "acme", ID: id}, watch.Status) {
		t.Error("a subscription is left")
	}
}

func drain(c <-chan struct{}) {
	for {
		select {
		case <-c:
		default:
			return
		}
	}
}

func (c client) transition(id uuid.UUID, a run.Action) {
	c.t.Helper()
	if _, _, err := c.store.Transition(c.t.Context(), run.Ref{Tenant: c.tenant, ID: id}, a, nil); err != nil {
		c.t.Fatal(err)
	}
}

// finish ends the run as a worker does.
func (c client) finish(id uuid.UUID) {
	c.t.Helper()
	l, err := c.store.Acquire(c.t.Context(), run.Ref{Tenant: c.tenant, ID: id}, "worker", time.Minute)
	if err == nil {
		_, err = c.store.Finish(c.t.Context(), l, run.MaxURLs)
	}
	if err != nil {
		c.t.Fatal(err)
	}
}
