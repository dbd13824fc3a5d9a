package openapi

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// TestValid checks that the description is valid OpenAPI 3.1, and that every example and default in
// it is valid by its schema, read as JSON Schema 2020-12.
func TestValid(t *testing.T) {
	if err := load(t).Validate(context.Background(), openapi3.EnableExamplesValidation()); err != nil {
		t.Fatal(err)
	}
}

// TestHeaderExamples checks the examples of headers, which TestValid does not read.
func TestHeaderExamples(t *testing.T) {
	for name, header := range load(t).Components.Headers {
		t.Run(name, func(t *testing.T) {
			if header.Value.Example == nil {
				t.Fatal("no example")
			}
			if err := header.Value.Schema.Value.VisitJSON(header.Value.Example, openapi3.EnableJSONSchema2020()); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestExamples checks that every body has an example and a schema that is a component, and that
// every operation has a code sample.
func TestExamples(t *testing.T) {
	for path, item := range load(t).Paths.Map() {
		for method, op := range item.Operations() {
			contents := map[string]openapi3.Content{}
			if op.RequestBody != nil {
				contents["request"] = op.RequestBody.Value.Content
			}
			for status, resp := range op.Responses.Map() {
				contents[status] = resp.Value.Content
			}
			t.Run(method+" "+path, func(t *testing.T) {
				for where, content := range contents {
					for _, media := range content {
						if len(media.Examples) == 0 {
							t.Errorf("%s: no example", where)
						}
						if media.Schema.Ref == "" {
							t.Errorf("%s: the schema is not a component", where)
						}
					}
				}
				if op.Extensions["x-codeSamples"] == nil {
					t.Error("no code sample")
				}
			})
		}
	}
}

// TestOperations checks that the description and the docs page have exactly the operations of the
// API.
func TestOperations(t *testing.T) {
	want := strings.Fields(`list-runs list-job-runs create-run get-run list-run-logs stream-run-events list-run-links list-run-edges get-run-metrics get-run-latency list-run-hosts delete-run pause-run resume-run stop-run
		list-jobs create-job get-job update-job delete-job list-artifacts get-artifact delete-artifact get-artifact-blob
		list-exports create-export get-export delete-export get-export-file
		get-openapi get-docs`)
	var got []string
	for _, item := range load(t).Paths.Map() {
		for _, op := range item.Operations() {
			got = append(got, op.OperationID)
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, id := range want {
		if !strings.Contains(string(Docs("")), `<section class="operation columns" id="`+id+`">`) {
			t.Errorf("the docs page lacks %s", id)
		}
	}
}

// TestSchemaExamples checks that every example, default and x-default of a schema is valid by that
// schema.
func TestSchemaExamples(t *testing.T) {
	doc := parse(t)
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
		t.Errorf("%d examples were checked, want at least 20", checked)
	}
}
