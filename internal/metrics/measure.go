package metrics

import (
	"context"
	"log/slog"

	"github.com/inndx/runs/internal/meter"
)

// Measure returns a context for one call, and done, which ends the measurement. done records what
// the call did under the name of the function, and returns it. A nil Recorder measures but records
// nothing.
func (r *Recorder) Measure(ctx context.Context) (_ context.Context, done func(function string) meter.Usage) {
	var m meter.Meter
	return meter.With(ctx, &m), func(function string) meter.Usage {
		used := m.Usage()
		values := []Value{Count("Requests", 1), Count("ReadUnits", used.Read), Count("WriteUnits", used.Write)}
		if used.Commits > 0 {
			values = append(values, Count("Commits", used.Commits), Count("PagesCrawled", used.Pages))
		}
		r.Record(Function(function), values...)
		return used
	}
}

// Attrs returns what a call did for its log line. To keep the line short, it omits what is zero.
func Attrs(used meter.Usage) (attrs []slog.Attr) {
	for _, v := range []struct {
		name  string
		value float64
	}{
		{"read_units", used.Read}, {"write_units", used.Write},
		{"commits", float64(used.Commits)}, {"pages", float64(used.Pages)},
	} {
		if v.value > 0 {
			attrs = append(attrs, slog.Float64(v.name, v.value))
		}
	}
	return attrs
}
