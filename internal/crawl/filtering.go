package crawl

import (
	"context"
	"time"
)

// A filterBudget bounds what the filters of a run may do for the links of one page. It is exceeded when
// both bounds are, so that neither a slow machine nor many cheap patterns exceed it.
type filterBudget struct {
	units int64 // one instruction of a compiled expression for one byte of a URL
	time  time.Duration
}

var (
	// pageBudget is for one page. A unit takes up to about fifteen nanoseconds, usually less than
	// one.
	pageBudget = filterBudget{1e9, 10 * time.Second}
	// seedsBudget is for the seeds of one list or sitemap, which may be as many as the links of
	// several pages.
	seedsBudget = filterBudget{1e10, 100 * time.Second}
)

// checkInterval is how many units are spent between two checks of the context and the clock.
const checkInterval = 5e6

// A filtering is the matching of patterns for one page or one list of seeds. It ends with its
// context, or when its budget is exceeded. Only one goroutine may use it.
type filtering struct {
	budget  filterBudget
	ctx     context.Context
	began   time.Time
	spent   int64 // units
	checked int64 // spent at the last check
	ended   bool
}

func newFiltering(ctx context.Context, b filterBudget) *filtering {
	return &filtering{budget: b, ctx: ctx, began: time.Now()}
}

// spend counts units and reports whether the filtering may continue.
func (f *filtering) spend(units int64) bool {
	f.spent += units
	if f.spent-f.checked >= checkInterval {
		f.checked = f.spent
		f.ended = f.ended || f.ctx.Err() != nil ||
			f.spent > f.budget.units && time.Since(f.began) > f.budget.time
	}
	return !f.ended
}
