//go:build clients

// Package clients tests the libraries of clients/, and clients that other generators make from the
// API's description. Each folder of testdata has a program that calls the service through one
// generated client. The tests need Go, Python 3, npm and the package registries.
package clients

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/inndx/runs/internal/local"
	"github.com/inndx/runs/internal/openapi"
)

// site serves /pages/ with links to five pages, /broken/ with links to a page and to a missing one, and
// /endless/N with a link to N+1.
func site(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html")
	switch n, endless := strings.CutPrefix(r.URL.Path, "/endless/"); {
	case r.URL.Path == "/pages/":
		for i := range 5 {
			fmt.Fprintf(w, "<a href=%d>page</a> ", i+1)
		}
	case r.URL.Path == "/broken/":
		fmt.Fprint(w, `<a href="page">page</a> <a href="missing">missing</a>`)
	case endless:
		n, _ := strconv.Atoi(n)
		fmt.Fprintf(w, "<a href=/endless/%d>next</a>", n+1)
	case r.URL.Path == "/robots.txt", r.URL.Path == "/broken/missing":
		http.NotFound(w, r)
	}
}

// gateway sends the errors of API Gateway: only a message, without the service's headers. The
// tenant is the status. The response for a run has members that the description lacks, as those of
// later versions of the service may.
func gateway(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	if strings.HasPrefix(r.URL.Path, "/v1/runs/") {
		w.Header().Set("X-Request-Id", "later")
		w.Write(laterRun())
		return
	}
	status, err := strconv.Atoi(r.Header.Get("X-Tenant-Id"))
	if err != nil {
		status = http.StatusBadRequest
	}
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"message":%q}`, http.StatusText(status))
}

// laterRun returns the description's example of a run with an additional member in each object.
func laterRun() []byte {
	var doc struct {
		Components struct {
			Examples struct {
				RunningRun struct{ Value map[string]any }
			}
		}
	}
	if err := json.Unmarshal(openapi.JSON(), &doc); err != nil {
		panic(err)
	}
	run := doc.Components.Examples.RunningRun.Value
	config := run["config"].(map[string]any)
	for _, object := range []any{run, run["progress"], config, config["speed"], config["fetcher"], config["traps"]} {
		object.(map[string]any)["later"] = true
	}
	text, err := json.Marshal(run)
	if err != nil {
		panic(err)
	}
	return text
}

func TestClients(t *testing.T) {
	c := start(t)
	t.Run("ogen", func(t *testing.T) {
		c := c.in(t, "ogen")
		c.run("go", "tool", "ogen", "-target", "api", "-package", "api", "-clean", "openapi.yaml")
		c.run("go", "vet", ".")
		c.run("go", "test", "-count=1", "-v", ".")
	})
	t.Run("openapi-generator", func(t *testing.T) {
		c, bin := c.in(t, "openapi-generator"), venv(t, "openapi-generator")
		c.run(bin+"openapi-generator-cli", "generate", "-g", "python", "-i", "openapi.yaml", "--package-name", "api", "-o", ".")
		c.run(bin+"python", "-m", "compileall", "-q", "api")
		c.run(bin+"python", "-m", "unittest", "-v", "test_client.py")
	})
}

// start starts the service, a site, and a gateway. The programs that the client runs have their URLs
// in the environment.
func start(t *testing.T) client {
	t.Helper()
	service, err := local.Start(t.Context(), local.Options{Addr: "127.0.0.1:0", Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { service.Stop() })
	pages := httptest.NewServer(http.HandlerFunc(site))
	t.Cleanup(pages.Close)
	edge := httptest.NewServer(http.HandlerFunc(gateway))
	t.Cleanup(edge.Close)
	return client{t: t, env: []string{"SERVICE_URL=" + service.URL, "SITE_URL=" + pages.URL, "GATEWAY_URL=" + edge.URL}}
}

// venv returns the folder of the commands in the Python environment that localstack/venv makes.
func venv(t *testing.T, name string) string {
	return output(t, "../../localstack/venv", name) + "/bin/"
}

// output returns the line that a command prints.
func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// A client is a folder in which programs run that call the service.
type client struct {
	t   *testing.T
	dir string
	env []string
}

// in copies the folder of a generator and openapi.yaml for a subtest.
func (c client) in(t *testing.T, name string) client {
	t.Helper()
	c.t, c.dir = t, t.TempDir()
	if err := os.CopyFS(c.dir, os.DirFS(filepath.Join("testdata", name))); err != nil {
		t.Fatal(err)
	}
	spec, err := os.ReadFile("../openapi/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(c.dir, "openapi.yaml"), spec, 0o644); err != nil {
		t.Fatal(err)
	}
	return c
}

// run runs a command in the folder, logs its output, and ends the test if it fails.
func (c client) run(name string, args ...string) string {
	c.t.Helper()
	cmd := exec.CommandContext(c.t.Context(), name, args...)
	cmd.Dir, cmd.Env = c.dir, append(os.Environ(), c.env...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	c.t.Logf("%s\n%s", cmd, &out)
	if err != nil {
		c.t.Fatalf("%s: %v", cmd, err)
	}
	return out.String()
}
