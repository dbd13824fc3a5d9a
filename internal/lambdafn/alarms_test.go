package lambdafn

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/uuid"

	"github.com/inndx/runs/internal/api"
	"github.com/inndx/runs/internal/export"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/housekeeping"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/transitions"
	"github.com/inndx/runs/internal/wake"
)

// A lateStore has one run and one export that have been due for a time.
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

func (l lateStore) DueExports(_ context.Context, now time.Time, _ int) ([]export.Ref, error) {
	if time.Since(now) > l.since {
		return nil, nil
	}
	return []export.Ref{{Run: newRef(), ID: uuid.New()}}, nil
}

type noQueue struct{}

func (noQueue) SendExport(context.Context, run.Ref, uuid.UUID, time.Duration) error { return nil }

func (noQueue) Send(context.Context, run.Ref, time.Duration) error { return nil }

// The metric filter counts the lines of a sweep that finds runs and exports long past their wake
// time.
func TestOverdueRunsAreCounted(t *testing.T) {
	for since, want := range map[time.Duration]float64{time.Minute: 0, time.Hour: 2} {
		t.Run("due for "+since.String(), func(t *testing.T) {
			var out bytes.Buffer
			k := housekeeping.New(housekeeping.Options{Store: lateStore{since: since}, Queue: noQueue{}, Logger: jsonLog(&out)})
			if err := k.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := counted(t, "Failures", &out); got != want {
				t.Errorf("the filter counts %v, want %v, in %s", got, want, &out)
			}
		})
	}
}

func jsonLog(out *bytes.Buffer) *slog.Logger {
	return slog.New(slog.NewJSONHandler(out, &slog.HandlerOptions{Level: slog.LevelError}))
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
			if got := counted(t, "Failures", &out); got != test.want {
				t.Errorf("the filter counts %v, want %v, in %s", got, test.want, &out)
			}
		})
	}
}

// alarmed returns the metrics with an alarm, as "Errors of CrawlFunction", or "Failures" for one
// without dimensions.
func (tmpl template) alarmed() map[string]bool {
	all := map[string]bool{}
	for _, alarm := range tmpl.ofType("AWS::CloudWatch::Alarm") {
		name := alarm.MetricName
		for _, d := range alarm.Dimensions {
			name += " of " + d.Value
		}
		all[name] = true
	}
	return all
}

// platform returns a line that Lambda writes when an invocation, or the start of a function, does
// not end well. See
// https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html.
func platform(event, status string) string {
	return fmt.Sprintf(`{"time": "2026-01-02T15:04:05.000Z", "type": "platform.%s", "record": {"requestId": "r", "status": %q}}`, event, status)
}

// Each kind of trouble raises an alarm: a metric has one, or the metric filter counts a line of the
// log. Other tests check the lines of failed wake-ups, dead letters and overdue runs.
func TestTroubleRaisesAnAlarm(t *testing.T) {
	const (
		sweep = "Invocations of SweepFunction" // too few
		late  = "IteratorAge of PublishChangesFunction"
		dead  = "NumberOfMessagesReceived of DeadLetterQueue.QueueName"
	)
	alarmed := readTemplate(t).alarmed()
	for trouble, metric := range map[string]string{
		"the function of a route fails, or Lambda throttles it":    "5xx of Api",
		"wake-ups wait, or Lambda throttles the crawl function":    "Failures", // see TestOverdueRunsAreCounted
		"the sweep has no schedule, or Lambda throttles it":        sweep,
		"transitions are late, or Lambda throttles their function": late,
		"transitions are lost":                                     "ApproximateNumberOfMessagesVisible of LostChangesQueue.QueueName",
		"a wake-up fails too often":                                dead,
		"Lambda ends a chain of wake-ups":                          dead, // see TestSlowCrawls
		"DynamoDB throttles reads":                                 "ReadThrottleEvents of Table",
		"DynamoDB throttles writes":                                "WriteThrottleEvents of Table",
		"a function fails":                                         "Failures",
	} {
		if !alarmed[metric] {
			t.Errorf("%s: no alarm watches %s", trouble, metric)
		}
	}
	for trouble, write := range map[string]func(*bytes.Buffer){
		"a function crashes":        func(out *bytes.Buffer) { out.WriteString(platform("runtimeDone", "error")) },
		"an invocation fails":       func(out *bytes.Buffer) { out.WriteString(platform("report", "failure")) },
		"an invocation has no time": func(out *bytes.Buffer) { out.WriteString(platform("runtimeDone", "timeout")) },
		"a function does not start": func(out *bytes.Buffer) { out.WriteString(platform("initReport", "error")) },
		"a request fails":           func(out *bytes.Buffer) { request(t, out, struct{ api.Store }{}) }, // it has no methods, so it panics
		"the sweep fails": func(out *bytes.Buffer) {
			k := housekeeping.New(housekeeping.Options{Store: failingStore{}, Queue: noQueue{}, Logger: jsonLog(out)})
			_, letters := letterQueue(t, jsonLog(out), nil)
			if err := sweeper(k, letters, jsonLog(out), nil)(t.Context()); err == nil {
				t.Error("the sweep does not fail")
			}
		},
		"the event bus is unavailable": func(out *bytes.Buffer) { publish(t, out, func(*events.DynamoDBEvent) {}) },
		"a stream record is invalid": func(out *bytes.Buffer) {
			publish(t, out, func(e *events.DynamoDBEvent) { e.Records[0].Change.NewImage["id"] = events.NewStringAttribute("no id") })
		},
	} {
		var out bytes.Buffer
		write(&out)
		if counted(t, "Failures", &out) == 0 {
			t.Errorf("%s: the filter does not count %s", trouble, &out)
		}
	}
}

// What callers and owners of runs cause raises no alarm.
func TestOrdinaryLinesRaiseNoAlarm(t *testing.T) {
	var out bytes.Buffer
	request(t, &out, notFoundStore{})
	if !strings.Contains(out.String(), `"status":404`) {
		t.Errorf("the response is not 404: %s", &out)
	}
	out.WriteString(`{"level": "ERROR", "msg": "the run is abandoned: it cannot have its secrets"}` + "\n")
	out.WriteString(`{"level": "WARN", "msg": "a commit failed and is attempted again"}` + "\n" + platform("report", "success"))
	if n := counted(t, "Failures", &out); n != 0 {
		t.Errorf("the filter counts %v in %s", n, &out)
	}
}

type notFoundStore struct{ api.Store }

func (notFoundStore) Run(context.Context, run.Ref) (run.Run, error) {
	return run.Run{}, fault.New(fault.NotFound, "no such run")
}

type failingStore struct{ housekeeping.Store }

var errUnavailable = errors.New("unavailable")

func (failingStore) Due(context.Context, time.Time, int) ([]run.Ref, error) {
	return nil, errUnavailable
}

func (failingStore) Backfill(context.Context, int, time.Time) (bool, error) {
	return false, errUnavailable
}

// request serves a request for a run from the store.
func request(t *testing.T, out *bytes.Buffer, s api.Store) {
	t.Helper()
	var e events.APIGatewayV2HTTPRequest
	readEvent(t, "get-run", &e)
	e.RawQueryString, e.QueryStringParameters = "", nil
	log := slog.New(slog.NewJSONHandler(out, nil))
	if _, err := gateway(api.New(api.Options{Store: s, Queue: noQueue{}, Logger: log}).Route("get-run"))(t.Context(), e); err != nil {
		t.Fatal(err)
	}
}

// publish publishes the sample event, after the change, to a bus that refuses all events.
func publish(t *testing.T, out *bytes.Buffer, change func(*events.DynamoDBEvent)) {
	t.Helper()
	var e events.DynamoDBEvent
	readEvent(t, "publish-changes", &e)
	change(&e)
	res, err := StreamHandler(&transitions.Publisher{Bus: refusingBus{}, Logger: jsonLog(out)})(t.Context(), e)
	if err != nil || len(res.BatchItemFailures) == 0 {
		t.Errorf("%v, %v: no failure is reported", res, err)
	}
}

type refusingBus struct{}

func (refusingBus) Put(context.Context, []run.Transition) (int, error) {
	return 0, transitions.ErrRefused
}

// maxAlarms bounds the alarms, each of which CloudWatch charges for.
const maxAlarms = 8

func TestTemplateAlarms(t *testing.T) {
	tmpl := readTemplate(t)
	alarms := tmpl.ofType("AWS::CloudWatch::Alarm")
	for id, alarm := range alarms {
		if alarm.AlarmDescription == "" || alarm.TreatMissingData == "" || len(alarm.AlarmActions) == 0 {
			t.Errorf("the alarm %s has no description, action or treatment of missing data", id)
		}
	}
	if len(alarms) > maxAlarms {
		t.Errorf("%d alarms, want at most %d", len(alarms), maxAlarms)
	}
}

// Every function logs JSON to the common group, and Lambda adds lines of its own about failures
// only. The log level of a function applies: Lambda drops no line of it.
func TestTemplateObservesEveryFunction(t *testing.T) {
	tmpl := readTemplate(t)
	global := tmpl.Globals.Function
	if c := global.LoggingConfig; c.LogGroup != "FunctionLogs" || c.LogFormat != "JSON" || c.ApplicationLogLevel != "TRACE" || c.SystemLogLevel != "WARN" {
		t.Errorf("the functions log with %+v", c)
	}
	if tracing := tmpl.Parameters[global.Tracing]; tracing.Default != "Disabled" || !slices.Contains(tracing.AllowedValues, any("Active")) {
		t.Errorf("tracing is %s: %+v", global.Tracing, tracing)
	}
	for name, f := range tmpl.functions(t) {
		if f.LoggingConfig.LogGroup != "" || f.Tracing != "" {
			t.Errorf("%s logs and traces in its own way", name)
		}
	}
	for id, filter := range tmpl.ofType("AWS::Logs::MetricFilter") {
		if _, err := parsePattern(filter.FilterPattern); err != nil || filter.LogGroupName != "FunctionLogs" {
			t.Errorf("%s of %s: %v", id, filter.LogGroupName, err)
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
