package store_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/job"
	"github.com/inndx/runs/internal/paging"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/store/storetest"
)

func TestChange(t *testing.T) {
	const conflict = run.Status("conflict")
	tests := []struct {
		from    run.Status
		action  run.Action
		to      run.Status
		changed bool
	}{
		{run.Pending, run.Pause, conflict, false},
		{run.Pending, run.Resume, conflict, false},
		{run.Pending, run.Start, run.Running, true},
		{run.Pending, run.Stop, run.Finished, true},
		{run.Running, run.Pause, run.Paused, true},
		{run.Running, run.Resume, run.Running, false},
		{run.Running, run.Start, run.Running, false},
		{run.Running, run.Stop, run.Finished, true},
		{run.Paused, run.Pause, run.Paused, false},
		{run.Paused, run.Resume, run.Running, true},
		{run.Paused, run.Start, conflict, false},
		{run.Paused, run.Stop, run.Finished, true},
		{run.Finished, run.Pause, conflict, false},
		{run.Finished, run.Resume, conflict, false},
		{run.Finished, run.Start, conflict, false},
		{run.Finished, run.Stop, run.Finished, false},
	}
	now := newClock()
	s := storetest.New(t, store.WithClock(now.Now))
	j := createJob(t, s, acme, plainConfig)
	for _, test := range tests {
		t.Run(fmt.Sprintf("%s %s", test.action, test.from), func(t *testing.T) {
			before := toStatus(t, s, acme, j.ID, test.from)
			now.Advance(time.Second)
			r, changed, err := s.Transition(t.Context(), run.Ref{Tenant: acme, ID: before.ID}, test.action, nil)
			after, readErr := s.Run(t.Context(), run.Ref{Tenant: acme, ID: before.ID})
			if readErr != nil {
				t.Fatal(readErr)
			}
			switch {
			case test.to == conflict:
				wantKind(t, err, fault.Conflict)
				wantEqual(t, after, before)
				return
			case err != nil:
				t.Fatal(err)
			case !test.changed:
				wantEqual(t, r, before)
			default:
				want, _, _ := run.Apply(before, test.action, run.Manual, now.Now())
				wantEqual(t, r, want)
			}
			wantEqual(t, after, r)
			if changed != test.changed || r.Status != test.to {
				t.Errorf("changed %t to %s, want %t to %s", changed, r.Status, test.changed, test.to)
			}
			// The indexes have the run where its status says, and nowhere else.
			for _, status := range run.Statuses() {
				page, err := s.Runs(t.Context(), acme, run.Filter{Statuses: []run.Status{status}}, paging.Request{Limit: 100})
				if err != nil {
					t.Fatal(err)
				}
				found := slices.ContainsFunc(page.Items, func(r run.Run) bool { return r.ID == before.ID })
				if found != (status == test.to) {
					t.Errorf("listed as %s: %t", status, found)
				}
			}
		})
	}
}

func TestFinishCopiesProgress(t *testing.T) {
	s := storetest.New(t)
	ctx := t.Context()
	j := createJob(t, s, acme, plainConfig)
	ends := map[string]func(r run.Run, l *run.Lease) (run.Run, error){
		"finish": func(_ run.Run, l *run.Lease) (run.Run, error) { return s.Finish(ctx, l, run.MaxURLs) },
		"stop": func(r run.Run, _ *run.Lease) (run.Run, error) {
			r, _, err := s.Transition(ctx, run.Ref{Tenant: acme, ID: r.ID}, run.Stop, nil)
			return r, err
		},
		"give up": func(r run.Run, l *run.Lease) (run.Run, error) {
			if err := s.Release(ctx, l, time.Now()); err != nil && !fault.Is(err, fault.Conflict) { // it has ended
				return r, err
			}
			r, _, err := s.Abandon(ctx, run.Ref{Tenant: acme, ID: r.ID}, time.Now())
			return r, err
		},
	}
	reasons := map[string]run.StopReason{"finish": run.MaxURLs, "stop": run.Manual, "give up": run.Unknown}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			r := toStatus(t, s, acme, j.ID, run.Running)
			l := acquire(t, s, acme, r.ID, "w")
			commit(t, s, l, "one", "two")
			r, err := s.Run(ctx, run.Ref{Tenant: acme, ID: r.ID})
			if err != nil || r.Progress.URLsFetched != 2 {
				t.Fatal("progress does not show while the run crawls:", r.Progress, err)
			}
			ended, err := end(r, l)
			if err != nil {
				t.Fatal(err)
			}
			if ended.Status != run.Finished || ended.StopReason != reasons[name] || ended.Progress.URLsFetched != 2 {
				t.Errorf("%+v", ended)
			}
			read, err := s.Run(ctx, run.Ref{Tenant: acme, ID: r.ID})
			if err != nil {
				t.Fatal(err)
			}
			wantEqual(t, read, ended)
			if isDue(t, s, time.Now().Add(time.Hour), r.ID) {
				t.Error("a finished run is still woken")
			}
			wantKind(t, s.Commit(ctx, l, crawllog.Commit{Parts: [][]byte{[]byte("late")}}), fault.Conflict)
			if got := log(t, s, acme, r.ID); len(got) != 2 {
				t.Errorf("recorded after the end: %q", got)
			}
			// Ending it again changes nothing.
			for name, end := range ends {
				again, err := end(r, l)
				if err != nil {
					t.Fatal(name, err)
				}
				wantEqual(t, again, ended)
			}
		})
	}
}

// A run is given up when nobody has moved it on since the message was sent that could not be
// handled, and else left alone.
func TestGiveUpSparesRunsThatGoOn(t *testing.T) {
	now := newClock()
	s := storetest.New(t, store.WithClock(now.Now))
	ctx := t.Context()
	j := createJob(t, s, acme, plainConfig)
	later := func() { now.Advance(time.Minute) }
	release := func(l *run.Lease, wait time.Duration) {
		t.Helper()
		if err := s.Release(ctx, l, now.Now().Add(wait)); err != nil {
			t.Fatal(err)
		}
	}
	running := func() (run.Run, *run.Lease) {
		r := toStatus(t, s, acme, j.ID, run.Running)
		return r, acquire(t, s, acme, r.ID, "w")
	}
	for name, test := range map[string]struct {
		begin   func() (run.Run, *run.Lease)
		since   func(run.Run, *run.Lease) // after the message was sent
		givenUp bool
	}{
		"never begun": {
			begin:   func() (run.Run, *run.Lease) { return createRun(t, s, acme, j.ID), nil },
			givenUp: true,
		},
		"released long ago": {
			begin: func() (run.Run, *run.Lease) {
				r, l := running()
				commit(t, s, l, "one")
				release(l, 0)
				later()
				return r, nil
			},
			givenUp: true,
		},
		"its worker died": {
			begin: func() (run.Run, *run.Lease) {
				r, _ := running()
				now.Advance(time.Hour)
				return r, nil
			},
			givenUp: true,
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
		"released since without having learned anything": {
			begin: running,
			since: func(_ run.Run, l *run.Lease) { release(l, 0); later() },
		},
		"waits": {
			begin: func() (run.Run, *run.Lease) {
				r, l := running()
				release(l, 24*time.Hour)
				return r, nil
			},
		},
		"parked": {
			begin: func() (run.Run, *run.Lease) {
				r, l := running()
				change(t, s, acme, r.ID, run.Pause)
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
			since: func(r run.Run, _ *run.Lease) { change(t, s, acme, r.ID, run.Pause) },
		},
		"resumed since": {
			begin: func() (run.Run, *run.Lease) {
				r, l := running()
				change(t, s, acme, r.ID, run.Pause)
				release(l, 0)
				return r, nil
			},
			since: func(r run.Run, _ *run.Lease) { change(t, s, acme, r.ID, run.Resume); later() },
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
			before, err := s.Run(ctx, run.Ref{Tenant: acme, ID: r.ID})
			if err != nil {
				t.Fatal(err)
			}
			_, changed, err := s.Abandon(ctx, run.Ref{Tenant: acme, ID: r.ID}, sent)
			after, readErr := s.Run(ctx, run.Ref{Tenant: acme, ID: r.ID})
			if readErr != nil {
				t.Fatal(readErr)
			}
			if test.givenUp {
				if err != nil || !changed || after.Status != run.Finished || after.StopReason != run.Unknown {
					t.Errorf("it is %s, %v", after.Status, err)
				}
				return
			}
			wantKind(t, err, fault.Conflict)
			wantEqual(t, after, before)
			if l != nil && test.since == nil { // and its worker notices nothing
				commit(t, s, l, "one")
			}
		})
	}
}

// A worker that takes the lease while the run is being given up keeps it.
func TestGiveUpLosesToALease(t *testing.T) {
	now := newClock()
	s := storetest.New(t, store.WithClock(now.Now))
	j := createJob(t, s, acme, plainConfig)
	r := createRun(t, s, acme, j.ID)
	now.Advance(time.Hour)
	sent := now.Now()
	var lease *run.Lease
	slow := s.WithClockCalled(func() { // once the run is read, before it is ended
		if lease == nil {
			lease = acquire(t, s, acme, r.ID, "w")
		}
	})
	_, _, err := slow.Abandon(t.Context(), run.Ref{Tenant: acme, ID: r.ID}, sent)
	wantKind(t, err, fault.Conflict)
	change(t, s, acme, r.ID, run.Start)
	commit(t, s, lease, "one")
}

func TestFinishNeedsTheLease(t *testing.T) {
	now := newClock()
	s := storetest.New(t, store.WithClock(now.Now))
	ctx := t.Context()
	j := createJob(t, s, acme, plainConfig)
	r := toStatus(t, s, acme, j.ID, run.Running)
	old := acquire(t, s, acme, r.ID, "old")
	now.Advance(time.Minute)
	current := acquire(t, s, acme, r.ID, "current")
	_, err := s.Finish(ctx, old, run.MaxURLs)
	wantKind(t, err, fault.Conflict)
	commit(t, s, current, "one")
	behind := *current
	behind.Seq = 0
	_, err = s.Finish(ctx, &behind, run.EmptySeed)
	wantKind(t, err, fault.Conflict)
	if r, err = s.Finish(ctx, current, run.MaxURLs); err != nil || r.StopReason != run.MaxURLs {
		t.Fatal(r, err)
	}
}

// An answer to one call of the race, with the time it was under way as numbers of one
// counter.
type answer struct {
	action     string
	start, end int64
	status     run.Status
	version    int64
	changed    bool
	err        error
}

func TestLifecycleRace(t *testing.T) {
	s := storetest.New(t)
	j := createJob(t, s, acme, plainConfig)
	for round := range 3 {
		r := toStatus(t, s, acme, j.ID, run.Running)
		checkRace(t, r, raceOn(t, s, r.ID, uint64(round)))
	}
	// Every run was counted out once: otherwise the job would be held, or others not.
	r := createRun(t, s, acme, j.ID)
	wantKind(t, s.DeleteJob(t.Context(), job.Ref{Tenant: acme, ID: j.ID}, nil), fault.Conflict)
	change(t, s, acme, r.ID, run.Stop)
	if err := s.DeleteJob(t.Context(), job.Ref{Tenant: acme, ID: j.ID}, nil); err != nil {
		t.Fatal(err)
	}
}

// raceOn lets 32 clients call one run at once until it is deleted.
func raceOn(t *testing.T, s *store.Store, id uuid.UUID, seed uint64) []answer {
	var ticks atomic.Int64
	var mu sync.Mutex
	var answers []answer
	var wg sync.WaitGroup
	for client := range 32 {
		random := rand.New(rand.NewPCG(seed, uint64(client)))
		wg.Go(func() {
			for i := range 5 {
				a := answer{action: []string{"pause", "resume"}[random.IntN(2)]}
				if i == 3 && client%4 == 0 {
					a.action = "stop"
				}
				if i == 4 && client%8 == 0 {
					a.action = "delete"
				}
				a.start = ticks.Add(1)
				if a.action == "delete" {
					a.err = s.DeleteRun(t.Context(), run.Ref{Tenant: acme, ID: id}, nil)
				} else {
					var r run.Run
					r, a.changed, a.err = s.Transition(t.Context(), run.Ref{Tenant: acme, ID: id}, run.Action(a.action), nil)
					a.status, a.version = r.Status, r.Version
				}
				a.end = ticks.Add(1)
				mu.Lock()
				answers = append(answers, a)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return answers
}

// checkRace checks that the answers are those of some order of the calls, one that agrees
// with which call ended before another began.
func checkRace(t *testing.T, r run.Run, answers []answer) {
	t.Helper()
	history := map[int64]run.Status{r.Version: r.Status}
	var changes []answer
	var deletes []answer
	for _, a := range answers {
		switch {
		case a.changed:
			changes = append(changes, a)
		case a.action == "delete" && a.err == nil:
			deletes = append(deletes, a)
		}
	}
	if len(deletes) != 1 {
		t.Fatalf("%d deletes succeeded", len(deletes))
	}
	slices.SortFunc(changes, func(a, b answer) int { return cmp.Compare(a.version, b.version) })
	last := r
	for _, a := range changes {
		next, changed, err := run.Apply(last, run.Action(a.action), run.Manual, time.Now())
		if err != nil || !changed || next.Version != a.version || next.Status != a.status {
			t.Fatalf("%s answered %s version %d after %s version %d", a.action, a.status, a.version, last.Status, last.Version)
		}
		history[a.version] = a.status
		last = next
	}
	for _, a := range answers {
		// The versions that the run may have had while the call was under way.
		low, high := r.Version, last.Version
		for _, c := range changes {
			if c.end < a.start {
				low = max(low, c.version)
			}
			if c.start > a.end {
				high = min(high, c.version-1)
			}
		}
		alive := deletes[0].end > a.start
		switch {
		case a.action == "delete" && a.err == nil, a.changed:
		case fault.Is(a.err, fault.NotFound):
			if deletes[0].start > a.end {
				t.Errorf("%s: not found before the delete", a.action)
			}
		case a.err == nil:
			if a.version < low || a.version > high || history[a.version] != a.status || !alive {
				t.Errorf("%s answered %s version %d, possible were %d to %d", a.action, a.status, a.version, low, high)
			}
		case fault.Is(a.err, fault.Conflict):
			possible := false
			for v := low; v <= high; v++ {
				_, _, err := run.Apply(run.Run{Status: history[v]}, run.Action(a.action), run.Manual, time.Now())
				possible = possible || err != nil
			}
			if !possible || !alive {
				t.Errorf("%s refused: %v", a.action, a.err)
			}
		default:
			t.Errorf("%s: %v", a.action, a.err)
		}
		if a.changed && deletes[0].end < a.start {
			t.Errorf("%s after the delete", a.action)
		}
	}
	t.Logf("%d changes", len(changes))
}
