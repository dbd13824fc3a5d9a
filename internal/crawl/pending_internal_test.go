package crawl

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/inndx/runs/internal/budget"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/run"
)

// A commit is due before a death would cost a slow run more than five pages or five seconds, and a
// fast one more than a second.
func TestCommitIsDue(t *testing.T) {
	for _, tt := range []struct {
		outcomes, others int
		after            time.Duration // the first record
	}{
		{0, 1, slowInterval}, {0, 100, slowInterval}, {1, 0, slowInterval}, {4, 50, slowInterval},
		{5, 0, time.Second}, {999, 3, time.Second}, {1000, 0, 0}, {4000, 0, 0},
	} {
		var p pending
		for range tt.others {
			p.add(&crawllog.Discovered{URL: "https://example.com/"}, run.Progress{})
		}
		for range tt.outcomes {
			p.add(&crawllog.Outcome{URL: "https://example.com/"}, run.Progress{})
		}
		if got := p.due().Sub(p.since()); got != tt.after {
			t.Errorf("with %d outcomes and %d other records a commit is due after %s, want %s", tt.outcomes, tt.others, got, tt.after)
		}
	}
	if slowInterval >= 5*time.Second {
		t.Error("a commit that is due has no time before five seconds are over")
	}
	if due := new(pending).due(); !due.IsZero() {
		t.Errorf("a commit of nothing is due at %s", due)
	}
}

// The first commit of a run is due after a second, however little it has.
func TestFirstCommitIsDue(t *testing.T) {
	for seq, after := range map[int64]time.Duration{0: commitInterval, 1: slowInterval} {
		share, _ := budget.New(budget.Limits{}).Join(0)
		c := &committer{
			frontier: newTestFrontier(), share: share, lease: &run.Lease{Seq: seq}, leaseUntil: time.Now().Add(time.Hour),
		}
		c.record(&crawllog.Discovered{URL: "https://example.com/"})
		if got := c.due(false).Sub(c.pending.since()); got != after {
			t.Errorf("a commit behind part %d is due after %s, want %s", seq, got, after)
		}
		if got := c.due(true); got != c.pending.since() {
			t.Errorf("the last commit of a worker is due at %s, not at once", got)
		}
	}
}

// What remains after a full batch is due as long after its own first record, even if another commit
// took time meanwhile.
func TestCommitOfTheRestIsDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pending
		for len(p.sealed) == 0 {
			p.add(&crawllog.Discovered{URL: "https://example.com/" + strings.Repeat("a", 1<<16)}, run.Progress{})
		}
		began := time.Now()
		time.Sleep(3 * time.Second)
		p.take(run.Progress{})
		if got := p.due().Sub(began); got != slowInterval {
			t.Errorf("the rest is due %s after its first record, want %s", got, slowInterval)
		}
	})
}
