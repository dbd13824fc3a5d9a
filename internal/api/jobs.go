package api

import (
	"net/http"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/strictjson"
)

// jobsParams are the parameters of GET /v1/jobs.
func jobsParams(f *job.Filter, p *paging.Request) []param {
	return append(pageParams(p),
		uuidsParam("include_ids", &f.IncludeIDs),
		uuidsParam("exclude_ids", &f.ExcludeIDs),
		textsParam("names", &f.Names),
		beforeParam("created_before", &f.CreatedBefore),
		afterParam("created_after", &f.CreatedAfter),
		labelsParam("labels", &f.Labels),
		viewParam(p),
	)
}

func (s *Server) listJobs(r *request) (answer, error) {
	var f job.Filter
	var p paging.Request
	if err := r.parse(input{query: jobsParams(&f, &p)}); err != nil {
		return answer{}, err
	}
	page, err := s.store.Jobs(r.Context(), r.tenant, f, p)
	if err != nil {
		return answer{}, err
	}
	return pageAnswer(r, page, newJobJSON), nil
}

func (s *Server) createJob(r *request) (answer, error) {
	var j job.Job
	var cfg config.Config
	var createRun bool
	err := r.parse(input{
		query: []param{boolParam("create_run", &createRun)},
		body: []member{
			idMember(&j.ID),
			nameMember(&j.Name),
			labelsMember(&j.Labels),
			configMember(&cfg),
		},
		bodyRequired: true,
	})
	if err != nil {
		return answer{}, err
	}
	if createRun {
		return s.storeJobAndRun(r, j, cfg)
	}
	created, err := s.store.CreateJob(r.Context(), r.tenant, j, cfg, r.key)
	if err != nil {
		return answer{}, err
	}
	a := jsonAnswer(http.StatusCreated, newJobJSON(created))
	a.location = jobLocation(created)
	return a, nil
}

func (s *Server) storeJobAndRun(r *request, j job.Job, cfg config.Config) (answer, error) {
	created, first, err := s.store.CreateJobAndRun(r.Context(), r.tenant, j, cfg, r.key)
	if err != nil {
		return answer{}, err
	}
	s.wake(r, first.ID)
	body, firstJSON := newJobJSON(created), newRunJSON(first)
	body.Run = &firstJSON
	a := jsonAnswer(http.StatusCreated, body)
	a.etag = showJob(created).etag // of the job, which later has no run in it
	a.location = jobLocation(created)
	return a, nil
}

// jobLocation returns the location of a job relative to /v1/jobs, so that it is right behind
// any prefix of the path too.
func jobLocation(j job.Job) string { return "jobs/" + j.ID.String() }

func showJob(j job.Job) answer { return jsonAnswer(http.StatusOK, newJobJSON(j)) }

func (s *Server) getJob(r *request) (answer, error) {
	id := r.uuid("job_id")
	if err := r.parse(input{}); err != nil {
		return answer{}, err
	}
	got, err := s.store.Job(r.Context(), job.Ref{Tenant: r.tenant, ID: id})
	if err != nil {
		return answer{}, err
	}
	return showJob(got), nil
}

func (s *Server) updateJob(r *request) (answer, error) {
	var p job.Patch
	id := r.uuid("job_id")
	if err := r.parse(input{body: patchMembers(&p), bodyRequired: true}); err != nil {
		return answer{}, err
	}
	if p.Name == nil && p.Labels == nil && p.Config == nil {
		return s.keepJob(r, id)
	}
	updated, err := s.store.UpdateJob(r.Context(), job.Ref{Tenant: r.tenant, ID: id}, p, check(r, showJob))
	if err != nil {
		return answer{}, err
	}
	return showJob(updated), nil
}

// keepJob answers an update that changes nothing.
func (s *Server) keepJob(r *request, id uuid.UUID) (answer, error) {
	got, err := s.store.Job(r.Context(), job.Ref{Tenant: r.tenant, ID: id})
	if err != nil {
		return answer{}, err
	}
	a := showJob(got)
	return a, r.conditions.hold(a.etag)
}

func (s *Server) deleteJob(r *request) (answer, error) {
	id := r.uuid("job_id")
	if err := r.parse(input{}); err != nil {
		return answer{}, err
	}
	if err := s.store.DeleteJob(r.Context(), job.Ref{Tenant: r.tenant, ID: id}, check(r, showJob)); err != nil {
		return answer{}, err
	}
	return noContent(), nil
}

// patchMembers are the members of an update. They set what is given.
func patchMembers(p *job.Patch) []member {
	return []member{
		{name: "name", take: func(v strictjson.Value) { p.Name = new(string); nameMember(p.Name).take(v) }},
		labelsMember(&p.Labels),
		{name: "config", take: func(v strictjson.Value) { p.Config = new(config.Config); configMember(p.Config).take(v) }},
	}
}

// nameMember declares the name of a job.
func nameMember(to *string) member {
	return member{name: "name", required: true, take: func(v strictjson.Value) {
		if s, ok := v.String(); ok {
			v.Check(func(path string, fs *fault.Fields) { job.CheckName(path, s, fs) })
			*to = s
		}
	}}
}

// labelsMember declares labels. Given as {}, they are not nil.
func labelsMember(to *map[string]string) member {
	return member{name: "labels", take: func(v strictjson.Value) {
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

// configMember declares a crawl configuration.
func configMember(to *config.Config) member {
	return member{name: "config", take: func(v strictjson.Value) { *to = config.Read(v) }}
}
