package api_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/inndx/runs/internal/run"
)

// newRun returns the model of a new run.
func (m *machine) newRun(j *jobBody, id uuid.UUID) *runBody {
	_, resolved := canonical(m.t, string(j.Config))
	name := j.Name
	return &runBody{
		ID: id, JobID: j.ID, JobName: &name, Status: run.Pending, Config: resolved, Labels: j.Labels, CreatedAt: m.now, UpdatedAt: m.now,
		Progress: map[string]int64{ // a null is decoded as 0
			"urls_queued": 0, "urls_fetched": 0, "urls_failed": 0, "urls_excluded": 0, "bytes_fetched": 0, "depth": 0, "waiting_for": 0,
		},
	}
}

func (m *machine) createRun(c client, w *world) {
	if len(w.runs) >= maxRuns {
		m.deleteRun(c, w)
		return
	}
	jobID, id := m.someJob(w), uuid.Nil
	var body any
	if m.oneIn(3) {
		id = m.newID()
		if m.oneIn(3) {
			id = m.someRun(w)
		}
		body = map[string]any{"id": id}
	}
	path := "/v1/jobs/" + jobID.String() + "/runs"
	j := w.jobs[jobID]
	switch {
	case j == nil:
		m.call(c, 404, "POST", path, body)
		return
	case w.runs[id] != nil, w.unpurged[id],
		strings.Contains(string(j.Config), "exclusive") && w.unfinished(jobID) >= exclusiveLimit:
		m.call(c, 409, "POST", path, body)
		return
	}
	r := m.call(c, 201, "POST", path, body)
	if r.status != 201 {
		return
	}
	got := r.run()
	if id == uuid.Nil {
		id = got.ID
	}
	w.runs[id] = m.newRun(j, id)
	m.same("run", *w.runs[id], got)
}

// apply models a transition. It returns the status code of the response.
func (m *machine) apply(r *runBody, action string) int {
	now := m.now
	before := *r
	switch action + " " + string(r.Status) {
	case "start pending":
		r.Status, r.StartedAt = run.Running, &now
	case "pause running":
		r.Status, r.PausedAt = run.Paused, &now
	case "resume paused":
		r.Status, r.PausedAt = run.Running, nil
	case "stop pending", "stop running", "stop paused":
		manual := run.Manual
		r.Status, r.PausedAt, r.FinishedAt, r.StopReason = run.Finished, nil, &now, &manual
	case "start running", "pause paused", "resume running", "stop finished":
	default:
		return 409
	}
	if r.Status != before.Status {
		r.UpdatedAt = now
	}
	return 200
}

// start starts a run, as the crawler does.
func (m *machine) start(c client, w *world) {
	id := m.someRun(w)
	_, _, err := m.store.Transition(m.t.Context(), run.Ref{Tenant: c.tenant, ID: id}, run.Start, nil)
	m.record(c, fmt.Sprintf("start %s: %v", id, err))
	r := w.runs[id]
	if started := r != nil && m.apply(r, "start") == 200; started != (err == nil) {
		m.t.Errorf("start %s: %v", id, err)
	}
}

func (m *machine) transition(c client, w *world) {
	id := m.someRun(w)
	action := pick(m, []string{"pause", "pause", "resume", "resume", "stop"})
	path := "/v1/runs/" + id.String() + "/" + action
	r := w.runs[id]
	if r == nil {
		m.call(c, 404, "PUT", path, nil)
		return
	}
	status := m.apply(r, action)
	if got := m.call(c, status, "PUT", path, nil); status == 200 && got.status == 200 {
		m.same("run", *r, got.run())
	} else if status == 409 && !strings.Contains(string(got.body), string(r.Status)) {
		m.t.Errorf("the conflict does not name the status %s: %s", r.Status, got.body)
	}
}

func (m *machine) getRun(c client, w *world) {
	id := m.someRun(w)
	if r := w.runs[id]; r == nil {
		m.call(c, 404, "GET", "/v1/runs/"+id.String(), nil)
	} else if got := m.call(c, 200, "GET", "/v1/runs/"+id.String(), nil); got.status == 200 {
		m.same("run", *r, got.run())
	}
}

func (m *machine) deleteRun(c client, w *world) {
	id := m.someRun(w)
	if w.runs[id] == nil {
		m.call(c, 404, "DELETE", "/v1/runs/"+id.String(), nil)
		return
	}
	m.call(c, 204, "DELETE", "/v1/runs/"+id.String(), nil)
	delete(w.runs, id)
	w.unpurged[id] = true
	w.deleted = append(w.deleted, id)
}

// purge purges a deleted run, as the crawler does. Afterwards its id may be used again.
func (m *machine) purge(c client, w *world) {
	if len(w.unpurged) == 0 {
		return
	}
	id := pick(m, sortedIDs(w.unpurged))
	done, err := m.store.Purge(m.t.Context(), run.Ref{Tenant: c.tenant, ID: id}, time.Now().Add(time.Minute))
	m.record(c, fmt.Sprintf("purge %s: %t, %v", id, done, err))
	if err != nil || !done {
		m.t.Errorf("purge %s: %t, %v", id, done, err)
	}
	delete(w.unpurged, id)
}
