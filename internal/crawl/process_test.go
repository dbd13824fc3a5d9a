package crawl_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
)

// A writeOutcome is what happens to one write to the store, the bucket or the queue.
type writeOutcome string

const (
	succeeds         writeOutcome = "succeeds"                   // and the caller learns it
	fails            writeOutcome = "fails"                      // and the caller learns it
	isLost           writeOutcome = "is lost"                    // and the caller gets no response
	isUnacknowledged writeOutcome = "is unacknowledged"          // done, without a response
	diesBefore       writeOutcome = "the process dies before it" // not sent
	diesDuring       writeOutcome = "the process dies during it" // arrives after the process died
	diesAfter        writeOutcome = "the process dies after it"  // done, without a response
)

// kills reports whether the process dies.
func (o writeOutcome) kills() bool { return o == diesBefore || o == diesDuring || o == diesAfter }

var (
	errDied       = errors.New("the process died")
	errFailed     = errors.New("failed")
	errNoResponse = fault.New(fault.Unavailable, "no response")
)

// A process is a store, a bucket and a queue as one process reaches them. The process may die, and
// then reaches nothing.
type process struct {
	crawl.Store
	queue   crawl.Queue
	delayed *delayedWrites
	outcome func(write string) writeOutcome

	mu         sync.Mutex
	died       bool
	leases     []*run.Lease // that it holds
	lostLeases []*run.Lease // that it was granted without learning it, or may hold no longer
}

func (p *process) dead() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.died
}

// releaseLeases releases the leases that the process does not know of and, if it is dead or idle,
// those that it holds, so that tests need not wait for their ends.
func (p *process) releaseLeases(s *store.Store, idle bool) {
	p.mu.Lock()
	ended := p.lostLeases
	p.lostLeases = nil
	if p.died || idle {
		ended = append(ended, p.leases...)
		p.leases = nil
	}
	p.mu.Unlock()
	for _, l := range ended {
		_ = s.Release(context.Background(), l, run.Handover{WakeAt: time.Now()})
	}
}

// loseLease notes that the worker, which got err, may leave its lease on the run unreleased.
func (p *process) loseLease(id uuid.UUID, err error) {
	if err == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.leases = slices.DeleteFunc(p.leases, func(l *run.Lease) bool {
		if l.Ref.ID == id {
			p.lostLeases = append(p.lostLeases, l)
		}
		return l.Ref.ID == id
	})
}

// attempt does one write of the process, with the outcome that the process's outcome function
// returns. It returns the result of the write.
func attempt[T any](ctx context.Context, p *process, write string, call func(context.Context) (T, error)) (T, error) {
	var none T
	p.mu.Lock()
	if p.died {
		p.mu.Unlock()
		return none, errDied
	}
	f := p.outcome(write)
	p.died = f.kills()
	p.mu.Unlock()
	switch f {
	case fails:
		return none, errFailed
	case isLost:
		return none, errNoResponse
	case isUnacknowledged:
		if _, err := call(ctx); err != nil {
			return none, err
		}
		return none, errNoResponse
	case diesBefore:
		return none, errDied
	case diesDuring:
		ctx = context.WithoutCancel(ctx)
		p.delayed.add(func() { _, _ = call(ctx) })
		return none, errDied
	case diesAfter:
		_, _ = call(ctx)
		return none, errDied
	}
	v, err := call(ctx)
	p.delayed.pass()
	return v, err
}

func (p *process) Acquire(ctx context.Context, ref run.Ref, owner string, ttl time.Duration) (*run.Lease, error) {
	given := &run.Lease{Ref: ref, Owner: owner}
	l, err := attempt(ctx, p, "acquire", func(ctx context.Context) (*run.Lease, error) {
		l, err := p.Store.Acquire(ctx, ref, owner, ttl)
		if err == nil {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.lostLeases = append(p.lostLeases, given)
		}
		return l, err
	})
	if err == nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.lostLeases = slices.DeleteFunc(p.lostLeases, func(o *run.Lease) bool { return o == given })
		p.leases = append(p.leases, given)
	}
	return l, err
}

func (p *process) Transition(ctx context.Context, ref run.Ref, a run.Action, check func(run.Run) error) (run.Run, bool, error) {
	type result struct {
		run     run.Run
		changed bool
	}
	v, err := attempt(ctx, p, "change", func(ctx context.Context) (result, error) {
		r, changed, err := p.Store.Transition(ctx, ref, a, check)
		return result{r, changed}, err
	})
	p.loseLease(ref.ID, err)
	return v.run, v.changed, err
}

func (p *process) Commit(ctx context.Context, l *run.Lease, c crawllog.Commit) error {
	lease := *l
	next, err := attempt(ctx, p, "commit", func(ctx context.Context) (run.Lease, error) {
		next := lease
		err := p.Store.Commit(ctx, &next, c)
		return next, err
	})
	switch {
	case err == nil:
		*l = next
	case !errors.Is(err, errNoResponse): // then it makes another attempt
		p.loseLease(l.Ref.ID, err)
	}
	return err
}

func (p *process) AddSegment(ctx context.Context, l *run.Lease, seg crawllog.Segment) error {
	lease := *l
	return p.attempt(ctx, "segment", func(ctx context.Context) error { return p.Store.AddSegment(ctx, &lease, seg) })
}

func (p *process) Release(ctx context.Context, l *run.Lease, h run.Handover) error {
	lease := *l
	err := p.attempt(ctx, "release", func(ctx context.Context) error { return p.Store.Release(ctx, &lease, h) })
	p.loseLease(l.Ref.ID, err)
	return err
}

func (p *process) Park(ctx context.Context, l *run.Lease) error {
	lease := *l
	err := p.attempt(ctx, "park", func(ctx context.Context) error { return p.Store.Park(ctx, &lease) })
	p.loseLease(l.Ref.ID, err)
	return err
}

func (p *process) Finish(ctx context.Context, l *run.Lease, reason run.StopReason) (run.Run, error) {
	lease := *l
	r, err := attempt(ctx, p, "finish", func(ctx context.Context) (run.Run, error) { return p.Store.Finish(ctx, &lease, reason) })
	p.loseLease(l.Ref.ID, err)
	return r, err
}

func (p *process) Send(ctx context.Context, ref run.Ref, delay time.Duration) error {
	return p.attempt(ctx, "send", func(ctx context.Context) error { return p.queue.Send(ctx, ref, delay) })
}

func (p *process) Put(ctx context.Context, name string, body []byte, contentType string) error {
	return p.attempt(ctx, "put", func(ctx context.Context) error { return sharedBucket.Put(ctx, name, body, contentType) })
}

func (p *process) Delete(ctx context.Context, name string) error {
	return p.attempt(ctx, "delete", func(ctx context.Context) error { return sharedBucket.Delete(ctx, name) })
}

func (p *process) attempt(ctx context.Context, write string, call func(context.Context) error) error {
	_, err := attempt(ctx, p, write, func(ctx context.Context) (struct{}, error) { return struct{}{}, call(ctx) })
	return err
}

func (p *process) Status(ctx context.Context, ref run.Ref) (run.Status, error) {
	if p.dead() {
		return "", errDied
	}
	return p.Store.Status(ctx, ref)
}

// delayedWrites are writes of processes that died after sending them. Each arrives when others have
// written a few times.
type delayedWrites struct {
	mu     sync.Mutex
	behind int // how many times others write first
	late   []delayedWrite
}

// A delayedWrite arrives after left more writes.
type delayedWrite struct {
	left int
	call func()
}

func (d *delayedWrites) add(call func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.late = append(d.late, delayedWrite{d.behind, call})
}

// pass counts a write, and lets the writes arrive that were to come after it.
func (d *delayedWrites) pass() { d.arrive(false) }

// arrive lets all writes arrive, or those that are due after one more write.
func (d *delayedWrites) arrive(all bool) {
	if d == nil {
		return
	}
	d.mu.Lock()
	var kept []delayedWrite
	var now []func()
	for _, w := range d.late {
		if w.left--; all || w.left <= 0 {
			now = append(now, w.call)
		} else {
			kept = append(kept, w)
		}
	}
	d.late = kept
	d.mu.Unlock()
	for _, call := range now {
		call()
	}
}

// randomOutcomes returns a function that returns one of the outcomes with the given chance, and
// otherwise succeeds.
func randomOutcomes(seed uint64, chance float64, outcomes ...writeOutcome) func(write string) writeOutcome {
	var mu sync.Mutex
	random := rand.New(rand.NewPCG(seed, 1))
	return func(string) writeOutcome {
		mu.Lock()
		defer mu.Unlock()
		if random.Float64() < chance {
			return outcomes[random.IntN(len(outcomes))]
		}
		return succeeds
	}
}
