package api

import (
	"context"
	"net/http"
	"time"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/logjson"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/watch"
)

// The names of the events of a run.
const (
	eventRun      = "run"      // runJSON without a config: first, after transitions, and when the run waits
	eventProgress = "progress" // committedJSON: after commits
	eventLogs     = "logs"     // logsJSON: after commits
	eventEnd      = "end"      // {}: the run is finished or deleted, and nothing follows
)

// eventInterval is the least time between two events about commits. Commits in between are merged.
const eventInterval = time.Second

type committedJSON struct {
	Status   run.Status   `json:"status"`
	Progress progressJSON `json:"progress"`
}

type logsJSON struct {
	Items   []logjson.Entry `json:"items"`   // the newest last, at most watch.MaxEntries
	Skipped int             `json:"skipped"` // entries before them that are in no event
}

// streamRunEvents responds with a stream of what happens to a run. It needs a process that knows of
// everything that happens, and API Gateway sends no response before it is complete.
func (s *Server) streamRunEvents(r *request) (response, error) {
	ref := r.runRef()
	for _, name := range []string{"If-Match", "If-None-Match"} {
		if len(r.Header.Values(name)) > 0 {
			r.fields.Add(name, unsupported("is not supported by this operation"))
		}
	}
	if err := r.parse(input{}); err != nil {
		return response{}, err
	}
	if s.opts.Hub == nil {
		return response{}, fault.Because(fault.ReasonUseWait,
			"events come only from a service on one machine with a database of its own: use GET /v1/runs/{run_id}?wait=20s")
	}
	if err := s.openStream(r); err != nil {
		return response{}, err
	}
	// The subscription is before the read, like that of a wait.
	e := &runEvents{server: s, request: r, ref: ref, sub: s.opts.Hub.Subscribe(ref, watch.Commits)}
	r.atEnd(e.sub.Close)
	var err error
	if e.run, err = s.opts.Store.Run(r.Context(), ref); err != nil {
		return response{}, err
	}
	return response{status: http.StatusOK, contentType: "text/event-stream", stream: e.send}, nil
}

// runEvents is the state of a stream of what happens to a run.
type runEvents struct {
	server  *Server
	request *request
	ref     run.Ref
	sub     *watch.Subscription

	run    run.Run          // as of the last event
	over   bool             // the run is finished or deleted
	news   watch.News       // not sent yet
	paused <-chan time.Time // delivers when the next event about commits may be sent; nil: now
}

// send sends the events of the stream.
func (e *runEvents) send(ctx context.Context, out *eventWriter) error {
	if err := e.sendRun(out, e.run); err != nil {
		return err
	}
	heartbeat := time.NewTicker(heartbeatInterval)
	defer heartbeat.Stop()
	err := e.receive(out)
	for err == nil {
		if e.over && e.news.Progress == nil && !e.news.Committing {
			return out.send(eventEnd, struct{}{})
		}
		select {
		case <-ctx.Done():
			err = ctx.Err()
		case <-e.server.draining:
			err = errDraining
		case <-heartbeat.C:
			err = out.heartbeat()
		case <-e.paused:
			e.paused = nil
			err = e.sendCommits(out)
		case <-e.sub.Ready():
			err = e.receive(out)
		}
	}
	return err
}

// receive takes the news, and sends what may be sent now.
func (e *runEvents) receive(out *eventWriter) error {
	e.news.Merge(e.sub.Take())
	if err := e.sendCommits(out); err != nil {
		return err
	}
	if !e.news.Changed {
		return nil
	}
	e.news.Changed = false
	got, err := e.server.readRun(e.request, e.ref)
	switch {
	case fault.Is(err, fault.NotFound), err == nil && !got.CreatedAt.Equal(e.run.CreatedAt):
		e.over = true // deleted, even if a new run has the id
		return nil
	case err != nil || got.Version == e.run.Version && got.WaitingFor == e.run.WaitingFor:
		return err
	}
	return e.sendRun(out, got)
}

func (e *runEvents) sendRun(out *eventWriter, r run.Run) error {
	r.Config = nil
	e.run, e.over = r, r.Status == run.Finished
	return out.send(eventRun, newRunJSON(r))
}

// sendCommits sends what is known of commits, unless it must wait.
func (e *runEvents) sendCommits(out *eventWriter) error {
	if e.paused != nil || e.news.Progress == nil {
		return nil
	}
	e.paused = time.After(eventInterval)
	e.run.WaitingFor = "" // a worker crawls the run
	if err := out.send(eventProgress, committedJSON{e.run.Status, progressJSON{Progress: *e.news.Progress}}); err != nil {
		return err
	}
	logs := logsJSON{Skipped: e.news.Skipped}
	for _, entry := range e.news.Entries {
		entry.RunID, entry.JobID = e.ref.ID, e.run.JobID
		logs.Items = append(logs.Items, logjson.Of(entry))
	}
	e.news = watch.News{Changed: e.news.Changed, Committing: e.news.Committing}
	if len(logs.Items) == 0 {
		return nil
	}
	return out.send(eventLogs, logs)
}
