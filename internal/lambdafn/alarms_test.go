package lambdafn

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/housekeeping"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/wake"
)

// lateStore has one run that was due a time ago.
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

// Expired returns a finished run whose retention is over: that is never overdue.
func (l lateStore) Expired(context.Context, time.Time, int) ([]run.Ref, error) {
	return []run.Ref{{Tenant: owner, ID: uuid.New()}}, nil
}

type noQueue struct{}

func (noQueue) Send(context.Context, run.Ref, time.Duration) error { return nil }

// The template's metric filter counts the runs that the sweep finds long past their wake
// time, and no others.
func TestOverdueRunsAreCounted(t *testing.T) {
	for since, want := range map[time.Duration]float64{time.Minute: 0, time.Hour: 1} {
		var out bytes.Buffer
		k := housekeeping.New(housekeeping.Options{Store: lateStore{since: since}, Queue: noQueue{}, Logger: jsonLog(&out)})
		if err := k.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := counted(t, "OverdueRuns", &out); got != want {
			t.Errorf("due for %v: %v are counted, want %v, of %s", since, got, want, &out)
		}
	}
}

func jsonLog(out *bytes.Buffer) *slog.Logger {
	return slog.New(slog.NewJSONHandler(out, &slog.HandlerOptions{Level: slog.LevelError}))
}

// counted returns what a metric filter of the template counts in a log.
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

// A message that fails is no error of its function. The template's metric filter counts it, unless
// it failed for lack of time and is delivered again.
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
			handle := QueueHandler(wake.Instrument("crawl", broken, log, nil), log)
			res, err := handle(test.ctx, batch(newRef(), newRef()))
			if err != nil || len(res.BatchItemFailures) != 2 {
				t.Errorf("%v, %v", res, err)
			}
			if got := counted(t, "FailedWakeups", &out); got != test.want {
				t.Errorf("%v are counted, want %v, of %s", got, test.want, &out)
			}
		})
	}
}

// What metric filters count, an alarm watches.
func TestTemplateWatchesWhatItCounts(t *testing.T) {
	tmpl := readTemplate(t)
	for id, filter := range tmpl.ofType("AWS::Logs::MetricFilter") {
		counts := filter.MetricTransformations[0]
		watched := false
		for _, alarm := range tmpl.ofType("AWS::CloudWatch::Alarm") {
			watched = watched || alarm.Namespace == counts.MetricNamespace && alarm.MetricName == counts.MetricName
		}
		if !watched || filter.LogGroupName != "FunctionLogs" {
			t.Errorf("no alarm watches what %s counts in %s", id, filter.LogGroupName)
		}
	}
}
