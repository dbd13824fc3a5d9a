// Package docs tests that the Markdown files of the repository name what exists.
package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

const root = "../"

func TestFilesExist(t *testing.T) {
	paths := regexp.MustCompile("`([a-z]+(?:/[a-z_]+)*/[a-z_]+\\.(?:go|ts|py|xml|yaml))`")
	each(t, func(t *testing.T, _, text string) {
		for _, m := range paths.FindAllStringSubmatch(text, -1) {
			if !exists(root+m[1]) && !exists(root+"internal/"+m[1]) {
				t.Errorf("%s does not exist", m[1])
			}
		}
	})
}

func TestLinksLeadSomewhere(t *testing.T) {
	links := regexp.MustCompile(`\]\(([^)#]*)(?:#([^)]*))?\)`)
	each(t, func(t *testing.T, file, text string) {
		for _, m := range links.FindAllStringSubmatch(text, -1) {
			target, anchor := filepath.Join(filepath.Dir(file), m[1]), m[2]
			switch {
			case strings.Contains(m[1], "://"):
				continue
			case m[1] == "":
				target = file
			case !exists(target):
				t.Errorf("%s does not exist", m[1])
				continue
			}
			if anchor != "" && !hasHeading(t, target, anchor) {
				t.Errorf("%s has no heading #%s", target, anchor)
			}
		}
	})
}

// A name such as run.Ref is exported by its package.
func TestIdentifiersExist(t *testing.T) {
	names := regexp.MustCompile("`([a-z]+)\\.([A-Z][A-Za-z]+)`")
	exported := map[string]map[string]bool{}
	each(t, func(t *testing.T, _, text string) {
		for _, m := range names.FindAllStringSubmatch(text, -1) {
			pkg, name := m[1], m[2]
			if exported[pkg] == nil {
				exported[pkg] = exports(t, pkg)
			}
			if !exported[pkg][name] {
				t.Errorf("package %s does not export %s", pkg, name)
			}
		}
	})
}

func TestLinesWrap(t *testing.T) {
	each(t, func(t *testing.T, _, text string) {
		code := false
		for i, line := range strings.Split(text, "\n") {
			if strings.HasPrefix(line, "```") {
				code = !code
			}
			if !code && utf8.RuneCountInString(line) > 100 && !strings.HasPrefix(line, "|") {
				t.Errorf("line %d has more than 100 characters", i+1)
			}
		}
	})
}

// each calls check in a subtest for every Markdown file.
func each(t *testing.T, check func(t *testing.T, file, text string)) {
	t.Helper()
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/adr/*.md", "examples/*.md"} {
		files, err := filepath.Glob(root + pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("no %s: %v", pattern, err)
		}
		for _, file := range files {
			t.Run(strings.TrimPrefix(file, root), func(t *testing.T) {
				text, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				check(t, file, string(text))
			})
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// hasHeading reports whether the file has a heading with the anchor that GitHub gives it.
func hasHeading(t *testing.T, file, anchor string) bool {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	drop := regexp.MustCompile(`[^\p{L}\p{N} _-]`)
	for _, m := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(string(text), -1) {
		if strings.ReplaceAll(drop.ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-") == anchor {
			return true
		}
	}
	return false
}

// exports returns what a package of internal or of the store exports.
func exports(t *testing.T, pkg string) map[string]bool {
	t.Helper()
	dir := root + "internal/" + pkg
	if !exists(dir) {
		dir = root + "internal/store/" + pkg
	}
	files, err := filepath.Glob(dir + "/*.go")
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range parsed.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				names[d.Name.Name] = true
			case *ast.GenDecl:
				for _, s := range d.Specs {
					switch s := s.(type) {
					case *ast.TypeSpec:
						names[s.Name.Name] = true
					case *ast.ValueSpec:
						for _, n := range s.Names {
							names[n.Name] = true
						}
					}
				}
			}
		}
	}
	return names
}
