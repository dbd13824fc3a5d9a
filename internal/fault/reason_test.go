package fault

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"testing"
)

// Every kind has a reason, and every declared reason belongs to one kind.
func TestReasonsBelongToKinds(t *testing.T) {
	for k := Internal; k <= Unavailable; k++ {
		if len(reasons[k]) == 0 {
			t.Errorf("kind %d has no reason", k)
		}
	}
	file, err := parser.ParseFile(token.NewFileSet(), "reason.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	declared := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) == 0 {
			return true
		}
		if typed, ok := spec.Type.(*ast.Ident); !ok || typed.Name != "Reason" {
			return true
		}
		text, _ := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		declared++
		kind, ok := kinds[Reason(text)]
		if !ok || !slices.Contains(reasons[kind], Reason(text)) {
			t.Errorf("%s belongs to no kind", text)
		}
		if !regexp.MustCompile(`^[a-z][a-z_]*$`).MatchString(text) {
			t.Errorf("%q is not in snake case", text)
		}
		return true
	})
	if declared != len(kinds) || len(Reasons()) != declared-1 {
		t.Errorf("%d reasons are declared, %d have a kind, %d may be in a response", declared, len(kinds), len(Reasons()))
	}
}

func TestReasonOf(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want Reason
	}{
		{Because(ReasonExists, "m"), ReasonExists},
		{fmt.Errorf("wrapped: %w", Because(ReasonNoSuchRun, "m")), ReasonNoSuchRun},
		{New(Throttled, "m"), ReasonStoreThrottled},
		{errors.New("m"), ReasonInternal},
	} {
		t.Run(string(tt.want), func(t *testing.T) {
			if got := ReasonOf(tt.err); got != tt.want {
				t.Errorf("%v: got %s, want %s", tt.err, got, tt.want)
			}
		})
	}
	if e := Because(ReasonExclusive, "a %d", 1); e.Kind != Conflict || e.Message != "a 1" {
		t.Errorf("got %+v", e)
	}
}
