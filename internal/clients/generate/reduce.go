package main

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
)

type object = map[string]any

// reduce returns the part of the API's description, a document in JSON, from which the client
// libraries are generated. It lacks:
//
//   - Responses without success. The libraries return every error of every operation as one type,
//     so the generated code need not decode fourteen for each operation. That code would be half of
//     the library in Go.
//   - Headers of responses, and the headers of requests that belong to the connection or would lead
//     to a response without success.
//   - The operations of the tag Service, which serve the description itself, and the stream of
//     events, of which the generators would read the end before they return the beginning.
//   - Examples, and default values of parameters, which the client in Python would send.
//
// The filter by labels gets a name, so that it is the same type for each list. Lists and maps that
// may be omitted get the extensions with which oapi-codegen tells an empty one from none.
func reduce(description []byte) (object, error) {
	var doc struct {
		OpenAPI    string            `json:"openapi"`
		Info       object            `json:"info"`
		Servers    any               `json:"servers"`
		Tags       []object          `json:"tags"`
		Paths      map[string]object `json:"paths"`
		Components map[string]object `json:"components"`
	}
	if err := json.Unmarshal(description, &doc); err != nil {
		return nil, err
	}
	// The introduction is about HTTP. It would be the comment of a package.
	delete(doc.Info, "description")
	for path, item := range doc.Paths {
		for method, operation := range item {
			if method == "parameters" {
				continue
			}
			operation := operation.(object)
			if tags := operation["tags"].([]any); tags[0] == "Service" || operation["operationId"] == "stream-run-events" {
				delete(doc.Paths, path)
				continue
			}
			if err := keepSuccess(operation["responses"].(object)); err != nil {
				return nil, err
			}
			dropParameters(operation)
		}
		dropParameters(item)
	}
	for _, name := range []string{"Error", "GatewayError", "InvalidError", "Document", "DocumentPage"} {
		delete(doc.Components["schemas"], name)
	}
	for name, response := range doc.Components["responses"] {
		delete(response.(object), "headers")
		if !strings.Contains(mustJSON(doc.Paths), "#/components/responses/"+name+`"`) {
			delete(doc.Components["responses"], name)
		}
	}
	delete(doc.Components, "examples")
	labels := doc.Components["parameters"]["Labels"].(object)
	doc.Components["schemas"]["LabelFilter"] = labels["schema"]
	labels["schema"] = object{"$ref": "#/components/schemas/LabelFilter"}

	var reduced object
	if err := json.Unmarshal([]byte(mustJSON(doc)), &reduced); err != nil {
		return nil, err
	}
	withoutExamples(reduced)
	markContainers(reduced)
	return reduced, nil
}

// tolerateKinds adds an alternative to each union that is told by a kind: an object of any kind.
// Otherwise a client in Python, unlike the other ones, fails to decode what a later version adds.
func tolerateKinds(reduced object) {
	schemas := reduced["components"].(object)["schemas"].(object)
	for _, schema := range schemas {
		if schema := schema.(object); schema["discriminator"] != nil {
			schema["oneOf"] = append(schema["oneOf"].([]any), object{"$ref": "#/components/schemas/OtherKind"})
		}
	}
	schemas["OtherKind"] = object{
		"description":          "A part of a configuration whose kind a later version of the service added.",
		"type":                 "object",
		"required":             []string{"kind"},
		"properties":           object{"kind": object{"type": "string"}},
		"additionalProperties": true,
	}
}

// keepSuccess deletes the responses whose status is not 2xx.
func keepSuccess(responses object) error {
	for status := range responses {
		code, err := strconv.Atoi(status)
		if err != nil {
			return fmt.Errorf("the response %s: %w", status, err)
		}
		if code >= 300 {
			delete(responses, status)
		} else if response := responses[status].(object); response["headers"] != nil {
			delete(response, "headers")
		}
	}
	return nil
}

// dropParameters deletes the references to parameters that a caller sets for the whole client, or by
// means of the HTTP library.
func dropParameters(owner object) {
	parameters, ok := owner["parameters"].([]any)
	if !ok {
		return
	}
	owner["parameters"] = slices.DeleteFunc(parameters, func(parameter any) bool {
		ref, _ := parameter.(object)["$ref"].(string)
		return slices.Contains([]string{"TenantId", "RequestId", "IfNoneMatch"}, path.Base(ref))
	})
}

// markContainers marks every list and every map of a part of a description, and every property that
// is one, for oapi-codegen: a nil one is omitted and an empty one is not.
func markContainers(part any) {
	switch part := part.(type) {
	case object:
		if part["type"] == "array" || part["type"] == "object" && part["properties"] == nil && part["additionalProperties"] != nil {
			part["x-go-type-skip-optional-pointer"] = true
			part["x-omitempty"] = false
			part["x-omitzero"] = true
		}
		for _, value := range part {
			markContainers(value)
		}
	case []any:
		for _, value := range part {
			markContainers(value)
		}
	}
}

// withoutExamples deletes examples and default values from a part of a description. A schema's
// properties are described by objects, so one that is named example stays.
func withoutExamples(part any) {
	switch part := part.(type) {
	case object:
		for _, name := range []string{"example", "examples", "default", "x-codeSamples"} {
			if o, ok := part[name].(object); !ok || o["type"] == nil && o["$ref"] == nil {
				delete(part, name)
			}
		}
		for _, value := range part {
			withoutExamples(value)
		}
	case []any:
		for _, value := range part {
			withoutExamples(value)
		}
	}
}

// mustJSON encodes a value that was decoded from JSON.
func mustJSON(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(text)
}
