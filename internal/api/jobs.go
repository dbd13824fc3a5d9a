package api

import (
	"net/http"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/strictjson"
)

// jobsParams declares the parameters of GET /v1/jobs.
func jobsParams(f *job.Filter, p *paging.Request) []param {
	return append(pageParams(p),
		uuidsParam("include_ids", &f.IncludeIDs),
		uuidsParam("exclude_ids", &f.ExcludeIDs),
		stringsParam("names", &f.Names),
		beforeParam("created_before", &f.CreatedBefore),
		afterParam("created_after", &f.CreatedAfter),
		labelsParam("labels", &f.Labels),
		viewParam(p),
	)
}

func (s *Server) listJobs(r *request) (response, error) {
	var f job.Filter
	var p paging.Request
	if err := r.parse(input{query: jobsParams(&f, &p)}); err != nil {
		return response{}, err
	}
	page, err := s.opts.Store.Jobs(r.Context(), r.tenant, f, p)
	if err != nil {
		return response{}, err
	}
	return pageResponse(r, page, newJobJSON), nil
}

func (s *Server) createJob(r *request) (response, error) {
	var j job.Job
	var cfg config.Config
	var createRun bool
	err := r.parse(input{
		query: []param{boolParam("create_run", &createRun)},
		body: []member{
			idMember(&j.ID),
			nameMember(&j.Name),
			labelsMember(&j.Labels),
			s.configMember(&cfg),
		},
		bodyRequired: true,
	})
	if err != nil {
		return response{}, err
	}
	if createRun {
		return s.createJobAndRun(r, j, cfg)
	}
	created, err := s.opts.Store.CreateJob(r.Context(), r.tenant, j, cfg, r.key)
	if err != nil {
		return response{}, err
	}
	resp := jsonResponse(http.StatusCreated, newJobJSON(created))
	resp.location = jobLocation(created)
	return resp, nil
}

func (s *Server) createJobAndRun(r *request, j job.Job, cfg config.Config) (response, error) {
	created, first, err := s.opts.Store.CreateJobAndRun(r.Context(), r.tenant, j, cfg, r.key)
	if err != nil {
		return response{}, err
	}
	s.wake(r, run.Ref{Tenant: r.tenant, ID: first.ID})
	body, firstJSON := newJobJSON(created), newRunJSON(first)
	body.Run = &firstJSON
	resp := jsonResponse(http.StatusCreated, body)
	resp.etag = jobResponse(created).etag // that of the next GET, whose response has no run
	resp.location = jobLocation(created)
	return resp, nil
}

// jobLocation returns the URL of a job relative to /v1/jobs. A relative URL is right for any prefix
// that a gateway adds to the path.
func jobLocation(j job.Job) string { return "jobs/" + j.ID.String() }

func jobResponse(j job.Job) response { return jsonResponse(http.StatusOK, newJobJSON(j)) }

func (s *Server) getJob(r *request) (response, error) {
	ref := r.jobRef()
	if err := r.parse(input{}); err != nil {
		return response{}, err
	}
	got, err := s.opts.Store.Job(r.Context(), ref)
	if err != nil {
		return response{}, err
	}
	return jobResponse(got), nil
}

func (s *Server) updateJob(r *request) (response, error) {
	var p job.Patch
	ref := r.jobRef()
	if err := r.parse(input{body: s.patchMembers(&p), bodyRequired: true}); err != nil {
		return response{}, err
	}
	if p.Name == nil && p.Labels == nil && p.Config == nil {
		return s.emptyPatch(r, ref)
	}
	updated, err := s.opts.Store.UpdateJob(r.Context(), ref, p, storeCheck(r, jobResponse))
	if err != nil {
		return response{}, err
	}
	return jobResponse(updated), nil
}

// emptyPatch handles an update without members, which changes nothing.
func (s *Server) emptyPatch(r *request, ref job.Ref) (response, error) {
	got, err := s.opts.Store.Job(r.Context(), ref)
	if err != nil {
		return response{}, err
	}
	resp := jobResponse(got)
	return resp, r.conditions.check(resp.etag)
}

func (s *Server) deleteJob(r *request) (response, error) {
	ref := r.jobRef()
	if err := r.parse(input{}); err != nil {
		return response{}, err
	}
	if err := s.opts.Store.DeleteJob(r.Context(), ref, storeCheck(r, jobResponse)); err != nil {
		return response{}, err
	}
	return noContentResponse(), nil
}

// patchMembers declares the members of an update. A member that is present sets its field of p.
func (s *Server) patchMembers(p *job.Patch) []member {
	return []member{
		{name: "name", read: func(v strictjson.Value) { p.Name = new(string); nameMember(p.Name).read(v) }},
		labelsMember(&p.Labels),
		{name: "config", read: func(v strictjson.Value) { c := s.readConfig(v, config.ReadUpdate); p.Config = &c }},
	}
}

// nameMember declares the name of a job.
func nameMember(to *string) member {
	return member{name: "name", required: true, read: func(v strictjson.Value) {
		if s, ok := v.String(); ok {
			v.Check(func(path string, fs *fault.Fields) { job.CheckName(path, s, fs) })
			*to = s
		}
	}}
}

// labelsMember declares labels. For {}, it stores a map that is empty but not nil.
func labelsMember(to *map[string]string) member {
	return member{name: "labels", read: func(v strictjson.Value) {
		object, ok := v.Object()
		if !ok {
			return
		}
		labels := map[string]string{}
		for key, v := range object.Members() {
			if s, ok := v.String(); ok {
				labels[key] = s
			}
		}
		object.Close()
		v.Check(func(path string, fs *fault.Fields) { job.CheckLabels(path, labels, fs) })
		*to = labels
	}}
}

// configMember declares the configuration of a crawl.
func (s *Server) configMember(to *config.Config) member {
	return member{name: "config", read: func(v strictjson.Value) { *to = s.readConfig(v, config.Read) }}
}

// readConfig reads a configuration and, if all other rules hold, checks its expressions.
func (s *Server) readConfig(v strictjson.Value, read func(strictjson.Value) config.Config) (c config.Config) {
	v.Check(func(path string, fs *fault.Fields) {
		before := len(*fs)
		if c = read(v); len(*fs) == before && s.opts.CheckConfig != nil {
			s.opts.CheckConfig(c, path, fs)
		}
	})
	return c
}
