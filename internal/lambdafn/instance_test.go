package lambdafn

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
)

// maxPayload is Lambda's bound, in bytes, on an event and on a response. See
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html.
const maxPayload = 6 << 20

// bootstraps returns the folder of the functions' binaries. It is FUNCTIONS_DIR or, if that is not
// set, a temporary folder, in which it builds the named functions as the Makefile does.
func bootstraps(t *testing.T, names ...string) string {
	t.Helper()
	if dir := os.Getenv("FUNCTIONS_DIR"); dir != "" {
		return dir
	}
	dir := t.TempDir()
	for _, name := range names {
		build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-buildvcs=false", "-tags", "lambda.norpc",
			"-ldflags=-s -w", "-o", filepath.Join(dir, name, "bootstrap"), "./functions/"+name)
		build.Dir, build.Env = root, append(os.Environ(), "CGO_ENABLED=0")
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("build %s: %v\n%s", name, err, out)
		}
	}
	return dir
}

// An instance is a process of a function, with a server of the Lambda Runtime API. It handles one
// event at a time. See https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html.
type instance struct {
	name      string
	cmd       *exec.Cmd
	api       *httptest.Server
	events    chan invocation
	responses chan invoked
	exited    chan struct{} // closed when the process has ended
	log       bytes.Buffer  // complete when the process has ended
	began     time.Time
	once      sync.Once
	startup   time.Duration // until the first request for an event
}

type invocation struct {
	event    []byte
	deadline time.Time
	trace    string // X-Amzn-Trace-Id, or empty
}

type invoked struct {
	payload []byte
	err     error
}

// startInstance starts the binary of the function in dir. The process ends with the test.
func startInstance(t *testing.T, dir, name string, env []string) *instance {
	t.Helper()
	f := &instance{
		name: name, events: make(chan invocation), responses: make(chan invoked), exited: make(chan struct{}), began: time.Now(),
	}
	f.api = httptest.NewServer(http.HandlerFunc(f.serve))
	f.cmd = exec.Command(filepath.Join(dir, name, "bootstrap"))
	f.cmd.Env = slices.Concat(env, []string{
		"AWS_LAMBDA_RUNTIME_API=" + strings.TrimPrefix(f.api.URL, "http://"), "AWS_LAMBDA_FUNCTION_NAME=" + name,
	})
	f.cmd.Stdout, f.cmd.Stderr = &f.log, &f.log
	if err := f.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		f.cmd.Wait()
		close(f.exited)
	}()
	t.Cleanup(func() {
		if f.stop(); t.Failed() {
			t.Logf("%s logged:\n%s", name, &f.log)
		}
	})
	return f
}

// stop ends the process and waits until its log is complete.
func (f *instance) stop() {
	f.cmd.Process.Kill()
	<-f.exited
	f.api.CloseClientConnections()
	f.api.Close()
}

// serve serves the Runtime API.
func (f *instance) serve(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet { // /2018-06-01/runtime/invocation/next
		f.once.Do(func() { f.startup = time.Since(f.began) })
		select {
		case next := <-f.events:
			w.Header().Set("Lambda-Runtime-Aws-Request-Id", uuid.NewString())
			w.Header().Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(next.deadline.UnixMilli(), 10))
			w.Header().Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:123456789012:function:"+f.name)
			if next.trace != "" {
				w.Header().Set("Lambda-Runtime-Trace-Id", next.trace)
			}
			w.Write(next.event)
		case <-r.Context().Done():
		}
		return
	}
	body, err := io.ReadAll(r.Body) // .../ID/response or .../ID/error
	if err == nil && strings.HasSuffix(r.URL.Path, "/error") {
		err = fmt.Errorf("the function failed: %s", body)
	}
	if len(body) > maxPayload {
		err = fmt.Errorf("the response has %d bytes", len(body))
		w.WriteHeader(http.StatusRequestEntityTooLarge)
	} else {
		w.WriteHeader(http.StatusAccepted)
	}
	f.responses <- invoked{body, err}
}

// invoke sends the function an event and returns its response.
func (f *instance) invoke(ctx context.Context, event []byte, timeout time.Duration, trace string) ([]byte, error) {
	if len(event) > maxPayload {
		return nil, fmt.Errorf("the event has %d bytes", len(event))
	}
	ctx, cancel := context.WithTimeout(ctx, timeout+20*time.Second) // includes the start
	defer cancel()
	select {
	case f.events <- invocation{event, time.Now().Add(timeout), trace}:
	case <-f.exited:
		return nil, fmt.Errorf("%s ended", f.name)
	case <-ctx.Done():
		return nil, fmt.Errorf("%s did not request an event", f.name)
	}
	select {
	case r := <-f.responses:
		return r.payload, r.err
	case <-f.exited:
		return nil, fmt.Errorf("%s ended", f.name)
	case <-ctx.Done():
		return nil, fmt.Errorf("%s did not respond", f.name)
	}
}

// memory returns the peak resident memory of the process.
func (f *instance) memory() string {
	status, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(f.cmd.Process.Pid), "status"))
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// decode decodes a response that is an object, null or empty.
func decode(t *testing.T, payload []byte) map[string]any {
	t.Helper()
	var v map[string]any
	if len(bytes.TrimSpace(payload)) > 0 {
		if err := json.Unmarshal(payload, &v); err != nil {
			t.Errorf("response %s: %v", payload, err)
		}
	}
	return v
}
