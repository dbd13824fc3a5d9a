package crawl

import (
	"context"
	"time"
)

// A budget bounds what the filters of a run do for the links of one page. It is exceeded when both
// bounds are, so that neither a slow machine nor many cheap patterns exceed it.
type budget struct {
	units int64 // a unit is one instruction of a compiled expression for one byte of a URL
	time  time.Duration
}

var (
	// pageBudget is that of a page. A unit takes up to some fifteen nanoseconds, and usually less
	// than one.
	pageBudget = budget{1e9, 10 * time.Second}
	// seedsBudget is that of the seeds of one list or sitemap, which may be as many as the links of
	// several pages.
	seedsBudget = budget{1e10, 100 * time.Second}
)

// workCheck is how many units are done between two looks at the context and the clock.
const workCheck = 5e6

// A work is the matching of patterns for one page or one list of seeds. It ends with its context,
// or when its budget is exceeded.
type work struct {
	budget
	ctx     context.Context
	began   time.Time
	done    int64 // units
	checked int64 // done at the last look
	ended   bool
}

func newWork(ctx context.Context, b budget) *work {
	return &work{budget: b, ctx: ctx, began: time.Now()}
}

// spend reports whether so many units may be done.
func (w *work) spend(units int64) bool {
	w.done += units
	if w.done-w.checked >= workCheck {
		w.checked = w.done
		w.ended = w.ended || w.ctx.Err() != nil || w.done > w.units && time.Since(w.began) > w.time
	}
	return !w.ended
}
