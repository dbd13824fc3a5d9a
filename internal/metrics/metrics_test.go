package metrics

import (
	"bytes"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestRecord(t *testing.T) {
	var out bytes.Buffer
	r := New(&out, "prod")
	r.now = func() time.Time { return time.UnixMilli(1795342530123) }
	r.Record(Function("get-run"), Count("Requests", 1), Count("ReadUnits", 2.5))
	want := `{"Function":"get-run","ReadUnits":2.5,"Requests":1,"Stack":"prod","_aws":{"Timestamp":1795342530123,` +
		`"CloudWatchMetrics":[{"Namespace":"inndx","Dimensions":[["Stack","Function"]],` +
		`"Metrics":[{"Name":"Requests","Unit":"Count"},{"Name":"ReadUnits","Unit":"Count"}]}]},` +
		`"level":"INFO","timestamp":"2026-11-22T10:15:30.123Z"}` + "\n"
	if got := out.String(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestNilRecorder(t *testing.T) {
	var r *Recorder
	r.Record(Function("get-run"), Count("Requests", 1))
}

// lines holds the text of each call of Write.
type lines struct {
	mu   sync.Mutex
	text []string
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, string(p))
	return len(p), nil
}

// A line must be one write, because CloudWatch reads a function's output line by line.
func TestEachRecordIsOneWrite(t *testing.T) {
	var out lines
	r := New(&out, "prod")
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() { r.Record(Function("crawl"), Count("Commits", 1)) })
	}
	group.Wait()
	whole := func(s string) bool { return strings.HasSuffix(s, "}\n") && json.Valid([]byte(s)) }
	if len(out.text) != 8 {
		t.Errorf("got %q, want 8 lines", out.text)
	}
	for _, line := range out.text {
		if !whole(line) {
			t.Errorf("%q is not a line of JSON", line)
		}
	}
}
