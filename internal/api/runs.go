package api

import (
	"net/http"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/run"
)

// The bounds of per_page.
const (
	defaultPerPage = 10
	maxPerPage     = 100
)

func pageParams(p *paging.Request) []param {
	p.Limit = defaultPerPage
	return []param{
		textParam("page", &p.Cursor),
		intParam("per_page", &p.Limit, 1, maxPerPage),
	}
}

// viewParam declares whether a list shows configurations.
func viewParam(p *paging.Request) param {
	return choiceParam("view", map[string]func(){
		"full":    func() { p.Summary = false },
		"summary": func() { p.Summary = true },
	})
}

// jobRunsParams are the parameters of GET /v1/jobs/{job_id}/runs.
func jobRunsParams(f *run.Filter, p *paging.Request) []param {
	return append(pageParams(p),
		uuidsParam("include_ids", &f.IncludeIDs),
		uuidsParam("exclude_ids", &f.ExcludeIDs),
		enumParam("statuses", &f.Statuses, run.Statuses()),
		enumParam("stop_reasons", &f.StopReasons, run.StopReasons()),
		beforeParam("created_before", &f.CreatedBefore),
		afterParam("created_after", &f.CreatedAfter),
		beforeParam("started_before", &f.StartedBefore),
		afterParam("started_after", &f.StartedAfter),
		beforeParam("finished_before", &f.FinishedBefore),
		afterParam("finished_after", &f.FinishedAfter),
		afterParam("updated_after", &f.UpdatedAfter),
		labelsParam("labels", &f.Labels),
		viewParam(p),
	)
}

// runsParams are the parameters of GET /v1/runs.
func runsParams(f *run.Filter, p *paging.Request) []param {
	return append(jobRunsParams(f, p), uuidsParam("job_ids", &f.JobIDs))
}

func (s *Server) listRuns(r *request) (answer, error) {
	var f run.Filter
	var p paging.Request
	if err := r.parse(input{query: runsParams(&f, &p)}); err != nil {
		return answer{}, err
	}
	page, err := s.store.Runs(r.Context(), r.tenant, f, p)
	if err != nil {
		return answer{}, err
	}
	return pageAnswer(r, page, newRunJSON), nil
}

func (s *Server) listJobRuns(r *request) (answer, error) {
	var f run.Filter
	var p paging.Request
	jobID := r.uuid("job_id")
	if err := r.parse(input{query: jobRunsParams(&f, &p)}); err != nil {
		return answer{}, err
	}
	page, err := s.store.JobRuns(r.Context(), job.Ref{Tenant: r.tenant, ID: jobID}, f, p)
	if err != nil {
		return answer{}, err
	}
	return pageAnswer(r, page, newRunJSON), nil
}

func (s *Server) createRun(r *request) (answer, error) {
	var id uuid.UUID
	jobID := r.uuid("job_id")
	if err := r.parse(input{body: []member{idMember(&id)}}); err != nil {
		return answer{}, err
	}
	created, err := s.store.CreateRun(r.Context(), job.Ref{Tenant: r.tenant, ID: jobID}, id, r.key)
	if err != nil {
		return answer{}, err
	}
	s.wake(r, created.ID)
	a := jsonAnswer(http.StatusCreated, newRunJSON(created))
	a.location = runLocation(created.ID)
	return a, nil
}

// runLocation returns the location of a run relative to /v1/jobs/{job_id}/runs.
func runLocation(id uuid.UUID) string { return "../../runs/" + id.String() }

func showRun(r run.Run) answer { return jsonAnswer(http.StatusOK, newRunJSON(r)) }

func (s *Server) getRun(r *request) (answer, error) {
	id := r.uuid("run_id")
	if err := r.parse(input{}); err != nil {
		return answer{}, err
	}
	got, err := s.store.Run(r.Context(), run.Ref{Tenant: r.tenant, ID: id})
	if err != nil {
		return answer{}, err
	}
	return showRun(got), nil
}

// deleteRun deletes a run. Its log may be long; the wake-up has the crawl function delete
// that.
func (s *Server) deleteRun(r *request) (answer, error) {
	id := r.uuid("run_id")
	if err := r.parse(input{}); err != nil {
		return answer{}, err
	}
	if err := s.store.DeleteRun(r.Context(), run.Ref{Tenant: r.tenant, ID: id}, check(r, showRun)); err != nil {
		return answer{}, err
	}
	s.wake(r, id)
	return noContent(), nil
}

// changeRun returns the handler of one lifecycle call. A resume that finds the run running
// wakes it again: the first message may not have been sent.
func changeRun(action run.Action) handler {
	return func(s *Server, r *request) (answer, error) {
		id := r.uuid("run_id")
		if err := r.parse(input{}); err != nil {
			return answer{}, err
		}
		changed, _, err := s.store.Transition(r.Context(), run.Ref{Tenant: r.tenant, ID: id}, action, check(r, showRun))
		if err != nil {
			return answer{}, err
		}
		if action == run.Resume {
			s.wake(r, id)
		}
		return showRun(changed), nil
	}
}
