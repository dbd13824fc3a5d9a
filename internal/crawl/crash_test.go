package crawl_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/crawl/sitetest"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/tenant"
	"github.com/inndx/runs/internal/wake"
)

var errDied = errors.New("the process died")

// A mortal is a ledger and a queue as a process sees them that dies at the n-th write of a
// kind: before it, so that the write is not done, or after it, so that it is and the process
// never learns of it. A dead process reaches nothing any more.
type mortal struct {
	crawl.Ledger
	queue crawl.Queue
	kind  string
	after bool

	mu    sync.Mutex
	left  int // writes of the kind until it dies
	lease store.Lease
}

func (m *mortal) dead() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.left <= 0
}

// do does one write.
func (m *mortal) do(kind string, write func() error) error {
	m.mu.Lock()
	was := m.left
	if kind == m.kind {
		m.left--
	}
	now := m.left
	m.mu.Unlock()
	dies := was > 0 && now == 0
	if was <= 0 || dies && !m.after {
		return errDied
	}
	err := write()
	if dies {
		return errDied
	}
	return err
}

func (m *mortal) Acquire(ctx context.Context, msg wake.Message, owner string, ttl time.Duration) (l *store.Lease, err error) {
	err = m.do("acquire", func() error {
		l, err = m.Ledger.Acquire(ctx, msg, owner, ttl)
		if err == nil {
			m.mu.Lock()
			m.lease = *l
			m.mu.Unlock()
		}
		return err
	})
	return l, err
}

func (m *mortal) Change(ctx context.Context, t tenant.ID, id uuid.UUID, a run.Action) (r run.Run, changed bool, err error) {
	err = m.do("change", func() error {
		r, changed, err = m.Ledger.Change(ctx, t, id, a)
		return err
	})
	return r, changed, err
}

func (m *mortal) Commit(ctx context.Context, l *store.Lease, c store.Commit) error {
	return m.do("commit", func() error { return m.Ledger.Commit(ctx, l, c) })
}

func (m *mortal) Release(ctx context.Context, l *store.Lease, at time.Time) error {
	return m.do("release", func() error { return m.Ledger.Release(ctx, l, at) })
}

func (m *mortal) Finish(ctx context.Context, l *store.Lease, reason run.StopReason) (r run.Run, err error) {
	err = m.do("finish", func() error {
		r, err = m.Ledger.Finish(ctx, l, reason)
		return err
	})
	return r, err
}

func (m *mortal) Send(ctx context.Context, msg wake.Message, delay time.Duration) error {
	return m.do("send", func() error { return m.queue.Send(ctx, msg, delay) })
}

func (m *mortal) Status(ctx context.Context, t tenant.ID, id uuid.UUID) (run.Status, error) {
	if m.dead() {
		return "", errDied
	}
	return m.Ledger.Status(ctx, t, id)
}

// The first process dies at its first write of a kind, the second one at its second, and so
// on until one lives long enough: nothing is lost and nothing recorded twice.
func TestProcessesDieAtEveryWrite(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"acquire", "change", "commit", "release", "send", "finish"} {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s,after=%t", kind, after), func(t *testing.T) {
				t.Parallel()
				const pages = 40
				site := sitetest.Start(t, sitetest.Generate(pages, 6))
				site.SetDelay(20 * time.Millisecond)
				s := &stack{t: t, store: sharedStore(t), queue: wake.NewLocal(wake.LocalOptions{})}
				r := s.create(fast(site.URL+"/", `{'speed': {'concurrency': 2, 'per_host_concurrency': 2}}`))
				deaths := 0
				for lives := 1; !isFinished(s.run(r.ID)); lives++ {
					if lives > 100 {
						t.Fatal("the run never ends")
					}
					p := &mortal{Ledger: s.store, queue: &recordingQueue{}, kind: kind, after: after, left: lives}
					c := s.crawler(func(o *crawl.Options) {
						o.Ledger, o.Queue, o.Budget = p, p, 150*time.Millisecond
					})
					for !p.dead() && !isFinished(s.run(r.ID)) {
						s.handle(c, r.ID)
					}
					if p.dead() {
						deaths++
					}
					// Its lease ends: the test does not wait for that.
					_ = s.store.Release(t.Context(), &p.lease, time.Now())
				}
				if deaths == 0 {
					t.Error("no process died")
				}
				end := s.run(r.ID)
				s.expect(end, run.MaxEmptyEvaluations, pages, 0, 0, 0)
				if n := len(s.history(end)); n != pages {
					t.Errorf("%d URLs recorded, want %d", n, pages)
				}
			})
		}
	}
}

// A commit that fails while the lease is still held: what it would have recorded must not
// be taken for recorded.
func TestCommitsFailNowAndThen(t *testing.T) {
	t.Parallel()
	const pages = 60
	site := sitetest.Start(t, sitetest.Generate(pages, 6))
	site.SetDelay(20 * time.Millisecond)
	s := &stack{t: t, store: sharedStore(t), queue: wake.NewLocal(wake.LocalOptions{})}
	r := s.create(fast(site.URL+"/", `{'speed': {'concurrency': 2, 'per_host_concurrency': 2}}`))
	l := &hiccups{Ledger: s.store}
	c := s.crawler(func(o *crawl.Options) { o.Ledger, o.Budget = l, 300*time.Millisecond })
	for invocations := 0; !isFinished(s.run(r.ID)); invocations++ {
		if invocations > 100 {
			t.Fatal("the run never ends")
		}
		if !s.handle(c, r.ID) {
			_ = s.store.Release(t.Context(), &l.lease, time.Now()) // its lease ends
		}
	}
	if l.commits < 4 {
		t.Errorf("%d commits: none failed", l.commits)
	}
	end := s.run(r.ID)
	s.expect(end, run.MaxEmptyEvaluations, pages, 0, 0, 0)
	s.history(end)
}

// With hiccups every other commit fails.
type hiccups struct {
	crawl.Ledger
	commits int
	lease   store.Lease
}

func (h *hiccups) Commit(ctx context.Context, l *store.Lease, c store.Commit) error {
	h.lease = *l
	if h.commits++; h.commits%2 == 1 {
		return errDied
	}
	return h.Ledger.Commit(ctx, l, c)
}

// Workers that hold each other's leases for ended crawl the same run at once: the log stays
// one, and whoever loses a race loses nothing but its own work.
func TestWorkersStealLeases(t *testing.T) {
	t.Parallel()
	for _, workers := range []int{2, 3} {
		t.Run(fmt.Sprint(workers), func(t *testing.T) {
			t.Parallel()
			const pages = 100
			site := sitetest.Start(t, sitetest.Generate(pages, 6))
			site.SetDelay(30 * time.Millisecond)
			s := &stack{t: t, store: sharedStore(t), queue: wake.NewLocal(wake.LocalOptions{})}
			r := s.create(fast(site.URL+"/", `{'speed': {'concurrency': 2, 'per_host_concurrency': 2}}`))
			var leases leaseBook
			var group sync.WaitGroup
			for range workers {
				group.Go(func() {
					c := s.crawler(func(o *crawl.Options) {
						o.Ledger, o.Queue, o.Budget = &thief{s.store, &leases}, &recordingQueue{}, 500*time.Millisecond
					})
					for end := time.Now().Add(patience); time.Now().Before(end); {
						if r, err := s.store.Run(t.Context(), acme, r.ID); err != nil || isFinished(r) {
							return
						}
						_, _ = c.HandleWake(t.Context(), event(r.ID))
						time.Sleep(rand.N(20 * time.Millisecond))
					}
				})
			}
			group.Wait()
			end := s.run(r.ID)
			s.expect(end, run.MaxEmptyEvaluations, pages, 0, 0, 0)
			if n := len(s.history(end)); n != pages {
				t.Errorf("%d URLs recorded, want %d", n, pages)
			}
			if leases.stolen == 0 || leases.refused == 0 {
				t.Errorf("%d leases stolen, %d commits refused: nobody raced", leases.stolen, leases.refused)
			}
			t.Logf("%d leases stolen, %d commits refused", leases.stolen, leases.refused)
		})
	}
}

// A leaseBook says which lease is to be stolen next. Of three commits the first one waits
// until its lease is stolen, the second one races the thief, and the third one is left alone.
type leaseBook struct {
	mu      sync.Mutex
	loot    *store.Lease
	robbed  chan struct{} // closed when the loot is taken
	commits int
	stolen  int
	refused int
}

// offer lets a lease that is about to commit be stolen, and returns when it may commit.
func (b *leaseBook) offer(ctx context.Context, l store.Lease) {
	b.mu.Lock()
	waits := false
	if b.loot == nil {
		b.commits++
		waits = b.commits%3 == 1
		if b.commits%3 != 0 {
			b.loot, b.robbed = &l, make(chan struct{})
		}
	}
	robbed := b.robbed
	b.mu.Unlock()
	if waits {
		select {
		case <-robbed:
		case <-ctx.Done():
		}
	}
}

// steal takes the lease that is offered, if there is one.
func (b *leaseBook) steal(ctx context.Context, l crawl.Ledger) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.loot == nil {
		return
	}
	if l.Release(ctx, b.loot, time.Now()) == nil {
		b.stolen++
	}
	b.loot = nil
	close(b.robbed)
}

// A thief takes leases that others hold.
type thief struct {
	crawl.Ledger
	leases *leaseBook
}

func (h *thief) Acquire(ctx context.Context, m wake.Message, owner string, ttl time.Duration) (*store.Lease, error) {
	h.leases.steal(ctx, h.Ledger)
	return h.Ledger.Acquire(ctx, m, owner, ttl)
}

func (h *thief) Commit(ctx context.Context, l *store.Lease, c store.Commit) error {
	h.leases.offer(ctx, *l)
	err := h.Ledger.Commit(ctx, l, c)
	if err != nil {
		h.leases.mu.Lock()
		h.leases.refused++
		h.leases.mu.Unlock()
	}
	return err
}
