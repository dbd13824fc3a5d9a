package crawl

import (
	"fmt"
	"strings"
	"testing"

	"github.com/inndx/runs/internal/crawllog"
)

// A batch is sealed before it becomes too large for a commit, with the counters as of its last
// record.
func TestPendingIsSplitIntoBatches(t *testing.T) {
	a, c := newTestAdmission(openSettings())
	long := strings.Repeat("x", 2000)
	const urls = 4000
	for i := range urls {
		a.admit(testLink(fmt.Sprintf("https://a.example/%d%s", i, long)), crawllog.Discovered{Seed: true})
	}
	if !c.pending.full() {
		t.Error("8 MB wait for a commit, and more may be added")
	}
	var queued int64
	for !c.pending.empty() || len(c.pending.sealed) > 0 {
		b := c.pending.take(c.frontier.progress)
		if b.size > commitBytes {
			t.Errorf("a batch of %d bytes", b.size)
		}
		queued += int64(len(b.records))
		if b.progress.URLsQueued != queued {
			t.Errorf("counters say %d queued after %d", b.progress.URLsQueued, queued)
		}
	}
	if queued != urls {
		t.Errorf("%d records, want %d", queued, urls)
	}
}
