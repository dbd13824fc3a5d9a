package housekeeping_test

import (
	"context"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

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

// A process makes a bounded number of exports at a time. The others are handed back with one
// wake-up each, however many wake-ups for them arrive, and the sweep does not wake them meanwhile.
func TestExportsAreBounded(t *testing.T) {
	s := storetest.New(t)
	ref := newRun(t, s)
	var refs []export.Ref
	for range 5 {
		e, err := s.CreateExport(t.Context(), ref, uuid.Nil, export.CSV, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		refs = append(refs, e.Ref())
	}
	q, x := &queue{}, &slowExporter{started: make(chan struct{}), finish: make(chan struct{})}
	k := housekeeping.New(housekeeping.Options{
		Store: s, Queue: q, Exporter: x, MaxExports: 2, Logger: slog.New(slog.DiscardHandler),
	})
	handle := k.Handler(nil)
	wakeUp := func(ref export.Ref) error {
		return handle(t.Context(), wake.Delivery{Run: ref.Run, Export: ref.ID})
	}
	var making errgroup.Group
	for _, ref := range refs[:2] {
		making.Go(func() error { return wakeUp(ref) })
		<-x.started
	}
	for _, ref := range slices.Concat(refs[2:], refs[2:]) {
		if err := wakeUp(ref); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(q.exports, refs[2:]) {
		t.Errorf("the wake-ups are of %v, want one for each of %v", q.exports, refs[2:])
	}
	q.exports = nil
	sweep(t, k)
	if slices.ContainsFunc(q.exports, func(e export.Ref) bool { return slices.Contains(refs[2:], e) }) {
		t.Errorf("the sweep wakes %v", q.exports)
	}
	close(x.finish)
	if err := making.Wait(); err != nil {
		t.Fatal(err)
	}
	go wakeUp(refs[2])
	<-x.started // there is room
}

// A slowExporter makes exports until finish is closed.
type slowExporter struct{ started, finish chan struct{} }

func (x *slowExporter) Work(context.Context, export.Ref) (bool, error) {
	x.started <- struct{}{}
	<-x.finish
	return true, nil
}
