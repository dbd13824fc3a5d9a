package store_test

import (
	"testing"
	"time"

	"gocloud.dev/blob/memblob"

	"github.com/inndx/runs/internal/export"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/objects/bucket"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
)

// The objects of a deleted export are deleted when no worker writes any more, and then its item.
func TestRemovedExport(t *testing.T) {
	b := newExportBed(t)
	e := b.create()
	worker := b.acquire(e)
	b.ok(b.RemoveExport(t.Context(), e.Ref(), nil))
	_, err := b.Export(t.Context(), e.Ref())
	wantKind(t, err, fault.NotFound)
	wantKind(t, b.FinishExport(t.Context(), worker, 1), fault.Conflict)
	b.now.Advance(time.Second)
	b.wantDue(e.Ref())
	_, err = b.AcquireExport(t.Context(), e.Ref(), "remover", time.Minute)
	wantKind(t, err, fault.Conflict)
	b.wantDue()
	b.now.Advance(store.SettleTime)
	b.wantDue(e.Ref())
	l := b.acquire(e)
	if !l.Removed {
		t.Error("the export would be made")
	}
	b.ok(b.ForgetExport(t.Context(), l))
	b.now.Advance(time.Hour)
	b.wantDue()
}

// The purge of a run that keeps nothing deletes its exports, also what a worker writes afterwards.
func TestPurgeOfExports(t *testing.T) {
	b := newExportBed(t)
	objects := bucket.New(memblob.OpenBucket(nil))
	t.Cleanup(func() { objects.Close() })
	b.Store = b.Store.WithObjects(objects)
	for range 3 {
		b.create()
	}
	e := b.create()
	put := func() { b.ok(objects.Put(t.Context(), e.File(), []byte("x"), "text/csv")) }
	left := func() (n int) {
		for _, err := range objects.List(t.Context(), "") {
			b.ok(err)
			n++
		}
		return n
	}
	purge := func() {
		t.Helper()
		if done, err := b.Purge(t.Context(), b.ref, time.Now().Add(time.Hour)); !done || err != nil {
			t.Fatal(done, err)
		}
	}
	// The run is finished and its objects would be tidy.
	transition(t, b.Store, acme, b.run.ID, run.Stop)
	b.now.Advance(time.Hour)
	worker := b.acquire(e)
	put()
	b.ok(b.DeleteRun(t.Context(), b.ref, nil))
	_, err := b.AcquireExport(t.Context(), b.purgedExport(), "late", time.Minute)
	wantKind(t, err, fault.NotFound)
	for range 2 { // a wake-up may be delivered twice
		purge()
		if left() != 0 {
			t.Error("the file is left")
		}
		put() // by the worker
		wantKind(t, b.SaveExport(t.Context(), worker, export.Progress{}, time.Minute), fault.Conflict)
	}
	if len(b.dueExports()) > 0 {
		t.Error("exports are left")
	}
	b.now.Advance(store.SettleTime + time.Second)
	if !isDue(t, b.Store, b.now.Now(), b.run.ID) {
		t.Error("the run is not due when its workers are dead")
	}
	purge()
	if left() != 0 || isDue(t, b.Store, b.now.Now().Add(time.Hour), b.run.ID) {
		t.Error("something is left")
	}
}

// purgedExport returns the name of an export of the run, which is deleted.
func (b *exportBed) purgedExport() export.Ref {
	b.Helper()
	for _, ref := range b.dueExports() {
		return ref
	}
	b.Fatal("no export is due")
	return export.Ref{}
}
