package api

import (
	"net/http"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/fault"
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
		stringParam("page", &p.Cursor),
		intParam("per_page", &p.Limit, 1, maxPerPage),
	}
}

// viewParam declares whether a list shows configurations: full does, summary does not.
func viewParam(p *paging.Request) param {
	return param{"view", single, func(_, v string) *fault.Rule {
		if v != "full" && v != "summary" {
			rule := fault.OneOf("full", "summary")
			return &rule
		}
		p.Summary = v == "summary"
		return nil
	}}
}

// jobRunsParams declares the parameters of GET /v1/jobs/{job_id}/runs.
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

// runsParams declares the parameters of GET /v1/runs.
func runsParams(f *run.Filter, p *paging.Request) []param {
	return append(jobRunsParams(f, p), uuidsParam("job_ids", &f.JobIDs))
}

func (s *Server) listRuns(r *request) (response, error) {
	var f run.Filter
	var p paging.Request
	if err := r.parse(input{query: runsParams(&f, &p)}); err != nil {
		return response{}, err
	}
	page, err := s.opts.Store.Runs(r.Context(), r.tenant, f, p)
	if err != nil {
		return response{}, err
	}
	return pageResponse(r, page, newRunJSON), nil
}

func (s *Server) listJobRuns(r *request) (response, error) {
	var f run.Filter
	var p paging.Request
	of := r.jobRef()
	if err := r.parse(input{query: jobRunsParams(&f, &p)}); err != nil {
		return response{}, err
	}
	page, err := s.opts.Store.JobRuns(r.Context(), of, f, p)
	if err != nil {
		return response{}, err
	}
	return pageResponse(r, page, newRunJSON), nil
}

func (s *Server) createRun(r *request) (response, error) {
	var id uuid.UUID
	of := r.jobRef()
	if err := r.parse(input{body: []member{idMember(&id)}}); err != nil {
		return response{}, err
	}
	created, err := s.opts.Store.CreateRun(r.Context(), of, id, r.key)
	if err != nil {
		return response{}, err
	}
	s.wake(r, run.Ref{Tenant: r.tenant, ID: created.ID})
	resp := jsonResponse(http.StatusCreated, newRunJSON(created))
	resp.location = runLocation(created.ID)
	return resp, nil
}

// runLocation returns the URL of a run relative to /v1/jobs/{job_id}/runs.
func runLocation(id uuid.UUID) string { return "../../runs/" + id.String() }

func runResponse(r run.Run) response { return jsonResponse(http.StatusOK, newRunJSON(r)) }

func (s *Server) getRun(r *request) (response, error) {
	var w wait
	ref := r.runRef()
	if err := r.parse(w.input()); err != nil {
		return response{}, err
	}
	got, err := s.runAfter(r, ref, w)
	if err != nil {
		return response{}, err
	}
	return runResponse(got), nil
}

// deleteRun deletes a run. The log may be too long to delete within a request, so the crawl
// function purges it after the wake-up.
func (s *Server) deleteRun(r *request) (response, error) {
	ref := r.runRef()
	if err := r.parse(input{}); err != nil {
		return response{}, err
	}
	if err := s.opts.Store.DeleteRun(r.Context(), ref, storeCheck(r, runResponse)); err != nil {
		return response{}, err
	}
	s.wake(r, ref)
	return noContentResponse(), nil
}

// transitionRun returns the handler of pause, resume or stop. A resume of a running run sends a
// wake-up, too, because the wake-up of an earlier resume may have been lost.
func transitionRun(action run.Action) handler {
	return func(s *Server, r *request) (response, error) {
		ref := r.runRef()
		if err := r.parse(input{}); err != nil {
			return response{}, err
		}
		changed, _, err := s.opts.Store.Transition(r.Context(), ref, action, storeCheck(r, runResponse))
		if err != nil {
			return response{}, err
		}
		if action == run.Resume {
			s.wake(r, ref)
		}
		return runResponse(changed), nil
	}
}
