package lambdafn

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/inndx/runs/internal/eventbus"
	"github.com/inndx/runs/internal/metrics"
	"github.com/inndx/runs/internal/transitions"
)

// lines is a log: each Write is a line.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// entries returns the members of each line.
func (l *lines) entries(t *testing.T) (all []map[string]any) {
	t.Helper()
	for line := range strings.Lines(l.String()) {
		var entry map[string]any
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		all = append(all, entry)
	}
	return all
}

// maxMetrics bounds the custom metrics of a default deployment, each of which CloudWatch charges
// for.
const maxMetrics = 10

// maxLine bounds the bytes of the line about a call that succeeds.
const maxLine = 250

// Lambda leaves a line as it is if it is an object with a level and a timestamp that it knows.
func (w *recorder) testLines(t *testing.T) {
	var longest string
	for line := range strings.Lines(w.output.String()) {
		var entry struct {
			Level     slog.Level
			Timestamp time.Time
			Msg       string
		}
		if err := json.Unmarshal([]byte(line), &entry); err != nil || entry.Timestamp.IsZero() || entry.Msg == "" {
			t.Errorf("%v: %s", err, line)
		}
		if entry.Msg == "request" && entry.Level == slog.LevelInfo && len(line) > len(longest) {
			longest = line
		}
	}
	if len(longest) > maxLine {
		t.Errorf("a call logs more than %d bytes: %s", maxLine, longest)
	}
}

// A deployment with the default parameters has few custom metrics: those of its metric filters. One
// with DetailedMetrics has in addition one for each name and value of a dimension that a function
// records.
func (w *recorder) testMetrics(t *testing.T) {
	tmpl := readTemplate(t)
	parameter := tmpl.Globals.Function.Environment.Variables["DETAILED_METRICS"]
	byDefault := recorderTo(&w.output, func(string) string { return fmt.Sprint(tmpl.Parameters[parameter].Default) })
	recorded := map[string]bool{}
	if byDefault != nil {
		maps.Copy(recorded, w.recordedMetrics(t))
	}
	for _, filter := range tmpl.ofType("AWS::Logs::MetricFilter") {
		for _, m := range filter.MetricTransformations {
			recorded[m.MetricNamespace+" "+m.MetricName] = true
		}
	}
	if n := len(recorded); n > maxMetrics || n == 0 {
		t.Errorf("%d custom metrics by default, want at most %d", n, maxMetrics)
	}
	detailed := w.recordedMetrics(t)
	for _, name := range []string{"Commits [crawl]", "PagesCrawled [crawl]", "Requests [get-run]", "WriteUnits [sweep]", "Transitions [finished]"} {
		if !detailed[name] {
			t.Errorf("DetailedMetrics records no %s", name)
		}
	}
	t.Logf("%d custom metrics by default, %d more with DetailedMetrics", len(recorded), len(detailed))
}

// recordedMetrics returns the metrics that the functions recorded in the embedded metric format.
func (w *recorder) recordedMetrics(t *testing.T) map[string]bool {
	all := map[string]bool{}
	for _, entry := range w.embedded.entries(t) {
		var meta struct {
			CloudWatchMetrics []struct {
				Dimensions [][]string
				Metrics    []struct{ Name string }
			}
		}
		data, err := json.Marshal(entry["_aws"])
		if err == nil {
			err = json.Unmarshal(data, &meta)
		}
		if err != nil || len(meta.CloudWatchMetrics) != 1 {
			t.Errorf("%v: %v", err, entry)
			continue
		}
		directive := meta.CloudWatchMetrics[0]
		values := []any{}
		for _, d := range directive.Dimensions[0][1:] { // the first is the stack
			values = append(values, entry[d])
		}
		for _, m := range directive.Metrics {
			all[fmt.Sprint(m.Name, " ", values)] = true
		}
	}
	return all
}

// exercisePublisher makes publish-changes do what it can have to do.
func (w *recorder) exercisePublisher() {
	w.t.Helper()
	var e events.DynamoDBEvent
	readEvent(w.t, "publish-changes", &e)
	p := &transitions.Publisher{Bus: eventbus.Bus{Client: &acceptingBus{}, Name: "runs"}, Logger: w.log, Metrics: w.metrics}
	if res, err := StreamHandler(p)(w.t.Context(), e); err != nil || len(res.BatchItemFailures) > 0 {
		w.t.Error(res, err)
	}
}

// recordLogs starts to record what the functions log.
func (w *recorder) recordLogs() {
	w.log = newLog(&w.output, slog.LevelInfo)
	w.metrics = metrics.New(&w.embedded, "test")
}
