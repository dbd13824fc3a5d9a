package run

import (
	"time"

	"github.com/inndx/runs/internal/fault"
)

// A Lease is the exclusive right of one owner to crawl a run until a time. Commits extend the
// lease. A store's methods update the *Lease that they get, so they must not run concurrently.
type Lease struct {
	Ref       Ref
	CreatedAt time.Time // of the run; zero if an earlier version created it
	Owner     string
	Until     time.Time     // when another owner may acquire the lease
	TTL       time.Duration // how long the lease lasts from the commit that extends it
	Seq       int64         // the last part of the run's log; 0 when the log is empty
	Progress  Progress      // as of that part
	Rollup    []byte        // the piece of the run's series that the progress has; see package store
	Attempts  int           // leases acquired since the run last made progress, this one included
}

// The errors of a run that needs no crawling but something else.
var (
	// ErrFinished means that the run is finished and is not crawled again.
	ErrFinished error = fault.New(fault.Conflict, "the run is finished")
	// ErrUntidy means that the run is finished and may have objects that its log does not name.
	ErrUntidy error = fault.New(fault.Conflict, "the objects of the run are not tidy")
	// ErrDeleting means that the run is deleted and that its log is not purged yet.
	ErrDeleting error = fault.Because(fault.ReasonNoSuchRun, "the run is deleted")
)
