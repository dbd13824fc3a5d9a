// Package local runs the whole service on one machine: DynamoDB Local, and in this process the
// queue, the crawler, the sweep, and the HTTP server.
package local

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/api"
	"github.com/inndx/runs/internal/contents"
	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/dashboard"
	"github.com/inndx/runs/internal/dynamolocal"
	"github.com/inndx/runs/internal/export"
	"github.com/inndx/runs/internal/housekeeping"
	"github.com/inndx/runs/internal/openapi"
	"github.com/inndx/runs/internal/pipeline"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/tenant"
	"github.com/inndx/runs/internal/wake"
	"github.com/inndx/runs/internal/watch"
)

// Bounds of the stack's parts.
const (
	// workerTimeout bounds how long a worker crawls a run before another one continues it. On AWS
	// the timeout of the crawl function does the same. A worker has at least half of it, in which it
	// reads the sitemaps of its run and fetches slow pages. No worker writes objects later than a
	// minute after it.
	workerTimeout = 4 * time.Minute
	// requestTimeout bounds the work on one request, in case the database does not respond.
	requestTimeout = 30 * time.Second
	// shutdownTimeout bounds the wait for HTTP requests in flight.
	shutdownTimeout = 5 * time.Second
)

// Options configure a Stack.
type Options struct {
	// Addr is the TCP address to serve on, such as 127.0.0.1:8022. Port 0 takes a free port.
	Addr string
	// DataDir is the folder of the database's files and of the objects. Empty keeps all data in
	// memory.
	DataDir string
	// Table is the table's name; store.DefaultTable when empty.
	Table string
	// DefaultTenant is the tenant of requests that name none; tenant.Default when empty.
	DefaultTenant tenant.ID
	// Origins are the web origins whose pages may call the API from a browser; none when empty.
	Origins api.Origins
	// Retention is how long a run is kept after it finishes; 0 keeps runs. It applies to runs that
	// finish while it is set.
	Retention time.Duration
	// Memory bounds the bytes of what runs know while they are crawled; budget.DefaultMemory when 0.
	// A run that does not fit beside the others waits, and one that does not fit alone ends.
	Memory int64
	// OnlyRun, when set, is the only run that is crawled. Other runs stay as they are.
	OnlyRun uuid.UUID
	// Observer is notified of what runs wait for; it may be nil.
	Observer crawl.Observer
	// Logger is the service's log; slog.Default() when nil.
	Logger *slog.Logger
	// StartLogger logs slow steps of the start, such as a download; Logger when nil.
	StartLogger *slog.Logger
}

// A Stack is the running service.
type Stack struct {
	// URL is the base URL of the API.
	URL string
	// Store holds the service's data.
	Store *store.Store

	log     *slog.Logger
	db      *dynamolocal.Server
	server  *http.Server
	quit    context.CancelFunc // ends the background work
	workers sync.WaitGroup
	failed  chan error
}

// Start starts the service, which continues unfinished runs at once. The caller must call Stop. ctx
// bounds the start only. An error is one line that says how to fix the problem.
func Start(ctx context.Context, o Options) (*Stack, error) {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.StartLogger == nil {
		o.StartLogger = o.Logger
	}
	if o.Table == "" {
		o.Table = store.DefaultTable
	}
	// The port comes first: the user should not wait for a download to learn that it is taken.
	listener, err := listen(o.Addr)
	if err != nil {
		return nil, err
	}
	db, err := dynamolocal.Start(ctx, dynamolocal.Options{DataDir: o.DataDir, ShortLived: o.OnlyRun != uuid.Nil, Logger: o.StartLogger})
	if err != nil {
		listener.Close()
		return nil, err
	}
	s, err := start(ctx, o, db, listener)
	if err != nil {
		listener.Close()
		db.Stop()
		return nil, cmp.Or(db.Err(), err)
	}
	return s, nil
}

func start(ctx context.Context, o Options, db *dynamolocal.Server, listener net.Listener) (*Stack, error) {
	cfg, err := db.Config(ctx)
	if err != nil {
		return nil, fmt.Errorf("the AWS configuration cannot be loaded: check the AWS_ variables: %w", err)
	}
	started := time.Now()
	objects, err := openObjects(o.DataDir)
	if err != nil {
		return nil, fmt.Errorf("set DATA_DIR to a folder that can be written: %w", err)
	}
	opts := []store.Option{
		store.WithRetention(o.Retention), store.WithObjects(objects), store.WithSettleTime(workerTimeout + time.Minute),
	}
	var hub *watch.Hub
	if db.Exited() != nil { // this process has locked the folder, so no other one writes to it
		hub = new(watch.Hub)
		opts = append(opts, store.WithBackfillGrace(0), store.WithHub(hub))
	}
	st := store.New(store.NewClient(cfg), o.Table, opts...)
	if err := st.EnsureTable(ctx); err != nil {
		return nil, fmt.Errorf("the table %s cannot be created at %s: %w", o.Table, db.Endpoint, err)
	}
	if db.Exited() != nil && o.OnlyRun == uuid.Nil {
		// This process has locked the folder, so the owners of its leases were killed. A process
		// that crawls only one run leaves the other runs to the next service.
		if err := st.FreeLeases(ctx); err != nil {
			return nil, fmt.Errorf("the leases of a process that was killed cannot be freed: %w", err)
		}
	}
	local := wake.NewLocal(wake.LocalOptions{
		Timeout:    workerTimeout,
		RetryDelay: workerTimeout + 10*time.Second,
	})
	queue := wakeQueue{local, o.OnlyRun}
	keeper := housekeeping.New(housekeeping.Options{
		Store: st, Queue: queue, Exporter: &export.Worker{Store: st, Objects: objects, Logger: o.Logger}, Logger: o.Logger,
	})
	crawler := crawl.New(crawl.Options{
		Store: st, Queue: queue, Objects: objects, Secrets: secret, AllowPrivate: true, Observer: o.Observer, Logger: o.Logger, Hub: hub,
		Budget: newBudget(o.Memory),
	})
	server := api.New(api.Options{
		Store: st, Queue: queue, Contents: contents.New(objects, st), Files: objects, Docs: api.Docs{Spec: openapi.JSON, Page: openapi.Docs},
		Dashboard:   api.Dashboard{Page: func() []byte { return dashboard.Page(dashboard.Settings{AuthMode: "none"}) }, Asset: dashboard.Asset},
		CheckConfig: pipeline.CheckConfig, DefaultTenant: o.DefaultTenant, LoopbackOnly: true, Origins: o.Origins, Hub: hub, Timeout: requestTimeout, MaxHead: api.GatewayHead, Logger: o.Logger,
	})
	s := &Stack{
		URL:    "http://" + publicAddr(listener.Addr()),
		Store:  st,
		log:    o.Logger,
		db:     db,
		failed: make(chan error, 2),
		server: newHTTPServer(server.Handler(), o.Logger),
	}
	s.server.RegisterOnShutdown(server.Drain)
	background := s.run(local, crawler, keeper, server.Listener(listener), o.OnlyRun == uuid.Nil)
	if db.Exited() != nil { // no other process is writing objects
		s.workers.Go(func() { s.removeTemporary(background, objects, started) })
	}
	return s, nil
}

// A wakeQueue is the queue that the crawler and the API send to.
type wakeQueue struct {
	*wake.Local
	only uuid.UUID // the only run that is woken; uuid.Nil wakes all runs
}

func (q wakeQueue) Send(ctx context.Context, ref run.Ref, delay time.Duration) error {
	if q.only != uuid.Nil && ref.ID != q.only {
		return nil
	}
	return q.Local.Send(ctx, ref, delay)
}

func (q wakeQueue) SendExport(ctx context.Context, ref run.Ref, id uuid.UUID, delay time.Duration) error {
	if q.only != uuid.Nil && ref.ID != q.only {
		return nil
	}
	return q.Local.SendExport(ctx, ref, id, delay)
}

// Failed delivers an error when a part of the stack has ended by itself. The caller must then stop
// the stack, which no longer works.
func (s *Stack) Failed() <-chan error { return s.failed }

// Stop ends the service in order. Requests that wait get their response, streams end, other HTTP
// requests in flight complete, workers commit what they know and release their runs, and then the
// database ends. The next start continues unfinished runs. When the database has already ended, Stop
// does not wait, because no request and no commit can succeed.
func (s *Stack) Stop() {
	select {
	case <-s.db.Exited():
		s.quit()
		s.server.Close()
		s.db.Stop()
		return
	default:
	}
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	if err := s.server.Shutdown(ctx); err != nil {
		s.server.Close()
	}
	s.quit()
	s.workers.Wait()
	s.db.Stop()
}
