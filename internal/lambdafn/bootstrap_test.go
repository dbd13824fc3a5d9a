package lambdafn

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// maxZip bounds the size of a function's zip file, which a cold start downloads. The function that
// crawls holds the libraries of the bucket, of pages and of pipelines.
const (
	maxZip      = 6 << 20
	maxCrawlZip = 20 << 20
	// Some functions hold the libraries of the bucket and of records, others those of expressions.
	maxContentsZip = 10 << 20
)

// TestBootstraps starts each function in FUNCTIONS_DIR as Lambda does, with the API that
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html describes, sends it its sample
// event and checks the response. It prints the size of the function, the time from its start to its
// first request for an event, its memory, and the bytes that it logs for one call. At its end it
// prints the bytes of the access log.
func TestBootstraps(t *testing.T) {
	dir := os.Getenv("FUNCTIONS_DIR")
	if dir == "" {
		t.Skip("FUNCTIONS_DIR is not set: make functions-report sets it")
	}
	c := newCloud(t, readTemplate(t), dir)
	statuses := map[string]float64{"create-job": 201, "list-jobs": 200, "list-artifacts": 200, "list-runs": 200, "get-openapi": 200, "get-docs": 200, "get-dashboard": 200, "no-route": 405, "stream-run-events": 501}
	t.Logf("%-16s %8s %9s %10s %8s", "function", "zip (KB)", "start (ms)", "memory", "log (B)")
	for _, name := range functionNames() {
		size := zipped(t, filepath.Join(dir, name, "bootstrap"))
		event, err := os.ReadFile(filepath.Join(root, "events", name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		f := startInstance(t, dir, name, c.env)
		payload, err := f.invoke(t.Context(), event, time.Minute, "")
		if err != nil {
			t.Fatal(err)
		}
		memory := f.memory()
		f.stop()
		response := decode(t, payload)
		t.Logf("%-16s %8d %10.1f %10s %8d", name, size>>10, f.startup.Seconds()*1000, memory, f.log.Len())
		bound := maxZip
		switch name {
		case "crawl":
			bound = maxCrawlZip
		case "delete-artifact", "get-artifact-blob", "get-export-file", "create-job", "update-job":
			bound = maxContentsZip
		}
		if size > bound {
			t.Errorf("%s has %d bytes zipped, more than %d", name, size, bound)
		}
		if f.log.Len() > maxLine && name != "publish-changes" { // which logs a line for each of three transitions
			t.Errorf("%s logs %d bytes for a call, more than %d", name, f.log.Len(), maxLine)
		}
		if _, worker := workers[name]; worker {
			if failures, _ := response["batchItemFailures"].([]any); len(failures) > 0 {
				t.Errorf("%s: response %v", name, response)
			}
			continue
		}
		want := statuses[name]
		if want == 0 {
			want = 404 // the job and the run of the sample do not exist
		}
		headers, _ := response["headers"].(map[string]any)
		if response["statusCode"] != want || headers["X-Request-Id"] == nil {
			t.Errorf("%s: response %v, want status %v", name, response, want)
		}
	}
	t.Logf("%-16s %8s %9s %10s %8d", "access log", "", "", "", len(accessLine(readTemplate(t))))
}

// accessLine returns a line of the access log about a request that API Gateway served.
func accessLine(tmpl template) string {
	return strings.NewReplacer(
		"$context.requestId", "JKJaXmPLvHcESHA=", "$context.routeKey", "GET /v1/runs/{run_id}", "$context.status", "200",
		"$context.identity.sourceIp", "203.0.113.17", "$context.authorizer.error", "-", "$context.integrationErrorMessage", "-",
	).Replace(tmpl.Resources["ApiStage"].Properties.AccessLogSettings.Format)
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
