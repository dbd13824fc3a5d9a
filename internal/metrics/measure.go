package metrics

import (
	"context"

	"github.com/inndx/runs/internal/meter"
)

// Measure returns a context for one call, and done, which ends the measurement. done records the
// requests and the database units of the call under the name of the function, and returns the
// usage. A nil Recorder measures but records nothing.
func (r *Recorder) Measure(ctx context.Context) (_ context.Context, done func(function string) meter.Usage) {
	var m meter.Meter
	return meter.With(ctx, &m), func(function string) meter.Usage {
		used := m.Usage()
		r.Record(Function(function),
			Count("Requests", 1), Count("ReadUnits", used.Read), Count("WriteUnits", used.Write))
		return used
	}
}
