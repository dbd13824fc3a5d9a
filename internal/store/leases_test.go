package store_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/uuid"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/store/storetest"
)

func TestLease(t *testing.T) {
	now := newClock()
	s := storetest.New(t, store.WithClock(now.Now))
	ctx := t.Context()
	j := createJob(t, s, acme, plainConfig)
	r := createRun(t, s, acme, j.ID)
	ref := runRef(r.ID)

	first, err := s.Acquire(ctx, ref, "first", 20*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if first.Seq != 0 || first.Attempts != 1 || !first.Until.Equal(now.Now().Add(20*time.Second)) {
		t.Errorf("the new lease is %+v", first)
	}
	_, err = s.Acquire(ctx, ref, "second", 20*time.Second)
	wantKind(t, err, fault.Conflict)
	if !strings.Contains(err.Error(), "2026-03-01T12:00:20") {
		t.Error("the error does not say when the lease ends:", err)
	}
	// While the lease is held, the sweep wakes the run at the end of the lease and not before.
	if isDue(t, s, first.Until.Add(-time.Microsecond), r.ID) || !isDue(t, s, first.Until, r.ID) {
		t.Error("the wake time is not the end of the lease")
	}

	// The first owner dies. When its lease has ended, another owner may acquire it.
	now.Advance(20*time.Second + time.Microsecond)
	second, err := s.Acquire(ctx, ref, "second", 20*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if second.Attempts != 2 {
		t.Errorf("attempt %d, want 2", second.Attempts)
	}
	wantKind(t, s.Release(ctx, first, run.Handover{WakeAt: now.Now()}), fault.Conflict)
	wantKind(t, s.Park(ctx, first), fault.Conflict)

	wakeAt := now.Now().Add(time.Hour)
	if err := s.Release(ctx, second, run.Handover{WakeAt: wakeAt}); err != nil {
		t.Fatal(err)
	}
	if isDue(t, s, wakeAt.Add(-time.Microsecond), r.ID) || !isDue(t, s, wakeAt, r.ID) {
		t.Error("the run is not woken at the given time")
	}
	third := acquire(t, s, acme, r.ID, "third")
	if third.Attempts != 1 {
		t.Errorf("attempt %d after a release, want 1", third.Attempts)
	}

	transition(t, s, acme, r.ID, run.Stop)
	_, err = s.Acquire(ctx, ref, "late", time.Minute)
	if !errors.Is(err, run.ErrFinished) {
		t.Error(err)
	}
	if err := s.DeleteRun(ctx, runRef(r.ID), nil); err != nil {
		t.Fatal(err)
	}
	_, err = s.Acquire(ctx, ref, "late", time.Minute)
	if !errors.Is(err, run.ErrDeleting) {
		t.Error(err)
	}
	if _, err := s.Purge(ctx, ref, now.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	_, err = s.Acquire(ctx, ref, "late", time.Minute)
	if errors.Is(err, run.ErrDeleting) || !fault.Is(err, fault.NotFound) {
		t.Error(err)
	}
	if isDue(t, s, now.Now().Add(time.Hour), r.ID) {
		t.Error("a purged run is woken")
	}
}

// What a run waits for is shown until a worker has the run, or until no worker may have it.
func TestWaitingFor(t *testing.T) {
	s := storetest.New(t)
	j := createJob(t, s, acme, plainConfig)
	release := func(t *testing.T, id uuid.UUID, reason run.WaitReason) {
		t.Helper()
		h := run.Handover{WakeAt: time.Now(), WaitingFor: reason}
		if err := s.Release(t.Context(), acquire(t, s, acme, id, "w"), h); err != nil {
			t.Fatal(err)
		}
	}
	for name, end := range map[string]func(*testing.T, uuid.UUID){
		"acquire": func(t *testing.T, id uuid.UUID) { acquire(t, s, acme, id, "w") },
		"release": func(t *testing.T, id uuid.UUID) { release(t, id, "") },
		"pause":   func(t *testing.T, id uuid.UUID) { transition(t, s, acme, id, run.Pause) },
		"resume": func(t *testing.T, id uuid.UUID) { // before a worker has parked the run
			transition(t, s, acme, id, run.Pause)
			transition(t, s, acme, id, run.Resume)
		},
		"stop": func(t *testing.T, id uuid.UUID) { transition(t, s, acme, id, run.Stop) },
	} {
		t.Run(name, func(t *testing.T) {
			r := createRun(t, s, acme, j.ID)
			transition(t, s, acme, r.ID, run.Start)
			release(t, r.ID, run.WaitMemory)
			if got := waitingFor(t, s, r.ID); got != [2]run.WaitReason{run.WaitMemory, run.WaitMemory} {
				t.Errorf("after the release, get and list say %q", got)
			}
			end(t, r.ID)
			if got := waitingFor(t, s, r.ID); got != [2]run.WaitReason{} {
				t.Errorf("in the end, get and list say %q", got)
			}
		})
	}
}

// waitingFor returns what the run waits for, as Run and as List return it.
func waitingFor(t *testing.T, s *store.Store, id uuid.UUID) [2]run.WaitReason {
	t.Helper()
	r, err := s.Run(t.Context(), runRef(id))
	if err != nil {
		t.Fatal(err)
	}
	page, err := s.Runs(t.Context(), acme, run.Filter{IncludeIDs: []uuid.UUID{id}}, paging.Request{Limit: 1})
	if err != nil || len(page.Items) != 1 {
		t.Fatal(page, err)
	}
	return [2]run.WaitReason{r.WaitingFor, page.Items[0].WaitingFor}
}

// FreeLeases makes runs due whose owners are dead, and leaves alone runs that wait for another
// reason.
func TestFreeLeases(t *testing.T) {
	s := storetest.New(t)
	j := createJob(t, s, acme, plainConfig)
	leased, resumed, waiting := createRun(t, s, acme, j.ID), createRun(t, s, acme, j.ID), createRun(t, s, acme, j.ID)
	for _, r := range []run.Run{leased, resumed, waiting} {
		transition(t, s, acme, r.ID, run.Start)
	}
	dead := acquire(t, s, acme, leased.ID, "dead")
	acquire(t, s, acme, resumed.ID, "dead")
	transition(t, s, acme, resumed.ID, run.Pause)
	transition(t, s, acme, resumed.ID, run.Resume)
	if err := s.Release(t.Context(), acquire(t, s, acme, waiting.ID, "w"), run.Handover{WakeAt: time.Now().Add(time.Hour)}); err != nil {
		t.Fatal(err)
	}
	if err := s.FreeLeases(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, r := range []run.Run{leased, resumed} {
		if !isDue(t, s, time.Now(), r.ID) {
			t.Error("a run whose worker is dead is not due")
		}
		if l := acquire(t, s, acme, r.ID, "next"); l.Attempts != 2 {
			t.Errorf("attempt %d, want 2, as the first made no progress", l.Attempts)
		}
	}
	if isDue(t, s, time.Now().Add(59*time.Minute), waiting.ID) {
		t.Error("a run that waits for its host is woken too early")
	}
	wantKind(t, s.Commit(t.Context(), dead, crawllog.Commit{Parts: [][]byte{[]byte("x")}}), fault.Conflict)
}

func TestPark(t *testing.T) {
	s := storetest.New(t)
	j := createJob(t, s, acme, plainConfig)
	r := createRunIn(t, s, acme, j.ID, run.Running)
	l := acquire(t, s, acme, r.ID, "w")
	wantKind(t, s.Park(t.Context(), l), fault.Conflict) // it is running
	transition(t, s, acme, r.ID, run.Pause)
	if err := s.Park(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	if isDue(t, s, time.Now().Add(time.Hour), r.ID) {
		t.Error("a parked run is woken")
	}
	transition(t, s, acme, r.ID, run.Resume)
	if !isDue(t, s, time.Now(), r.ID) {
		t.Error("a resumed run is not woken")
	}
	acquire(t, s, acme, r.ID, "another")
}

// A worker parks the run while a client resumes it. In either order the run is woken afterwards.
func TestParkRacesResume(t *testing.T) {
	s := storetest.New(t)
	j := createJob(t, s, acme, plainConfig)
	parked := 0
	for i := range 20 {
		r := createRunIn(t, s, acme, j.ID, run.Paused)
		l := acquire(t, s, acme, r.ID, "w")
		var parkErr error
		var wg sync.WaitGroup
		wg.Go(func() {
			for range i % 6 { // resume reads before it writes, so delay the park in some rounds
				if _, err := s.Status(t.Context(), runRef(r.ID)); err != nil {
					t.Error(err)
				}
			}
			parkErr = s.Park(t.Context(), l)
		})
		wg.Go(func() { transition(t, s, acme, r.ID, run.Resume) })
		wg.Wait()
		switch {
		case parkErr == nil:
			parked++
		case !fault.Is(parkErr, fault.Conflict):
			t.Fatal(parkErr)
		}
		if !isDue(t, s, time.Now().Add(time.Millisecond), r.ID) {
			t.Fatalf("the run is never woken; park returned %v", parkErr)
		}
	}
	t.Logf("in %d of 20 rounds the park came first", parked)
}

// A lease is released, the response is lost, and the client sends the request again. The caller
// learns that it released the lease, so it sends the next wake-up.
func TestReleaseWithoutAResponse(t *testing.T) {
	s := storetest.New(t)
	ctx := t.Context()
	r := createRunIn(t, s, acme, createJob(t, s, acme, plainConfig).ID, run.Running)
	l := acquire(t, s, acme, r.ID, "w")
	lost := false
	c := &faultyClient{lost: func(_ string, sent bool) bool {
		first := sent && !lost
		lost = lost || sent
		return first
	}}
	h := run.Handover{WakeAt: time.Now().Add(7 * time.Second), WaitingFor: run.WaitMemory}
	if err := s.WithClient(func(o *dynamodb.Options) { o.HTTPClient = c }).Release(ctx, l, h); err != nil {
		t.Error(err)
	}
	wantKind(t, s.Release(ctx, l, run.Handover{WakeAt: time.Now()}), fault.Conflict)
	other := acquire(t, s, acme, r.ID, "other")
	wantKind(t, s.Release(ctx, l, h), fault.Conflict)
	if err := s.Release(ctx, other, run.Handover{WakeAt: time.Now()}); err != nil {
		t.Error(err)
	}
}
