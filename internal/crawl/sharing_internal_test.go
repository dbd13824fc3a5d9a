package crawl

import (
	"fmt"
	"testing"
	"time"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/run"
)

func TestAlignedTime(t *testing.T) {
	const period = 180 * time.Second
	at := func(s string) time.Time {
		parsed, err := time.Parse(time.TimeOnly, s)
		if err != nil {
			t.Fatal(err)
		}
		return parsed
	}
	for _, tt := range []struct {
		name, now, leave string
		period           time.Duration
		want             string
	}{
		{"the last multiple of several", "12:00:10", "12:07:10", period, "12:06:00"},
		{"the multiple itself", "12:00:10", "12:03:00", period, "12:03:00"},
		{"none after now", "12:03:00", "12:05:59", period, "12:05:59"},
		{"just after now", "12:02:59", "12:05:59", period, "12:03:00"},
		{"no period", "12:00:10", "12:07:10", 0, "12:07:10"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := alignedTime(at(tt.leave), at(tt.now), tt.period); !got.Equal(at(tt.want)) {
				t.Errorf("got %s, want %s", got.Format(time.TimeOnly), tt.want)
			}
		})
	}
}

// A worker leaves at a time that does not move when the clock is set.
func TestAlignedTimeIsMonotonic(t *testing.T) {
	now := time.Now()
	got := alignedTime(now.Add(time.Hour), now, time.Minute)
	if got == got.Round(0) { // which strips the monotonic clock reading
		t.Errorf("%v has no monotonic clock reading", got)
	}
}

func TestStaysFor(t *testing.T) {
	for _, tt := range []struct {
		wait time.Duration
		busy bool
		want bool
	}{
		{10 * time.Second, true, true},
		{10 * time.Second, false, false},
		{maxSharedIdle, true, true},
		{maxSharedIdle + 1, true, false},
	} {
		if got := staysFor(tt.wait, tt.busy); got != tt.want {
			t.Errorf("a wait of %s, beside a busy run %t: stays %t", tt.wait, tt.busy, got)
		}
	}
}

// What a run is expected to take before its log is read is not less than what its frontier takes.
func TestEstimatedSize(t *testing.T) {
	f := newTestFrontier()
	for i := range 5000 {
		f.apply(&crawllog.Discovered{URL: fmt.Sprintf("https://%d.example/some/page/%d?of=%d", i%50, i, i%7), Depth: 1})
	}
	s := snapshot{frontier: f, robots: newRobotsCache()}
	if estimate := estimatedSize(f.progress); estimate < runBytes+s.size() || estimate > 4*(runBytes+s.size()) {
		t.Errorf("a run that takes %d bytes is estimated to take %d", runBytes+s.size(), estimate)
	}
	if got := estimatedSize(run.Progress{}); got != runBytes {
		t.Errorf("a new run is estimated to take %d bytes", got)
	}
}
