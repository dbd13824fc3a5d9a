package crawl

import (
	"testing"
	"time"

	"github.com/inndx/runs/internal/budget"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/run"
)

// keepPage records an outcome and keeps records of the size for it.
func keepPage(c *committer, size int) {
	c.record(&crawllog.Outcome{URL: "https://example.com/", Status: crawllog.OK})
	c.keep(&keptPage{parsed: [][]byte{make([]byte, size)}})
}

// Kept pages bound what waits for a commit: of a run, and of all runs of a process.
func TestKeptPagesAreBounded(t *testing.T) {
	b := budget.New(budget.Limits{})
	maxKept := int(b.Limits().Bodies / 2)
	newCommitter := func() *committer {
		share, _ := b.Join(0)
		return &committer{
			frontier: newTestFrontier(), share: share, lease: new(run.Lease), leaseUntil: time.Now().Add(time.Hour),
		}
	}
	due := func(c *committer) bool { return !c.due(false).After(time.Now()) }
	c := newCommitter()
	keepPage(c, keptDue-1)
	if due(c) {
		t.Error("a commit is due before enough is kept")
	}
	keepPage(c, 1)
	if !due(c) || c.pending.full() {
		t.Errorf("with %d bytes kept: due %t, full %t", c.pending.kept, due(c), c.pending.full())
	}
	keepPage(c, keptFull-keptDue)
	if !c.pending.full() {
		t.Errorf("with %d bytes kept the run may fetch", c.pending.kept)
	}
	if c.share.KeptFull() {
		t.Errorf("with %d bytes kept no run may fetch", b.Usage().Kept)
	}
	other := newCommitter()
	keepPage(other, 1)
	last := newCommitter()
	keepPage(last, maxKept-keptFull)
	if !c.share.KeptFull() || !due(other) {
		t.Errorf("with %d bytes kept: full %t, the commit of a run with one of them is due %t", b.Usage().Kept, c.share.KeptFull(), due(other))
	}
	for _, c := range []*committer{c, other, last} {
		c.close()
	}
	if n := b.Usage().Kept; n != 0 {
		t.Errorf("%d bytes count as kept after all workers have left", n)
	}
}
