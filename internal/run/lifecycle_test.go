package run_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/run"
)

var (
	actions = []run.Action{run.Start, run.Pause, run.Resume, run.Stop, run.Finish}
	epoch   = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
)

// in returns a run that reached the status at epoch.
func in(status run.Status) run.Run {
	r := run.Run{Status: status, CreatedAt: epoch, UpdatedAt: epoch, Version: 1}
	if status != run.Pending {
		r.StartedAt = epoch
	}
	if status == run.Paused {
		r.PausedAt = epoch
	}
	if status == run.Finished {
		r.FinishedAt, r.StopReason = epoch, run.MaxURLs
	}
	return r
}

func TestApply(t *testing.T) {
	const refused = run.Status("refused")
	want := map[run.Action][4]run.Status{ // from pending, running, paused, finished
		run.Start:  {run.Running, run.Running, refused, refused},
		run.Pause:  {refused, run.Paused, run.Paused, refused},
		run.Resume: {refused, run.Running, run.Running, refused},
		run.Stop:   {run.Finished, run.Finished, run.Finished, run.Finished},
		run.Finish: {run.Finished, run.Finished, run.Finished, run.Finished},
	}
	for _, action := range actions {
		for i, from := range run.Statuses() {
			t.Run(string(action)+" "+string(from), func(t *testing.T) {
				before := in(from)
				after, changed, err := run.Apply(before, action, run.Manual, epoch.Add(time.Hour))
				if want[action][i] == refused {
					if !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), string(from)) {
						t.Fatalf("got %v, want a conflict that names the status %s", err, from)
					}
					return
				}
				if err != nil || after.Status != want[action][i] || changed != (after.Status != from) {
					t.Fatalf("got %s, changed %t, %v; want %s", after.Status, changed, err, want[action][i])
				}
			})
		}
	}
}

func TestFinishedRunKeepsItsStopReason(t *testing.T) {
	after, changed, err := run.Apply(in(run.Finished), run.Stop, run.Manual, epoch.Add(time.Hour))
	if err != nil || changed || after.StopReason != run.MaxURLs || !after.FinishedAt.Equal(epoch) {
		t.Fatalf("got %+v, changed %t, %v; want the run unchanged", after, changed, err)
	}
}

// active returns how long the run has been executing at now, without the time spent paused.
func active(r run.Run, now time.Time) time.Duration {
	if r.StartedAt.IsZero() {
		return 0
	}
	end := now
	switch {
	case !r.FinishedAt.IsZero():
		end = r.FinishedAt
	case !r.PausedAt.IsZero():
		end = r.PausedAt
	}
	return end.Sub(r.StartedAt) - r.PausedFor
}

func TestActiveExcludesPausedTime(t *testing.T) {
	r := in(run.Pending)
	at := epoch
	for _, step := range []struct {
		after  time.Duration
		action run.Action
	}{{time.Minute, run.Start}, {time.Minute, run.Pause}, {time.Hour, run.Resume}, {time.Minute, run.Pause}} {
		at = at.Add(step.after)
		var err error
		if r, _, err = run.Apply(r, step.action, "", at); err != nil {
			t.Fatal(err)
		}
	}
	if got := active(r, at.Add(time.Hour)); got != 2*time.Minute {
		t.Errorf("paused: active for %s, want 2m", got)
	}
	r, _, _ = run.Apply(r, run.Stop, run.Manual, at.Add(time.Hour))
	if got := active(r, at.Add(48*time.Hour)); got != 2*time.Minute {
		t.Errorf("stopped while paused: active for %s, want 2m", got)
	}
}

// A run stays consistent after any actions, however the clocks of the machines differ.
func TestRunStaysConsistent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := in(run.Pending)
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			action := rapid.SampledFrom(actions).Draw(t, "action")
			clock := epoch.Add(time.Duration(rapid.Int64Range(-1e12, 1e13).Draw(t, "clock")))
			before := r
			var changed bool
			var err error
			if r, changed, err = run.Apply(r, action, run.Manual, clock); err != nil {
				r = before
				continue
			}
			if (r.Version == before.Version+1) != changed {
				t.Fatalf("%s: version %d after %d, changed %t", action, r.Version, before.Version, changed)
			}
		}
		for what, broken := range map[string]bool{
			"paused_at is set only while paused":            (r.Status == run.Paused) == r.PausedAt.IsZero(),
			"finished_at is set only when finished":         (r.Status == run.Finished) == r.FinishedAt.IsZero(),
			"a stop reason is given only when finished":     (r.Status == run.Finished) == (r.StopReason == ""),
			"a run that runs or is paused has been started": (r.Status == run.Running || r.Status == run.Paused) && r.StartedAt.IsZero(),
			"time runs forward":                             r.UpdatedAt.Before(r.CreatedAt) || active(r, r.UpdatedAt) < 0 || r.PausedFor < 0,
		} {
			if broken {
				t.Fatalf("broken: %s: %+v", what, r)
			}
		}
	})
}
