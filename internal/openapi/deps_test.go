package openapi

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestFunctionsGenerateNothing checks that the functions that serve the description contain none of
// what generates it.
func TestFunctionsGenerateNothing(t *testing.T) {
	// The Makefile builds functions with this tag. Without it aws-lambda-go includes net/rpc, which
	// includes html/template.
	args := []string{"list", "-deps", "-tags", "lambda.norpc", "../../functions/get-docs", "../../functions/get-openapi"}
	out, err := exec.CommandContext(t.Context(), "go", args...).Output()
	if err != nil {
		t.Fatal(err)
	}
	deps := strings.Fields(string(out))
	if !slices.Contains(deps, "github.com/inndx/runs/internal/openapi") {
		t.Fatal("the functions do not serve the description")
	}
	for _, generator := range []string{"github.com/goccy/go-yaml", "github.com/yuin/goldmark", "html/template", "text/template"} {
		if slices.Contains(deps, generator) {
			t.Errorf("they contain %s", generator)
		}
	}
}
