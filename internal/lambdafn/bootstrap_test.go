package lambdafn

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/uuid"

	"github.com/inndx/runs/internal/dynamolocal/dynamotest"
	"github.com/inndx/runs/internal/store"
)

// maxZip bounds a function's code as it is uploaded, which a cold start waits for.
const maxZip = 6 << 20

// TestBootstraps starts every function that FUNCTIONS_DIR holds as Lambda does, by the API
// that https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html describes, gives it its
// sample event and checks its answer. It prints the size of each, the time from its start to
// its first request for an event, its memory, and what it logs, metrics included.
func TestBootstraps(t *testing.T) {
	dir := os.Getenv("FUNCTIONS_DIR")
	if dir == "" {
		t.Skip("FUNCTIONS_DIR is not set: make functions-report sets it")
	}
	cfg := dynamotest.Config(t)
	table := "test-" + uuid.NewString()
	if err := store.New(store.NewClient(cfg), table).EnsureTable(t.Context()); err != nil {
		t.Fatal(err)
	}
	events := httptest.NewServer(http.HandlerFunc(takeEvents))
	defer events.Close()
	credentials, err := cfg.Credentials.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	env := append(os.Environ(), "AUTH_MODE=none", "TABLE_NAME="+table, "WAKE_QUEUE_URL="+events.URL+"/queue",
		"AWS_ENDPOINT_URL_DYNAMODB="+aws.ToString(cfg.BaseEndpoint), "AWS_ENDPOINT_URL_SQS="+events.URL,
		"AWS_ENDPOINT_URL_EVENTBRIDGE="+events.URL, "AWS_REGION="+cfg.Region,
		"AWS_ACCESS_KEY_ID="+credentials.AccessKeyID, "AWS_SECRET_ACCESS_KEY="+credentials.SecretAccessKey)
	statuses := map[string]float64{"create-job": 201, "list-jobs": 200, "list-runs": 200, "get-openapi": 200, "get-docs": 200, "no-route": 405}
	t.Logf("%-16s %8s %9s %10s %8s", "function", "zip (KB)", "start (ms)", "memory", "log (B)")
	for _, name := range functionNames() {
		path := filepath.Join(dir, name, "bootstrap")
		size := zipped(t, path)
		start, memory, logged, answer := invoke(t, name, path, env)
		t.Logf("%-16s %8d %10.1f %10s %8d", name, size>>10, start.Seconds()*1000, memory, logged)
		if size > maxZip {
			t.Errorf("%s has %d bytes zipped, more than %d", name, size, maxZip)
		}
		if _, worker := workers[name]; worker {
			if failures, _ := answer["batchItemFailures"].([]any); len(failures) > 0 {
				t.Errorf("%s answers %v", name, answer)
			}
			continue
		}
		want := statuses[name]
		if want == 0 {
			want = 404 // the samples name a job and a run that are not there
		}
		headers, _ := answer["headers"].(map[string]any)
		if answer["statusCode"] != want || headers["X-Request-Id"] == nil {
			t.Errorf("%s answers %v, want %v", name, answer, want)
		}
	}
}

// takeEvents answers as SQS and EventBridge do.
func takeEvents(w http.ResponseWriter, r *http.Request) {
	var in struct{ Entries []any }
	json.NewDecoder(r.Body).Decode(&in)
	out := map[string]any{"MessageId": uuid.NewString()}
	if strings.HasSuffix(r.Header.Get("X-Amz-Target"), "PutEvents") {
		entries := make([]map[string]string, len(in.Entries))
		for i := range entries {
			entries[i] = map[string]string{"EventId": uuid.NewString()}
		}
		out = map[string]any{"FailedEntryCount": 0, "Entries": entries}
	}
	json.NewEncoder(w).Encode(out)
}

func zipped(t *testing.T, path string) int {
	t.Helper()
	code, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	f, err := z.Create("bootstrap")
	if err == nil {
		_, err = f.Write(code)
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Len()
}

// invoke starts the function, gives it its sample event, and returns how long it took to ask
// for it, the most memory it had resident, how many bytes it logged, and its answer.
func invoke(t *testing.T, name, path string, env []string) (start time.Duration, memory string, logged int, answer map[string]any) {
	t.Helper()
	event, err := os.ReadFile(filepath.Join(root, "events", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	asked, answered := make(chan time.Time, 1), make(chan []byte, 1)
	given := make(chan struct{}, 1)
	given <- struct{}{}
	runtime := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet { // /2018-06-01/runtime/invocation/next
			select {
			case <-given:
			case <-r.Context().Done():
				return
			}
			asked <- time.Now()
			w.Header().Set("Lambda-Runtime-Aws-Request-Id", uuid.NewString())
			w.Header().Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(time.Minute).UnixMilli(), 10))
			w.Write(event)
			return
		}
		body, _ := io.ReadAll(r.Body) // .../ID/response or .../ID/error
		w.WriteHeader(http.StatusAccepted)
		answered <- body
	}))
	defer runtime.Close()
	cmd := exec.CommandContext(t.Context(), path)
	cmd.Env = append(env, "AWS_LAMBDA_RUNTIME_API="+strings.TrimPrefix(runtime.URL, "http://"))
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	began := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		cmd.Process.Kill()
		cmd.Wait()
		runtime.CloseClientConnections()
		if logged = log.Len(); t.Failed() {
			t.Logf("%s logged:\n%s", name, &log)
		}
	}()
	select {
	case body := <-answered:
		if len(bytes.TrimSpace(body)) > 0 && string(body) != "null" {
			if err := json.Unmarshal(body, &answer); err != nil || answer["errorMessage"] != nil {
				t.Errorf("%s answers %s: %v", name, body, err)
			}
		}
	case <-time.After(30 * time.Second):
		t.Fatalf("%s did not answer", name)
	}
	status, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(cmd.Process.Pid), "status"))
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			memory = strings.TrimSpace(value)
		}
	}
	return (<-asked).Sub(began), memory, 0, answer
}
