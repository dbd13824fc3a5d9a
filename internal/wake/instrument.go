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

// Instrument returns a handler that calls handle, records what the call did under the name of the
// function, and logs it in one line. It returns a panic of handle as an error, because the process
// handles the wake-ups of other runs too. The recorder may be nil.
//
// Metric filters of template.yaml count the pages of these lines, and the failures by their level.
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
		attrs := append([]slog.Attr{
			slog.String("function", function), slog.Float64("latency_ms", float64(time.Since(began).Microseconds())/1000),
		}, metrics.Attrs(used)...)
		level, message := slog.LevelInfo, "handled"
		switch {
		case err != nil && ctx.Err() != nil:
			message = "a wake-up was interrupted"
		case err != nil:
			level, message = slog.LevelError, "a wake-up failed"
		}
		if err != nil {
			attrs = append(attrs, slog.Any("error", err))
		}
		log.LogAttrs(ctx, level, message, attrs...)
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
