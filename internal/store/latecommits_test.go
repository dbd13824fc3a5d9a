package store_test

import (
	"testing"
	"time"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store/storetest"
)

// The worker of a deleted run stores a part while a purge may have passed it. Nothing of it is left.
func TestPartsStoredDuringAPurge(t *testing.T) {
	s := storetest.New(t)
	ctx := t.Context()
	j := createJob(t, s, acme, plainConfig)
	r := createRunIn(t, s, acme, j.ID, run.Running)
	l := acquire(t, s, acme, r.ID, "w")
	commit(t, s, l, "one")
	if err := s.DeleteRun(ctx, runRef(r.ID), nil); err != nil {
		t.Fatal(err)
	}
	before, err := s.ItemsOf(ctx, runRef(r.ID))
	if err != nil {
		t.Fatal(err)
	}
	wantKind(t, s.Commit(ctx, l, crawllog.Commit{Parts: [][]byte{[]byte("two"), []byte("three")}}), fault.Conflict)
	if n, err := s.ItemsOf(ctx, runRef(r.ID)); n != before || err != nil {
		t.Errorf("%d items are left, want %d; %v", n, before, err)
	}
}

// The worker of a deleted run is late, and a new run with the same id has recorded parts. They stay.
func TestALateWorkerKeepsThePartsOfANewRun(t *testing.T) {
	s := storetest.New(t)
	ctx := t.Context()
	j := createJob(t, s, acme, plainConfig)
	r := createRunIn(t, s, acme, j.ID, run.Running)
	ref := runRef(r.ID)
	late := acquire(t, s, acme, r.ID, "w")
	if err := s.DeleteRun(ctx, ref, nil); err != nil {
		t.Fatal(err)
	}
	if done, err := s.Purge(ctx, ref, time.Now().Add(time.Minute)); !done || err != nil {
		t.Fatal(done, err)
	}
	if _, err := s.CreateRun(ctx, jobRef(j.ID), r.ID, nil); err != nil {
		t.Fatal(err)
	}
	transition(t, s, acme, r.ID, run.Start)
	commit(t, s, acquire(t, s, acme, r.ID, "w"), "new")
	wantKind(t, s.Commit(ctx, late, crawllog.Commit{Parts: [][]byte{[]byte("late")}}), fault.Conflict)
	wantEqual(t, readLog(t, s, acme, r.ID), []string{"new"})
}
