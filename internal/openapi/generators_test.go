package openapi

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestGeneratorRules checks that the description uses only what client generators support. When a
// rule was broken, at least one generator made a client that did not compile or did not work.
func TestGeneratorRules(t *testing.T) {
	doc := parse(t)
	schemas := doc["components"].(object)["schemas"].(object)
	walk(schemas, "", func(pointer string, o object) {
		if o["type"] == "array" && o["items"] == nil {
			t.Errorf("%s: an array without items", pointer)
		}
		if o["format"] != nil && o["pattern"] != nil {
			t.Errorf("%s: a pattern and a format: clients map a format to a type without patterns", pointer)
		}
		if o["default"] != nil {
			t.Errorf("%s: a default, which clients send or require: name it x-default", pointer)
		}
		if o["type"] == "object" && o["properties"] != nil && strings.Count(pointer, "/") > 1 && !strings.HasPrefix(pointer, "/Document/") {
			t.Errorf("%s: an object without a name", pointer)
		}
		if all, ok := o["allOf"].([]any); ok {
			t.Errorf("%s: an allOf of %d: put the description next to the $ref", pointer, len(all))
		}
		if kind, ok := o["oneOf"].([]any); ok && o["discriminator"] == nil && len(kind) == 2 && kind[1].(object)["type"] != "null" {
			t.Errorf("%s: a oneOf without a discriminator", pointer)
		}
	})
	for name := range schemas {
		if strings.HasPrefix(name, "New") {
			t.Errorf("%s: the name of a constructor in Go clients", name)
		}
	}
	walk(doc["components"].(object)["parameters"], "", func(pointer string, o object) {
		if name, ok := o["name"].(string); ok && strings.ContainsAny(name, "[]") {
			t.Errorf("%s: %s is not an identifier", pointer, name)
		}
	})
}

// TestNoAnchors checks that openapi.yaml has no YAML anchors, because ogen parses it in fragments,
// in which anchors of other fragments are unknown.
func TestNoAnchors(t *testing.T) {
	source, err := os.ReadFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if found := regexp.MustCompile(`(?m)(:|-) [&*]\w+( .*)?$`).FindAll(source, -1); len(found) > 0 {
		t.Errorf("there are anchors: %q", found)
	}
}

// TestResolvedSchemas checks that a resolved schema has every property of the schema that it
// resolves, and requires all of them except those that earlier versions of the service do not know
// (see config.Fetcher).
func TestResolvedSchemas(t *testing.T) {
	schemas := parse(t)["components"].(object)["schemas"].(object)
	optional := map[string][]string{
		"Config":  strings.Fields("ranker mutators pipelines external record"),
		"Fetcher": strings.Fields("cookie_jar headers basic_auth bearer cookies proxy accept_language middleware"),
	}
	for _, name := range []string{"Config", "Speed", "Fetcher", "Traps"} {
		t.Run(name, func(t *testing.T) {
			given, resolved := schemas[name].(object), schemas["Resolved"+name].(object)
			properties := maps.Clone(given["properties"].(object))
			if name == "Config" {
				for name, part := range map[string]string{"speed": "Speed", "fetcher": "Fetcher", "traps": "Traps"} {
					properties[name] = object{"$ref": "#/components/schemas/Resolved" + part}
				}
			}
			if diff := cmp.Diff(properties, resolved["properties"]); diff != "" {
				t.Errorf("properties (-want +got):\n%s", diff)
			}
			want := slices.Sorted(maps.Keys(properties))
			var required []string
			for _, r := range resolved["required"].([]any) {
				required = append(required, r.(string))
			}
			required = append(required, optional[name]...)
			slices.Sort(required)
			if diff := cmp.Diff(want, required); diff != "" {
				t.Errorf("required (-want +got):\n%s", diff)
			}
		})
	}
}

// TestErrorsAreDescribed checks that every operation describes the errors that any request may get
// from the service or from API Gateway, and that every error has a message.
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
					t.Errorf("%s %s %s: a message is not required", method, path, status)
				}
			}
		}
	}
	// Errors of API Gateway have no code and none of the service's headers.
	for _, name := range strings.Fields("BadRequest Unauthorized Forbidden TooLarge Throttled HeaderTooLarge InternalError Unavailable") {
		resp := doc.Components.Responses[name].Value
		if slices.Contains(resp.Content.Get("application/json").Schema.Value.Required, "code") {
			t.Errorf("%s: the code is required, but API Gateway sends none", name)
		}
		for header, h := range resp.Headers {
			if h.Value.Required {
				t.Errorf("%s: the header %s is required, but API Gateway does not send it", name, header)
			}
		}
	}
}
