// Package examples tests that the manifests and programs of this folder work.
package examples

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inndx/runs/internal/manifest"
	"github.com/inndx/runs/internal/pipeline"
)

func TestManifests(t *testing.T) {
	files, err := filepath.Glob("manifests/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no manifests: %v", err)
	}
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			m, err := manifest.Parse(file, data, pipeline.CheckConfig)
			if err != nil {
				t.Fatal(err)
			}
			if len(m.Config.Resolve().Seeds) == 0 {
				t.Error("it has no seeds")
			}
			if !strings.Contains(string(readme), "("+file+")") {
				t.Error("README.md does not list it")
			}
		})
	}
}
