// Package openapi holds the description of the HTTP API, openapi.yaml, and serves it as
// JSON and as a page for people.
package openapi

import (
	_ "embed"
	"encoding/json"
	"sync"

	"github.com/goccy/go-yaml"
)

//go:embed openapi.yaml
var source []byte

// JSON returns the description as an OpenAPI 3.1 document in JSON. The result is shared:
// do not change it.
var JSON = sync.OnceValue(func() []byte {
	var doc any
	if err := yaml.Unmarshal(source, &doc); err != nil {
		panic("openapi: " + err.Error())
	}
	text, err := json.Marshal(doc)
	if err != nil {
		panic("openapi: " + err.Error())
	}
	return text
})
