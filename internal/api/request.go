package api

import (
	"context"
	"net/http"
	"regexp"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/idempotency"
	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/tenant"
)

// The headers that the API reads and writes.
const (
	headerTenant    = "X-Tenant-Id"
	headerRequestID = "X-Request-Id"
)

// A request is an HTTP request and what is parsed from it. Everything that is wrong with its
// header, path, query and body is collected in fields, so that one response reports all of it.
type request struct {
	*http.Request
	id     string // X-Request-Id
	route  string // name of the route, empty if none matches
	tenant tenant.ID
	vars   map[string]string // values of the variables in the route's pattern
	allow  []string          // methods of the path
	fields fault.Fields

	conditions conditions       // empty for a POST
	key        *idempotency.Key // of a POST, nil if it has none

	start     time.Time       // when the request arrived
	unbounded context.Context // like Context, but without Options.Timeout; done when the client disconnects
	waited    time.Duration   // until something happened
	ends      []func()        // see atEnd
}

// atEnd makes the server call f when the request has ended, however it ends.
func (r *request) atEnd(f func()) { r.ends = append(r.ends, f) }

func (r *request) end() {
	for _, f := range r.ends {
		f()
	}
}

// An input declares the query parameters and body members of a route. All others are rejected. The
// zero value declares none.
type input struct {
	query        []param
	anyQuery     bool               // whether the query is not for the service, and is not read
	check        func(*queryParser) // of parameters that depend on each other; may be nil
	body         []member
	bodyRequired bool
}

// parse parses the query and the body into the variables that in points to, and the header into r.
// The error lists everything that is wrong with the request.
func (r *request) parse(in input) error {
	if !in.anyQuery {
		parseQuery(r.URL.RawQuery, in.query, in.check, &r.fields)
	}
	body, err := r.parseBody(in)
	if err != nil {
		return err
	}
	r.parseConditions()
	r.parseKey(body)
	return r.fields.Err()
}

// runRef returns the run that the path names. An id that is not a UUID is added to r.fields.
func (r *request) runRef() run.Ref { return run.Ref{Tenant: r.tenant, ID: r.uuid("run_id")} }

// jobRef is like runRef for a job.
func (r *request) jobRef() job.Ref { return job.Ref{Tenant: r.tenant, ID: r.uuid("job_id")} }

// uuid returns the variable of the path with that name.
func (r *request) uuid(name string) uuid.UUID {
	id, rule := parseUUID(r.vars[name])
	if rule != nil {
		r.fields.Add(name, *rule)
	}
	return id
}

// setTenant sets the tenant to that of the caller's credentials, or to that of the header if the
// header is trusted. It returns an error if the caller may not act for the tenant.
func (s *Server) setTenant(r *request) error {
	if s.opts.CallersTenant == nil {
		r.setTenantFromHeader(s.opts.DefaultTenant)
		return nil
	}
	id, err := s.opts.CallersTenant(r.Request)
	if err != nil {
		return err
	}
	for _, value := range r.Header.Values(headerTenant) {
		if value != string(id) {
			return fault.Because(fault.ReasonOtherTenant, "the header X-Tenant-Id differs from the tenant of the token")
		}
	}
	r.tenant = id
	return nil
}

// setTenantFromHeader sets the tenant to that of the header, or to the default if the header is
// absent. An empty header is an error, because its sender meant some tenant.
func (r *request) setTenantFromHeader(defaultTenant tenant.ID) {
	values := r.Header.Values(headerTenant)
	if len(values) == 0 {
		r.tenant = defaultTenant
		return
	}
	id, ok := tenant.Parse(values[0])
	switch {
	case len(values) > 1:
		r.fields.Add(headerTenant, repeated())
	case !ok:
		r.fields.Add(headerTenant, fault.Format("tenant-id", tenant.Rule))
	default:
		r.tenant = id
	}
}

// usableID matches the request ids that are accepted from callers. They are sent back in a header
// and written to logs.
var usableID = regexp.MustCompile(`^[A-Za-z0-9._:/+=@-]{1,128}$`)

// requestID returns the id of a request in the log and in the response: the caller's, the
// platform's or a new one.
func (s *Server) requestID(r *http.Request) string {
	if v := r.Header.Values(headerRequestID); len(v) == 1 && usableID.MatchString(v[0]) {
		return v[0]
	}
	if id := s.opts.RequestID(r); usableID.MatchString(id) {
		return id
	}
	return uuid.Must(uuid.NewV7()).String()
}

// parseUUID parses the canonical form of a UUID, 36 characters in any case (RFC 9562, section 4).
// It rejects the other forms that uuid.Parse accepts.
func parseUUID(s string) (uuid.UUID, *fault.Rule) {
	id, err := uuid.Parse(s)
	if err != nil || len(s) != 36 {
		rule := fault.Format("uuid", "must be a UUID such as 0190b5a2-6f3e-7c4d-9a1b-2c3d4e5f6071")
		return uuid.Nil, &rule
	}
	return id, nil
}
