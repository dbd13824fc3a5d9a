package crawl

import (
	"fmt"
	"testing"
	"time"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/run"
)

// A run that knows more than a worker's memory holds must end, and say that it was not its
// own criteria that ended it.
func TestRunThatKnowsTooMuchEnds(t *testing.T) {
	f := newFrontier(1, 0, -1)
	v := view{limits: limits{maxKnown: 3, looks: 1}, f: f}
	for i := range 3 {
		if reason, ok := v.reached(time.Now()); ok {
			t.Fatalf("ended as %s with %d URLs", reason, i)
		}
		f.apply(&crawllog.Found{URL: fmt.Sprint("https://a.example/", i), Seed: true})
	}
	if reason, ok := v.reached(time.Now()); !ok || reason != run.Unknown {
		t.Errorf("reached %t, %q", ok, reason)
	}
}
