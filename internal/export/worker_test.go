package export_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/inndx/runs/internal/export"
	"github.com/inndx/runs/internal/fault"
)

// A shelf is a store of one export. A lease never ends by itself.
type shelf struct {
	*site
	lease   export.Lease
	leased  bool
	gone    bool  // the item is deleted
	failure error // of the next save
}

func (s *shelf) Export(context.Context, export.Ref) (export.Export, error) {
	return s.lease.Export, nil
}

func (s *shelf) AcquireExport(_ context.Context, ref export.Ref, owner string, _ time.Duration) (*export.Lease, error) {
	if s.leased || ref != s.lease.Ref() || !s.lease.Removed && s.lease.State != export.Pending && s.lease.State != export.Running {
		return nil, fault.New(fault.Conflict, "leased or done")
	}
	s.lease.Owner, s.leased, s.lease.State = owner, true, export.Running
	s.lease.Attempts++
	l := s.lease
	return &l, nil
}

func (s *shelf) change(l *export.Lease, f func()) error {
	if !s.leased || l.Owner != s.lease.Owner {
		return fault.New(fault.Conflict, "lost")
	}
	f()
	return nil
}

func (s *shelf) SaveExport(_ context.Context, l *export.Lease, p export.Progress, _ time.Duration) error {
	if s.failure != nil {
		return s.failure
	}
	return s.change(l, func() { s.lease.Progress, s.lease.Attempts = p, 0 })
}

func (s *shelf) ReleaseExport(_ context.Context, l *export.Lease) error {
	return s.change(l, func() { s.leased = false })
}

func (s *shelf) FinishExport(_ context.Context, l *export.Lease, size int64) error {
	return s.change(l, func() { s.leased, s.lease.State, s.lease.Size = false, export.Finished, size })
}

func (s *shelf) FailExport(_ context.Context, l *export.Lease, reason string) error {
	return s.change(l, func() { s.leased, s.lease.State, s.lease.Error = false, export.Failed, reason })
}

func (s *shelf) ForgetExport(_ context.Context, l *export.Lease) error {
	return s.change(l, func() { s.gone = true })
}

// exports returns the names of the objects of exports.
func (s *shelf) exports(t *testing.T) (names []string) {
	t.Helper()
	for o, err := range s.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(o.Name, "/exports/") {
			names = append(names, o.Name)
		}
	}
	return names
}

func newShelf(t *testing.T) (*shelf, *export.Worker) {
	s := &shelf{site: newSite(t, 9)}
	s.lease.Export = s.export(export.WACZ)
	s.lease.State = export.Pending
	return s, &export.Worker{Store: s, Objects: s, Logger: slog.New(slog.DiscardHandler), PieceBytes: 1000}
}

func TestWorkerLeavesOnlyTheFile(t *testing.T) {
	s, w := newShelf(t)
	if done, err := w.Work(t.Context(), s.lease.Ref()); !done || err != nil {
		t.Fatal(done, err)
	}
	if s.lease.State != export.Finished || s.lease.Size == 0 {
		t.Errorf("the export is %s, of %d bytes", s.lease.State, s.lease.Size)
	}
	if got := s.exports(t); len(got) != 1 || got[0] != s.lease.File() {
		t.Errorf("the bucket has %q", got)
	}
	if done, err := w.Work(t.Context(), s.lease.Ref()); !done || err != nil {
		t.Error("a second wake-up:", done, err)
	}
	s.lease.Removed = true
	if done, err := w.Work(t.Context(), s.lease.Ref()); !done || err != nil || !s.gone {
		t.Error("the removal:", done, err)
	}
	if got := s.exports(t); len(got) != 0 {
		t.Errorf("the bucket has %q", got)
	}
}

// A worker whose time is over makes a piece and gives up the lease for the next one.
func TestWorkerContinues(t *testing.T) {
	s, w := newShelf(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	calls := 0
	for done := false; !done; calls++ {
		var err error
		if done, err = w.Work(notDone{ctx}, s.lease.Ref()); err != nil || s.leased {
			t.Fatalf("%v, leased %t", err, s.leased)
		}
	}
	if calls < 9 || s.lease.State != export.Finished {
		t.Errorf("after %d calls the export is %s", calls, s.lease.State)
	}
}

// A notDone context has a deadline in the past and is not done.
type notDone struct{ context.Context }

func (notDone) Done() <-chan struct{} { return nil }
func (notDone) Err() error            { return nil }

func TestWorkerGivesUp(t *testing.T) {
	s, w := newShelf(t)
	s.failure = errors.New("broken")
	for range export.MaxAttempts {
		if done, err := w.Work(t.Context(), s.lease.Ref()); done || !errors.Is(err, s.failure) {
			t.Fatal(done, err)
		}
	}
	if done, err := w.Work(t.Context(), s.lease.Ref()); !done || err != nil {
		t.Fatal(done, err)
	}
	if s.lease.State != export.Failed || s.lease.Error == "" || len(s.exports(t)) != 0 {
		t.Errorf("%+v, the bucket has %q", s.lease, s.exports(t))
	}
}
