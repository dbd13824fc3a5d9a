package store_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/inndx/runs/internal/artifact"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/store/storetest"
)

// A deleted artifact is hidden at once, and so are the artifacts with its content, also those that
// are recorded later. The delete can be repeated until the content is wiped.
func TestHideArtifact(t *testing.T) {
	s := storetest.New(t)
	m := newArtifactModel(t, s, acme, rand.New(rand.NewPCG(1, 1)))
	r := m.addRun()
	original, revisit := m.outcome(r, 1), m.outcome(r, 1)
	revisit.Artifacts[0].Original = original.Artifacts[0].Location
	m.record(r, original, revisit, m.outcome(r, 1))
	a := r.artifacts
	refused := errors.New("refused")
	if _, err := s.HideArtifact(t.Context(), acme, a[0].ID, func(artifact.Artifact) error { return refused }); err != refused {
		t.Errorf("got %v, want the error of the check", err)
	}
	_, err := s.HideArtifact(t.Context(), rival, a[0].ID, nil)
	wantReason(t, err, fault.ReasonNoSuchArtifact)
	for range 2 {
		got, err := s.HideArtifact(t.Context(), acme, a[0].ID, nil)
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, got, a[0])
	}
	later := m.outcome(r, 1)
	later.Artifacts[0].Original = original.Artifacts[0].Location
	m.record(r, later)
	for _, hidden := range []artifact.Artifact{a[0], a[1], r.artifacts[3]} {
		_, err := s.Artifact(t.Context(), acme, hidden.ID)
		wantReason(t, err, fault.ReasonNoSuchArtifact)
	}
	_, err = s.HideArtifact(t.Context(), acme, a[1].ID, nil)
	wantReason(t, err, fault.ReasonNoSuchArtifact)
	page, err := s.Artifacts(t.Context(), acme, artifact.Filter{}, paging.Request{Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	wantEqual(t, page.Items, []artifact.Artifact{a[2]})

	wantEqual(t, wiped(t, s, acme, a[0]), []crawllog.Location{a[0].Location})
	_, err = s.HideArtifact(t.Context(), acme, a[0].ID, nil)
	wantReason(t, err, fault.ReasonNoSuchArtifact)
	wantEqual(t, wiped(t, s, acme, a[0]), []crawllog.Location(nil))
}

// A wipe that fails is repeated, and a wipe covers all hidden artifacts of its object.
func TestWipeArtifacts(t *testing.T) {
	s := storetest.New(t)
	m := newArtifactModel(t, s, acme, rand.New(rand.NewPCG(1, 1)))
	r := m.addRun()
	m.record(r, m.outcome(r, 3), m.outcome(r, 1))
	a := r.artifacts
	a[0].Original, a[1].Original = crawllog.Location{}, crawllog.Location{}
	for _, i := range []int{2, 0} {
		if _, err := s.HideArtifact(t.Context(), acme, a[i].ID, nil); err != nil {
			t.Fatal(err)
		}
	}
	refused := errors.New("refused")
	err := s.WipeArtifacts(t.Context(), acme, a[0], func(context.Context, []crawllog.Location) error { return refused })
	if !errors.Is(err, refused) {
		t.Fatalf("got %v", err)
	}
	wantEqual(t, wiped(t, s, acme, a[0]), []crawllog.Location{a[0].Location, a[2].Location})
	wantEqual(t, wiped(t, s, acme, a[2]), []crawllog.Location(nil))
	if err := s.CopyArtifact(t.Context(), acme, a[2], func(context.Context) error { return nil }); !fault.Is(err, fault.NotFound) {
		t.Errorf("a deleted artifact is copied: %v", err)
	}
	if err := s.DeleteRun(t.Context(), runRef(r.run.ID), nil); err != nil {
		t.Fatal(err)
	}
	err = s.WipeArtifacts(t.Context(), acme, a[0], func(context.Context, []crawllog.Location) error { return nil })
	wantReason(t, err, fault.ReasonNoSuchArtifact)
}

// Of several processes that wipe artifacts of an object or copy them, one works at a time. The lock
// of a process that died holds others up until it ends.
func TestObjectLock(t *testing.T) {
	now := newClock()
	s := storetest.New(t, store.WithClock(now.Now))
	m := newArtifactModel(t, s, acme, rand.New(rand.NewPCG(1, 1)))
	r := m.addRun()
	m.record(r, m.outcome(r, 8))
	var working, worked atomic.Int32
	work := func(context.Context) error {
		if working.Add(1) > 1 {
			t.Error("two processes work at a time")
		}
		time.Sleep(time.Millisecond)
		working.Add(-1)
		worked.Add(1)
		return nil
	}
	var all sync.WaitGroup
	for i, a := range r.artifacts {
		all.Go(func() {
			if i%2 == 0 {
				if err := s.CopyArtifact(t.Context(), acme, r.artifacts[1], work); err != nil && !fault.Is(err, fault.NotFound) {
					t.Error(err)
				}
				return
			}
			if _, err := s.HideArtifact(t.Context(), acme, a.ID, nil); err != nil && !fault.Is(err, fault.NotFound) {
				t.Error(err)
				return
			}
			err := s.WipeArtifacts(t.Context(), acme, a, func(ctx context.Context, _ []crawllog.Location) error { return work(ctx) })
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if worked.Load() == 0 {
		t.Error("nobody worked")
	}
}

// A deleted run keeps nothing of its artifacts in the table. While a process has a lock on an
// object of the run, and so may write the object, the purge is not over.
func TestPurgeOfArtifacts(t *testing.T) {
	now := newClock()
	s := storetest.New(t, store.WithClock(now.Now), store.WithObjects(noObjects{}), store.WithSettleTime(0))
	m := newArtifactModel(t, s, acme, rand.New(rand.NewPCG(1, 1)))
	r := m.addRun()
	m.record(r, m.outcome(r, 30))
	for i := range 25 {
		if _, err := s.HideArtifact(t.Context(), acme, r.artifacts[i].ID, nil); err != nil && !fault.Is(err, fault.NotFound) {
			t.Fatal(err)
		}
	}
	purge := func() {
		t.Helper()
		if done, err := s.Purge(t.Context(), runRef(r.run.ID), now.Now().Add(time.Hour)); !done || err != nil {
			t.Fatal(done, err)
		}
	}
	left := func() int {
		t.Helper()
		n, err := s.ItemsOf(t.Context(), runRef(r.run.ID))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	transition(t, s, acme, r.run.ID, run.Stop)
	err := s.WipeArtifacts(t.Context(), acme, r.artifacts[0], func(context.Context, []crawllog.Location) error {
		if err := s.DeleteRun(t.Context(), runRef(r.run.ID), nil); err != nil {
			t.Fatal(err)
		}
		now.Advance(time.Second)
		purge()
		if n := left(); n != 2 {
			t.Errorf("%d items are left, want the lock and the tombstone of the run", n)
		}
		return errors.New("the wipe fails")
	})
	if err == nil {
		t.Fatal("no error")
	}
	now.Advance(2 * time.Minute)
	if !isDue(t, s, now.Now(), r.run.ID) {
		t.Error("the purge is not continued")
	}
	purge()
	if n := left(); n != 0 {
		t.Errorf("%d items are left", n)
	}
}

// noObjects is a bucket without objects.
type noObjects struct{}

func (noObjects) DeleteRun(context.Context, run.Ref, time.Time, time.Time) (bool, error) {
	return true, nil
}

func (noObjects) DeleteUnnamed(context.Context, run.Ref, time.Time, string, store.LogReader, time.Time) (string, bool, error) {
	return "", true, nil
}
