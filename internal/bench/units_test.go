package bench

import (
	"testing"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/run"
)

// BenchmarkWriteUnits counts the units of each call in the life of a run, including those of
// indexes. The count does not depend on the machine.
func BenchmarkWriteUnits(b *testing.B) {
	bed := newTestbed(b)
	jobID := bed.newJob(b)
	ref := run.Ref{Tenant: tenant}
	transition := func(a run.Action) func() error {
		return func() error {
			_, _, err := bed.store.Transition(b.Context(), ref, a, nil)
			return err
		}
	}
	for _, call := range []struct {
		name string
		do   func() error
	}{
		{"create", func() error {
			r, err := bed.store.CreateRun(b.Context(), job.Ref{Tenant: tenant, ID: jobID}, uuid.Nil, nil)
			ref.ID = r.ID
			return err
		}},
		{"start", transition(run.Start)},
		{"pause", transition(run.Pause)},
		{"resume", transition(run.Resume)},
		{"stop", transition(run.Stop)},
		{"stop again", transition(run.Stop)},
		{"get", func() error {
			_, err := bed.store.Run(b.Context(), ref)
			return err
		}},
		{"delete", func() error { return bed.store.DeleteRun(b.Context(), ref, nil) }},
	} {
		bed.meter.Reset()
		if err := call.do(); err != nil {
			b.Fatal(err)
		}
		usage := bed.meter.Reset()
		b.Run(call.name, func(b *testing.B) {
			for b.Loop() {
			}
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(usage.Write, "WCU")
			b.ReportMetric(usage.Read, "RCU")
		})
	}
}
