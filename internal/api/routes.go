package api

import (
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/run"
)

// A Route is one operation of the API.
type Route struct {
	Name    string // of the operation and of the function that serves it
	Method  string
	Pattern string // a path; a segment like {run_id} stands for any one non-empty segment
}

// NoRoute names the handler of what no route takes: it answers 404, or 405 with the methods
// that the path takes. A gateway that has a route for each operation sends it the rest. It
// takes HEAD for no method of any path, since a gateway's route for GET does not serve it.
const NoRoute = "no-route"

// Routes returns every operation of the API.
func Routes() []Route {
	all := make([]Route, len(routes))
	for i, rt := range routes {
		all[i] = rt.Route
	}
	return all
}

// A handler answers the requests of one route.
type handler func(*Server, *request) (answer, error)

// route is a Route and its handler. An open route belongs to no tenant.
type route struct {
	Route
	handle handler
	open   bool
}

var routes = []route{
	{Route{"list-runs", "GET", "/v1/runs"}, (*Server).listRuns, false},
	{Route{"list-job-runs", "GET", "/v1/jobs/{job_id}/runs"}, (*Server).listJobRuns, false},
	{Route{"create-run", "POST", "/v1/jobs/{job_id}/runs"}, (*Server).createRun, false},
	{Route{"get-run", "GET", "/v1/runs/{run_id}"}, (*Server).getRun, false},
	{Route{"list-run-logs", "GET", "/v1/runs/{run_id}/logs"}, (*Server).listRunLogs, false},
	{Route{"delete-run", "DELETE", "/v1/runs/{run_id}"}, (*Server).deleteRun, false},
	{Route{"pause-run", "PUT", "/v1/runs/{run_id}/pause"}, changeRun(run.Pause), false},
	{Route{"resume-run", "PUT", "/v1/runs/{run_id}/resume"}, changeRun(run.Resume), false},
	{Route{"stop-run", "PUT", "/v1/runs/{run_id}/stop"}, changeRun(run.Stop), false},
	{Route{"list-jobs", "GET", "/v1/jobs"}, (*Server).listJobs, false},
	{Route{"create-job", "POST", "/v1/jobs"}, (*Server).createJob, false},
	{Route{"get-job", "GET", "/v1/jobs/{job_id}"}, (*Server).getJob, false},
	{Route{"update-job", "PATCH", "/v1/jobs/{job_id}"}, (*Server).updateJob, false},
	{Route{"delete-job", "DELETE", "/v1/jobs/{job_id}"}, (*Server).deleteJob, false},
	{Route{"get-openapi", "GET", "/.well-known/openapi.json"}, (*Server).getOpenAPI, true},
	{Route{"get-docs", "GET", "/.well-known/docs"}, (*Server).getDocs, true},
}

// options answers OPTIONS on any path that has a route (RFC 9110, section 9.3.7).
var options = route{
	Route: Route{Name: "options", Method: http.MethodOptions},
	handle: func(_ *Server, r *request) (answer, error) {
		return answer{status: http.StatusNoContent, allow: r.allow}, nil
	},
	open: true,
}

// root redirects a person who opens the service in a browser to the documents. It belongs to no function:
// NoRoute serves it too.
var root = route{
	Route: Route{Name: "root", Method: http.MethodGet, Pattern: "/"},
	handle: func(_ *Server, r *request) (answer, error) {
		a := answer{status: http.StatusFound, location: ".well-known/docs"}
		if prefix := r.prefix(); prefix != "" && prefix == r.target() { // /stage, without the slash behind it
			a.location = path.Base(prefix) + "/" + a.location
		}
		return a, r.parse(input{})
	},
	open: true,
}

// find returns the route of a method and an escaped path, the values of the pattern's
// variables, and the methods that the path takes. It is kept apart from http.ServeMux,
// which redirects paths it finds unclean and answers 404 and 405 in plain text. A path is
// taken as it stands: with a slash at its end it is another path. With heads, HEAD is served
// by the route of GET.
func find(method, path string, heads bool) (route, map[string]string, []string, error) {
	var found *route
	var vars map[string]string
	var allow []string
	for _, rt := range append(slices.Clip(routes), root) {
		v, ok := match(rt.Pattern, path)
		if !ok {
			continue
		}
		vars = v
		allow = append(allow, rt.Method)
		head := heads && rt.Method == http.MethodGet
		if head {
			allow = append(allow, http.MethodHead)
		}
		if rt.Method == method || head && method == http.MethodHead {
			found = &rt
		}
	}
	if allow == nil {
		return route{}, nil, nil, fault.Because(fault.ReasonNoSuchPath, "no such path")
	}
	allow = append(allow, http.MethodOptions)
	slices.Sort(allow)
	switch {
	case found != nil:
		return *found, vars, allow, nil
	case method == http.MethodOptions:
		return options, vars, allow, nil
	}
	return route{}, nil, allow, fault.Because(fault.ReasonWrongMethod,
		"this path takes %s only", strings.Join(allow, ", "))
}

// match reports whether the path fits the pattern, and returns the unescaped segments that
// stand for the pattern's variables. Segments are cut before they are unescaped, so that an
// escaped slash is part of one.
func match(pattern, path string) (map[string]string, bool) {
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return nil, false
	}
	vars := map[string]string{}
	for i := range want {
		seg, err := url.PathUnescape(got[i])
		if err != nil {
			return nil, false
		}
		if name, ok := strings.CutPrefix(want[i], "{"); ok && seg != "" {
			vars[strings.TrimSuffix(name, "}")] = seg
		} else if seg != want[i] {
			return nil, false
		}
	}
	return vars, true
}
