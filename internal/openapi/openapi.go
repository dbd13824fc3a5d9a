// Package openapi contains the description of the HTTP API, openapi.yaml, and two files that are
// generated from it: openapi.json for programs and docs.html for people.
package openapi

import (
	"bytes"
	_ "embed"
)

//go:generate go run ./gen

//go:embed openapi.json
var description []byte

//go:embed docs.html
var docs []byte

// sampleURL is the address that the curl lines of openapi.yaml call: that of the service on one
// machine.
const sampleURL = "http://localhost:8022"

// JSON returns the description as an OpenAPI 3.1 document in JSON. The result is shared and must
// not be changed.
func JSON() []byte { return description }

// Docs returns the description as an HTML page. Its curl lines call the API at base, a URL without
// a trailing slash, or at sampleURL if base is empty. Base must not contain characters that have a
// meaning in HTML or between a shell's quotes. The page loads nothing: no script, font, style or
// image. The result may be shared and must not be changed.
func Docs(base string) []byte {
	if base == "" || base == sampleURL {
		return docs
	}
	return bytes.ReplaceAll(docs, []byte(sampleURL), []byte(base))
}
