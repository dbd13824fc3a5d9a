// Command generate generates what the client libraries in clients/ have of the API's description. It
// runs in the root of the repository, and needs Go, Python 3, npm and the package registries.
//
// With the argument of a folder it writes there, under the same paths.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/inndx/runs/internal/openapi"
)

func main() {
	log.SetFlags(0)
	out := "."
	if len(os.Args) > 1 {
		out = os.Args[1]
	}
	if err := generate(".", out); err != nil {
		log.Fatal(err)
	}
}

// generate generates all libraries into the folder out. Root is the repository's.
func generate(root, out string) error {
	root, err := filepath.Abs(root)
	if err != nil {
		return err
	}
	if out, err = filepath.Abs(out); err != nil {
		return err
	}
	work, err := os.MkdirTemp("", "clients-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	reduced, err := reduce(openapi.JSON())
	if err != nil {
		return err
	}
	g := generator{root: root, out: out, work: work}
	if g.description, err = g.write("openapi.json", reduced); err != nil {
		return err
	}
	tolerateKinds(reduced)
	if g.tolerant, err = g.write("tolerant.json", reduced); err != nil {
		return err
	}
	for _, library := range []func() error{g.goLibrary, g.pythonLibrary, g.typescriptLibrary} {
		if err := library(); err != nil {
			return err
		}
	}
	return nil
}

type generator struct {
	root, out, work string
	// The files of the reduced description, and of the one for Python.
	description, tolerant string
}

func (g generator) goLibrary() error {
	made := filepath.Join(g.work, "client.gen.go")
	err := g.run(g.root, "go", "tool", "-modfile=tools/go.mod", "oapi-codegen",
		"-config", "clients/go/oapi-codegen.yaml", "-o", made, g.description)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(made)
	if err != nil {
		return err
	}
	// The package has its comment in doc.go.
	first, rest, _ := strings.Cut(string(text), "\n")
	if !strings.HasPrefix(first, "// Package ") {
		return fmt.Errorf("oapi-codegen begins with %q", first)
	}
	return writeFile(filepath.Join(g.out, "clients/go/client.gen.go"), []byte(strings.TrimPrefix(rest, "//\n")))
}

func (g generator) pythonLibrary() error {
	venv, err := g.output("localstack/venv", "openapi-python-client")
	if err != nil {
		return err
	}
	made := filepath.Join(g.work, "inndx_runs")
	config := filepath.Join(g.root, "clients/python")
	// The generator runs ruff, which is beside it.
	err = g.run(g.work, "env", "PATH="+venv+"/bin:"+os.Getenv("PATH"), "openapi-python-client", "generate",
		"--path", g.tolerant, "--config", config+"/openapi-python-client.yaml", "--custom-template-path", config+"/templates",
		"--meta", "none", "--output-path", made, "--fail-on-warning")
	if err != nil {
		return err
	}
	target := filepath.Join(g.out, "clients/python/inndx_runs")
	for _, generated := range []string{"api", "models"} {
		if err := os.RemoveAll(filepath.Join(target, generated)); err != nil {
			return err
		}
	}
	return copyTree(target, made)
}

func (g generator) typescriptLibrary() error {
	packages, err := g.output("tools/npm-packages", "clients/typescript")
	if err != nil {
		return err
	}
	target := filepath.Join(g.out, "clients/typescript")
	source := filepath.Join(packages, "work")
	if err := os.RemoveAll(source); err != nil {
		return err
	}
	if err := copyTree(filepath.Join(source, "src"), filepath.Join(g.root, "clients/typescript/src")); err != nil {
		return err
	}
	config, err := os.ReadFile(filepath.Join(g.root, "clients/typescript/tsconfig.json"))
	if err != nil {
		return err
	}
	if err := writeFile(filepath.Join(source, "tsconfig.json"), config); err != nil {
		return err
	}
	path := "PATH=" + packages + "/node_modules/.bin:" + os.Getenv("PATH")
	if err := g.run(source, "env", path, "openapi-typescript", g.description, "--output", "schema.d.ts"); err != nil {
		return err
	}
	if err := g.run(source, "env", path, "tsc", "--project", "."); err != nil {
		return err
	}
	schema, err := os.ReadFile(filepath.Join(source, "schema.d.ts"))
	if err != nil {
		return err
	}
	if err := writeFile(filepath.Join(target, "schema.d.ts"), schema); err != nil {
		return err
	}
	if err := os.RemoveAll(filepath.Join(target, "dist")); err != nil {
		return err
	}
	return copyTree(filepath.Join(target, "dist"), filepath.Join(source, "dist"))
}

// write writes a description to a file of the working folder and returns its path.
func (g generator) write(name string, description object) (string, error) {
	text, err := json.Marshal(description)
	if err != nil {
		return "", err
	}
	path := filepath.Join(g.work, name)
	return path, os.WriteFile(path, text, 0o600)
}

// run runs a command in a folder. Its output is that of the error if it fails.
func (g generator) run(dir, name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", cmd, err, out)
	}
	return nil
}

// output returns the line that a command prints in the root.
func (g generator) output(name string, args ...string) (string, error) {
	cmd := exec.Command(filepath.Join(g.root, name), args...)
	cmd.Dir, cmd.Stderr = g.root, os.Stderr
	out, err := cmd.Output()
	return string(bytes.TrimSpace(out)), err
}

func writeFile(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, content, 0o644)
}

// copyTree copies the files of a folder over those of another.
func copyTree(target, source string) error {
	return fs.WalkDir(os.DirFS(source), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(filepath.Join(source, path))
		if err != nil {
			return err
		}
		return writeFile(filepath.Join(target, path), content)
	})
}
