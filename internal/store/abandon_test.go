package store_test

import (
	"testing"
	"time"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/store/storetest"
)

// Abandon ends a run only if nothing was done with the run since the message was sent.
func TestAbandonRefusesActiveRuns(t *testing.T) {
	now := newClock()
	s := storetest.New(t, store.WithClock(now.Now))
	ctx := t.Context()
	j := createJob(t, s, acme, plainConfig)
	later := func() { now.Advance(time.Minute) }
	release := func(l *run.Lease, wait time.Duration) {
		t.Helper()
		if err := s.Release(ctx, l, run.Handover{WakeAt: now.Now().Add(wait)}); err != nil {
			t.Fatal(err)
		}
	}
	running := func() (run.Run, *run.Lease) {
		r := createRunIn(t, s, acme, j.ID, run.Running)
		return r, acquire(t, s, acme, r.ID, "w")
	}
	for name, test := range map[string]struct {
		begin     func() (run.Run, *run.Lease)
		since     func(run.Run, *run.Lease) // after the message was sent
		abandoned bool
	}{
		"never started": {
			begin:     func() (run.Run, *run.Lease) { return createRun(t, s, acme, j.ID), nil },
			abandoned: true,
		},
		"released long ago": {
			begin: func() (run.Run, *run.Lease) {
				r, l := running()
				commit(t, s, l, "one")
				release(l, 0)
				later()
				return r, nil
			},
			abandoned: true,
		},
		"leased by a dead worker": {
			begin: func() (run.Run, *run.Lease) {
				r, _ := running()
				now.Advance(time.Hour)
				return r, nil
			},
			abandoned: true,
		},
		"leased": {begin: running},
		"leased since": {
			begin: func() (run.Run, *run.Lease) { return createRun(t, s, acme, j.ID), nil },
			since: func(r run.Run, _ *run.Lease) { acquire(t, s, acme, r.ID, "w") },
		},
		"committed and released since": {
			begin: running,
			since: func(_ run.Run, l *run.Lease) {
				commit(t, s, l, "one")
				release(l, 0)
				later()
			},
		},
		"released since without a commit": {
			begin: running,
			since: func(_ run.Run, l *run.Lease) { release(l, 0); later() },
		},
		"waiting": {
			begin: func() (run.Run, *run.Lease) {
				r, l := running()
				release(l, 24*time.Hour)
				return r, nil
			},
		},
		"parked": {
			begin: func() (run.Run, *run.Lease) {
				r, l := running()
				transition(t, s, acme, r.ID, run.Pause)
				if err := s.Park(ctx, l); err != nil {
					t.Fatal(err)
				}
				return r, nil
			},
		},
		"paused since": {
			begin: func() (run.Run, *run.Lease) {
				r, l := running()
				release(l, 0)
				return r, nil
			},
			since: func(r run.Run, _ *run.Lease) { transition(t, s, acme, r.ID, run.Pause) },
		},
		"resumed since": {
			begin: func() (run.Run, *run.Lease) {
				r, l := running()
				transition(t, s, acme, r.ID, run.Pause)
				release(l, 0)
				return r, nil
			},
			since: func(r run.Run, _ *run.Lease) { transition(t, s, acme, r.ID, run.Resume); later() },
		},
	} {
		t.Run(name, func(t *testing.T) {
			r, l := test.begin()
			now.Advance(time.Second)
			sent := now.Now()
			now.Advance(time.Second)
			if test.since != nil {
				test.since(r, l)
			}
			before, err := s.Run(ctx, runRef(r.ID))
			if err != nil {
				t.Fatal(err)
			}
			_, changed, err := s.Abandon(ctx, runRef(r.ID), sent)
			after, readErr := s.Run(ctx, runRef(r.ID))
			if readErr != nil {
				t.Fatal(readErr)
			}
			if test.abandoned {
				if err != nil || !changed || after.Status != run.Finished || after.StopReason != run.Unknown {
					t.Errorf("the run is %s, error %v", after.Status, err)
				}
				return
			}
			wantKind(t, err, fault.Conflict)
			wantEqual(t, after, before)
			if l != nil && test.since == nil { // its worker can still commit
				commit(t, s, l, "one")
			}
		})
	}
}

// A worker that acquires the lease while the run is being abandoned keeps it.
func TestAbandonLosesToANewLease(t *testing.T) {
	now := newClock()
	s := storetest.New(t, store.WithClock(now.Now))
	j := createJob(t, s, acme, plainConfig)
	r := createRun(t, s, acme, j.ID)
	now.Advance(time.Hour)
	sent := now.Now()
	var lease *run.Lease
	slow := s.WithClockCalled(func() { // after the run is read and before it is ended
		if lease == nil {
			lease = acquire(t, s, acme, r.ID, "w")
		}
	})
	_, _, err := slow.Abandon(t.Context(), runRef(r.ID), sent)
	wantKind(t, err, fault.Conflict)
	transition(t, s, acme, r.ID, run.Start)
	commit(t, s, lease, "one")
}
