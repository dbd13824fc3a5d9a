package crawl_test

import (
	"context"
	"iter"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/config"
	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/run"
)

// A memoryStore holds one run in memory. It lets the engine run in virtual time, where nothing
// outside of the process may be waited for.
type memoryStore struct {
	crawl.Store // nil: the other methods are not called

	mu  sync.Mutex
	run run.Run
	log [][]byte
}

func newMemoryStore(cfg config.Config) *memoryStore {
	now := time.Now()
	return &memoryStore{run: run.Run{
		ID: uuid.New(), JobID: uuid.New(), Status: run.Running, CreatedAt: now, StartedAt: now, UpdatedAt: now,
		Config: cfg.Resolve().Canonical(),
	}}
}

func (l *memoryStore) Acquire(_ context.Context, ref run.Ref, owner string, ttl time.Duration) (*run.Lease, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return &run.Lease{
		Ref: ref, Owner: owner, Until: time.Now().Add(time.Hour),
		Seq: int64(len(l.log)), Progress: l.run.Progress, Attempts: 1,
	}, nil
}

func (l *memoryStore) Run(context.Context, run.Ref) (run.Run, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.run, nil
}

func (l *memoryStore) Status(context.Context, run.Ref) (run.Status, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.run.Status, nil
}

func (l *memoryStore) LogParts(_ context.Context, _ run.Ref, after int64) iter.Seq2[crawllog.Part, error] {
	return func(yield func(crawllog.Part, error) bool) {
		for i := after; i < int64(len(l.log)); i++ {
			if !yield(crawllog.Part{Seq: i + 1, Data: l.log[i]}, nil) {
				return
			}
		}
	}
}

func (l *memoryStore) Commit(_ context.Context, lease *run.Lease, c crawllog.Commit) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if lease.Seq != int64(len(l.log)) {
		return fault.New(fault.Conflict, "another writer came first")
	}
	l.log = append(l.log, c.Parts...)
	lease.Seq = int64(len(l.log))
	l.run.Progress = c.Progress
	return nil
}

func (l *memoryStore) Release(context.Context, *run.Lease, time.Time) error { return nil }

func (l *memoryStore) Finish(_ context.Context, _ *run.Lease, reason run.StopReason) (run.Run, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var err error
	l.run, _, err = run.Apply(l.run, run.Finish, reason, time.Now())
	return l.run, err
}
