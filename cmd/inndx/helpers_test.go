package main_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/inndx/runs/internal/dynamolocal"
	"github.com/inndx/runs/internal/export"
	"github.com/inndx/runs/internal/run"
)

// binary is the command, built once as a user would build it.
var binary string

func TestMain(m *testing.M) {
	// The command starts its own database. So do the tests that read a data folder.
	os.Unsetenv(dynamolocal.EndpointVariable)
	dir, err := os.MkdirTemp("", "inndx-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	binary = filepath.Join(dir, "inndx")
	args := append([]string{"build", "-buildvcs=false", "-o", binary}, raceFlags...)
	output, err := exec.Command("go", append(args, ".")...).CombinedOutput()
	code := 1
	if err != nil {
		fmt.Fprintf(os.Stderr, "build the command: %v\n%s", err, output)
	} else {
		code = m.Run()
	}
	os.RemoveAll(dir)
	os.Exit(code)
}

// patience bounds each wait of a test. It is long because several databases start at the same time,
// and the machine may be busy.
const patience = 3 * time.Minute

// A process is a running command.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	out    lockedBuffer
	errs   lockedBuffer
	exited chan struct{}
}

// command returns the command with the arguments. Of the variables that the command reads, its
// environment has only those in env, which are of the form NAME=value.
func command(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(binary, args...), exited: make(chan struct{})}
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		if !slices.Contains([]string{"PORT", "DATA_DIR", "DEFAULT_TENANT_ID", "CORS_ORIGINS", "RUN_RETENTION_DAYS", "CRAWL_MEMORY", "LOG_LEVEL", "LOG_FORMAT", "TABLE_NAME", "INNDX_URL", "INNDX_TOKEN"}, name) {
			p.cmd.Env = append(p.cmd.Env, v)
		}
	}
	p.cmd.Env = append(p.cmd.Env, env...)
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.errs
	return p
}

// start starts the process, and kills it at the end of the test.
func (p *process) start() *process {
	p.t.Helper()
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	go func() {
		p.cmd.Wait()
		close(p.exited)
	}()
	p.t.Cleanup(func() {
		p.cmd.Process.Kill()
		<-p.exited
		if p.t.Failed() {
			p.t.Logf("%v\nstdout:\n%s\nstderr:\n%s", p.cmd.Args[1:], p.out.String(), p.errs.String())
		}
	})
	return p
}

func (p *process) signal(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// wait waits for the end of the process and checks its exit code.
func (p *process) wait(code int) {
	p.t.Helper()
	select {
	case <-p.exited:
	case <-time.After(patience):
		p.t.Fatalf("%v is still running", p.cmd.Args[1:])
	}
	if got := p.cmd.ProcessState.ExitCode(); got != code {
		p.t.Fatalf("%v exited with code %d, want %d; stderr:\n%s", p.cmd.Args[1:], got, code, p.errs.String())
	}
}

// A lockedBuffer is a buffer for concurrent use.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// await waits until the condition holds.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited %s for %s", patience, what)
		}
	}
}

// A server is a running inndx serve.
type server struct {
	*process
	url string
}

// serve starts the whole service on a free port and waits until it is ready.
func serve(t *testing.T, env ...string) *server {
	t.Helper()
	s := &server{process: command(t, append([]string{"PORT=0"}, env...), "serve").start()}
	await(t, "the service to be ready", func() bool {
		select {
		case <-s.exited:
			t.Fatalf("the service ended: %s", s.errs.String())
		default:
		}
		_, rest, ok := strings.Cut(s.out.String(), "is ready at ")
		s.url, _, _ = strings.Cut(rest, "\n")
		return ok && s.url != ""
	})
	return s
}

// A response is the part of the API's responses that the tests read.
type response struct {
	ID         string
	Status     run.Status
	StopReason run.StopReason `json:"stop_reason"`
	State      export.State   // of an export
	Labels     map[string]string
	Progress   run.Progress
	Items      []response
	Run        *response
}

// call sends a request of the tenant acme, and checks the status of the response.
func (s *server) call(method, path, body string, want int) (a response) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("X-Tenant-Id", "acme")
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	if resp.StatusCode != want {
		s.t.Fatalf("%s %s: %d %s, want %d", method, path, resp.StatusCode, data, want)
	}
	if len(data) > 0 {
		if err := json.Unmarshal(data, &a); err != nil {
			s.t.Fatalf("%s %s: response %s: %v", method, path, data, err)
		}
	}
	return a
}

// startRun creates a job for the seed and its first run.
func (s *server) startRun(seed string) (job, id string) {
	s.t.Helper()
	body := fmt.Sprintf(`{"name": "test", "labels": {"team": "research"}, "config": %s}`, configFor(seed))
	created := s.call("POST", "/v1/jobs?create_run=true", body, 201)
	return created.ID, created.Run.ID
}

// configFor returns a configuration that crawls the host of the seed without delays.
func configFor(seed string) string {
	return fmt.Sprintf(`{"seeds": [{"kind": "static_list", "params": {"urls": [%q]}}], "policies": []}`, seed)
}

// awaitRun waits until the condition holds for the run, and returns the run.
func (s *server) awaitRun(id, what string, holds func(response) bool) (a response) {
	s.t.Helper()
	await(s.t, what, func() bool {
		a = s.call("GET", "/v1/runs/"+id, "", 200)
		return holds(a)
	})
	return a
}

// lines returns the lines of the text.
func lines(text string) (all []string) {
	for s := bufio.NewScanner(strings.NewReader(text)); s.Scan(); {
		all = append(all, s.Text())
	}
	return all
}

// manifestFile writes a manifest that crawls the seed, and returns its path.
func manifestFile(t testing.TB, seed string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "manifest.yaml")
	text := fmt.Sprintf("name: test\nlabels: {team: research}\nconfig:\n  seeds:\n    - kind: static_list\n      params: {urls: [%q]}\n  policies: []\n", seed)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// manifestWith writes a manifest with the configuration, and returns its path.
func manifestWith(t *testing.T, config string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "manifest.json")
	if err := os.WriteFile(path, []byte(`{"name": "test", "config": `+config+`}`), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// finished returns the run that the command printed.
func (p *process) finished() (a response) {
	p.t.Helper()
	if err := json.Unmarshal([]byte(p.out.String()), &a); err != nil {
		p.t.Fatalf("stdout is not a run: %v\n%s", err, p.out.String())
	}
	return a
}

// noFaults checks that the process logged no warning and no error.
func noFaults(t *testing.T, p *process) {
	t.Helper()
	for _, line := range lines(p.errs.String()) {
		var entry struct{ Level string }
		if json.Unmarshal([]byte(line), &entry) == nil && (entry.Level == "WARN" || entry.Level == "ERROR") {
			t.Errorf("logged: %s", line)
		}
	}
}

// control runs the command for the tenant acme of the service, checks its exit code, and returns its
// output.
func (s *server) control(code int, stdin string, args ...string) (out, errs string) {
	s.t.Helper()
	p := command(s.t, []string{"INNDX_URL=" + s.url, "DEFAULT_TENANT_ID=acme"}, args...)
	p.cmd.Stdin = strings.NewReader(stdin)
	p.start().wait(code)
	return p.out.String(), p.errs.String()
}
