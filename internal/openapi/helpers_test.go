package openapi

import (
	"bytes"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

var loadOnce = sync.OnceValues(func() (*openapi3.T, error) {
	return openapi3.NewLoader().LoadFromData(JSON())
})

// load returns the description as kin-openapi models it.
func load(t *testing.T) *openapi3.T {
	t.Helper()
	doc, err := loadOnce()
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// object is a JSON object of the description.
type object = map[string]any

// parse returns the description as plain JSON values.
func parse(t *testing.T) object {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(JSON()))
	if err != nil {
		t.Fatal(err)
	}
	return doc.(object)
}

// walk calls visit for every object in v with its JSON pointer.
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

// at returns the value at a path of names in v, and reports an error if it is missing.
func at(t *testing.T, v any, path string) any {
	t.Helper()
	for name := range strings.SplitSeq(path, "/") {
		m, _ := v.(object)
		v = m[name]
	}
	if v == nil {
		t.Errorf("nothing at %s", path)
	}
	return v
}
