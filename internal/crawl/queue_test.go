package crawl_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/dynamolocal/dynamotest"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/wake"
)

// An unreliableQueue delivers each wake-up several times or not at all, late, and in any order, to
// any of its handlers.
type unreliableQueue struct {
	copies int           // of each message
	lost   float64       // of the copies
	late   time.Duration // at most

	ctx      context.Context
	group    sync.WaitGroup
	handlers []wake.Handler

	mu                       sync.Mutex
	random                   *rand.Rand
	sent, dropped, delivered int
}

// start makes the queue deliver until the end of the test.
func (q *unreliableQueue) start(t *testing.T, seed uint64, handlers ...wake.Handler) {
	ctx, cancel := context.WithCancel(context.Background())
	q.ctx, q.handlers, q.random = ctx, handlers, rand.New(rand.NewPCG(seed, 0))
	t.Cleanup(func() {
		cancel()
		q.group.Wait()
	})
}

func (q *unreliableQueue) Send(_ context.Context, ref run.Ref, delay time.Duration) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ctx.Err() != nil {
		return q.ctx.Err()
	}
	q.sent++
	sent := time.Now()
	for range q.copies {
		if q.random.Float64() < q.lost {
			q.dropped++
			continue
		}
		handle := q.handlers[q.random.IntN(len(q.handlers))]
		wait := delay + time.Duration(q.random.Float64()*float64(q.late))
		q.group.Go(func() {
			select {
			case <-time.After(wait):
			case <-q.ctx.Done():
				return
			}
			q.mu.Lock()
			q.delivered++
			q.mu.Unlock()
			_ = handle(q.ctx, wake.Delivery{Run: ref, Sent: sent})
		})
	}
	return nil
}

func (q *unreliableQueue) SendExport(context.Context, run.Ref, uuid.UUID, time.Duration) error {
	return nil
}

// sweep sweeps until the end of the test.
func (q *unreliableQueue) sweep(s *ownTableStack) {
	k := s.keeper(q)
	q.group.Go(func() {
		for q.ctx.Err() == nil {
			_ = k.Sweep(q.ctx)
			select {
			case <-time.After(200 * time.Millisecond):
			case <-q.ctx.Done():
			}
		}
	})
}

func (q *unreliableQueue) String() string {
	q.mu.Lock()
	defer q.mu.Unlock()
	return fmt.Sprintf("%d wake-ups sent, %d copies delivered, %d lost", q.sent, q.delivered, q.dropped)
}

// A workerPool is workers whose processes die and are replaced.
type workerPool struct {
	delayed delayedWrites
	start   func() (*process, *crawl.Crawler)

	mu        sync.Mutex
	processes []*process // all, also dead ones
}

// worker returns the Crawl of one worker.
func (w *workerPool) worker() func(context.Context, run.Ref) error {
	var mu sync.Mutex
	var p *process
	var crawler *crawl.Crawler
	return func(ctx context.Context, ref run.Ref) error {
		mu.Lock()
		if p == nil || p.dead() {
			p, crawler = w.start()
			w.mu.Lock()
			w.processes = append(w.processes, p)
			w.mu.Unlock()
		}
		now := crawler
		mu.Unlock()
		return now.Crawl(ctx, ref)
	}
}

// releaseLeases releases the leases of dead processes until the end of the test.
func (w *workerPool) releaseLeases(q *unreliableQueue, s *store.Store) {
	q.group.Go(func() {
		for q.ctx.Err() == nil {
			w.mu.Lock()
			all := slices.Clone(w.processes)
			w.mu.Unlock()
			for _, p := range all {
				p.releaseLeases(s, false)
			}
			select {
			case <-time.After(100 * time.Millisecond):
			case <-q.ctx.Done():
			}
		}
	})
}

func (w *workerPool) deaths() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, p := range w.processes {
		if p.dead() {
			n++
		}
	}
	return n
}

// An ownTableStack has a table of its own, so that its sweeps find its own runs only. It has no
// queue.
type ownTableStack struct {
	*stack
	table string
}

func newOwnTableStack(t *testing.T, opts ...store.Option) *ownTableStack {
	t.Helper()
	s := &ownTableStack{table: "faults-" + uuid.NewString()}
	s.stack = &stack{t: t, store: store.New(store.NewClient(dynamotest.Config(t)), s.table, opts...)}
	if err := s.store.EnsureTable(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}
