package openapi

import (
	"bytes"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// object is a JSON object of the document.
type object = map[string]any

func document(t *testing.T) object {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(JSON()))
	if err != nil {
		t.Fatal(err)
	}
	return doc.(object)
}

// walk calls visit for every object below v, with its JSON pointer.
func walk(v any, pointer string, visit func(pointer string, o object)) {
	switch v := v.(type) {
	case object:
		visit(pointer, v)
		for name, member := range v {
			walk(member, pointer+"/"+strings.NewReplacer("~", "~0", "/", "~1").Replace(name), visit)
		}
	case []any:
		for _, item := range v {
			walk(item, pointer+"/-", visit)
		}
	}
}

// The document keeps to what generators of clients can do. Each rule was broken once, and some
// generator made a client that did not compile or did not work.
func TestGeneratorRules(t *testing.T) {
	doc := document(t)
	schemas := doc["components"].(object)["schemas"].(object)
	walk(schemas, "", func(pointer string, o object) {
		if o["type"] == "array" && o["items"] == nil {
			t.Errorf("%s: an array without items", pointer)
		}
		if o["format"] != nil && o["pattern"] != nil {
			t.Errorf("%s: a pattern beside a format, which is a type of its own in clients", pointer)
		}
		if o["default"] != nil {
			t.Errorf("%s: a default, which clients send by themselves or require: name it x-default", pointer)
		}
		if o["type"] == "object" && o["properties"] != nil && strings.Count(pointer, "/") > 1 && !strings.HasPrefix(pointer, "/Document/") {
			t.Errorf("%s: an object without a name", pointer)
		}
		if all, ok := o["allOf"].([]any); ok {
			t.Errorf("%s: an allOf of %d: a description may stand beside a $ref", pointer, len(all))
		}
		if kind, ok := o["oneOf"].([]any); ok && o["discriminator"] == nil && len(kind) == 2 && kind[1].(object)["type"] != "null" {
			t.Errorf("%s: a oneOf without a discriminator", pointer)
		}
	})
	for name := range schemas {
		if strings.HasPrefix(name, "New") {
			t.Errorf("%s is the name of a constructor", name)
		}
	}
	walk(doc["components"].(object)["parameters"], "", func(pointer string, o object) {
		if name, ok := o["name"].(string); ok && strings.ContainsAny(name, "[]") {
			t.Errorf("%s: %s is no identifier", pointer, name)
		}
	})
}

// The source has no anchors: ogen reads it in pieces, in which they are not known.
func TestNoAnchors(t *testing.T) {
	if found := regexp.MustCompile(`(?m)(:|-) [&*]\w+( .*)?$`).FindAll(source, -1); len(found) > 0 {
		t.Errorf("there are anchors: %q", found)
	}
}

// What a run resolved has every property of what it was resolved from, and requires them all but
// cookie_jar: the version before it reads what is resolved without, see config.Fetcher.
func TestResolvedSchemas(t *testing.T) {
	schemas := document(t)["components"].(object)["schemas"].(object)
	for _, name := range []string{"Config", "Speed", "Fetcher", "Traps"} {
		given, resolved := schemas[name].(object), schemas["Resolved"+name].(object)
		properties := maps.Clone(given["properties"].(object))
		if name == "Config" {
			for name, part := range map[string]string{"speed": "Speed", "fetcher": "Fetcher", "traps": "Traps"} {
				properties[name] = object{"$ref": "#/components/schemas/Resolved" + part}
			}
		}
		if diff := cmp.Diff(properties, resolved["properties"]); diff != "" {
			t.Errorf("the properties of Resolved%s (-want +got):\n%s", name, diff)
		}
		want := slices.Sorted(maps.Keys(properties))
		var required []string
		for _, r := range resolved["required"].([]any) {
			required = append(required, r.(string))
		}
		if name == "Fetcher" {
			required = append(required, "cookie_jar")
		}
		slices.Sort(required)
		if diff := cmp.Diff(want, required); diff != "" {
			t.Errorf("what Resolved%s requires (-want +got):\n%s", name, diff)
		}
	}
}

// Every example, default and x-default of a schema is valid by that schema.
func TestSchemaExamples(t *testing.T) {
	doc := document(t)
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	const url = "https://api.example/openapi.json"
	if err := c.AddResource(url, doc); err != nil {
		t.Fatal(err)
	}
	checked := 0
	walk(doc["components"].(object)["schemas"], "/components/schemas", func(pointer string, o object) {
		examples, _ := o["examples"].([]any)
		for _, name := range []string{"default", "x-default"} {
			if v, ok := o[name]; ok {
				examples = append(examples, v)
			}
		}
		if len(examples) == 0 {
			return
		}
		schema, err := c.Compile(url + "#" + pointer)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range examples {
			checked++
			if err := schema.Validate(v); err != nil {
				t.Errorf("%s: %v", pointer, err)
			}
		}
	})
	if checked < 20 {
		t.Errorf("%d examples were checked", checked)
	}
}

// Every operation describes what any request may be answered, by the service or by API Gateway
// before it, and errors have one shape.
func TestErrorsAreDescribed(t *testing.T) {
	doc := load(t)
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			for _, status := range strings.Fields("400 405 413 415 422 429 431 500 503") {
				if op.Responses.Value(status) == nil {
					t.Errorf("%s %s: no %s", method, path, status)
				}
			}
			for status, resp := range op.Responses.Map() {
				if status < "400" {
					continue
				}
				schema := resp.Value.Content.Get("application/json").Schema.Value
				if !slices.Contains(schema.Required, "message") {
					t.Errorf("%s %s %s: an error without a message", method, path, status)
				}
			}
		}
	}
	// Of the gateway's answers, which have neither a code nor headers of the service.
	for _, name := range strings.Fields("BadRequest Unauthorized Forbidden TooLarge Throttled HeaderTooLarge InternalError Unavailable") {
		resp := doc.Components.Responses[name].Value
		if slices.Contains(resp.Content.Get("application/json").Schema.Value.Required, "code") {
			t.Errorf("%s: API Gateway answers no code", name)
		}
		for header, h := range resp.Headers {
			if h.Value.Required {
				t.Errorf("%s: API Gateway does not answer the header %s", name, header)
			}
		}
	}
}
