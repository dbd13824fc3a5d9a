package openapitest

import (
	"bytes"
	"errors"
	"regexp"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/inndx/runs/internal/openapi"
)

// A spec is the API's description in the forms that find operations and check bodies.
type spec struct {
	doc     *openapi3.T
	router  routers.Router
	schemas map[string]*jsonschema.Schema // keyed by reference, such as #/components/schemas/Run
}

// uuid is the canonical form of a UUID (RFC 9562, section 4). By default kin-openapi does not check
// UUIDs, and its optional validator refuses version 7.
const uuid = `^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$`

var load = sync.OnceValues(func() (spec, error) {
	openapi3.DefineStringFormatValidator("uuid", openapi3.NewRegexpFormatValidator(uuid))
	doc, err := openapi3.NewLoader().LoadFromData(openapi.JSON())
	if err != nil {
		return spec{}, err
	}
	doc.Servers = nil // tests serve on any port
	router, err := legacy.NewRouter(doc)
	if err != nil {
		return spec{}, err
	}
	schemas, err := compile(doc)
	return spec{doc, router, schemas}, err
})

// timestamp is the format of the service's times. The description cannot contain it, because client
// generators do not support a pattern together with the format date-time.
var timestamp = regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$`)

// validTimestamp replaces the check of the format date-time. Request bodies contain no times.
func validTimestamp(v any) error {
	if s, ok := v.(string); ok && !timestamp.MatchString(s) {
		return errors.New("the time is not in UTC with microseconds")
	}
	return nil
}

// compile compiles the schemas of the description once, while kin-openapi would compile them for
// every body. It closes objects: clients must ignore unknown members, but this version of the
// service must not send any.
func compile(doc *openapi3.T) (map[string]*jsonschema.Schema, error) {
	root, err := jsonschema.UnmarshalJSON(bytes.NewReader(openapi.JSON()))
	if err != nil {
		return nil, err
	}
	components := root.(map[string]any)["components"].(map[string]any)
	for name, schema := range components["schemas"].(map[string]any) {
		if name != "Document" { // its schema describes only a part of it
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

// closeObject disallows members of an object that are not among its properties.
func closeObject(schema map[string]any) {
	if _, given := schema["additionalProperties"]; schema["properties"] != nil && !given {
		schema["additionalProperties"] = false
	}
}
