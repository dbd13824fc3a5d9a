package api

import (
	"net/http"
	"regexp"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/idempotency"
	"github.com/inndx/runs/internal/tenant"
)

// The headers that the API reads and writes.
const (
	headerTenant    = "X-Tenant-Id"
	headerRequestID = "X-Request-Id"
)

// request is a request on its way to a handler. What is wrong with its header, path, query
// and body is gathered in fields, so that all of it is reported at once.
type request struct {
	*http.Request
	id     string // X-Request-Id
	route  string // the route's name, empty when none matches
	tenant tenant.ID
	vars   map[string]string // variables of the route's pattern
	allow  []string          // methods that the path takes
	fields fault.Fields

	conditions conditions       // of a request other than a POST
	key        *idempotency.Key // the Idempotency-Key of a POST, if it has one
}

// input declares what a route takes besides its path. The zero value takes nothing: any
// query parameter and any body member is refused.
type input struct {
	query        []param
	body         []member
	bodyRequired bool
}

// parse reads the query and the body into the variables that in points to, and the header into
// the request. It fails with everything that is wrong with the request.
func (r *request) parse(in input) error {
	parseQuery(r.URL.RawQuery, in.query, &r.fields)
	body, err := r.parseBody(in)
	if err != nil {
		return err
	}
	r.parseConditions()
	r.parseKey(body)
	return r.fields.Err()
}

// uuid returns the path's variable of that name.
func (r *request) uuid(name string) uuid.UUID {
	id, rule := parseUUID(r.vars[name])
	if rule != nil {
		r.fields.Add(name, *rule)
	}
	return id
}

// findTenant takes the tenant from the caller's credentials, or from the header where that is
// trusted. It fails when the caller may not act for the tenant.
func (s *Server) findTenant(r *request) error {
	if s.callersTenant == nil {
		r.trustTenant(s.defaultTenant)
		return nil
	}
	id, err := s.callersTenant(r.Request)
	if err != nil {
		return err
	}
	for _, named := range r.Header.Values(headerTenant) {
		if named != string(id) {
			return fault.Because(fault.ReasonOtherTenant, "the header X-Tenant-Id differs from the tenant of the token")
		}
	}
	r.tenant = id
	return nil
}

// trustTenant takes the tenant from the header. A header that is there and empty is refused
// rather than read as the default: its sender meant a tenant.
func (r *request) trustTenant(byDefault tenant.ID) {
	values := r.Header.Values(headerTenant)
	if len(values) == 0 {
		r.tenant = byDefault
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

// usableID bounds the request ids that are taken from callers, since they are answered in a
// header and written to logs.
var usableID = regexp.MustCompile(`^[A-Za-z0-9._:/+=@-]{1,128}$`)

// requestID returns the id under which a request is logged and answered: the caller's, the
// platform's, or a new one.
func (s *Server) requestID(r *http.Request) string {
	if v := r.Header.Values(headerRequestID); len(v) == 1 && usableID.MatchString(v[0]) {
		return v[0]
	}
	if id := s.platformID(r); usableID.MatchString(id) {
		return id
	}
	return uuid.Must(uuid.NewV7()).String()
}

// parseUUID reads the canonical form of a UUID, 36 characters, in any case (RFC 9562,
// section 4). The other forms that uuid.Parse takes are refused.
func parseUUID(s string) (uuid.UUID, *fault.Rule) {
	id, err := uuid.Parse(s)
	if err != nil || len(s) != 36 {
		rule := fault.Format("uuid", "must be a UUID such as 0190b5a2-6f3e-7c4d-9a1b-2c3d4e5f6071")
		return uuid.Nil, &rule
	}
	return id, nil
}
