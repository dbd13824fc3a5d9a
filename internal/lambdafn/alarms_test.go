package lambdafn

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/export"
	"github.com/inndx/runs/internal/housekeeping"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/wake"
)

// A lateStore has one run that has been due for a time.
type lateStore struct {
	housekeeping.Store
	since time.Duration
}

func (l lateStore) Due(_ context.Context, now time.Time, _ int) ([]run.Ref, error) {
	if time.Since(now) > l.since {
		return nil, nil
	}
	return []run.Ref{{Tenant: owner, ID: uuid.New()}}, nil
}

// Expired returns a finished run whose retention has passed, which is never overdue.
func (l lateStore) Expired(context.Context, time.Time, int) ([]run.Ref, error) {
	return []run.Ref{{Tenant: owner, ID: uuid.New()}}, nil
}

// DueExports returns no export.
func (l lateStore) DueExports(context.Context, time.Time, int) ([]export.Ref, error) { return nil, nil }

type noQueue struct{}

func (noQueue) SendExport(context.Context, run.Ref, uuid.UUID, time.Duration) error { return nil }

func (noQueue) Send(context.Context, run.Ref, time.Duration) error { return nil }

// The metric filter counts exactly the runs that the sweep finds long past their wake time.
func TestOverdueRunsAreCounted(t *testing.T) {
	for since, want := range map[time.Duration]float64{time.Minute: 0, time.Hour: 1} {
		t.Run("due for "+since.String(), func(t *testing.T) {
			var out bytes.Buffer
			k := housekeeping.New(housekeeping.Options{Store: lateStore{since: since}, Queue: noQueue{}, Logger: jsonLog(&out)})
			if err := k.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := counted(t, "OverdueRuns", &out); got != want {
				t.Errorf("the filter counts %v, want %v, in %s", got, want, &out)
			}
		})
	}
}

func jsonLog(out *bytes.Buffer) *slog.Logger {
	return slog.New(slog.NewJSONHandler(out, &slog.HandlerOptions{Level: slog.LevelError}))
}

// counted returns the sum that a metric filter of the template counts in a log.
func counted(t *testing.T, filter string, log *bytes.Buffer) (sum float64) {
	t.Helper()
	f := readTemplate(t).Resources[filter].Properties
	for line := range strings.Lines(log.String()) {
		var entry map[string]any
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatal(err)
		}
		if f.FilterPattern != fmt.Sprintf("{ $.msg = %q }", entry["msg"]) {
			continue
		}
		value := f.MetricTransformations[0].MetricValue
		if member, ok := strings.CutPrefix(value, "$."); ok {
			n, _ := entry[member].(float64)
			sum += n
		} else if value == "1" {
			sum++
		}
	}
	return sum
}

// A failed message is not an error of its function. The metric filter counts it, unless it failed
// only because the invocation ended. Then SQS delivers it again.
func TestFailedWakeupsAreCounted(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for name, test := range map[string]struct {
		ctx  context.Context
		want float64
	}{
		"failed":      {t.Context(), 2},
		"interrupted": {ended, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			log := jsonLog(&out)
			broken := func(context.Context, wake.Delivery) error { return errors.New("broken") }
			handle := queueHandler(wake.Instrument("crawl", broken, log, nil), log)
			res, err := handle(test.ctx, batch(newRef(), newRef()))
			if err != nil || len(res.BatchItemFailures) != 2 {
				t.Errorf("%v, %v", res, err)
			}
			if got := counted(t, "FailedWakeups", &out); got != test.want {
				t.Errorf("the filter counts %v, want %v, in %s", got, test.want, &out)
			}
		})
	}
}

// Each metric filter has an alarm.
func TestTemplateWatchesItsMetrics(t *testing.T) {
	tmpl := readTemplate(t)
	for id, filter := range tmpl.ofType("AWS::Logs::MetricFilter") {
		counts := filter.MetricTransformations[0]
		watched := false
		for _, alarm := range tmpl.ofType("AWS::CloudWatch::Alarm") {
			watched = watched || alarm.Namespace == counts.MetricNamespace && alarm.MetricName == counts.MetricName
		}
		if !watched || filter.LogGroupName != "FunctionLogs" {
			t.Errorf("no alarm watches the metric of %s in %s", id, filter.LogGroupName)
		}
	}
}

// alarmed returns the metrics with an alarm, as "Errors of CrawlFunction".
func (tmpl template) alarmed() map[string]bool {
	all := map[string]bool{}
	for _, alarm := range tmpl.ofType("AWS::CloudWatch::Alarm") {
		for _, d := range alarm.Dimensions {
			all[alarm.MetricName+" of "+d.Value] = true
		}
	}
	return all
}

func TestTemplateObservesEveryFunction(t *testing.T) {
	tmpl := readTemplate(t)
	logs, alarmed := tmpl.ofType("AWS::Logs::LogGroup"), tmpl.alarmed()
	for name, f := range tmpl.functions(t) {
		group := cmp.Or(f.LoggingConfig.LogGroup, tmpl.Globals.Function.LoggingConfig.LogGroup)
		if _, ok := logs[group]; !ok {
			t.Errorf("%s logs to %q", name, group)
		}
		if cmp.Or(f.Tracing, tmpl.Globals.Function.Tracing) != "Active" {
			t.Errorf("%s is not traced", name)
		}
		for _, metric := range []string{"Errors", "Throttles"} {
			if _, ok := workers[name]; !ok {
				break // ApiErrorsAlarm counts its failures as 5xx
			}
			if !alarmed[metric+" of "+camel(name)+"Function"] {
				t.Errorf("no alarm watches the %s of %s", metric, name)
			}
		}
	}
}

func TestTemplateAlarms(t *testing.T) {
	tmpl := readTemplate(t)
	for id, alarm := range tmpl.ofType("AWS::CloudWatch::Alarm") {
		if alarm.AlarmDescription == "" || alarm.TreatMissingData == "" || len(alarm.AlarmActions) == 0 {
			t.Errorf("the alarm %s has no description, action or treatment of missing data", id)
		}
	}
	alarmed := tmpl.alarmed()
	for _, metric := range []string{
		"5xx of Api", "NumberOfMessagesReceived of DeadLetterQueue.QueueName",
		"ApproximateAgeOfOldestMessage of WakeQueue.QueueName", "ReadThrottleEvents of Table", "WriteThrottleEvents of Table",
	} {
		if !alarmed[metric] {
			t.Errorf("no alarm watches %s", metric)
		}
	}
}

func TestTemplateLogs(t *testing.T) {
	for id, group := range readTemplate(t).ofType("AWS::Logs::LogGroup") {
		if group.RetentionInDays != "LogRetentionDays" {
			t.Errorf("the retention of %s is %q", id, group.RetentionInDays)
		}
	}
}
