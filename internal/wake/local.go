package wake

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/run"
)

// Local is a queue within this process. It delivers a wake-up after its delay, at least once, in no
// particular order. If the handler fails, the wake-up is delivered again, and after MaxAttempts it
// becomes a dead letter. When the process ends, its wake-ups are lost, and the sweep sends them
// again.
type Local struct {
	wakeups, dead *queue
}

// LocalOptions configure a Local queue. A zero field means the default.
type LocalOptions struct {
	// Concurrency bounds the calls of a handler in progress; 16 by default.
	Concurrency int
	// Timeout bounds one call: the handler's context ends after it; one minute by default.
	Timeout time.Duration
	// RetryDelay is the time between the start of a failed call and the next call for the
	// wake-up; twice the Timeout by default.
	RetryDelay time.Duration
	// MaxAttempts is how many calls for a wake-up fail before it becomes a dead letter; 5 by
	// default. A dead letter is delivered until its handler succeeds.
	MaxAttempts int
}

// NewLocal returns a queue that accepts wake-ups at once, and delivers them while Run runs.
func NewLocal(o LocalOptions) *Local {
	o.Concurrency = cmp.Or(o.Concurrency, 16)
	o.Timeout = cmp.Or(o.Timeout, time.Minute)
	o.RetryDelay = cmp.Or(o.RetryDelay, 2*o.Timeout)
	o.MaxAttempts = cmp.Or(o.MaxAttempts, 5)
	dead := newQueue(o, nil)
	return &Local{wakeups: newQueue(o, dead), dead: dead}
}

// Send sends a wake-up of the run, to be delivered after the delay, which is at most MaxDelay. If a
// wake-up of the run already waits for its first delivery, Send adds none, and that one is
// delivered at the earlier of the two times.
func (l *Local) Send(_ context.Context, ref run.Ref, delay time.Duration) error {
	l.wakeups.send(Delivery{Run: ref}, Delay(delay))
	return nil
}

// SendExport is Send for an export of the run.
func (l *Local) SendExport(_ context.Context, ref run.Ref, id uuid.UUID, delay time.Duration) error {
	l.wakeups.send(Delivery{Run: ref, Export: id}, Delay(delay))
	return nil
}

// Run delivers wake-ups to the handlers until ctx is done, and returns when every call has
// returned. The contexts of the calls derive from ctx.
func (l *Local) Run(ctx context.Context, wakeups, deadLetters Handler) {
	var wg sync.WaitGroup
	wg.Go(func() { l.wakeups.run(ctx, wakeups) })
	wg.Go(func() { l.dead.run(ctx, deadLetters) })
	wg.Wait()
}

// A queue delivers wake-ups to one handler.
type queue struct {
	opts LocalOptions
	dead *queue // receives the items that failed too often; nil to deliver them forever

	mu      sync.Mutex
	waiting []*item
	changed chan struct{} // buffered; has an element if waiting has grown since the last receive
}

// An item is a wake-up that waits in the queue or is being handled.
type item struct {
	Delivery
	due      time.Time
	attempts int
}

func newQueue(o LocalOptions, dead *queue) *queue {
	return &queue{opts: o, dead: dead, changed: make(chan struct{}, 1)}
}

func (q *queue) send(d Delivery, delay time.Duration) {
	now := time.Now()
	due := now.Add(delay)
	q.mu.Lock()
	i := slices.IndexFunc(q.waiting, func(it *item) bool { return it.attempts == 0 && it.Run == d.Run && it.Export == d.Export })
	if i < 0 {
		q.waiting = append(q.waiting, &item{Delivery: Delivery{Run: d.Run, Export: d.Export, Sent: now}, due: due})
	} else if due.Before(q.waiting[i].due) {
		q.waiting[i].due = due
	}
	q.mu.Unlock()
	q.notify()
}

// add puts an item into the queue.
func (q *queue) add(it *item) {
	q.mu.Lock()
	q.waiting = append(q.waiting, it)
	q.mu.Unlock()
	q.notify()
}

func (q *queue) notify() {
	select {
	case q.changed <- struct{}{}:
	default:
	}
}

// run delivers items until ctx is done and every call has returned.
func (q *queue) run(ctx context.Context, handle Handler) {
	slots := make(chan struct{}, q.opts.Concurrency)
	var calls sync.WaitGroup
	defer calls.Wait()
	for {
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		it, ok := q.await(ctx)
		if !ok {
			return
		}
		calls.Go(func() {
			defer func() { <-slots }()
			q.deliver(ctx, handle, it)
		})
	}
}

// await returns the next item as soon as it is due, or false when ctx is done.
func (q *queue) await(ctx context.Context) (*item, bool) {
	for ctx.Err() == nil {
		it, next := q.take(time.Now())
		if it != nil {
			return it, true
		}
		var due <-chan time.Time // nil, and so never ready, when nothing waits
		if !next.IsZero() {
			due = time.After(time.Until(next))
		}
		select {
		case <-ctx.Done():
		case <-q.changed:
		case <-due:
		}
	}
	return nil, false
}

// take removes and returns the item that has been due for the longest time. If none is due, it
// returns the time at which the next one will be, or zero if the queue is empty. Items that failed
// too often become dead letters.
func (q *queue) take(now time.Time) (it *item, next time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	slices.SortStableFunc(q.waiting, func(a, b *item) int { return a.due.Compare(b.due) })
	for len(q.waiting) > 0 {
		first := q.waiting[0]
		if first.due.After(now) {
			return nil, first.due
		}
		q.waiting = slices.Delete(q.waiting, 0, 1)
		if q.dead == nil || first.attempts < q.opts.MaxAttempts {
			return first, time.Time{}
		}
		q.dead.add(&item{Delivery: first.Delivery, due: now})
	}
	return nil, time.Time{}
}

// deliver calls the handler, and requeues the item if the handler fails.
func (q *queue) deliver(ctx context.Context, handle Handler, it *item) {
	call, cancel := context.WithTimeout(ctx, q.opts.Timeout)
	defer cancel()
	it.attempts++
	it.due = time.Now().Add(q.opts.RetryDelay)
	if err := handle(call, it.Delivery); err != nil {
		q.add(it)
	}
}
