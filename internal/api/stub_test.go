package api

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/inndx/runs/internal/idempotency"
	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/run"
)

const (
	idA = "0190b5a2-6f3e-7c4d-9a1b-2c3d4e5f6071"
	idB = "9c2b5a1e-0000-4000-8000-00000000000b"
)

// A stubStore returns runs and errors that a real store cannot be made to return. Its other methods
// panic.
type stubStore struct {
	Store
	run func() (run.Run, error)
}

func (s stubStore) Run(context.Context, run.Ref) (run.Run, error) { return s.run() }

func (s stubStore) Status(context.Context, run.Ref) (run.Status, error) {
	r, err := s.run()
	return r.Status, err
}

func (s stubStore) CreateRun(context.Context, job.Ref, uuid.UUID, *idempotency.Key) (run.Run, error) {
	return s.run()
}

// A blockingStore does not respond.
type blockingStore struct{ Store }

func (blockingStore) Run(ctx context.Context, _ run.Ref) (run.Run, error) {
	<-ctx.Done()
	return run.Run{}, ctx.Err()
}

type queueFunc func(context.Context, run.Ref) error

func (f queueFunc) SendExport(ctx context.Context, ref run.Ref, _ uuid.UUID, _ time.Duration) error {
	return f(ctx, ref)
}

func (f queueFunc) Send(ctx context.Context, ref run.Ref, _ time.Duration) error { return f(ctx, ref) }

func noQueue(context.Context, run.Ref) error { return nil }

// newStubServer returns a server with a stubStore, and its log.
func newStubServer(run func() (run.Run, error)) (*Server, *bytes.Buffer) {
	var log bytes.Buffer
	return New(Options{
		Store:  stubStore{run: run},
		Queue:  queueFunc(noQueue),
		Logger: slog.New(slog.NewJSONHandler(&log, nil)),
	}), &log
}

func newRequest(method, target string) *http.Request { return httptest.NewRequest(method, target, nil) }

// call calls h. The Host is that of the target if the target is an absolute URL.
func call(h http.Handler, method, target string, header ...string) *http.Response {
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

func bodyOf(t *testing.T, resp *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(b))
}
