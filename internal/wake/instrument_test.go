package wake_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"

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
		logged string // besides the line "handled"
	}{
		"success":     {t.Context(), func() error { return nil }, ""},
		"failure":     {t.Context(), func() error { return errors.New("broken") }, "a wake-up failed"},
		"panic":       {t.Context(), func() error { panic("broken") }, "a wake-up failed"},
		"interrupted": {ended, func() error { return errors.New("broken") }, "a wake-up was interrupted"},
	} {
		t.Run(name, func(t *testing.T) {
			var log, recorded bytes.Buffer
			ref := newRef()
			h := wake.Instrument("crawl", func(ctx context.Context, _ wake.Delivery) error {
				for _, m := range meter.From(ctx) {
					m.Add(meter.Usage{Requests: 1, Read: 2, Write: 3})
				}
				return test.handle()
			}, slog.New(slog.NewJSONHandler(&log, nil)), metrics.New(&recorded, "test"))
			if err := h(test.ctx, wake.Delivery{Run: ref}); (err != nil) != (test.logged != "") {
				t.Errorf("the handler returned %v", err)
			}
			want := []string{"handled"}
			if test.logged != "" {
				want = append(want, test.logged)
			}
			for i, line := range strings.Split(strings.TrimSpace(log.String()), "\n") {
				var entry map[string]any
				if err := json.Unmarshal([]byte(line), &entry); err != nil {
					t.Fatal(err)
				}
				if i >= len(want) || entry["msg"] != want[i] || entry["tenant"] != "acme" || entry["run_id"] != ref.ID.String() {
					t.Errorf("line %d is %s, want %v about the run", i, line, want)
				}
			}
			var values struct {
				Function                        string
				Requests, ReadUnits, WriteUnits float64
			}
			if err := json.Unmarshal(recorded.Bytes(), &values); err != nil {
				t.Fatal(err)
			}
			if values.Function != "crawl" || values.Requests != 1 || values.ReadUnits != 2 || values.WriteUnits != 3 {
				t.Errorf("recorded %+v", values)
			}
		})
	}
}
