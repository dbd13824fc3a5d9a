// Package crawltest has what tests and benchmarks of the engine share.
package crawltest

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

// A MemoryStore holds one run in memory. It lets the engine run in virtual time, where nothing
// outside of the process may be waited for, and without the cost of a database.
type MemoryStore struct {
	crawl.Store // nil: the other methods are not called

	// Current is the run, and Log the parts of its log. Neither may be used while the run is
	// crawled.
	Current run.Run
	Log     [][]byte

	mu sync.Mutex
}

// NewMemoryStore returns a store with a run of the given configuration, which is running.
func NewMemoryStore(cfg config.Config) *MemoryStore {
	now := time.Now()
	return &MemoryStore{Current: run.Run{
		ID: uuid.New(), JobID: uuid.New(), Status: run.Running, CreatedAt: now, StartedAt: now, UpdatedAt: now,
		Config: cfg.Resolve().Canonical(),
	}}
}

// Acquire implements crawl.LeaseStore. Every worker gets the lease.
func (s *MemoryStore) Acquire(_ context.Context, ref run.Ref, owner string, ttl time.Duration) (*run.Lease, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return &run.Lease{
		Ref: ref, Owner: owner, Until: time.Now().Add(time.Hour),
		Seq: int64(len(s.Log)), Progress: s.Current.Progress, Attempts: 1,
	}, nil
}

// Run implements crawl.RunStore.
func (s *MemoryStore) Run(context.Context, run.Ref) (run.Run, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Current, nil
}

// Status implements crawl.RunStore.
func (s *MemoryStore) Status(context.Context, run.Ref) (run.Status, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Current.Status, nil
}

// LogParts implements crawl.LogStore.
func (s *MemoryStore) LogParts(_ context.Context, _ run.Ref, after int64) iter.Seq2[crawllog.Part, error] {
	return func(yield func(crawllog.Part, error) bool) {
		for i := after; i < int64(len(s.Log)); i++ {
			if !yield(crawllog.Part{Seq: i + 1, Data: s.Log[i]}, nil) {
				return
			}
		}
	}
}

// Unpublished implements crawl.LogStore. There are no such parts.
func (s *MemoryStore) Unpublished(context.Context, *run.Lease) iter.Seq2[crawllog.Part, error] {
	return func(func(crawllog.Part, error) bool) {}
}

// Commit implements crawl.LogStore.
func (s *MemoryStore) Commit(_ context.Context, lease *run.Lease, c crawllog.Commit) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if lease.Seq != int64(len(s.Log)) {
		return fault.New(fault.Conflict, "another writer came first")
	}
	s.Log = append(s.Log, c.Parts...)
	lease.Seq = int64(len(s.Log))
	s.Current.Progress = c.Progress
	return nil
}

// Release implements crawl.LeaseStore.
func (s *MemoryStore) Release(context.Context, *run.Lease, run.Handover) error { return nil }

// Finish implements crawl.RunStore.
func (s *MemoryStore) Finish(_ context.Context, _ *run.Lease, reason run.StopReason) (run.Run, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	s.Current, _, err = run.Apply(s.Current, run.Finish, reason, time.Now())
	return s.Current, err
}

// SetStatus sets the status of the run, as a request of the API does.
func (s *MemoryStore) SetStatus(status run.Status) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Current.Status = status
}
