package crawl

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inndx/runs/internal/crawllog"
)

// The log has exactly the reasons that the engine can give.
func TestReasonsAreThoseOfTheLog(t *testing.T) {
	given := slices.Collect(maps.Keys(filterKinds))
	given = append(given, stringConstants(t, ".", func(name, _ string) bool {
		return strings.HasPrefix(name, "reason")
	})...)
	given = append(given, stringConstants(t, "../fetch", func(name, typ string) bool {
		// RobotsUnavailable and Canceled are not recorded.
		return typ == "Reason" && name != "RobotsUnavailable" && name != "Canceled"
	})...)
	given = append(given, stringConstants(t, "../pipeline", func(name, _ string) bool {
		return strings.HasPrefix(name, "reason")
	})...)
	given = append(given, stringConstants(t, "../crawllog", func(name, _ string) bool {
		return strings.HasPrefix(name, "Reason")
	})...)
	slices.Sort(given)
	known := crawllog.Reasons()
	slices.Sort(known)
	if diff := cmp.Diff(known, slices.Compact(given)); diff != "" {
		t.Errorf("(-the log's list +what the engine can give):\n%s", diff)
	}
}

// stringConstants returns the values of the constants in a folder whose name and type are wanted.
func stringConstants(t *testing.T, dir string, wanted func(name, typ string) bool) (values []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range parsed.Decls {
			group, ok := d.(*ast.GenDecl)
			if !ok || group.Tok != token.CONST {
				continue
			}
			for _, s := range group.Specs {
				spec := s.(*ast.ValueSpec)
				typ := ""
				if named, ok := spec.Type.(*ast.Ident); ok {
					typ = named.Name
				}
				for i, name := range spec.Names {
					if !wanted(name.Name, typ) {
						continue
					}
					literal, ok := spec.Values[i].(*ast.BasicLit)
					if !ok {
						t.Fatalf("%s: the constant %s is not written as a string", file, name)
					}
					value, err := strconv.Unquote(literal.Value)
					if err != nil {
						t.Fatal(err)
					}
					values = append(values, value)
				}
			}
		}
	}
	return values
}
