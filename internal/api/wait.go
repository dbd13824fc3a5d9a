package api

import (
	"cmp"
	"context"
	"time"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/watch"
)

// The bounds of the parameter wait. An HTTP API responds 503 if a function takes more than 30 s.
// See https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html. So MaxWait
// leaves time for the start of a function and for the last read, which Options.Timeout bounds.
const (
	MinWait = time.Second
	MaxWait = 20 * time.Second
)

// pollInterval is the time between two reads of the status of a run by a request that waits without
// a Hub.
const pollInterval = time.Second

// A wait says how long a request for a run waits. The zero value does not wait.
type wait struct {
	max   time.Duration
	while run.Status // empty for the status at arrival
}

// input declares the parameters of a wait.
func (w *wait) input() input {
	return input{
		query: []param{
			durationParam("wait", &w.max, MinWait, MaxWait),
			choiceParam("while", &w.while, run.Statuses()),
		},
		check: func(q *queryParser) {
			if q.count["while"] > 0 && q.count["wait"] == 0 {
				q.fail("wait", fault.Rule{Code: "required", Message: "must be given with while"})
			}
		},
	}
}

// durationParam declares a duration between min and max, both inclusive.
func durationParam(name string, to *time.Duration, min, max time.Duration) param {
	return param{name, single, func(_, v string) *fault.Rule {
		d, err := config.ParseDuration(v)
		var rule fault.Rule
		switch {
		case err != nil:
			rule = fault.Format("duration", "must be a duration such as 1s or 20s")
		case time.Duration(d) < min || time.Duration(d) > max:
			rule = fault.Range(config.Duration(min), config.Duration(max))
		default:
			*to = time.Duration(d)
			return nil
		}
		return &rule
	}}
}

// lasts reports whether the request still waits when the run has the status.
func (w wait) lasts(status run.Status) bool { return status == w.while && status != run.Finished }

// runAfter returns the run after the wait: as soon as it has another status, is finished or does
// not exist, or when the time is up, the client disconnects, or the server drains.
func (s *Server) runAfter(r *request, ref run.Ref, w wait) (run.Run, error) {
	if w.max == 0 {
		return s.opts.Store.Run(r.Context(), ref)
	}
	// A change between the read and the subscription would be missed, so the subscription is first.
	sub := s.opts.Hub.Subscribe(ref, watch.Status)
	r.atEnd(sub.Close)
	got, err := s.opts.Store.Run(r.Context(), ref)
	w.while = cmp.Or(w.while, got.Status)
	for over := false; err == nil && !over && w.lasts(got.Status); {
		// A read is bounded, and only one follows the wait. So the response is in time for API Gateway.
		over = s.await(r, ref, w, sub) || time.Since(r.start) >= w.max
		got, err = s.readRun(r, ref)
	}
	return got, err
}

// readRun reads the run after a wait.
func (s *Server) readRun(r *request, ref run.Ref) (run.Run, error) {
	ctx, cancel := s.withTimeout(r.unbounded)
	defer cancel()
	return s.opts.Store.Run(ctx, ref)
}

// await returns when the status of the run may be another one, or when the wait is over.
//
// Without a subscription it reads the status once a second. The reads are strongly consistent. An
// eventually consistent read costs half, but it may return an older status than the first read did.
// On AWS the function that waits costs more than twenty times its reads.
func (s *Server) await(r *request, ref run.Ref, w wait, sub *watch.Subscription) (over bool) {
	start := time.Now()
	defer func() { r.waited += time.Since(start) }()
	ctx, cancel := context.WithDeadline(r.unbounded, r.start.Add(w.max))
	defer cancel()
	var poll <-chan time.Time
	if sub == nil {
		ticker := time.NewTicker(pollInterval)
		defer ticker.Stop()
		poll = ticker.C
	}
	for {
		select {
		case <-ctx.Done():
			return true
		case <-s.draining:
			return true
		case <-sub.Ready():
			return false
		case <-poll:
			if status, err := s.status(ctx, ref); err != nil || !w.lasts(status) {
				return false // the next read returns the error, unless it was temporary
			}
		}
	}
}

func (s *Server) status(ctx context.Context, ref run.Ref) (run.Status, error) {
	ctx, cancel := s.withTimeout(ctx)
	defer cancel()
	return s.opts.Store.Status(ctx, ref)
}
