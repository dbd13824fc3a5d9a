package export_test

import (
	"bytes"
	"context"
	"io"
	"iter"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/dynamolocal/dynamotest"
	"github.com/inndx/runs/internal/export"
	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/objects"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
)

func TestMain(m *testing.M) { dynamotest.Main(m) }

// A shared run is in a table and a bucket that several workers use.
type sharedRun struct {
	*site
	t     *testing.T
	table string
}

func newSharedRun(t *testing.T, parts int) *sharedRun {
	t.Helper()
	s := &sharedRun{site: newSite(t, parts), t: t, table: "test-" + uuid.NewString()}
	st := s.store(time.Until(s.created)) // the time of creation is in the names of the objects
	if err := st.EnsureTable(t.Context()); err != nil {
		t.Fatal(err)
	}
	fixed := store.New(store.NewClient(dynamotest.Config(t)), s.table, store.WithClock(func() time.Time { return s.created }))
	cfg, err := config.Parse([]byte(`{}`), "config")
	if err != nil {
		t.Fatal(err)
	}
	j, err := fixed.CreateJob(t.Context(), s.ref.Tenant, job.Job{Name: "shared"}, cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fixed.CreateRun(t.Context(), job.Ref{Tenant: s.ref.Tenant, ID: j.ID}, s.ref.ID, nil); err != nil {
		t.Fatal(err)
	}
	if _, _, err := st.Transition(t.Context(), s.ref, run.Start, nil); err != nil {
		t.Fatal(err)
	}
	l, err := st.Acquire(t.Context(), s.ref, "a crawler", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if err := st.Commit(t.Context(), l, crawllog.Commit{Parts: s.parts}); err != nil {
		t.Fatal(err)
	}
	return s
}

// store returns the store of a process whose clock is ahead.
func (s *sharedRun) store(ahead time.Duration) *store.Store {
	return store.New(store.NewClient(dynamotest.Config(s.t)), s.table,
		store.WithClock(func() time.Time { return time.Now().Add(ahead) }))
}

// create creates an export, and returns it with the bytes that its file should have.
func (s *sharedRun) create(f export.Format) (export.Export, []byte) {
	s.t.Helper()
	e, err := s.store(0).CreateExport(s.t.Context(), s.ref, uuid.Nil, f, nil, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	want := s.make(s.t, e, 1<<30)
	for o, err := range s.List(s.t.Context(), s.folder(e)) {
		if err != nil {
			s.t.Fatal(err)
		}
		if err := s.Delete(s.t.Context(), o.Name); err != nil {
			s.t.Fatal(err)
		}
	}
	return e, want
}

func (s *sharedRun) folder(e export.Export) string { return strings.TrimSuffix(e.File(), "file") }

// expect checks that the export is finished, that its file has the bytes, and that it has no other
// object. Then it deletes the export, since a run has few.
func (s *sharedRun) expect(e export.Export, want []byte) {
	s.t.Helper()
	got, err := s.store(0).Export(s.t.Context(), e.Ref())
	if err != nil || got.State != export.Finished || got.Size != int64(len(want)) {
		s.t.Fatalf("the export is %s with %d bytes, %v, want %d bytes", got.State, got.Size, err, len(want))
	}
	if !bytes.Equal(s.read(s.t, e.File()), want) {
		s.t.Errorf("the file has other bytes than that of one worker")
	}
	for o, err := range s.List(s.t.Context(), s.folder(e)) {
		if err != nil {
			s.t.Fatal(err)
		}
		if o.Name != e.File() {
			s.t.Errorf("the object %s is left", strings.TrimPrefix(o.Name, s.folder(e)))
		}
	}
	if err := s.store(0).RemoveExport(s.t.Context(), e.Ref(), nil); err != nil {
		s.t.Fatal(err)
	}
}

// worker returns a worker of a process whose clock is ahead. It calls hook before each operation
// that another worker can come before.
func (s *sharedRun) worker(ahead time.Duration, hook func()) *export.Worker {
	return &export.Worker{
		Store: hookedStore{s.store(ahead), hook}, Objects: hookedObjects{s, hook}, Logger: slog.New(slog.DiscardHandler), PieceBytes: 3000,
	}
}

type hookedStore struct {
	*store.Store
	hook func()
}

func (h hookedStore) SaveExport(ctx context.Context, l *export.Lease, p export.Progress, ttl time.Duration) error {
	h.hook()
	return h.Store.SaveExport(ctx, l, p, ttl)
}

func (h hookedStore) FinishExport(ctx context.Context, l *export.Lease, size int64) error {
	h.hook()
	return h.Store.FinishExport(ctx, l, size)
}

type hookedObjects struct {
	export.Objects
	hook func()
}

func (h hookedObjects) Write(ctx context.Context, name string, o objects.WriteOptions) (io.WriteCloser, error) {
	w, err := h.Objects.Write(ctx, name, o)
	h.hook() // while the object is being written
	return w, err
}

func (h hookedObjects) Read(ctx context.Context, name string, offset, length int64) (io.ReadCloser, error) {
	h.hook()
	return h.Objects.Read(ctx, name, offset, length)
}

func (h hookedObjects) Join(ctx context.Context, name string, o objects.WriteOptions, pieces []string) error {
	h.hook()
	return h.Objects.Join(ctx, name, o, pieces)
}

func (h hookedObjects) List(ctx context.Context, prefix string) iter.Seq2[objects.Object, error] {
	h.hook()
	return h.Objects.List(ctx, prefix)
}

// work lets the worker handle wake-ups until it says that it is done.
func work(t *testing.T, w *export.Worker, ref export.Ref) {
	t.Helper()
	for range 3 {
		if done, err := w.Work(t.Context(), ref); done && err == nil {
			return
		}
	}
	t.Error("a worker is never done")
}

// Several workers get a wake-up for one export at the same time.
func TestWorkersAtOnce(t *testing.T) {
	t.Parallel()
	s := newSharedRun(t, 9)
	for _, f := range export.Formats() {
		e, want := s.create(f)
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() { work(t, s.worker(0, func() {}), e.Ref()) })
		}
		group.Wait()
		s.expect(e, want)
	}
}

// The lease of a worker ends while it works, at each possible moment, and another one makes the
// whole export before the first one continues. Or both work side by side from then on.
func TestTwoWorkersMakeOneExport(t *testing.T) {
	t.Parallel()
	const afterLease = time.Hour
	s := newSharedRun(t, 3)
	for _, together := range []bool{false, true} {
		moments := 0
		for reached := true; reached; moments++ {
			e, want := s.create(export.WACZ)
			var group sync.WaitGroup
			reached = false
			var n atomic.Int64 // the merge of an index reads in several goroutines
			work(t, s.worker(0, func() {
				if n.Add(1) != int64(moments)+1 {
					return
				}
				reached = true
				group.Go(func() { work(t, s.worker(afterLease, func() {}), e.Ref()) })
				if !together {
					group.Wait()
				}
			}), e.Ref())
			group.Wait()
			s.expect(e, want)
		}
		if moments < 20 {
			t.Errorf("only %d moments", moments)
		}
	}
}
