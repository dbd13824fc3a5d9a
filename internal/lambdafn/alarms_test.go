package lambdafn

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/wake"
)

// lateLedger has one run that was due a time ago.
type lateLedger struct {
	crawl.Ledger
	since time.Duration
}

func (l lateLedger) Due(_ context.Context, now time.Time, _ int) ([]wake.Message, error) {
	if time.Since(now) > l.since {
		return nil, nil
	}
	return []wake.Message{{Tenant: owner, RunID: uuid.New()}}, nil
}

// Retired has a finished run whose retention is over: that is never overdue.
func (l lateLedger) Retired(context.Context, time.Time, int) ([]wake.Message, error) {
	return []wake.Message{{Tenant: owner, RunID: uuid.New()}}, nil
}

type noQueue struct{}

func (noQueue) Send(context.Context, wake.Message, time.Duration) error { return nil }

// The template's metric filter counts the runs that the sweep finds long past their wake
// time, and no others.
func TestOverdueRunsAreCounted(t *testing.T) {
	filter := readTemplate(t).Resources["OverdueRuns"].Properties
	for since, want := range map[time.Duration]bool{time.Minute: false, time.Hour: true} {
		var out bytes.Buffer
		c := crawl.New(crawl.Options{
			Ledger: lateLedger{since: since}, Queue: noQueue{},
			Logger: slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelError})),
		})
		if err := c.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		counted := false
		for line := range strings.Lines(out.String()) {
			var entry map[string]any
			if err := json.Unmarshal([]byte(line), &entry); err != nil {
				t.Fatal(err)
			}
			member := strings.TrimPrefix(filter.MetricTransformations[0].MetricValue, "$.")
			counted = counted || filter.FilterPattern == fmt.Sprintf("{ $.msg = %q }", entry["msg"]) && entry[member] == 1.0
		}
		if counted != want {
			t.Errorf("due for %v: counted is %t, want %t, by %s of %s", since, counted, want, filter.FilterPattern, &out)
		}
	}
}
