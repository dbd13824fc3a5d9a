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

	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/wake"
)

// lateLedger has one run that was due a time ago.
type lateLedger struct {
	crawl.Store
	since time.Duration
}

func (l lateLedger) Due(_ context.Context, now time.Time, _ int) ([]run.Ref, error) {
	if time.Since(now) > l.since {
		return nil, nil
	}
	return []run.Ref{{Tenant: owner, ID: uuid.New()}}, nil
}

// Retired has a finished run whose retention is over: that is never overdue.
func (l lateLedger) Expired(context.Context, time.Time, int) ([]run.Ref, error) {
	return []run.Ref{{Tenant: owner, ID: uuid.New()}}, nil
}

type noQueue struct{}

func (noQueue) Send(context.Context, run.Ref, time.Duration) error { return nil }

// The template's metric filter counts the runs that the sweep finds long past their wake
// time, and no others.
func TestOverdueRunsAreCounted(t *testing.T) {
	for since, want := range map[time.Duration]float64{time.Minute: 0, time.Hour: 1} {
		var out bytes.Buffer
		c := crawl.New(crawl.Options{Store: lateLedger{since: since}, Queue: noQueue{}, Logger: jsonLog(&out)})
		if err := c.Sweep(t.Context()); err != nil {
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

// brokenLedger fails whatever it is asked.
type brokenLedger struct{ crawl.Store }

func (brokenLedger) Acquire(context.Context, run.Ref, string, time.Duration) (*run.Lease, error) {
	return nil, errors.New("broken")
}

func (brokenLedger) Abandon(context.Context, run.Ref, time.Time) (run.Run, bool, error) {
	return run.Run{}, false, errors.New("broken")
}

// A message that fails is no error of its function. The template's metric filter counts it, unless
// it failed for lack of time and comes again.
func TestFailedWakeupsAreCounted(t *testing.T) {
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for name, test := range map[string]struct {
		ctx    context.Context
		handle func(*crawl.Crawler) wake.Handler
		want   float64
	}{
		"crawl":       {t.Context(), func(c *crawl.Crawler) wake.Handler { return c.HandleWake }, 2},
		"dead letter": {t.Context(), func(c *crawl.Crawler) wake.Handler { return c.HandleDeadLetter }, 2},
		"interrupted": {over, func(c *crawl.Crawler) wake.Handler { return c.HandleWake }, 0},
	} {
		var out bytes.Buffer
		c := crawl.New(crawl.Options{Store: brokenLedger{}, Queue: noQueue{}, Logger: jsonLog(&out)})
		both := message(uuid.New())
		both.Records = append(both.Records, message(uuid.New()).Records...)
		res, err := test.handle(c)(test.ctx, both)
		if err != nil || len(res.BatchItemFailures) != 2 {
			t.Errorf("%s: %v, %v", name, res, err)
		}
		if got := counted(t, "FailedWakeups", &out); got != test.want {
			t.Errorf("%s: %v are counted, want %v, of %s", name, got, test.want, &out)
		}
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
