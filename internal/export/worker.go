package export

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/fault"
)

// Function names the worker's measurements and log lines.
const Function = "export"

const (
	// leaseTime is how long a worker has the lease of an export after it saved a piece. A piece of
	// 64 MiB takes seconds. S3 joins pieces of 10 GB in about six seconds, if 16 parts are copied
	// at 100 MB/s each. If a worker takes longer, another one joins the same pieces.
	leaseTime = 5 * time.Minute
	// workTime bounds the work on one wake-up whose context has no deadline.
	workTime = time.Minute
	// saveTime is the time before the deadline at which the worker ends the current piece.
	saveTime = 30 * time.Second
	// endTime bounds the writes that end the work after the context is done.
	endTime = 5 * time.Second
)

// A Store stores exports. *store.Store implements it and documents the methods.
type Store interface {
	Log
	Export(ctx context.Context, ref Ref) (Export, error)
	AcquireExport(ctx context.Context, ref Ref, owner string, ttl time.Duration) (*Lease, error)
	SaveExport(ctx context.Context, l *Lease, p Progress, ttl time.Duration) error
	ReleaseExport(ctx context.Context, l *Lease) error
	FinishExport(ctx context.Context, l *Lease, size int64) error
	FailExport(ctx context.Context, l *Lease, reason string) error
	ForgetExport(ctx context.Context, l *Lease) error
}

// A Worker makes exports, and deletes the objects of deleted ones.
type Worker struct {
	Store   Store
	Objects Objects
	Logger  *slog.Logger
	// PieceBytes is that of a Maker.
	PieceBytes int64
}

// Work makes the export, or a part of it. It reports whether it is done: the export is finished or
// failed, or another process works on it. Otherwise a further call continues.
func (w *Worker) Work(ctx context.Context, ref Ref) (done bool, err error) {
	l, err := w.Store.AcquireExport(ctx, ref, uuid.NewString(), leaseTime)
	switch {
	case fault.Is(err, fault.Conflict), fault.Is(err, fault.NotFound):
		return true, nil
	case err != nil:
		return false, fmt.Errorf("export: %w", err)
	case l.Removed:
		if err := w.remove(ctx, l.Export, ""); err != nil {
			return false, err
		}
		return true, w.Store.ForgetExport(ctx, l)
	case l.Attempts > MaxAttempts:
		w.log(ref).Error("an export failed: no process got a piece further", "attempts", MaxAttempts)
		return true, w.fail(ctx, l, "making the export failed repeatedly")
	}
	return w.make(ctx, l)
}

func (w *Worker) log(ref Ref) *slog.Logger {
	return w.Logger.With("tenant", ref.Run.Tenant, "run_id", ref.Run.ID, "export_id", ref.ID)
}

// make makes the leased export, and ends the lease if the process goes on.
func (w *Worker) make(ctx context.Context, l *Lease) (done bool, err error) {
	m := &Maker{Log: w.Store, Objects: w.Objects, PieceBytes: w.PieceBytes}
	size, err := m.Make(ctx, l.Export, workDeadline(ctx), func(p Progress) error {
		l.Progress = p
		return w.Store.SaveExport(ctx, l, p, leaseTime)
	})
	switch {
	case err == nil:
		if err := w.Store.FinishExport(ctx, l, size); err != nil {
			return true, w.ifLost(ctx, l, err)
		}
		// What a process that dies now leaves is deleted with the export or the run.
		if err := w.remove(ctx, l.Export, l.File()); err != nil {
			w.log(l.Ref()).Warn("the pieces of an export could not be deleted", "error", err)
		}
		return true, nil
	case fault.Is(err, fault.Conflict):
		return true, w.ifLost(ctx, l, err)
	}
	// Release the lease even if the time is over, so that another process continues at once.
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTime)
	defer cancel()
	switch released := w.Store.ReleaseExport(end, l); {
	case fault.Is(released, fault.Conflict): // the other worker may have deleted pieces
		return true, w.ifLost(end, l, released)
	case released != nil:
		w.log(l.Ref()).Warn("the lease of an export could not be released", "error", released)
	}
	if errors.Is(err, ErrDeadline) {
		return false, nil
	}
	return false, err
}

// workDeadline returns when the worker ends the current piece.
func workDeadline(ctx context.Context) time.Time {
	deadline, ok := ctx.Deadline()
	if !ok {
		return time.Now().Add(workTime)
	}
	// At least a third of the time is for work.
	return deadline.Add(-min(saveTime, time.Until(deadline)*2/3))
}

// fail fails the export and deletes its pieces.
func (w *Worker) fail(ctx context.Context, l *Lease, reason string) error {
	if err := w.Store.FailExport(ctx, l, reason); err != nil {
		return w.ifLost(ctx, l, err)
	}
	if err := w.remove(ctx, l.Export, ""); err != nil {
		w.log(l.Ref()).Warn("the pieces of a failed export could not be deleted", "error", err)
	}
	return nil
}

// ifLost returns err, but nil for the error of a lost lease: the export or the run is deleted, or
// another worker went on. If that worker is done, it may have deleted the objects before this one
// wrote its last piece, so they are deleted again.
func (w *Worker) ifLost(ctx context.Context, l *Lease, err error) error {
	if !fault.Is(err, fault.Conflict) {
		return err
	}
	e, err := w.Store.Export(ctx, l.Ref())
	switch {
	case fault.Is(err, fault.NotFound):
		return nil
	case err != nil:
		return err
	case e.State == Finished:
		return w.remove(ctx, e, e.File())
	case e.State == Failed:
		return w.remove(ctx, e, "")
	}
	return nil
}

// remove deletes the objects of the export except the one with the name.
func (w *Worker) remove(ctx context.Context, e Export, except string) error {
	for o, err := range w.Objects.List(ctx, e.folder()) {
		if err == nil && o.Name != except {
			err = w.Objects.Delete(ctx, o.Name)
		}
		if err != nil {
			return fmt.Errorf("export: delete objects: %w", err)
		}
	}
	return nil
}
