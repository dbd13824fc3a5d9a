package api

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/tenant"
	"github.com/inndx/runs/internal/watch"
)

// The tests of this file run on the clock of testing/synctest. So they know how long a request
// waits, and need no time for it.

var watchedRun = run.Ref{Tenant: tenant.Default, ID: uuid.MustParse(idA)}

// A waitStore has one run. It counts its reads.
type waitStore struct {
	Store
	mu             sync.Mutex
	run            run.Run
	err            error
	runs, statuses int
	afterRead      func() // is called after a read of the run; may be nil
	hangs          bool   // whether a read of the status does not end by itself
}

func (s *waitStore) Run(ctx context.Context, _ run.Ref) (run.Run, error) {
	s.mu.Lock()
	s.runs++
	r, err, after := s.run, s.err, s.afterRead
	s.mu.Unlock()
	if after != nil {
		after()
	}
	if err == nil {
		err = ctx.Err()
	}
	return r, err
}

func (s *waitStore) Status(ctx context.Context, _ run.Ref) (run.Status, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.statuses++
	if s.hangs {
		<-ctx.Done()
	}
	if s.err != nil {
		return "", s.err
	}
	return s.run.Status, ctx.Err()
}

func (s *waitStore) set(status run.Status) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.run.Status = status
	s.run.Version++
}

func (s *waitStore) wait(reason run.WaitReason) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.run.WaitingFor = reason
}

func (s *waitStore) fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.err = err
}

func (s *waitStore) reads() (runs, statuses int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.runs, s.statuses
}

// A waitServer is a server whose run can be changed.
type waitServer struct {
	*Server
	t     *testing.T
	store *waitStore
	hub   *watch.Hub
	log   bytes.Buffer
}

// newWaitServer returns a server with a running run. Without a hub it polls.
func newWaitServer(t *testing.T, hub *watch.Hub) *waitServer {
	s := &waitServer{t: t, hub: hub, store: &waitStore{run: run.Run{ID: watchedRun.ID, Status: run.Running, Version: 2}}}
	s.Server = New(Options{
		Store: s.store, Queue: queueFunc(noQueue), Hub: hub, Timeout: 6 * time.Second,
		Logger: slog.New(slog.NewJSONHandler(&s.log, nil)),
	})
	return s
}

// change changes the run as the store of one machine does.
func (s *waitServer) change(status run.Status) {
	s.store.set(status)
	s.hub.Changed(watchedRun)
}

// A waited is the result of a request that waited.
type waited struct {
	code   int
	status run.Status
	header http.Header
	after  time.Duration
}

// get starts a request for the run, and returns a function that returns the result.
func (s *waitServer) get(query string, header ...string) func() waited {
	return s.start(s.t.Context(), "GET", query, header...)
}

func (s *waitServer) start(ctx context.Context, method, query string, header ...string) func() waited {
	done := make(chan waited, 1)
	go func() {
		start := time.Now()
		r := httptest.NewRequestWithContext(ctx, method, "/v1/runs/"+idA+query, nil)
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		var body struct{ Status run.Status }
		json.Unmarshal(w.Body.Bytes(), &body) // a 304 has no body
		done <- waited{w.Code, body.Status, w.Header(), time.Since(start)}
	}()
	return func() waited { return <-done }
}

func (s *waitServer) want(got waited, code int, status run.Status, after time.Duration) {
	s.t.Helper()
	if got.code != code || got.status != status || got.after != after {
		s.t.Errorf("%d with the status %q after %s, want %d with %q after %s", got.code, got.status, got.after, code, status, after)
	}
	if s.hub.Watched(watchedRun, watch.Status) {
		s.t.Error("a subscription is left")
	}
}

func TestWait(t *testing.T) {
	for name, polls := range map[string]bool{"with a hub": false, "by polls": true} {
		t.Run(name, func(t *testing.T) {
			test := func(name string, f func(t *testing.T, s *waitServer)) {
				t.Run(name, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						hub := new(watch.Hub)
						if polls {
							hub = nil
						}
						f(t, newWaitServer(t, hub))
					})
				})
			}
			// change changes the run, and returns when a request notices it.
			change := func(s *waitServer, status run.Status) {
				s.change(status)
				if polls {
					time.Sleep(pollInterval)
				}
			}
			test("nothing changes", func(t *testing.T, s *waitServer) {
				s.want(s.get("?wait=20s")(), 200, run.Running, 20*time.Second)
				runs, statuses := s.store.reads()
				if runs != 2 || !polls && statuses > 0 || statuses > 20 {
					t.Errorf("%d reads of the run and %d of its status", runs, statuses)
				}
			})
			test("the status changes", func(t *testing.T, s *waitServer) {
				get := s.get("?wait=20s&while=running")
				time.Sleep(7 * time.Second) // longer than Options.Timeout
				change(s, run.Paused)
				if got := get(); got.status != run.Paused || got.after > 9*time.Second {
					t.Errorf("got %+v", got)
				}
			})
			test("the status changed before the request", func(t *testing.T, s *waitServer) {
				s.change(run.Paused)
				s.want(s.get("?wait=20s&while=running")(), 200, run.Paused, 0)
			})
			test("the status changes during the first read", func(t *testing.T, s *waitServer) {
				s.store.afterRead = sync.OnceFunc(func() { s.change(run.Paused) })
				if got := s.get("?wait=20s")(); got.status != run.Paused || got.after > pollInterval {
					t.Errorf("got %+v", got)
				}
			})
			test("the status changes and changes back", func(t *testing.T, s *waitServer) {
				get := s.get("?wait=2s")
				time.Sleep(100 * time.Millisecond)
				s.change(run.Paused)
				s.change(run.Running)
				s.want(get(), 200, run.Running, 2*time.Second)
			})
			test("a finished run has no other status", func(t *testing.T, s *waitServer) {
				s.change(run.Finished)
				s.want(s.get("?wait=20s")(), 200, run.Finished, 0)
				s.want(s.get("?wait=20s&while=finished")(), 200, run.Finished, 0)
			})
			test("the run is deleted", func(t *testing.T, s *waitServer) {
				get := s.get("?wait=20s")
				time.Sleep(time.Second / 2)
				s.store.fail(fault.Because(fault.ReasonNoSuchRun, "no such run"))
				s.hub.Changed(watchedRun)
				if got := get(); got.code != 404 || got.after > 2*time.Second {
					t.Errorf("got %+v", got)
				}
			})
			test("there is no such run", func(t *testing.T, s *waitServer) {
				s.store.fail(fault.Because(fault.ReasonNoSuchRun, "no such run"))
				s.want(s.get("?wait=20s")(), 404, "", 0)
			})
			test("the server drains", func(t *testing.T, s *waitServer) {
				get := s.get("?wait=20s")
				time.Sleep(time.Second / 2)
				s.Drain()
				s.want(get(), 200, run.Running, time.Second/2)
				s.want(s.get("?wait=20s")(), 200, run.Running, 0)
			})
			test("the client disconnects", func(t *testing.T, s *waitServer) {
				ctx, cancel := context.WithCancel(t.Context())
				get := s.start(ctx, "GET", "?wait=20s")
				time.Sleep(time.Second / 2)
				cancel()
				if got := get(); got.after != time.Second/2 || s.hub.Watched(watchedRun, watch.Status) {
					t.Errorf("it still waited for %s", got.after-time.Second/2)
				}
			})
			test("a panic", func(t *testing.T, s *waitServer) {
				s.store.afterRead = func() { panic("in the store") }
				s.want(s.get("?wait=20s")(), 500, "", 0)
			})
			test("entity tags are those of the run after the wait", func(t *testing.T, s *waitServer) {
				tag := s.get("")().header.Get("ETag")
				s.want(s.get("?wait=3s", "If-None-Match", tag)(), 304, "", 3*time.Second)
				s.want(s.get("?wait=3s", "If-Match", tag)(), 200, run.Running, 3*time.Second)
				get := s.get("?wait=20s", "If-None-Match", tag)
				time.Sleep(time.Second / 2)
				change(s, run.Paused)
				if got := get(); got.code != 200 || got.header.Get("ETag") == tag {
					t.Errorf("after a change: %+v", got)
				}
				s.want(s.get("?wait=3s&while=running", "If-Match", tag)(), 412, "", 0)
			})
			test("HEAD waits too", func(t *testing.T, s *waitServer) {
				s.want(s.start(t.Context(), "HEAD", "?wait=3s")(), 200, "", 3*time.Second)
			})
			test("the log line tells the wait from the work", func(t *testing.T, s *waitServer) {
				s.get("?wait=5s")()
				var line struct {
					Latency float64 `json:"latency_ms"`
					Waited  float64 `json:"waited_ms"`
				}
				if err := json.Unmarshal(s.log.Bytes(), &line); err != nil || line.Latency != 0 || line.Waited != 5000 {
					t.Errorf("the log is %s (%v)", &s.log, err)
				}
			})
		})
	}
}

// API Gateway responds 503 after 30 seconds, so a slow table must not keep a wait for longer.
func TestWaitEndsInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newWaitServer(t, nil)
		get := s.get("?wait=20s")
		time.Sleep(18*time.Second + time.Second/2)
		s.store.mu.Lock()
		s.store.hangs, s.store.afterRead = true, func() { time.Sleep(5 * time.Second) }
		s.store.mu.Unlock()
		s.want(get(), 200, run.Running, 25*time.Second)
	})
}

// 200 clients wait for 20 seconds, in which nothing is read.
func TestWaitReadsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newWaitServer(t, new(watch.Hub))
		const clients = 200
		var results []func() waited
		for range clients {
			results = append(results, s.get("?wait=20s"))
		}
		time.Sleep(19 * time.Second)
		if runs, statuses := s.store.reads(); runs != clients || statuses != 0 {
			t.Errorf("%d reads of the run and %d of its status, want %d and 0", runs, statuses, clients)
		}
		s.change(run.Finished)
		for _, get := range results {
			if got := get(); got.status != run.Finished || got.after != 19*time.Second {
				t.Fatalf("got %+v", got)
			}
		}
	})
}
