package store_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/store/storetest"
)

func TestPurgeResumes(t *testing.T) {
	now := newClock()
	s := storetest.New(t, store.WithClock(now.Now))
	ctx := t.Context()
	j := createJob(t, s, acme, plainConfig)
	r := createRunIn(t, s, acme, j.ID, run.Running)
	other := createRunIn(t, s, acme, j.ID, run.Running)
	commit(t, s, acquire(t, s, acme, other.ID, "w"), "stays")
	l := acquire(t, s, acme, r.ID, "w")
	parts := make([][]byte, store.MaxCommitParts)
	for i := range parts {
		parts[i] = []byte("x")
	}
	for range 23 {
		if err := s.Commit(ctx, l, crawllog.Commit{Parts: parts}); err != nil {
			t.Fatal(err)
		}
	}
	ref := runRef(r.ID)
	_, err := s.Purge(ctx, ref, now.Now().Add(time.Hour))
	wantKind(t, err, fault.Conflict) // the run is not deleted
	if err := s.DeleteRun(ctx, runRef(r.ID), nil); err != nil {
		t.Fatal(err)
	}
	if done, err := s.Purge(ctx, ref, now.Now()); done || err != nil {
		t.Fatal("a purge at its deadline:", done, err)
	}

	// The first purge ends in the middle. Two others do the rest concurrently.
	now.Advance(time.Second)
	now.Tick(10 * time.Millisecond)
	if done, err := s.Purge(ctx, ref, now.Now().Add(time.Second)); done || err != nil {
		t.Fatal(done, err)
	}
	left := len(readLog(t, s, acme, r.ID))
	if left == 0 || int64(left) == l.Seq {
		t.Fatalf("%d of %d parts are left", left, l.Seq)
	}
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			if done, err := s.Purge(ctx, ref, now.Now().Add(time.Hour)); !done || err != nil {
				t.Error(done, err)
			}
		})
	}
	wg.Wait()
	if got := readLog(t, s, acme, r.ID); len(got) > 0 {
		t.Errorf("%d parts are left", len(got))
	}
	_, err = s.Acquire(ctx, ref, "w", time.Minute)
	if errors.Is(err, run.ErrDeleting) {
		t.Error("the tombstone is left")
	}
	wantEqual(t, readLog(t, s, acme, other.ID), []string{"stays"})
}

func TestIDOfADeletedRun(t *testing.T) {
	s := storetest.New(t)
	ctx := t.Context()
	j := createJob(t, s, acme, plainConfig)
	r := createRunIn(t, s, acme, j.ID, run.Running)
	l := acquire(t, s, acme, r.ID, "w")
	commit(t, s, l, "one")
	if err := s.DeleteRun(ctx, runRef(r.ID), nil); err != nil {
		t.Fatal(err)
	}
	wantKind(t, s.DeleteRun(ctx, runRef(r.ID), nil), fault.NotFound)
	_, err := s.Run(ctx, runRef(r.ID))
	wantKind(t, err, fault.NotFound)
	_, err = s.CreateRun(ctx, jobRef(j.ID), r.ID, nil)
	wantKind(t, err, fault.Conflict)
	if !isDue(t, s, time.Now(), r.ID) {
		t.Error("the log would never be purged")
	}
	ref := runRef(r.ID)
	if done, err := s.Purge(ctx, ref, time.Now().Add(time.Minute)); !done || err != nil {
		t.Fatal(done, err)
	}
	if _, err := s.CreateRun(ctx, jobRef(j.ID), r.ID, nil); err != nil {
		t.Fatal(err)
	}
	if got := readLog(t, s, acme, r.ID); len(got) > 0 {
		t.Error("the new run has a log:", got)
	}
	transition(t, s, acme, r.ID, run.Start)
	commit(t, s, acquire(t, s, acme, r.ID, "w"), "new")
	_, err = s.Purge(ctx, ref, time.Now().Add(time.Minute)) // a late message
	wantKind(t, err, fault.Conflict)
	if err := s.PurgeParts(ctx, ref, 1, time.Now().Add(time.Minute)); err == nil { // a late purge
		t.Error("a purge of the old run does not notice the new run")
	}
	wantEqual(t, readLog(t, s, acme, r.ID), []string{"new"})
}
