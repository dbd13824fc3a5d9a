// Package openapitest checks HTTP requests and answers against the description of the API,
// so that tests keep the two from drifting apart.
package openapitest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/inndx/runs/internal/openapi"
)

// Check reports an error when the service's answer to the request is not one that the API's
// description allows: its status, headers and body. It is stricter than the description where
// that leaves room for API Gateway or for later versions, see checkService and compile. When the
// answer is a success, the request must be as described too, without any parameter that is not.
// A request that has no operation must be answered 404 or 405. The bodies are given apart,
// because the test has read them.
func Check(t testing.TB, req *http.Request, reqBody []byte, resp *http.Response, respBody []byte) {
	t.Helper()
	if err := check(req, reqBody, resp, respBody); err != nil {
		t.Errorf("%s %s is not as the API's description says: %v\nstatus %d, body: %.2000s",
			req.Method, req.URL.RequestURI(), err, resp.StatusCode, respBody)
	}
}

// described is the API's description, ready to find operations and to check bodies.
type described struct {
	doc     *openapi3.T
	router  routers.Router
	schemas map[string]*jsonschema.Schema // by reference, such as #/components/schemas/Run
}

// uuid is the canonical form of a UUID (RFC 9562, section 4). By itself kin-openapi checks no
// UUID, and what it has for that refuses version 7.
const uuid = `^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$`

var load = sync.OnceValues(func() (described, error) {
	openapi3.DefineStringFormatValidator("uuid", openapi3.NewRegexpFormatValidator(uuid))
	doc, err := openapi3.NewLoader().LoadFromData(openapi.JSON())
	if err != nil {
		return described{}, err
	}
	doc.Servers = nil // tests serve on any port
	router, err := legacy.NewRouter(doc)
	if err != nil {
		return described{}, err
	}
	schemas, err := compile(doc)
	return described{doc, router, schemas}, err
})

// timestamp is how the service writes times. The description cannot say so, because generators
// do not take a pattern beside the format date-time.
var timestamp = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$`)

// validTimestamp replaces the format date-time. Bodies of requests hold no times.
func validTimestamp(v any) error {
	if s, ok := v.(string); ok && !timestamp.MatchString(s) {
		return errors.New("the time is not in UTC with microseconds")
	}
	return nil
}

// compile compiles the schemas of the description once. kin-openapi would do it anew for
// every body. Objects are closed: clients must ignore members that they do not know, but this
// version answers none that is not described.
func compile(doc *openapi3.T) (map[string]*jsonschema.Schema, error) {
	root, err := jsonschema.UnmarshalJSON(bytes.NewReader(openapi.JSON()))
	if err != nil {
		return nil, err
	}
	components := root.(map[string]any)["components"].(map[string]any)
	for name, schema := range components["schemas"].(map[string]any) {
		if name != "Document" { // other standards describe it
			closeObject(schema.(map[string]any))
		}
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	c.RegisterFormat(&jsonschema.Format{Name: "date-time", Validate: validTimestamp})
	const url = "https://api.example/openapi.json"
	if err := c.AddResource(url, root); err != nil {
		return nil, err
	}
	schemas := map[string]*jsonschema.Schema{}
	for name := range doc.Components.Schemas {
		ref := "#/components/schemas/" + name
		if schemas[ref], err = c.Compile(url + ref); err != nil {
			return nil, err
		}
	}
	return schemas, nil
}

// closeObject lets an object with properties have no others.
func closeObject(schema map[string]any) {
	if _, given := schema["additionalProperties"]; schema["properties"] != nil && !given {
		schema["additionalProperties"] = false
	}
}

func check(req *http.Request, reqBody []byte, resp *http.Response, respBody []byte) error {
	d, err := load()
	if err != nil {
		return err
	}
	in := d.input(req)
	if in.Route == nil {
		if in.Route, err = d.noOperation(req, resp); err != nil || in.Route == nil {
			return err
		}
	} else if resp.StatusCode/100 == 2 {
		if err := d.checkRequest(in, reqBody); err != nil {
			return fmt.Errorf("the request succeeded: %w", err)
		}
	}
	return errors.Join(d.checkResponse(in, resp, respBody), checkService(req, resp, respBody))
}

// checkService checks what tells the service's answers from those of API Gateway and of earlier
// versions, which the description allows too: ETag, X-Request-Id, Retry-After, and a code in
// errors, which is the status.
func checkService(req *http.Request, resp *http.Response, body []byte) error {
	var wrong []error
	if resp.Header.Get("X-Request-Id") == "" {
		wrong = append(wrong, errors.New("no header X-Request-Id"))
	}
	if resp.StatusCode < 300 && resp.StatusCode != http.StatusNoContent && resp.Header.Get("ETag") == "" {
		wrong = append(wrong, errors.New("no header ETag"))
	}
	switch resp.StatusCode {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		if resp.Header.Get("Retry-After") == "" {
			wrong = append(wrong, errors.New("no header Retry-After"))
		}
	}
	if resp.StatusCode >= 400 && req.Method != http.MethodHead {
		var e struct{ Code int }
		if err := json.Unmarshal(body, &e); err != nil || e.Code != resp.StatusCode {
			wrong = append(wrong, fmt.Errorf("the code is not the status %d", resp.StatusCode))
		}
	}
	return errors.Join(wrong...)
}

// input returns the request as the validator takes it. Its Route is nil when there is no
// such operation. HEAD is answered like GET.
func (d described) input(req *http.Request) *openapi3filter.RequestValidationInput {
	r := req.Clone(context.Background())
	if r.Method == http.MethodHead {
		r.Method = http.MethodGet
	}
	r.URL.Path = r.URL.EscapedPath() // an escaped slash separates nothing
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
	if route, params, err := d.router.FindRoute(r); err == nil {
		in.Route, in.PathParams = route, params
		r.URL.RawQuery = withoutBrackets(route, r.URL.RawQuery)
	}
	return in
}

// withoutBrackets returns the query with each name[]=v as name=v where name is a list, which is
// another spelling of the same.
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

// noOperation returns a route that describes how a request without an operation is
// answered: 405 when its path has operations of other methods, otherwise 404. OPTIONS on
// such a path is answered by the headers alone, which need no more checking.
func (d described) noOperation(req *http.Request, resp *http.Response) (*routers.Route, error) {
	status, name := http.StatusNotFound, "NotFound"
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		r := req.Clone(context.Background())
		r.Method, r.URL.Path = method, r.URL.EscapedPath()
		if _, _, err := d.router.FindRoute(r); err == nil {
			status, name = http.StatusMethodNotAllowed, "MethodNotAllowed"
		}
	}
	if req.Method == http.MethodOptions && status == http.StatusMethodNotAllowed && resp.StatusCode == http.StatusNoContent {
		if resp.Header.Get("Allow") == "" {
			return nil, errors.New("no header Allow")
		}
		return nil, nil
	}
	responses := openapi3.NewResponses(openapi3.WithStatus(status, d.doc.Components.Responses[name]))
	responses.Delete("default")
	return &routers.Route{
		Spec:      d.doc,
		Path:      req.URL.Path,
		Method:    req.Method,
		Operation: &openapi3.Operation{Responses: responses},
	}, nil
}

func (d described) checkRequest(in *openapi3filter.RequestValidationInput, body []byte) error {
	for name := range in.Request.URL.Query() {
		if !takesParameter(in.Route, name) {
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
		return errors.New("a body of the request is not described")
	}
	return d.checkBody(described.Value.Content, in.Request.Header.Get("Content-Type"), body)
}

// takesParameter reports whether the operation describes a query parameter, or the object
// that name[key] is a part of.
func takesParameter(route *routers.Route, name string) bool {
	object, _, _ := strings.Cut(name, "[")
	p := parameter(route, object)
	return p != nil && (p.Name == name || p.Style == openapi3.SerializationDeepObject)
}

// parameter returns the query parameter of that name, nil when the operation describes none.
func parameter(route *routers.Route, name string) *openapi3.Parameter {
	for _, p := range slices.Concat(route.PathItem.Parameters, route.Operation.Parameters) {
		if p.Value.In == openapi3.ParameterInQuery && p.Value.Name == name {
			return p.Value
		}
	}
	return nil
}

func (d described) checkResponse(in *openapi3filter.RequestValidationInput, resp *http.Response, body []byte) error {
	err := openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in,
		Status:                 resp.StatusCode,
		Header:                 resp.Header,
		Options:                in.Options,
	})
	if err != nil {
		return err
	}
	content := in.Route.Operation.Responses.Status(resp.StatusCode).Value.Content
	if head := resp.Request != nil && resp.Request.Method == http.MethodHead; head || len(content) == 0 {
		if len(body) > 0 {
			return errors.New("there is a body")
		}
		return nil
	}
	contentType := resp.Header.Get("Content-Type")
	if err := d.checkBody(content, contentType, body); err != nil {
		return err
	}
	switch content.Get(contentType).Schema.Ref {
	case "#/components/schemas/Run", "#/components/schemas/Job", "#/components/schemas/RunPage", "#/components/schemas/JobPage":
		return checkConfigs(in.Request, body)
	}
	return nil
}

// checkConfigs checks that runs and jobs have their config, unless a list is asked to leave it out.
// The description makes it optional, as it has one schema for both.
func checkConfigs(req *http.Request, body []byte) error {
	type shown struct{ Config json.RawMessage }
	var answer struct {
		shown
		Run   *shown
		Items []shown
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return err
	}
	all := answer.Items
	if all == nil {
		all = []shown{answer.shown}
	}
	if answer.Run != nil {
		all = append(all, *answer.Run)
	}
	summary := req.URL.Query().Get("view") == "summary"
	for _, one := range all {
		if (one.Config == nil) != summary {
			return fmt.Errorf("with view=summary: %v; with a config: %v", summary, one.Config != nil)
		}
	}
	return nil
}

// checkBody checks the type of a body and what is in it.
func (d described) checkBody(content openapi3.Content, contentType string, body []byte) error {
	described := content.Get(contentType)
	if described == nil {
		return fmt.Errorf("the Content-Type %q is not described", contentType)
	}
	var value any = string(body)
	if strings.HasPrefix(contentType, "application/json") {
		var err error
		if value, err = jsonschema.UnmarshalJSON(bytes.NewReader(body)); err != nil {
			return fmt.Errorf("the body is not JSON: %w", err)
		}
	}
	schema, ok := d.schemas[described.Schema.Ref]
	if !ok {
		return errors.New("the schema of the body is not a component of the description")
	}
	return schema.Validate(value)
}
