package store_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"gocloud.dev/blob/memblob"

	"github.com/inndx/runs/internal/export"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/idempotency"
	"github.com/inndx/runs/internal/objects/bucket"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/store/storetest"
)

// An exportBed is a store with a run whose log has two parts, and a clock that the test moves.
type exportBed struct {
	*testing.T
	*store.Store
	now *clock
	run run.Run
	ref run.Ref
}

func newExportBed(t *testing.T) *exportBed {
	now := newClock()
	s := storetest.New(t, store.WithClock(now.Now), store.WithObjects(bucket.New(memblob.OpenBucket(nil))))
	r := createRunIn(t, s, acme, createJob(t, s, acme, plainConfig).ID, run.Running)
	commit(t, s, acquire(t, s, acme, r.ID, "w"), "one", "two")
	return &exportBed{t, s, now, r, runRef(r.ID)}
}

func (b *exportBed) create() export.Export {
	b.Helper()
	b.now.Advance(time.Millisecond)
	e, err := b.CreateExport(b.Context(), b.ref, uuid.Nil, export.CSV, nil, nil)
	if err != nil {
		b.Fatal(err)
	}
	return e
}

func (b *exportBed) acquire(e export.Export) *export.Lease {
	b.Helper()
	l, err := b.AcquireExport(b.Context(), e.Ref(), uuid.NewString(), time.Minute)
	if err != nil {
		b.Fatal(err)
	}
	return l
}

func (b *exportBed) ok(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func (b *exportBed) get(e export.Export) export.Export {
	b.Helper()
	got, err := b.Export(b.Context(), e.Ref())
	b.ok(err)
	return got
}

func (b *exportBed) dueExports() []export.Ref {
	b.Helper()
	refs, err := b.DueExports(b.Context(), b.now.Now(), 100)
	b.ok(err)
	return refs
}

func (b *exportBed) wantDue(want ...export.Ref) {
	b.Helper()
	if got := b.dueExports(); !slices.Equal(got, want) {
		b.Errorf("due are %v, want %v", got, want)
	}
}

func TestLifeOfAnExport(t *testing.T) {
	b := newExportBed(t)
	e := b.create()
	want := export.Export{
		ID: e.ID, Run: b.ref, JobID: b.run.JobID, RunCreatedAt: b.run.CreatedAt, Format: export.CSV, State: export.Pending,
		Parts: 2, CreatedAt: b.now.Now(),
	}
	wantEqual(t, e, want)
	wantEqual(t, b.get(e), want)
	b.wantDue(e.Ref())

	b.now.Advance(time.Second)
	l := b.acquire(e)
	b.wantDue()
	want.State, want.StartedAt = export.Running, b.now.Now()
	_, err := b.AcquireExport(t.Context(), e.Ref(), "other", time.Minute)
	wantKind(t, err, fault.Conflict)
	want.Progress = export.Progress{Phase: 1, Part: 2, Pieces: 3, Bytes: 4, Entries: 5, State: []byte(`{"a":1}`)}
	b.now.Advance(50 * time.Second)
	b.ok(b.SaveExport(t.Context(), l, want.Progress, time.Minute))
	wantEqual(t, b.get(e), want)

	// The worker dies. Another one continues where it ended.
	b.now.Advance(59 * time.Second)
	b.wantDue()
	b.now.Advance(2 * time.Second)
	b.wantDue(e.Ref())
	next := b.acquire(e)
	wantEqual(t, next.Export, want)
	wantKind(t, b.SaveExport(t.Context(), l, export.Progress{}, time.Minute), fault.Conflict)
	wantKind(t, b.FinishExport(t.Context(), l, 1), fault.Conflict)
	b.ok(b.ReleaseExport(t.Context(), next))
	b.wantDue(e.Ref())
	last := b.acquire(e)
	if last.Attempts != 2 {
		t.Errorf("%d attempts since the last progress, want 2", last.Attempts)
	}
	b.ok(b.FinishExport(t.Context(), last, 99))
	want.State, want.Size, want.FinishedAt = export.Finished, 99, b.now.Now()
	wantEqual(t, b.get(e), want)
	b.now.Advance(time.Hour)
	b.wantDue()
	_, err = b.AcquireExport(t.Context(), e.Ref(), "other", time.Minute)
	wantKind(t, err, fault.Conflict)
}

func TestFailedExport(t *testing.T) {
	b := newExportBed(t)
	e := b.create()
	b.ok(b.FailExport(t.Context(), b.acquire(e), "it broke"))
	if got := b.get(e); got.State != export.Failed || got.Error != "it broke" || got.FinishedAt.IsZero() {
		t.Errorf("%+v", got)
	}
	b.now.Advance(time.Hour)
	b.wantDue()
}

// A dead letter fails an export only if nothing happened since the message was sent.
func TestAbandonedExport(t *testing.T) {
	b := newExportBed(t)
	e := b.create()
	abandon := func(sent time.Time, want bool) {
		t.Helper()
		if got, err := b.AbandonExport(t.Context(), e.Ref(), sent, "it broke"); got != want || err != nil {
			t.Errorf("abandoned %t, %v; want %t", got, err, want)
		}
	}
	abandon(b.now.Now(), false)
	l := b.acquire(e)
	b.now.Advance(time.Second)
	abandon(b.now.Now(), false)
	sent := b.now.Now()
	b.now.Advance(time.Second)
	b.ok(b.ReleaseExport(t.Context(), l))
	b.now.Advance(time.Second)
	abandon(sent, false)
	abandon(b.now.Now(), true)
	abandon(b.now.Now(), false)
	if got := b.get(e); got.State != export.Failed {
		t.Errorf("%+v", got)
	}
}

func TestListOfExports(t *testing.T) {
	b := newExportBed(t)
	var want []export.Export
	for range export.MaxPerRun {
		want = append([]export.Export{b.create()}, want...)
	}
	list := func(f export.Filter) []export.Export {
		t.Helper()
		got, err := b.Exports(t.Context(), b.ref, f)
		b.ok(err)
		return got
	}
	wantEqual(t, list(export.Filter{}), want)
	_, err := b.CreateExport(t.Context(), b.ref, uuid.Nil, export.CSV, nil, nil)
	if !fault.IsBecause(err, fault.ReasonTooManyExports) {
		t.Errorf("one too many: %v", err)
	}
	_, err = b.CreateExport(t.Context(), b.ref, want[3].ID, export.CSV, nil, nil)
	if !fault.Is(err, fault.Conflict) {
		t.Errorf("an id twice: %v", err)
	}
	b.ok(b.RemoveExport(t.Context(), want[0].Ref(), nil))
	wantEqual(t, list(export.Filter{}), want[1:])
	wantKind(t, b.RemoveExport(t.Context(), want[0].Ref(), nil), fault.NotFound)
	b.create()
	if got := list(export.Filter{Formats: []export.Format{export.WACZ}}); len(got) != 0 {
		t.Errorf("other formats are listed: %v", got)
	}
	b.acquire(want[5])
	if got := list(export.Filter{States: []export.State{export.Running}}); len(got) != 1 || got[0].ID != want[5].ID {
		t.Errorf("running are %v", got)
	}
	for _, ref := range []run.Ref{{Tenant: rival, ID: b.run.ID}, runRef(uuid.New())} {
		_, err := b.Exports(t.Context(), ref, export.Filter{})
		wantKind(t, err, fault.NotFound)
		_, err = b.Export(t.Context(), export.Ref{Run: ref, ID: want[5].ID})
		wantKind(t, err, fault.NotFound)
		_, err = b.CreateExport(t.Context(), ref, uuid.Nil, export.CSV, nil, nil)
		wantKind(t, err, fault.NotFound)
		wantKind(t, b.RemoveExport(t.Context(), export.Ref{Run: ref, ID: want[5].ID}, nil), fault.NotFound)
	}
}

func TestExportWithIdempotencyKey(t *testing.T) {
	b := newExportBed(t)
	key := &idempotency.Key{Route: "create-export", Value: "k", Fingerprint: [32]byte{1}}
	var mu sync.Mutex
	ids := map[uuid.UUID]bool{}
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			e, err := b.CreateExport(t.Context(), b.ref, uuid.Nil, export.CSV, key, nil)
			if fault.IsBecause(err, fault.ReasonRequestInProgress) {
				return
			}
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			ids[e.ID] = true
		})
	}
	wg.Wait()
	if list, err := b.Exports(t.Context(), b.ref, export.Filter{}); len(list) != 1 || len(ids) != 1 || err != nil {
		t.Errorf("created %v, %v, %v", list, ids, err)
	}
}

// A local service that was killed continues its exports at once.
func TestFreeLeasesOfExports(t *testing.T) {
	b := newExportBed(t)
	e := b.create()
	b.acquire(e)
	b.wantDue()
	b.ok(b.FreeLeases(context.Background()))
	b.wantDue(e.Ref())
	b.acquire(e)
}

// An export that is due can be postponed, once for each time that it is due. One that is worked on,
// finished or gone cannot.
func TestPostponeExport(t *testing.T) {
	b := newExportBed(t)
	e := b.create()
	postpone := func(want bool) {
		t.Helper()
		if got, err := b.PostponeExport(t.Context(), e.Ref(), b.now.Now().Add(time.Minute)); got != want || err != nil {
			t.Errorf("postponed: %t, %v; want %t", got, err, want)
		}
	}
	postpone(true)
	postpone(false)
	b.wantDue()
	b.now.Advance(time.Minute)
	b.wantDue(e.Ref())
	postpone(true)
	l := b.acquire(e) // a wake-up that comes earlier is not refused
	b.now.Advance(time.Second)
	postpone(false)
	b.ok(b.ReleaseExport(t.Context(), l))
	postpone(true)
	b.ok(b.FinishExport(t.Context(), b.acquire(e), 1))
	b.now.Advance(time.Hour)
	postpone(false)
	b.wantDue()
	b.ok(b.RemoveExport(t.Context(), e.Ref(), nil))
	b.now.Advance(time.Hour)
	b.ok(b.ForgetExport(t.Context(), b.acquire(e)))
	postpone(false)
	if refs := b.dueExports(); len(refs) > 0 {
		t.Errorf("due: %v", refs)
	}
}
