// Command gen generates openapi.json and docs.html from the openapi.yaml of the working directory.
// Both are committed, so that a fresh clone builds without this command and the functions that
// serve them contain no YAML or Markdown parser.
package main

import (
	"encoding/json"
	"log"
	"os"

	"github.com/goccy/go-yaml"
)

func main() {
	log.SetFlags(0)
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	source, err := os.ReadFile("openapi.yaml")
	if err != nil {
		return err
	}
	for name, generate := range generators {
		content, err := generate(source)
		if err != nil {
			return err
		}
		if err := os.WriteFile(name, content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// generators maps the name of each generated file to the function that generates it from
// openapi.yaml.
var generators = map[string]func(source []byte) ([]byte, error){
	"openapi.json": toJSON,
	"docs.html":    toHTML,
}

// toJSON returns the description as compact JSON.
func toJSON(source []byte) ([]byte, error) {
	var doc any
	if err := yaml.Unmarshal(source, &doc); err != nil {
		return nil, err
	}
	return json.Marshal(doc)
}
