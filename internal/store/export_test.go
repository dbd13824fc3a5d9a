package store

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/tenant"
	"github.com/inndx/runs/internal/wake"
)

// PurgeParts is the step of a purger that saw the tombstone when the log ended with seq.
func (s *Store) PurgeParts(ctx context.Context, m wake.Message, seq int64, deadline time.Time) error {
	_, err := s.purge(ctx, m, seq, deadline)
	return err
}

// WithRetention returns the store as a process with another retention has it.
func (s *Store) WithRetention(d time.Duration) *Store {
	return New(s.client, s.name, WithClock(s.now), WithRetention(d))
}

// WithClockCalled returns the store with a clock that calls first.
func (s *Store) WithClockCalled(first func()) *Store {
	return New(s.client, s.name, WithRetention(s.retention), WithClock(func() time.Time {
		now := s.now()
		first()
		return now
	}))
}

// Seed stores many runs quickly, as they are and without their jobs and progress.
func (s *Store) Seed(ctx context.Context, t tenant.ID, cfg config.Config, runs []run.Run) error {
	_, resolved := documents(cfg)
	if err := s.putConfigs(ctx, t, resolved); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(4)
	for len(runs) > 0 {
		n := min(25, len(runs))
		batch := s.table.Batch().Write()
		for _, r := range runs[:n] {
			batch.Put(newRunItem(t, r, resolved))
		}
		runs = runs[n:]
		group.Go(func() error {
			_, err := batch.Run(ctx)
			return err
		})
	}
	return group.Wait()
}
