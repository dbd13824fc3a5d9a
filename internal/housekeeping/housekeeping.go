// Package housekeeping handles the runs that need something other than crawling. The sweep wakes
// runs and exports whose wake time has passed. One whose wake-ups fail repeatedly is abandoned. The
// objects of a finished run are tidied, and at the end of its retention it is deleted. The objects
// and the log of a deleted run are purged.
package housekeeping

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/export"
	"github.com/inndx/runs/internal/metrics"
	"github.com/inndx/runs/internal/run"
)

// A Store reads and changes runs. *store.Store implements it and documents the methods.
type Store interface {
	Due(ctx context.Context, now time.Time, limit int) ([]run.Ref, error)
	Expired(ctx context.Context, now time.Time, limit int) ([]run.Ref, error)
	DueExports(ctx context.Context, now time.Time, limit int) ([]export.Ref, error)
	PostponeExport(ctx context.Context, ref export.Ref, until time.Time) (bool, error)
	AbandonExport(ctx context.Context, ref export.Ref, sent time.Time, reason string) (bool, error)
	Abandon(ctx context.Context, ref run.Ref, sent time.Time) (run.Run, bool, error)
	Expire(ctx context.Context, ref run.Ref) (expired bool, err error)
	Tidy(ctx context.Context, ref run.Ref, deadline time.Time) (done bool, err error)
	Purge(ctx context.Context, ref run.Ref, deadline time.Time) (done bool, err error)
	Backfill(ctx context.Context, runs int, deadline time.Time) (done bool, err error)
}

// A Queue sends wake-ups. *lambdafn.SQS and *wake.Local implement it.
type Queue interface {
	Send(ctx context.Context, ref run.Ref, delay time.Duration) error
	SendExport(ctx context.Context, ref run.Ref, id uuid.UUID, delay time.Duration) error
}

// An Exporter makes exports. *export.Worker implements it and documents the method.
type Exporter interface {
	Work(ctx context.Context, ref export.Ref) (done bool, err error)
}

// Options configure a Keeper.
type Options struct {
	Store Store
	Queue Queue
	// Waiting returns about how many wake-ups wait in the queue; nil if a queue keeps only one for each
	// run and export.
	Waiting func(ctx context.Context) (int, error)
	// Exporter makes exports; nil in a process that handles no wake-ups.
	Exporter Exporter
	// MaxExports bounds the exports that the process makes at a time; 0 for DefaultMaxExports.
	MaxExports int
	// Logger receives what happens to runs; nil for slog.Default().
	Logger *slog.Logger
	// Metrics receives the database units of a sweep; may be nil.
	Metrics *metrics.Recorder
}

// A Keeper sweeps, abandons, tidies, expires and purges runs. It is safe for concurrent use.
type Keeper struct {
	store   Store
	queue   Queue
	exports Exporter
	log     *slog.Logger
	metrics *metrics.Recorder
	waiting func(context.Context) (int, error)

	exporting, removing slots
}

// New returns a keeper.
func New(o Options) *Keeper {
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Waiting == nil {
		o.Waiting = func(context.Context) (int, error) { return 0, nil }
	}
	return &Keeper{
		store: o.Store, queue: o.Queue, exports: o.Exporter, log: o.Logger, metrics: o.Metrics, waiting: o.Waiting,
		exporting: make(slots, cmp.Or(o.MaxExports, DefaultMaxExports)), removing: make(slots, maxRemoving),
	}
}

// logOf returns a logger that names the run.
func (k *Keeper) logOf(ref run.Ref) *slog.Logger {
	return k.log.With("tenant", ref.Tenant, "run_id", ref.ID)
}
