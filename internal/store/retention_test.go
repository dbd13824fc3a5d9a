package store_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/store/storetest"
)

const day = 24 * time.Hour

func TestRetention(t *testing.T) {
	now := newClock()
	s := storetest.New(t, store.WithClock(now.Now), store.WithRetention(2*day))
	ctx := t.Context()
	j := createJob(t, s, acme, plainConfig)
	r := createRunIn(t, s, acme, j.ID, run.Running)
	expired, err := s.Expire(ctx, runRef(r.ID))
	if expired || err != nil {
		t.Fatal("an unfinished run expires:", expired, err)
	}
	commit(t, s, acquire(t, s, acme, r.ID, "w"), "one")
	r = transition(t, s, acme, r.ID, run.Stop)
	over := r.FinishedAt.Add(2 * day)
	if isExpired(t, s, over.Add(-time.Microsecond), r.ID) || !isExpired(t, s, over, r.ID) || isDue(t, s, over, r.ID) {
		t.Error("the run does not expire exactly when its retention is over")
	}

	now.Advance(over.Sub(now.Now()) - time.Microsecond)
	if expired, err := s.Expire(ctx, runRef(r.ID)); expired || err != nil {
		t.Fatal("the run expires too early:", expired, err)
	}
	now.Advance(time.Microsecond)
	if expired, err := s.Expire(ctx, runRef(r.ID)); !expired || err != nil {
		t.Fatal(expired, err)
	}
	_, err = s.Run(ctx, runRef(r.ID))
	wantKind(t, err, fault.NotFound)
	if !isDue(t, s, now.Now(), r.ID) {
		t.Error("the log would never be purged if the process died now")
	}
	if done, err := s.Purge(ctx, runRef(r.ID), now.Now().Add(time.Hour)); !done || err != nil {
		t.Fatal(done, err)
	}
	if got := readLog(t, s, acme, r.ID); len(got) > 0 {
		t.Errorf("parts of the log are left: %q", got)
	}
	_, err = s.Expire(ctx, runRef(r.ID))
	wantKind(t, err, fault.NotFound)
	if err := s.DeleteJob(ctx, jobRef(j.ID), nil); err != nil {
		t.Error("the job still counts the run:", err)
	}
}

// The present retention counts, not the retention at the time when the run finished.
func TestRetentionChanges(t *testing.T) {
	now := newClock()
	s := storetest.New(t, store.WithClock(now.Now), store.WithRetention(day))
	ctx := t.Context()
	j := createJob(t, s, acme, plainConfig)
	longer := createRunIn(t, s, acme, j.ID, run.Finished)
	never := createRunIn(t, s, acme, j.ID, run.Finished)
	now.Advance(day)
	if expired, err := s.WithRetention(3*day).Expire(ctx, runRef(longer.ID)); expired || err != nil {
		t.Fatal(expired, err)
	}
	over := longer.FinishedAt.Add(3 * day)
	if isExpired(t, s, over.Add(-time.Microsecond), longer.ID) || !isExpired(t, s, over, longer.ID) {
		t.Error("the run does not expire exactly when the longer retention is over")
	}
	if expired, err := s.WithRetention(0).Expire(ctx, runRef(never.ID)); expired || err != nil {
		t.Fatal(expired, err)
	}
	if isExpired(t, s, now.Now().Add(1000*day), never.ID) {
		t.Error("a run expires without retention")
	}
}

// The run is deleted, and a new run gets its id, before Expire deletes it.
func TestExpireKeepsANewRunWithTheID(t *testing.T) {
	now := newClock()
	s := storetest.New(t, store.WithClock(now.Now), store.WithRetention(day))
	ctx := t.Context()
	j := createJob(t, s, acme, plainConfig)
	r := createRunIn(t, s, acme, j.ID, run.Finished)
	now.Advance(day)
	reads := 0
	slow := s.WithClockCalled(func() { // after the first read of the run and before its delete
		if reads++; reads > 1 {
			return
		}
		if err := s.DeleteRun(ctx, runRef(r.ID), nil); err != nil {
			t.Fatal(err)
		}
		if done, err := s.Purge(ctx, runRef(r.ID), now.Now().Add(time.Hour)); !done || err != nil {
			t.Fatal(done, err)
		}
		now.Advance(time.Second)
		if _, err := s.CreateRun(ctx, jobRef(j.ID), r.ID, nil); err != nil {
			t.Fatal(err)
		}
	})
	if expired, err := slow.Expire(ctx, runRef(r.ID)); expired || !fault.Is(err, fault.NotFound) {
		t.Errorf("expired %t, %v", expired, err)
	}
	if _, err := s.Run(ctx, runRef(r.ID)); err != nil {
		t.Error("the new run is gone:", err)
	}
}

func isExpired(t *testing.T, s *store.Store, now time.Time, id uuid.UUID) bool {
	t.Helper()
	refs, err := s.Expired(t.Context(), now, 1000)
	if err != nil {
		t.Fatal(err)
	}
	return slices.Contains(refs, runRef(id))
}

func TestParseRetention(t *testing.T) {
	for days, want := range map[string]time.Duration{"": 0, "0": 0, "1": day, "3650": 3650 * day} {
		t.Run(days, func(t *testing.T) {
			if got, err := store.ParseRetention(days); got != want || err != nil {
				t.Errorf("got %s, %v, want %s", got, err, want)
			}
		})
	}
	for _, days := range []string{"-1", "3651", "1.5", "1d", "forever"} {
		t.Run(days, func(t *testing.T) {
			if got, err := store.ParseRetention(days); err == nil {
				t.Errorf("got %s, want an error", got)
			}
		})
	}
}
