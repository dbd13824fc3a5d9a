package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/inndx/runs/internal/metrics"
)

// serve responds to one request, logs one line about it, and records the units that it used. If
// routeName is not empty, serve serves only the route with that name.
func (s *Server) serve(w http.ResponseWriter, hr *http.Request, routeName string) {
	start := time.Now()
	ctx, done := s.opts.Metrics.Measure(hr.Context())
	r := &request{id: s.requestID(hr), start: start, unbounded: ctx}
	defer r.end()
	ctx, cancel := s.withTimeout(ctx)
	defer cancel()
	hr = hr.WithContext(ctx)
	r.Request = hr
	resp, err := s.handle(r, routeName)
	if err != nil {
		resp = errorResponse(err)
		if resp.status == http.StatusMethodNotAllowed {
			resp.allow = r.allow
		}
	}
	resp.write(w, r)

	used := done(cmp.Or(r.route, NoRoute))
	attrs := append([]slog.Attr{
		slog.String("route", r.route),
		slog.Int("status", resp.status),
		slog.Float64("latency_ms", milliseconds(time.Since(start)-r.waited)),
		slog.String("tenant", string(r.tenant)),
		slog.String("request_id", r.id),
	}, metrics.Attrs(used)...)
	if r.route == "" { // the name of a route says its method
		attrs = append(attrs, slog.String("method", hr.Method))
	}
	if r.waited > 0 {
		attrs = append(attrs, slog.Float64("waited_ms", milliseconds(r.waited)))
	}
	level := logLevel(resp.status)
	if errors.Is(hr.Context().Err(), context.Canceled) {
		level = slog.LevelInfo // the client disconnected, which canceled the request
	}
	if level > slog.LevelInfo {
		attrs = append(attrs, slog.Any("error", err))
	}
	s.opts.Logger.LogAttrs(hr.Context(), level, "request", attrs...)
	if resp.stream != nil && hr.Method != http.MethodHead {
		s.sendStream(w, r, resp.stream)
	}
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func (s *Server) withTimeout(ctx context.Context) (context.Context, context.CancelFunc) {
	if s.opts.Timeout == 0 {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, s.opts.Timeout)
}

// handle finds and calls the handler of the request. It returns a panic as an error of kind
// Internal.
func (s *Server) handle(r *request, routeName string) (resp response, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
		}
	}()
	if err := s.checkOrigin(r.Request); err != nil {
		return response{}, err
	}
	if err := s.checkHead(r.Request); err != nil {
		return response{}, err
	}
	rt, vars, allow, err := findRoute(r.Method, r.URL.EscapedPath(), routeName != NoRoute)
	r.vars, r.allow = vars, allow
	if err != nil {
		return response{}, err
	}
	if routeName != "" && rt.Name != routeName && rt.Name != options.Name {
		return response{}, noSuchPath()
	}
	r.route = rt.Name
	if !rt.anyTenant {
		if err := s.setTenant(r); err != nil {
			return response{}, err
		}
	}
	if resp, err = rt.handle(s, r); err != nil {
		return response{}, err
	}
	return r.checkConditions(resp)
}

// logLevel returns the level of a request's log line. Errors of the caller are information. A store
// that is slow or unavailable is a warning. A bug is an error.
func logLevel(status int) slog.Level {
	switch status {
	case http.StatusInternalServerError:
		return slog.LevelError
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return slog.LevelWarn
	}
	return slog.LevelInfo
}
