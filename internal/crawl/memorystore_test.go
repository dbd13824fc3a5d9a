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

func (s *memoryStore) Acquire(_ context.Context, ref run.Ref, owner string, ttl time.Duration) (*run.Lease, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return &run.Lease{
		Ref: ref, Owner: owner, Until: time.Now().Add(time.Hour),
		Seq: int64(len(s.log)), Progress: s.run.Progress, Attempts: 1,
	}, nil
}

func (s *memoryStore) Run(context.Context, run.Ref) (run.Run, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.run, nil
}

func (s *memoryStore) Status(context.Context, run.Ref) (run.Status, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.run.Status, nil
}

func (s *memoryStore) LogParts(_ context.Context, _ run.Ref, after int64) iter.Seq2[crawllog.Part, error] {
	return func(yield func(crawllog.Part, error) bool) {
		for i := after; i < int64(len(s.log)); i++ {
			if !yield(crawllog.Part{Seq: i + 1, Data: s.log[i]}, nil) {
				return
			}
		}
	}
}

func (s *memoryStore) Unpublished(context.Context, *run.Lease) iter.Seq2[crawllog.Part, error] {
	return func(func(crawllog.Part, error) bool) {}
}

func (s *memoryStore) Commit(_ context.Context, lease *run.Lease, c crawllog.Commit) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if lease.Seq != int64(len(s.log)) {
		return fault.New(fault.Conflict, "another writer came first")
	}
	s.log = append(s.log, c.Parts...)
	lease.Seq = int64(len(s.log))
	s.run.Progress = c.Progress
	return nil
}

func (s *memoryStore) Release(context.Context, *run.Lease, run.Handover) error { return nil }

func (s *memoryStore) Finish(_ context.Context, _ *run.Lease, reason run.StopReason) (run.Run, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	s.run, _, err = run.Apply(s.run, run.Finish, reason, time.Now())
	return s.run, err
}
