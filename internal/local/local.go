// Package local runs the whole service in one process: DynamoDB Local, the in-process queue
// that drives the crawler as SQS and Lambda do, the sweep, and the HTTP server.
package local

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/api"
	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/dynamolocal"
	"github.com/inndx/runs/internal/openapi"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/tenant"
	"github.com/inndx/runs/internal/wake"
)

// Bounds of the stack's parts.
const (
	// workers is how many runs are crawled at one moment.
	workers = 32
	// workerTimeout is how long a worker keeps a run before it makes room for others; the
	// crawl function's timeout is its counterpart.
	workerTimeout = 2 * time.Minute
	// sweepEvery is the time between two sweeps. A local database charges nothing for them.
	sweepEvery = time.Second
	// backfillEvery is the time between two tries to complete the entries of old runs.
	backfillEvery = time.Minute
	// requestTimeout bounds the work on one request, for a database that does not answer.
	requestTimeout = 30 * time.Second
	// shutdownTimeout bounds the wait for requests that are being answered.
	shutdownTimeout = 5 * time.Second
)

// Options say how a Stack is to be run.
type Options struct {
	// Addr is the TCP address to serve on, such as 127.0.0.1:8022. Port 0 takes a free one.
	Addr string
	// DataDir is the folder of the database's files. Empty keeps all data in memory.
	DataDir string
	// Table is the table's name; store.DefaultTable when empty.
	Table string
	// DefaultTenant is the tenant of requests that name none; tenant.Default when empty.
	DefaultTenant tenant.ID
	// Origins are those whose pages may call the API from a browser; none when empty.
	Origins api.Origins
	// Retention is how long finished runs are kept, those that finish from now on; 0 for ever.
	Retention time.Duration
	// OnlyRun, when set, is the one run that is crawled; others are left as they are.
	OnlyRun uuid.UUID
	// Observer is told what runs wait for; it may be nil.
	Observer crawl.Observer
	// Logger gets what happens; slog.Default() when nil.
	Logger *slog.Logger
	// StartLogger gets what makes a start take long, such as a download; Logger when nil.
	StartLogger *slog.Logger
}

// A Stack is the running service.
type Stack struct {
	// URL is the base URL of its API.
	URL string
	// Store is where it keeps its data.
	Store *store.Store

	log     *slog.Logger
	db      *dynamolocal.Server
	server  *http.Server
	quit    context.CancelFunc // tells the workers to come to an end
	workers sync.WaitGroup
	failed  chan error
}

// Start starts the service. Unfinished runs go on at once. The caller must Stop it. ctx
// bounds the start only. Errors are one line and say what to do.
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
	// The port comes first: that it is taken should not be learned after a download.
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
	opts := []store.Option{store.WithRetention(o.Retention)}
	if db.Exited() != nil { // started here, on a folder that is locked: no other version is at work
		opts = append(opts, store.WithBackfillGrace(0))
	}
	st := store.New(store.NewClient(cfg), o.Table, opts...)
	if err := st.EnsureTable(ctx); err != nil {
		return nil, fmt.Errorf("the table %s cannot be created at %s: %w", o.Table, db.Endpoint, err)
	}
	if db.Exited() != nil && o.OnlyRun == uuid.Nil {
		// Started here, on a folder that is locked: the process that had a lease was killed. A
		// crawl of one run leaves the others to the next service.
		if err := st.FreeLeases(ctx); err != nil {
			return nil, fmt.Errorf("the runs of a process that was killed cannot be freed: %w", err)
		}
	}
	local := wake.NewLocal(wake.LocalOptions{
		Concurrency:       workers,
		Timeout:           workerTimeout,
		VisibilityTimeout: workerTimeout + 10*time.Second,
		Logger:            o.Logger,
	})
	queue := wakeQueue{local, o.OnlyRun}
	crawler := crawl.New(crawl.Options{Store: st, Queue: queue, AllowPrivate: true, Observer: o.Observer, Logger: o.Logger})
	server := api.New(api.Options{
		Store: st, Queue: queue, Documents: api.Documents{OpenAPI: openapi.JSON, Page: openapi.Docs},
		DefaultTenant: o.DefaultTenant, LoopbackOnly: true, Origins: o.Origins, Timeout: requestTimeout, MaxHead: api.GatewayHead, Logger: o.Logger,
	})
	s := &Stack{
		URL:    "http://" + publicAddr(listener.Addr()),
		Store:  st,
		log:    o.Logger,
		db:     db,
		failed: make(chan error, 2),
		server: &http.Server{
			Handler: server.Handler(),
			// The one request that it would answer itself, OPTIONS *, is the API's as all others are.
			DisableGeneralOptionsHandler: true,

			ReadHeaderTimeout: 5 * time.Second,
			ReadTimeout:       30 * time.Second,
			WriteTimeout:      60 * time.Second,
			IdleTimeout:       2 * time.Minute,
			ErrorLog:          slog.NewLogLogger(o.Logger.Handler(), slog.LevelWarn),
		},
	}
	s.run(local, crawler, server.Listener(listener), o.OnlyRun == uuid.Nil)
	return s, nil
}

// wakeQueue is the queue that the parts of the stack send to.
type wakeQueue struct {
	*wake.Local
	only uuid.UUID // the one run that is woken; uuid.Nil: all are
}

func (q wakeQueue) Send(ctx context.Context, ref run.Ref, delay time.Duration) error {
	if q.only != uuid.Nil && ref.ID != q.only {
		return nil
	}
	return q.Local.Send(ctx, ref, delay)
}

// run starts everything that goes on until Stop. What belongs to other runs than the one that is
// crawled alone waits: the first sweep for its interval, the backfill for a service of all runs.
func (s *Stack) run(queue *wake.Local, crawler *crawl.Crawler, listener net.Listener, allRuns bool) {
	ctx, cancel := context.WithCancel(context.Background())
	s.quit = cancel
	s.workers.Go(func() { queue.Run(ctx, crawler.HandleWake, crawler.HandleDeadLetter) })
	s.workers.Go(func() { s.sweep(ctx, crawler, allRuns) })
	if allRuns {
		s.workers.Go(func() { s.backfill(ctx) })
	}
	go func() {
		if err := s.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.failed <- fmt.Errorf("the HTTP server ended: %w", err)
		}
	}()
	go func() {
		select {
		case <-s.db.Exited():
			s.failed <- cmp.Or(s.db.Err(), errors.New("DynamoDB Local ended unexpectedly: start again, what was answered is kept"))
		case <-ctx.Done():
		}
	}()
}

// sweep wakes runs whose wake time has passed, again and again.
func (s *Stack) sweep(ctx context.Context, crawler *crawl.Crawler, atOnce bool) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for due := atOnce; ; due = true {
		if due {
			if err := crawler.Sweep(ctx); err != nil && ctx.Err() == nil {
				s.log.Error("the sweep failed and will be repeated", "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// backfill gives the runs that earlier versions wrote their entries, once for each table.
func (s *Stack) backfill(ctx context.Context) {
	tick := time.NewTicker(backfillEvery)
	defer tick.Stop()
	for {
		done, err := s.Store.Backfill(ctx, math.MaxInt, time.Now().Add(backfillEvery))
		if done || ctx.Err() != nil {
			return
		}
		if err != nil {
			s.log.Error("the entries of old runs cannot be written, and will be tried again", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Failed delivers an error when a part of the stack ended by itself. The stack is of no use
// then and is to be stopped.
func (s *Stack) Failed() <-chan error { return s.failed }

// Stop ends the service in order: requests being answered get their answers, workers
// commit what they know and let go of their runs, and then the database ends. The next
// start goes on with unfinished runs. When the database has ended there is nothing to wait for:
// no request can be answered and nothing committed.
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

// A PortError says that the address to serve on is taken or may not be used.
type PortError struct {
	Addr string
	Err  error
}

func (e *PortError) Error() string {
	if errors.Is(e.Err, syscall.EADDRINUSE) {
		return fmt.Sprintf("the address %s is taken: stop what listens there, or set PORT to another port", e.Addr)
	}
	return fmt.Sprintf("cannot listen on %s: set PORT to another port: %v", e.Addr, e.Err)
}

// Unwrap returns the cause.
func (e *PortError) Unwrap() error { return e.Err }

func listen(addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, &PortError{Addr: addr, Err: err}
	}
	return l, nil
}

// publicAddr writes a listener's address as callers on this machine know it.
func publicAddr(a net.Addr) string {
	addr := a.(*net.TCPAddr)
	if addr.IP.IsLoopback() || addr.IP.IsUnspecified() {
		return fmt.Sprintf("localhost:%d", addr.Port)
	}
	return addr.String()
}
