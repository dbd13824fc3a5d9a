// Package api is the HTTP API: the routes, the parsing of queries and bodies, the JSON of
// responses, and the mapping of errors to status codes.
//
// Server.serve (serve.go) handles a request. It finds the route in the table (routes.go) and the
// tenant (request.go), and calls the route's handler (runs.go, logs.go, jobs.go, wellknown.go). A
// handler declares its query parameters (params.go) and body members (body.go), calls the store
// and returns a response (response.go).
package api

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/tenant"
)

// A Server serves the API. It is safe for concurrent use.
type Server struct {
	opts     Options
	draining chan struct{} // closed by Drain
	drain    func()
	streams  atomic.Int64 // in progress
}

// New returns a Server. It panics if the default tenant is not a valid tenant id, so that a
// misconfigured deployment does not start.
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
	draining := make(chan struct{})
	return &Server{opts: o, draining: draining, drain: sync.OnceFunc(func() { close(draining) })}
}

// Drain makes requests that wait respond at once, and ends streams, also those that begin later. It
// is called before a shutdown, which waits for requests in flight.
func (s *Server) Drain() { s.drain() }

// Handler returns the handler of all routes, with CORS, for a service on one machine. It panics if
// the Store or the Queue is missing.
func (s *Server) Handler() http.Handler {
	s.requireStoreAndQueue()
	all := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, "") })
	withCORS := s.withCORS(all)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.checkOrigin(r) != nil {
			all(w, r) // the same check fails again and gives the error response
			return
		}
		withCORS.ServeHTTP(w, r)
	})
}

// Route returns the handler of the named route, or of NoRoute, for a function that serves nothing
// else. It responds to the requests of other routes with 404. Route panics if there is no such
// route, or if the Store or the Queue is missing and the route needs them.
func (s *Server) Route(name string) http.Handler {
	all := slices.Concat(routes, dashboardRoutes)
	i := slices.IndexFunc(all, func(rt route) bool { return rt.Name == name })
	switch {
	case i < 0 && name != NoRoute:
		panic("api: no route named " + name)
	case i >= 0 && !all[i].anyTenant:
		s.requireStoreAndQueue()
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.serve(w, r, name)
	})
}

func (s *Server) requireStoreAndQueue() {
	if s.opts.Store == nil || s.opts.Queue == nil {
		panic("api: Options.Store and Options.Queue are required")
	}
}

// wakeTimeout bounds the sending of one wake-up.
const wakeTimeout = 3 * time.Second

// wake sends a wake-up for a run. The transaction that changed the run also set its wake time, so a
// wake-up that is not sent only delays the run until the next sweep. So an error is only logged,
// and the client still gets a 2xx.
func (s *Server) wake(r *request, ref run.Ref) {
	// Send even if the client disconnects.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), wakeTimeout)
	defer cancel()
	if err := s.opts.Queue.Send(ctx, ref, 0); err != nil {
		s.opts.Logger.WarnContext(ctx, "wake-up not sent, left to the sweep",
			"run_id", ref.ID, "tenant", ref.Tenant, "request_id", r.id, "error", err)
	}
}
