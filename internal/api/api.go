// Package api is the HTTP API: routes, the parsing of queries and bodies, the JSON that is
// answered, and the one place where errors become status codes.
//
// A request passes Server.serve (serve.go), which finds its route in the table (routes.go)
// and its tenant (request.go); the route's handler (runs.go, logs.go, jobs.go, wellknown.go)
// declares the query parameters and body members it takes, calls the store and returns an
// answer.
package api

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/idempotency"
	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/metrics"
	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/tenant"
)

// A JobStore keeps jobs. Its errors carry a fault.Kind and messages for the caller. An
// argument key that is not nil makes the request safe to repeat; a check that is not nil
// gets what is about to change, and its error stops the change.
type JobStore interface {
	CreateJob(ctx context.Context, t tenant.ID, j job.Job, cfg config.Config, key *idempotency.Key) (job.Job, error)
	CreateJobAndRun(ctx context.Context, t tenant.ID, j job.Job, cfg config.Config, key *idempotency.Key) (job.Job, run.Run, error)
	Job(ctx context.Context, ref job.Ref) (job.Job, error)
	Jobs(ctx context.Context, t tenant.ID, f job.Filter, p paging.Request) (paging.Page[job.Job], error)
	UpdateJob(ctx context.Context, ref job.Ref, p job.Patch, check func(job.Job) error) (job.Job, error)
	DeleteJob(ctx context.Context, ref job.Ref, check func(job.Job) error) error
}

// A RunStore keeps runs, like a JobStore.
type RunStore interface {
	CreateRun(ctx context.Context, of job.Ref, id uuid.UUID, key *idempotency.Key) (run.Run, error)
	Run(ctx context.Context, ref run.Ref) (run.Run, error)
	Runs(ctx context.Context, t tenant.ID, f run.Filter, p paging.Request) (paging.Page[run.Run], error)
	JobRuns(ctx context.Context, of job.Ref, f run.Filter, p paging.Request) (paging.Page[run.Run], error)
	Transition(ctx context.Context, ref run.Ref, a run.Action, check func(run.Run) error) (run.Run, bool, error)
	DeleteRun(ctx context.Context, ref run.Ref, check func(run.Run) error) error
}

// A LogStore reads the logs of runs.
type LogStore interface {
	LogEntries(ctx context.Context, ref run.Ref, f crawllog.Filter, p paging.Request) (paging.Page[crawllog.Entry], error)
}

// A Store is everything that the API keeps and reads; store.Store implements it.
type Store interface {
	JobStore
	RunStore
	LogStore
}

// A Queue sends wake-ups: a run is crawled, or its log purged, after the delay.
type Queue interface {
	Send(ctx context.Context, ref run.Ref, delay time.Duration) error
}

// Documents make what the routes under /.well-known/ answer. They are given rather than
// called by name so that a function that does not serve them need not hold what makes them.
type Documents struct {
	OpenAPI func() []byte            // the description of the API as JSON
	Page    func(base string) []byte // the same as an HTML page for people; base is the API's URL without a slash at its end
}

// Options are what a Server needs. Store and Queue must be given, but for a server of
// documents alone.
type Options struct {
	Store Store
	Queue Queue
	// Documents that are nil are answered 404.
	Documents Documents
	// DefaultTenant is the tenant of requests without the header X-Tenant-Id;
	// tenant.Default when empty.
	DefaultTenant tenant.ID
	// CallersTenant, when set, returns the one tenant that the caller may act for, as its
	// credentials say: X-Tenant-Id is not needed, and must not differ. An error of kind
	// Forbidden refuses the caller. Where it is nil the header is trusted.
	CallersTenant func(*http.Request) (tenant.ID, error)
	// LoopbackOnly refuses requests whose Host is no name of this machine, and those that pages
	// of other origins than the service's and Origins sent. It is for a service on one machine
	// that trusts all who reach it.
	LoopbackOnly bool
	// Origins may call from a browser; only Handler looks at them, since API Gateway does that
	// for functions.
	Origins Origins
	// Timeout bounds the work on one request, which is answered 503 when it is over; no bound
	// when 0.
	Timeout time.Duration
	// MaxHead bounds the bytes of a request's line and of the values of its header, together, beyond
	// which it is answered 431; no bound when 0, as behind API Gateway, which has its own.
	MaxHead int
	// Logger gets one line a request; slog.Default() when nil.
	Logger *slog.Logger
	// Metrics gets what each request used; nil for nowhere.
	Metrics *metrics.Recorder
	// RequestID returns the id that the platform gave a request, such as API Gateway's, or
	// "". It is asked when the caller sent no usable X-Request-Id. May be nil.
	RequestID func(*http.Request) string
}

// A Server serves the API. It is safe for concurrent use.
type Server struct {
	store         Store
	queue         Queue
	documents     Documents
	defaultTenant tenant.ID
	callersTenant func(*http.Request) (tenant.ID, error)
	loopbackOnly  bool
	origins       Origins
	timeout       time.Duration
	maxHead       int
	log           *slog.Logger
	metrics       *metrics.Recorder
	platformID    func(*http.Request) string
}

// New returns a Server. It panics when the default tenant is not a valid tenant ID, so that
// a wrong deployment does not start.
func New(o Options) *Server {
	if o.DefaultTenant == "" {
		o.DefaultTenant = tenant.Default
	}
	if _, ok := tenant.Parse(string(o.DefaultTenant)); !ok {
		panic("api: Options.DefaultTenant " + tenant.Rule)
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.RequestID == nil {
		o.RequestID = func(*http.Request) string { return "" }
	}
	return &Server{
		store:         o.Store,
		queue:         o.Queue,
		documents:     o.Documents,
		defaultTenant: o.DefaultTenant,
		callersTenant: o.CallersTenant,
		loopbackOnly:  o.LoopbackOnly,
		origins:       o.Origins,
		timeout:       o.Timeout,
		maxHead:       o.MaxHead,
		log:           o.Logger,
		metrics:       o.Metrics,
		platformID:    o.RequestID,
	}
}

// Handler returns the whole API, for one machine. It panics when a dependency is missing.
func (s *Server) Handler() http.Handler {
	s.mustBeWhole()
	all := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, "") })
	withCORS := s.withCORS(all)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.admit(r) != nil {
			all(w, r) // which refuses it
			return
		}
		withCORS.ServeHTTP(w, r)
	})
}

// Route returns the handler of the one route with the given name, for a function that
// serves only that, or of NoRoute. Other routes are answered 404. Route panics when there is
// no route of that name, or what it depends on is missing.
func (s *Server) Route(name string) http.Handler {
	i := slices.IndexFunc(routes, func(rt route) bool { return rt.Name == name })
	switch {
	case i < 0 && name != NoRoute:
		panic("api: no route named " + name)
	case i >= 0 && !routes[i].open:
		s.mustBeWhole()
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.serve(w, r, name)
	})
}

func (s *Server) mustBeWhole() {
	if s.store == nil || s.queue == nil {
		panic("api: Options.Store and Options.Queue must be given")
	}
}

// wakeTimeout bounds the sending of one wake-up.
const wakeTimeout = 3 * time.Second

// wake tells the crawl function that a run has something to do. The change that asks for it
// is committed already and has set the run's wake time in the same transaction, so a
// message that cannot be sent only delays the run until the next sweep: the failure is
// logged and the caller still gets its 2xx.
func (s *Server) wake(r *request, id uuid.UUID) {
	// The caller hanging up must not cost the run its message.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), wakeTimeout)
	defer cancel()
	if err := s.queue.Send(ctx, run.Ref{Tenant: r.tenant, ID: id}, 0); err != nil {
		s.log.WarnContext(ctx, "wake-up not sent, left to the sweep",
			"run_id", id, "tenant", r.tenant, "request_id", r.id, "error", err)
	}
}
