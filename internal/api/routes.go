package api

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/run"
)

// A Route is one operation of the API.
type Route struct {
	Name    string // of the operation, and of the Lambda function that serves it
	Method  string
	Pattern string // a path, in which a segment such as {run_id} matches any non-empty segment
}

// NoRoute is the name of the handler for requests that match no route. It responds with 404, or
// with 405 and the methods of the path. A gateway with a route for each operation sends all other
// requests to NoRoute. The methods of a 405 do not include HEAD, because a gateway's route for GET
// does not serve HEAD.
const NoRoute = "no-route"

// Routes returns every operation of the API.
func Routes() []Route {
	all := make([]Route, len(routes))
	for i, rt := range routes {
		all[i] = rt.Route
	}
	return all
}

// A handler handles the requests of one route.
type handler func(*Server, *request) (response, error)

// A route is a Route and its handler.
type route struct {
	Route
	handle    handler
	anyTenant bool // the response does not depend on the tenant, which is not checked
}

var routes = []route{
	{Route{"list-runs", "GET", "/v1/runs"}, (*Server).listRuns, false},
	{Route{"list-job-runs", "GET", "/v1/jobs/{job_id}/runs"}, (*Server).listJobRuns, false},
	{Route{"create-run", "POST", "/v1/jobs/{job_id}/runs"}, (*Server).createRun, false},
	{Route{"get-run", "GET", "/v1/runs/{run_id}"}, (*Server).getRun, false},
	{Route{"list-run-logs", "GET", "/v1/runs/{run_id}/logs"}, (*Server).listRunLogs, false},
	{Route{"stream-run-events", "GET", "/v1/runs/{run_id}/events"}, (*Server).streamRunEvents, false},
	{Route{"list-run-links", "GET", "/v1/runs/{run_id}/links"}, (*Server).listRunLinks, false},
	{Route{"list-run-edges", "GET", "/v1/runs/{run_id}/edges"}, (*Server).listRunEdges, false},
	{Route{"get-run-metrics", "GET", "/v1/runs/{run_id}/metrics"}, (*Server).getRunMetrics, false},
	{Route{"get-run-latency", "GET", "/v1/runs/{run_id}/latency"}, (*Server).getRunLatency, false},
	{Route{"list-run-hosts", "GET", "/v1/runs/{run_id}/hosts"}, (*Server).listRunHosts, false},
	{Route{"delete-run", "DELETE", "/v1/runs/{run_id}"}, (*Server).deleteRun, false},
	{Route{"pause-run", "PUT", "/v1/runs/{run_id}/pause"}, transitionRun(run.Pause), false},
	{Route{"resume-run", "PUT", "/v1/runs/{run_id}/resume"}, transitionRun(run.Resume), false},
	{Route{"stop-run", "PUT", "/v1/runs/{run_id}/stop"}, transitionRun(run.Stop), false},
	{Route{"list-jobs", "GET", "/v1/jobs"}, (*Server).listJobs, false},
	{Route{"create-job", "POST", "/v1/jobs"}, (*Server).createJob, false},
	{Route{"get-job", "GET", "/v1/jobs/{job_id}"}, (*Server).getJob, false},
	{Route{"update-job", "PATCH", "/v1/jobs/{job_id}"}, (*Server).updateJob, false},
	{Route{"delete-job", "DELETE", "/v1/jobs/{job_id}"}, (*Server).deleteJob, false},
	{Route{"list-artifacts", "GET", "/v1/artifacts"}, (*Server).listArtifacts, false},
	{Route{"get-artifact", "GET", "/v1/artifacts/{artifact_id}"}, (*Server).getArtifact, false},
	{Route{"delete-artifact", "DELETE", "/v1/artifacts/{artifact_id}"}, (*Server).deleteArtifact, false},
	{Route{"get-artifact-blob", "GET", "/v1/artifacts/{artifact_id}/blob"}, (*Server).getArtifactBlob, false},
	{Route{"list-exports", "GET", "/v1/runs/{run_id}/exports"}, (*Server).listExports, false},
	{Route{"create-export", "POST", "/v1/runs/{run_id}/exports"}, (*Server).createExport, false},
	{Route{"get-export", "GET", "/v1/runs/{run_id}/exports/{export_id}"}, (*Server).getExport, false},
	{Route{"delete-export", "DELETE", "/v1/runs/{run_id}/exports/{export_id}"}, (*Server).deleteExport, false},
	{Route{"get-export-file", "GET", "/v1/runs/{run_id}/exports/{export_id}/file"}, (*Server).getExportFile, false},
	{Route{"get-openapi", "GET", "/.well-known/openapi.json"}, (*Server).getOpenAPI, true},
	{Route{"get-docs", "GET", "/.well-known/docs"}, (*Server).getDocs, true},
}

// options is the route of OPTIONS for every path that has a route (RFC 9110, section 9.3.7).
var options = route{
	Route: Route{Name: "options", Method: http.MethodOptions},
	handle: func(_ *Server, r *request) (response, error) {
		return response{status: http.StatusNoContent, allow: r.allow}, nil
	},
	anyTenant: true,
}

// GetDashboard is the name of the routes of the dashboard, a web page and its assets, which one
// function serves. They are no operations of the API.
const GetDashboard = "get-dashboard"

var dashboardRoutes = []route{
	{Route{GetDashboard, http.MethodGet, "/"}, (*Server).getDashboard, true},
	{Route{GetDashboard, http.MethodGet, "/assets/{asset}"}, (*Server).getDashboardAsset, true},
}

// findRoute returns the route of a method and an escaped path, the values of the pattern's
// variables, and the methods of the path. If allowHead is true, the route of GET serves HEAD, too.
// A trailing slash makes a different path. findRoute replaces http.ServeMux, which redirects
// unclean paths and responds with 404 and 405 in plain text.
func findRoute(method, path string, allowHead bool) (route, map[string]string, []string, error) {
	var found *route
	var vars map[string]string
	var allow []string
	for _, rt := range slices.Concat(routes, dashboardRoutes) {
		v, ok := match(rt.Pattern, path)
		if !ok {
			continue
		}
		vars = v
		allow = append(allow, rt.Method)
		head := allowHead && rt.Method == http.MethodGet
		if head {
			allow = append(allow, http.MethodHead)
		}
		if rt.Method == method || head && method == http.MethodHead {
			found = &rt
		}
	}
	if allow == nil {
		return route{}, nil, nil, noSuchPath()
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

// match reports whether the path matches the pattern, and returns the values of the pattern's
// variables. It splits the path before it unescapes the segments, so an escaped slash does not
// separate segments.
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
