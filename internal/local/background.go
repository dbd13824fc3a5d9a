package local

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"time"

	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/housekeeping"
	"github.com/inndx/runs/internal/wake"
)

const (
	// sweepInterval is the time between two sweeps. A local database charges nothing for them.
	sweepInterval = time.Second
	// backfillInterval is the time between two attempts of the backfill.
	backfillInterval = time.Minute
)

// run starts the background work, which ends with Stop, and returns its context. A stack that
// crawls only one run sweeps after the first interval, not at once, and leaves the backfill to a
// stack that crawls all runs.
func (s *Stack) run(queue *wake.Local, crawler *crawl.Crawler, keeper *housekeeping.Keeper, listener net.Listener, allRuns bool) context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	s.quit = cancel
	s.workers.Go(func() {
		queue.Run(ctx,
			wake.Instrument(crawl.Function, keeper.Handler(crawler.Crawl), s.log, nil),
			wake.Instrument("dead-letter", keeper.Abandon, s.log, nil))
	})
	s.workers.Go(func() { s.sweep(ctx, keeper, allRuns) })
	if allRuns {
		s.workers.Go(func() { s.backfill(ctx) })
	}
	go func() {
		if err := s.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.failed <- fmt.Errorf("the HTTP server ended: %w", err)
		}
	}()
	go func() {
		select {
		case <-s.db.Exited():
			s.failed <- cmp.Or(s.db.Err(), errors.New("DynamoDB Local ended unexpectedly: start again; no confirmed change is lost"))
		case <-ctx.Done():
		}
	}()
	return ctx
}

// sweep wakes the runs whose wake time has passed, once per interval until ctx ends. Without atOnce
// it begins after the first interval.
func (s *Stack) sweep(ctx context.Context, keeper *housekeeping.Keeper, atOnce bool) {
	tick := time.NewTicker(sweepInterval)
	defer tick.Stop()
	for due := atOnce; ; due = true {
		if due {
			if err := keeper.Sweep(ctx); err != nil && ctx.Err() == nil {
				s.log.Error("the sweep failed and will be repeated", "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// backfill writes the index entries of runs that an earlier version wrote. A table needs it once.
func (s *Stack) backfill(ctx context.Context) {
	tick := time.NewTicker(backfillInterval)
	defer tick.Stop()
	for {
		done, err := s.Store.Backfill(ctx, math.MaxInt, time.Now().Add(backfillInterval))
		if done || ctx.Err() != nil {
			return
		}
		if err != nil {
			s.log.Error("the index entries of old runs could not be written; the backfill will be repeated", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
