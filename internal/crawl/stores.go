package crawl

import (
	"context"
	"iter"
	"time"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/run"
)

// A RunStore reads runs and changes their state. *store.Store implements it and the other
// interfaces here, and documents the methods.
type RunStore interface {
	Run(ctx context.Context, ref run.Ref) (run.Run, error)
	Status(ctx context.Context, ref run.Ref) (run.Status, error)
	Transition(ctx context.Context, ref run.Ref, a run.Action, check func(run.Run) error) (run.Run, bool, error)
	Finish(ctx context.Context, l *run.Lease, reason run.StopReason) (run.Run, error)
}

// A LeaseStore grants the right to crawl a run.
type LeaseStore interface {
	Acquire(ctx context.Context, ref run.Ref, owner string, ttl time.Duration) (*run.Lease, error)
	Release(ctx context.Context, l *run.Lease, h run.Handover) error
	Park(ctx context.Context, l *run.Lease) error
}

// A LogStore stores the logs of runs.
type LogStore interface {
	LogParts(ctx context.Context, ref run.Ref, after int64) iter.Seq2[crawllog.Part, error]
	Unpublished(ctx context.Context, l *run.Lease) iter.Seq2[crawllog.Part, error]
	Segments(ctx context.Context, ref run.Ref, after int64) iter.Seq2[crawllog.Segment, error]
	Commit(ctx context.Context, l *run.Lease, c crawllog.Commit) error
	AddSegment(ctx context.Context, l *run.Lease, seg crawllog.Segment) error
}

// A Store is everything that a Crawler reads and writes.
type Store interface {
	RunStore
	LeaseStore
	LogStore
}

// An ObjectStore stores the objects of runs. *bucket.Store implements it. After an error of Put,
// the object may have been stored, as a whole or not at all.
type ObjectStore interface {
	Put(ctx context.Context, name string, body []byte, contentType string) error
	Delete(ctx context.Context, name string) error
}

// A Queue sends wake-ups. *lambdafn.SQS and *wake.Local implement it.
type Queue interface {
	Send(ctx context.Context, ref run.Ref, delay time.Duration) error
}
