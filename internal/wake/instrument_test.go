package wake_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/inndx/runs/internal/meter"
	"github.com/inndx/runs/internal/metrics"
	"github.com/inndx/runs/internal/wake"
)

func TestInstrument(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for name, test := range map[string]struct {
		ctx    context.Context
		handle func() error
		level  string
		logged string
	}{
		"success":     {t.Context(), func() error { return nil }, "INFO", "handled"},
		"failure":     {t.Context(), func() error { return errors.New("broken") }, "ERROR", "a wake-up failed"},
		"panic":       {t.Context(), func() error { panic("broken") }, "ERROR", "a wake-up failed"},
		"interrupted": {ended, func() error { return errors.New("broken") }, "INFO", "a wake-up was interrupted"},
	} {
		t.Run(name, func(t *testing.T) {
			var log, recorded bytes.Buffer
			ref := newRef()
			h := wake.Instrument("crawl", func(ctx context.Context, _ wake.Delivery) error {
				meter.Count(ctx, meter.Usage{Requests: 1, Read: 2, Write: 3, Commits: 4, Pages: 5})
				return test.handle()
			}, slog.New(slog.NewJSONHandler(&log, nil)), metrics.New(&recorded, "test"))
			if err := h(test.ctx, wake.Delivery{Run: ref}); (err != nil) != (test.logged != "handled") {
				t.Errorf("the handler returned %v", err)
			}
			var entry map[string]any
			if err := json.Unmarshal(log.Bytes(), &entry); err != nil {
				t.Fatalf("not one line: %v: %s", err, &log)
			}
			for _, ignored := range []string{"time", "latency_ms", "error"} {
				delete(entry, ignored)
			}
			want := map[string]any{
				"level": test.level, "msg": test.logged, "tenant": "acme", "run_id": ref.ID.String(), "function": "crawl",
				"read_units": 2.0, "write_units": 3.0, "commits": 4.0, "pages": 5.0,
			}
			if diff := cmp.Diff(want, entry); diff != "" {
				t.Errorf("log line (-want +got):\n%s", diff)
			}
			var values struct {
				Function                        string
				Requests, ReadUnits, WriteUnits float64
				Commits, PagesCrawled           float64
			}
			if err := json.Unmarshal(recorded.Bytes(), &values); err != nil {
				t.Fatal(err)
			}
			if values.Function != "crawl" || values.Requests != 1 || values.ReadUnits != 2 || values.WriteUnits != 3 ||
				values.Commits != 4 || values.PagesCrawled != 5 {
				t.Errorf("recorded %+v", values)
			}
		})
	}
}
