package housekeeping_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/store"
)

// Deleting a run empties the bucket, also of what a worker writes afterwards. Until then no run can
// have the id.
func TestPurgeWithLateWorker(t *testing.T) {
	b := newBed(t)
	s := b.store(nil)
	ref, of, l := b.keeping(s)
	b.commit(s, l)
	if err := s.DeleteRun(t.Context(), ref, nil); err != nil {
		t.Fatal(err)
	}
	if err := b.handle(s, ref); err != nil {
		t.Fatal(err)
	}
	b.wantLeft()
	late := b.put(l)
	if b.due(s, ref) {
		t.Error("the run is due while a worker may write")
	}
	if err := b.handle(s, ref); err != nil { // a message that was delivered twice
		t.Fatal(err)
	}
	b.put(l)
	if _, err := s.CreateRun(t.Context(), of, ref.ID, nil); !fault.IsBecause(err, fault.ReasonBeingDeleted) {
		t.Errorf("create a run with the id: %v, with %s in the bucket", err, late)
	}
	b.advance(store.SettleTime)
	if !b.due(s, ref) {
		t.Error("the rest would never be removed")
	}
	if err := b.handle(s, ref); err != nil {
		t.Fatal(err)
	}
	b.wantLeft()
	if b.due(s, ref) {
		t.Error("the tombstone is left")
	}
	if _, err := s.CreateRun(t.Context(), of, ref.ID, nil); err != nil {
		t.Fatal(err)
	}
	kept := b.commit(s, b.lease(s, ref))
	if err := b.handle(s, ref); !fault.Is(err, fault.Conflict) { // a late message finds the lease
		t.Errorf("got %v", err)
	}
	if _, err := s.Purge(t.Context(), ref, time.Now().Add(24*time.Hour)); !fault.Is(err, fault.Conflict) {
		t.Errorf("purge the new run: %v", err)
	}
	b.wantLeft(kept)
}

// The id of a run whose objects are tidy is free at once.
func TestPurgeOfATidyRun(t *testing.T) {
	b := newBed(t)
	s := b.store(nil)
	ref, of, l := b.keeping(s)
	b.commit(s, l)
	if err := ends["by its worker"](b, s, l); err != nil {
		t.Fatal(err)
	}
	b.advance(store.SettleTime)
	err := b.handle(s, ref)
	err = errors.Join(err, s.DeleteRun(t.Context(), ref, nil), b.handle(s, ref))
	if err != nil {
		t.Fatal(err)
	}
	b.wantLeft()
	if _, err := s.CreateRun(t.Context(), of, ref.ID, nil); err != nil {
		t.Error(err)
	}
}

func TestPurgeAfterDeath(t *testing.T) {
	for n := range int64(14) {
		b := newBed(t)
		s := b.store(nil)
		ref, _, l := b.keeping(s)
		b.commit(s, l)
		if err := s.DeleteRun(t.Context(), ref, nil); err != nil {
			t.Fatal(err)
		}
		left := new(atomic.Int64)
		left.Store(n)
		died := b.handle(b.store(left), ref)
		b.put(l)
		b.advance(store.SettleTime)
		for range 3 {
			if b.due(s, ref) {
				if err := b.handle(s, ref); err != nil {
					t.Fatal(err)
				}
			}
			b.advance(24 * time.Hour)
		}
		b.wantLeft()
		if b.due(s, ref) {
			t.Errorf("death after %d requests: the tombstone is left", n)
		}
		if died == nil {
			return
		}
	}
	t.Error("a purge takes more requests than expected")
}

// A process that has no bucket leaves a run with objects to one that has.
func TestPurgeWithoutBucket(t *testing.T) {
	b := newBed(t)
	s := b.store(nil)
	ref, _, l := b.keeping(s)
	kept := b.commit(s, l)
	if err := s.DeleteRun(t.Context(), ref, nil); err != nil {
		t.Fatal(err)
	}
	without := b.store(nil, store.WithObjects(nil))
	if done, err := without.Purge(t.Context(), ref, time.Now().Add(24*time.Hour)); done || err == nil {
		t.Errorf("got %t, %v", done, err)
	}
	b.wantLeft(kept)
	if !b.due(s, ref) {
		t.Error("the run is no longer due")
	}
}
