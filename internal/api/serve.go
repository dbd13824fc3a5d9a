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

	"github.com/inndx/runs/internal/fault"
)

// serve answers one request, logs one line about it and records what it used. When only is
// not empty, the route of that name is the only one served.
func (s *Server) serve(w http.ResponseWriter, hr *http.Request, only string) {
	start := time.Now()
	ctx, done := s.metrics.Measure(hr.Context())
	ctx, cancel := s.bounded(ctx)
	defer cancel()
	hr = hr.WithContext(ctx)
	r := &request{Request: hr, id: s.requestID(hr)}
	a, err := s.handle(r, only)
	if err != nil {
		a = errorAnswer(err)
		if a.status == http.StatusMethodNotAllowed {
			a.allow = r.allow
		}
	}
	a.write(w, r)

	used := done(cmp.Or(r.route, NoRoute))
	attrs := []slog.Attr{
		slog.String("method", hr.Method),
		slog.String("route", r.route),
		slog.Int("status", a.status),
		slog.Float64("latency_ms", float64(time.Since(start).Microseconds())/1000),
		slog.String("tenant", string(r.tenant)),
		slog.String("request_id", r.id),
		slog.Float64("read_units", used.Read),
		slog.Float64("write_units", used.Write),
	}
	level := logLevel(a.status)
	if errors.Is(hr.Context().Err(), context.Canceled) {
		level = slog.LevelInfo // the caller is gone, and with it the work on its request
	}
	if level > slog.LevelInfo {
		attrs = append(attrs, slog.Any("error", err))
	}
	s.log.LogAttrs(hr.Context(), level, "request", attrs...)
}

func (s *Server) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	if s.timeout == 0 {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, s.timeout)
}

// handle finds and calls the request's handler. A panic becomes an error of kind Internal.
func (s *Server) handle(r *request, only string) (a answer, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
		}
	}()
	if err := s.admit(r.Request); err != nil {
		return answer{}, err
	}
	if err := s.checkHead(r.Request); err != nil {
		return answer{}, err
	}
	rt, vars, allow, err := find(r.Method, r.URL.EscapedPath(), only != NoRoute)
	r.vars, r.allow = vars, allow
	if err != nil {
		return answer{}, err
	}
	byNoRoute := only == NoRoute && rt.Name == root.Name
	if only != "" && rt.Name != only && rt.Name != options.Name && !byNoRoute {
		return answer{}, fault.Because(fault.ReasonNoSuchPath, "no such path")
	}
	r.route = rt.Name
	if !rt.open {
		if err := s.findTenant(r); err != nil {
			return answer{}, err
		}
	}
	if a, err = rt.handle(s, r); err != nil {
		return answer{}, err
	}
	return r.conditional(a)
}

// logLevel returns the level of a request's line: what callers do wrong is information, a
// store that is slow or away a warning, and a defect an error.
func logLevel(status int) slog.Level {
	switch status {
	case http.StatusInternalServerError:
		return slog.LevelError
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return slog.LevelWarn
	}
	return slog.LevelInfo
}
