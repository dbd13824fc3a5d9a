package openapitest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// input returns the request in the form that the validator needs. Its Route is nil if the request
// has no operation. HEAD has the operation of GET.
func (s spec) input(req *http.Request) *openapi3filter.RequestValidationInput {
	r := req.Clone(context.Background())
	if r.Method == http.MethodHead {
		r.Method = http.MethodGet
	}
	r.URL.Path = r.URL.EscapedPath() // an escaped slash does not separate segments
	in := &openapi3filter.RequestValidationInput{
		Request: r,
		Options: &openapi3filter.Options{
			IncludeResponseStatus: true,
			SkipSettingDefaults:   true,
			MultiError:            true,
			ExcludeRequestBody:    true, // see checkBody
			ExcludeResponseBody:   true,
		},
	}
	if route, params, err := s.router.FindRoute(r); err == nil {
		in.Route, in.PathParams = route, params
		r.URL.RawQuery = withoutBrackets(route, r.URL.RawQuery)
	}
	return in
}

// withoutBrackets returns the query with name=v for each name[]=v where name is a list. Both
// spellings mean the same.
func withoutBrackets(route *routers.Route, query string) string {
	pairs := strings.Split(query, "&")
	for i, pair := range pairs {
		escaped, value, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(escaped)
		list, ok := strings.CutSuffix(name, "[]")
		if p := parameter(route, list); err == nil && ok && p != nil && p.Schema.Value.Type.Is("array") {
			pairs[i] = url.QueryEscape(list) + "=" + value
		}
	}
	return strings.Join(pairs, "&")
}

// noOperation returns a route that describes the response to a request without an operation: 405 if
// the path has operations of other methods, otherwise 404. It returns nil for a successful OPTIONS
// request, whose response consists of headers and needs no further check.
func (s spec) noOperation(req *http.Request, resp *http.Response) (*routers.Route, error) {
	status, name := http.StatusNotFound, "NotFound"
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		r := req.Clone(context.Background())
		r.Method, r.URL.Path = method, r.URL.EscapedPath()
		if _, _, err := s.router.FindRoute(r); err == nil {
			status, name = http.StatusMethodNotAllowed, "MethodNotAllowed"
		}
	}
	if req.Method == http.MethodOptions && status == http.StatusMethodNotAllowed && resp.StatusCode == http.StatusNoContent {
		if resp.Header.Get("Allow") == "" {
			return nil, errors.New("no header Allow")
		}
		return nil, nil
	}
	responses := openapi3.NewResponses(openapi3.WithStatus(status, s.doc.Components.Responses[name]))
	responses.Delete("default")
	return &routers.Route{
		Spec:      s.doc,
		Path:      req.URL.Path,
		Method:    req.Method,
		Operation: &openapi3.Operation{Responses: responses},
	}, nil
}

// checkRequest checks the parameters and the body of a request that succeeded.
func (s spec) checkRequest(in *openapi3filter.RequestValidationInput, body []byte) error {
	for name := range in.Request.URL.Query() {
		if !hasParameter(in.Route, name) {
			return fmt.Errorf("the query parameter %q is not described", name)
		}
	}
	if err := openapi3filter.ValidateRequest(context.Background(), in); err != nil {
		return err
	}
	described := in.Route.Operation.RequestBody
	switch {
	case len(body) == 0 && described != nil && described.Value.Required:
		return errors.New("the request has no body")
	case len(body) == 0:
		return nil
	case described == nil:
		return errors.New("the request has a body, and the description has none")
	}
	return s.checkBody(described.Value.Content, in.Request.Header.Get("Content-Type"), body)
}

// hasParameter reports whether the operation describes the query parameter. The name of a member of
// an object is object[key].
func hasParameter(route *routers.Route, name string) bool {
	object, _, _ := strings.Cut(name, "[")
	p := parameter(route, object)
	return p != nil && (p.Name == name || p.Style == openapi3.SerializationDeepObject)
}

// parameter returns the query parameter with that name, or nil if the operation does not describe
// it.
func parameter(route *routers.Route, name string) *openapi3.Parameter {
	for _, p := range slices.Concat(route.PathItem.Parameters, route.Operation.Parameters) {
		if p.Value.In == openapi3.ParameterInQuery && p.Value.Name == name {
			return p.Value
		}
	}
	return nil
}
