// Command expand prints template.yaml as JSON, with its loops expanded, for tools that cannot
// expand them.
//
//	go run ./localstack/expand
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/inndx/runs/internal/deploy/template"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	data, err := os.ReadFile("template.yaml")
	if err != nil {
		return err
	}
	t, err := template.Parse(data)
	if err != nil {
		return err
	}
	if t, err = template.Expand(t); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(t)
}
