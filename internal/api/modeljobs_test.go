package api_test

import (
	"encoding/json"
	"testing"

	"github.com/google/uuid"
	"github.com/inndx/runs/internal/config"
)

// The values of random jobs.
var (
	modelNames   = []string{"a", "b", "ü ber"}
	modelLabels  = []map[string]string{{}, {"team": "x"}, {"team": "y", "env": "prod"}, {"env": "dev"}}
	modelConfigs = []string{
		`{}`,
		`{"user_agent":"tests"}`,
		`{"starting_criteria":[{"kind":"exclusive","params":{"by":"job_id","limit":5}}]}`,
	}
)

// exclusiveLimit is the limit in the last of modelConfigs.
const exclusiveLimit = 5

// canonical returns the configuration in the form of a job and in the form of a run.
func canonical(t testing.TB, text string) (given, resolved json.RawMessage) {
	t.Helper()
	c, err := config.Parse([]byte(text), "config")
	if err != nil {
		t.Fatal(err)
	}
	return c.Canonical(), c.Resolve().Canonical()
}

func (m *machine) createJob(c client, w *world) {
	if len(w.jobs) >= maxJobs && !m.oneIn(4) {
		return
	}
	text := pick(m, modelConfigs)
	given, _ := canonical(m.t, text)
	j := &jobBody{Name: pick(m, modelNames), Labels: pick(m, modelLabels), Config: given, CreatedAt: m.now, UpdatedAt: m.now}
	body := map[string]any{"name": j.Name, "labels": j.Labels, "config": json.RawMessage(text)}
	if m.oneIn(2) {
		j.ID = m.someJob(w)
		if m.oneIn(2) {
			j.ID = m.newID()
		}
		body["id"] = j.ID
	}
	path, withRun := "/v1/jobs", m.oneIn(2)
	if withRun {
		path += "?create_run=true"
	}
	if w.jobs[j.ID] != nil {
		m.call(c, 409, "POST", path, body)
		return
	}
	r := m.call(c, 201, "POST", path, body)
	if r.status != 201 {
		return
	}
	got := r.job()
	if j.ID == uuid.Nil {
		j.ID = got.ID
	}
	w.jobs[j.ID] = j
	if withRun {
		first := m.newRun(j, got.Run.ID)
		w.runs[first.ID] = first
		m.same("the job's run", first, got.Run)
		got.Run = nil
	}
	m.same("job", *j, got)
}

func (m *machine) updateJob(c client, w *world) {
	id := m.someJob(w)
	path, body := "/v1/jobs/"+id.String(), map[string]any{}
	j := w.jobs[id]
	if j == nil {
		m.call(c, 404, "PATCH", path, body)
		return
	}
	changed := *j
	if m.oneIn(2) {
		changed.Name = pick(m, modelNames)
		body["name"] = changed.Name
	}
	if m.oneIn(2) {
		changed.Labels = pick(m, modelLabels)
		body["labels"] = changed.Labels
	}
	if m.oneIn(2) {
		text := pick(m, modelConfigs)
		changed.Config, _ = canonical(m.t, text)
		body["config"] = json.RawMessage(text)
	}
	r := m.call(c, 200, "PATCH", path, body)
	if r.status != 200 {
		return
	}
	got := r.job()
	if len(body) > 0 { // updated_at grows with each update, even if the clock stands still
		changed.UpdatedAt = got.UpdatedAt
		if !got.UpdatedAt.After(j.UpdatedAt) || got.UpdatedAt.Before(m.now) {
			m.t.Errorf("updated at %v, before at %v, now %v", got.UpdatedAt, j.UpdatedAt, m.now)
		}
	}
	m.same("job", changed, got)
	*j = changed
}

func (m *machine) getJob(c client, w *world) {
	id := m.someJob(w)
	if j := w.jobs[id]; j == nil {
		m.call(c, 404, "GET", "/v1/jobs/"+id.String(), nil)
	} else if r := m.call(c, 200, "GET", "/v1/jobs/"+id.String(), nil); r.status == 200 {
		m.same("job", *j, r.job())
	}
}

func (m *machine) deleteJob(c client, w *world) {
	id := m.someJob(w)
	path := "/v1/jobs/" + id.String()
	switch {
	case w.jobs[id] == nil:
		m.call(c, 404, "DELETE", path, nil)
	case w.unfinished(id) > 0:
		m.call(c, 409, "DELETE", path, nil)
	default:
		m.call(c, 204, "DELETE", path, nil)
		delete(w.jobs, id)
		w.deleted = append(w.deleted, id)
	}
}
