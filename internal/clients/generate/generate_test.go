//go:build clients

package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inndx/runs/internal/openapi"
)

// TestUpToDate checks that the committed files are those that openapi.yaml generates, and that there
// is no other file among them.
func TestUpToDate(t *testing.T) {
	const root = "../../.."
	made := t.TempDir()
	if err := generate(root, made); err != nil {
		t.Fatal(err)
	}
	want := files(t, made)
	for name, content := range want {
		if got, err := os.ReadFile(filepath.Join(root, name)); err != nil || string(got) != content {
			t.Errorf("%s is out of date: run make clients (%v)", name, err)
		}
	}
	for _, folder := range []string{"clients/python/inndx_runs/api", "clients/python/inndx_runs/models", "clients/typescript/dist"} {
		for name := range files(t, filepath.Join(root, folder)) {
			if _, ok := want[filepath.Join(folder, name)]; !ok && !strings.HasSuffix(name, ".pyc") {
				t.Errorf("%s is not generated any more: run make clients", filepath.Join(folder, name))
			}
		}
	}
}

// TestVersions checks that the libraries have the version of the API.
func TestVersions(t *testing.T) {
	var description struct{ Info struct{ Version string } }
	if err := json.Unmarshal(openapi.JSON(), &description); err != nil {
		t.Fatal(err)
	}
	for name, format := range map[string]string{
		"python/pyproject.toml":        "\nversion = %q\n",
		"typescript/package.json":      "\n  \"version\": %q,\n",
		"typescript/package-lock.json": "\n  \"version\": %q,\n",
	} {
		text, err := os.ReadFile("../../../clients/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprintf(format, description.Info.Version); !strings.Contains(string(text), want) {
			t.Errorf("clients/%s lacks %q", name, want)
		}
	}
}

// files returns the content of the files below a folder by their path.
func files(t *testing.T, folder string) map[string]string {
	t.Helper()
	contents := map[string]string{}
	err := fs.WalkDir(os.DirFS(folder), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(filepath.Join(folder, path))
		contents[path] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return contents
}
