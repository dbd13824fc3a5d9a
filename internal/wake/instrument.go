package wake

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/metrics"
)

// Instrument returns a handler that calls handle, records the database units of the call under the
// name of the function, and logs one line. It returns a panic of handle as an error, because the
// process handles the wake-ups of other runs too. The recorder may be nil.
//
// A metric filter of template.yaml (FailedWakeups) counts the message of a failure.
func Instrument(function string, handle Handler, log *slog.Logger, recorder *metrics.Recorder) Handler {
	return func(ctx context.Context, d Delivery) error {
		log := log.With("tenant", d.Run.Tenant, "run_id", d.Run.ID)
		if d.Export != uuid.Nil {
			log = log.With("export_id", d.Export)
		}
		began := time.Now()
		metered, done := recorder.Measure(ctx)
		err := recovered(metered, handle, d)
		used := done(function)
		log.Info("handled", "function", function, "latency_ms", float64(time.Since(began).Microseconds())/1000,
			"read_units", used.Read, "write_units", used.Write)
		switch {
		case err != nil && ctx.Err() != nil:
			log.Info("a wake-up was interrupted", "error", err)
		case err != nil:
			log.Error("a wake-up failed", "error", err)
		}
		return err
	}
}

func recovered(ctx context.Context, handle Handler, d Delivery) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return handle(ctx, d)
}
