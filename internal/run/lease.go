package run

import (
	"time"

	"github.com/inndx/runs/internal/fault"
)

// A Lease is the exclusive right of one owner to crawl a run until a time. Commits extend it.
// The methods of a store that take a *Lease update it, so they must not run concurrently.
type Lease struct {
	Ref      Ref
	Owner    string
	Until    time.Time     // when another owner may take the lease
	TTL      time.Duration // by which a commit extends the lease
	Seq      int64         // the last part of the run's log; 0 when the log is empty
	Progress Progress      // as of that part
	Attempts int           // leases taken since the last one that made progress, this one included
}

// The reasons why a run has no lease to take.
var (
	// ErrFinished means that the run is finished and is not crawled again.
	ErrFinished error = fault.New(fault.Conflict, "the run is finished")
	// ErrDeleting means that the run is deleted and that its log is still to be purged.
	ErrDeleting error = fault.Because(fault.ReasonNoSuchRun, "the run is deleted")
)
