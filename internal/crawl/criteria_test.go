package crawl

import (
	"fmt"
	"testing"
	"time"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/run"
)

// A run that needs more memory than a worker has ends as unknown: none of its own criteria ended
// it.
func TestRunThatNeedsTooMuchMemoryEnds(t *testing.T) {
	f := newTestFrontier()
	s := stopCriteria{limits: limits{maxMemory: 1100, maxEmptyEvaluations: 1}, frontier: f}
	for i := range 10 {
		if reason, ok := s.reached(time.Now()); ok {
			t.Fatalf("ended as %s with %d URLs", reason, i)
		}
		f.apply(&crawllog.Discovered{URL: fmt.Sprintf("https://a.example/%055d", i), Seed: true})
	}
	if reason, ok := s.reached(time.Now()); !ok || reason != run.Unknown {
		t.Errorf("reached %t, %q", ok, reason)
	}
}
