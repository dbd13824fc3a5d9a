package housekeeping_test

import (
	"context"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/export"
	"github.com/inndx/runs/internal/housekeeping"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store/storetest"
	"github.com/inndx/runs/internal/wake"
)

// An exporter is done after some calls.
type exporter struct {
	calls int
	left  int
	ref   export.Ref
}

func (e *exporter) Work(_ context.Context, ref export.Ref) (bool, error) {
	e.ref = ref
	e.calls++
	e.left--
	return e.left < 0, nil
}

// A wake-up of an export makes the export, and does not touch the run. It is sent again until the
// export is done. A dead letter fails the export and not the run.
func TestWakeupsOfExports(t *testing.T) {
	s := storetest.New(t)
	ref := newRun(t, s)
	e, err := s.CreateExport(t.Context(), ref, uuid.Nil, export.CSV, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	q, x := &queue{}, &exporter{left: 2}
	k := housekeeping.New(housekeeping.Options{Store: s, Queue: q, Exporter: x, Logger: slog.New(slog.DiscardHandler)})
	sweep(t, k)
	if want := []export.Ref{e.Ref()}; !slices.Equal(q.exports, want) || len(q.sent) != 1 {
		t.Fatalf("the sweep sent %v and %v", q.exports, q.sent)
	}
	handle := k.Handler(func(context.Context, run.Ref) error {
		t.Error("the run is crawled")
		return nil
	})
	for len(q.exports) > 0 {
		next := q.exports[0]
		q.exports = q.exports[1:]
		if err := handle(t.Context(), wake.Delivery{Run: next.Run, Export: next.ID}); err != nil {
			t.Fatal(err)
		}
	}
	if x.calls != 3 || x.ref != e.Ref() {
		t.Errorf("%d calls for %v, want 3 for %v", x.calls, x.ref, e.Ref())
	}

	letter := wake.Delivery{Run: ref, Export: e.ID, Sent: time.Now().Add(time.Second)}
	for range 2 {
		if err := k.Abandon(t.Context(), letter); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Export(t.Context(), e.Ref())
	r, err2 := s.Run(t.Context(), ref)
	if got.State != export.Failed || r.Status != run.Pending || err != nil || err2 != nil {
		t.Errorf("the export is %s, the run is %s, %v, %v", got.State, r.Status, err, err2)
	}
}
