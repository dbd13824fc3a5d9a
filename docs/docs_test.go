// Package docs tests that the Markdown files of the repository name what exists.
package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
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

// elsewhere lists the words in code that no source file has: those of the examples in the recipes,
// the beginnings of names, and variables that crawls ignore.
const elsewhere = `get-run-config max_query MaxQueryFilter MaxQueryParams
	seed_ start_ stop_ policy_ created_ started_ finished_
	HTTPS_PROXY ALL_PROXY`

// A word in code, such as classify, TestOperations or publish-changes, occurs in a source file.
func TestWordsOccur(t *testing.T) {
	words := regexp.MustCompile("`([A-Za-z][A-Za-z0-9_]*(?:-[a-z0-9]+)*)`")
	known := sourceWords(t)
	for word := range strings.FieldsSeq(elsewhere) {
		known[word] = true
	}
	each(t, func(t *testing.T, _, text string) {
		for _, m := range words.FindAllStringSubmatch(text, -1) {
			if !known[m[1]] {
				t.Errorf("no source file has the word %s", m[1])
			}
		}
	})
}

func TestMakeTargetsExist(t *testing.T) {
	makefile, err := os.ReadFile(root + "Makefile")
	if err != nil {
		t.Fatal(err)
	}
	// In a line of prose the command is in code, and in a block it begins the line.
	commands := regexp.MustCompile("(?m)(?:`|^ {4})make\\s+([a-z/-]+)")
	each(t, func(t *testing.T, _, text string) {
		for _, m := range commands.FindAllStringSubmatch(text, -1) {
			if !regexp.MustCompile(`(?m)^(?:[a-z0-9_/-]+ )*` + m[1] + `[ :]`).Match(makefile) {
				t.Errorf("the Makefile has no target %s", m[1])
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
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/adr/*.md", "examples/*.md", "clients/*/*.md"} {
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

// sourceWords returns the words of the source files, as TestWordsOccur reads them.
func sourceWords(t *testing.T) map[string]bool {
	t.Helper()
	words := regexp.MustCompile(`[A-Za-z][A-Za-z0-9_]*(?:-[a-z0-9]+)*`)
	source := regexp.MustCompile(`(\.(go|mod|ya?ml|toml|py|ts|txt|json)|/Makefile)$`)
	skipped := map[string]bool{"build": true, "docs": true, ".cache": true, ".git": true, ".data": true}
	known := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && skipped[d.Name()]:
			return fs.SkipDir
		case d.IsDir() || !source.MatchString(path):
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, w := range words.FindAllString(string(text), -1) {
			known[w] = true
			for part := range strings.SplitSeq(w, "-") {
				known[part] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return known
}
