package wake

import (
	"cmp"
	"container/heap"
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/inndx/runs/internal/run"
)

// Local is a queue within this process. It delivers a wake-up after its delay, at least once and in
// no particular order. It delivers all wake-ups that are due at the same time, but never calls the
// handler twice at a time for the same run, or for the same export. If the handler fails, the
// wake-up is delivered again, and after MaxAttempts it becomes a dead letter. When the process
// ends, its wake-ups are lost, and the sweep sends them again.
type Local struct {
	wakeups, dead *queue
}

// LocalOptions configure a Local queue. A zero field means the default.
type LocalOptions struct {
	// Timeout bounds one call; one minute by default. The handler's context ends after 50 to 100 %
	// of it, at random, so that calls that began together do not end together.
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
	waiting dueHeap
	fresh   map[subject]*item   // those that were never delivered
	failed  map[subject]*item   // those that are delivered again
	active  map[subject][]*item // the calls in progress, with the items that wait for their ends
	changed chan struct{}       // buffered; has an element if waiting has changed since the last receive
}

// A subject is what a wake-up is about: a run, or an export of it.
type subject struct {
	run    run.Ref
	export uuid.UUID
}

// An item is a wake-up that waits in the queue or is being handled.
type item struct {
	Delivery
	due      time.Time
	attempts int
	place    int // in the heap; -1 outside of it
}

func (it *item) subject() subject { return subject{it.Run, it.Export} }

func newQueue(o LocalOptions, dead *queue) *queue {
	return &queue{
		opts: o, dead: dead, fresh: map[subject]*item{}, failed: map[subject]*item{}, active: map[subject][]*item{},
		changed: make(chan struct{}, 1),
	}
}

func (q *queue) send(d Delivery, delay time.Duration) {
	now := time.Now()
	d.Sent = now
	q.mu.Lock()
	q.add(d, now.Add(delay))
	q.mu.Unlock()
	q.notify()
}

// add adds a wake-up, or moves the one that waits for its first delivery to an earlier time. q.mu
// must be held.
func (q *queue) add(d Delivery, due time.Time) {
	it := &item{Delivery: d, due: due, place: -1}
	if known := q.fresh[it.subject()]; known == nil {
		q.fresh[it.subject()] = it
		heap.Push(&q.waiting, it)
	} else if due.Before(known.due) {
		known.due = due
		if known.place >= 0 {
			heap.Fix(&q.waiting, known.place)
		}
	}
}

func (q *queue) notify() {
	select {
	case q.changed <- struct{}{}:
	default:
	}
}

// run delivers items until ctx is done and every call has returned.
func (q *queue) run(ctx context.Context, handle Handler) {
	var calls sync.WaitGroup
	defer calls.Wait()
	for {
		it, ok := q.await(ctx)
		if !ok {
			return
		}
		calls.Go(func() { q.deliver(ctx, handle, it) })
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
// returns the time at which the next one will be, or zero if none waits. Items that failed too often
// become dead letters.
func (q *queue) take(now time.Time) (it *item, next time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.waiting) > 0 {
		if first := q.waiting[0]; first.due.After(now) {
			return nil, first.due
		}
		it := heap.Pop(&q.waiting).(*item)
		about := it.subject()
		if q.dead != nil && it.attempts >= q.opts.MaxAttempts {
			delete(q.failed, about)
			q.dead.receive(it.Delivery, now)
			continue
		}
		if held, busy := q.active[about]; busy {
			q.active[about] = append(held, it)
			continue
		}
		q.active[about] = nil
		if it.attempts == 0 {
			delete(q.fresh, about)
		}
		return it, time.Time{}
	}
	return nil, time.Time{}
}

// receive adds a dead letter.
func (q *queue) receive(d Delivery, now time.Time) {
	q.mu.Lock()
	q.add(d, now)
	q.mu.Unlock()
	q.notify()
}

// deliver calls the handler, and requeues the item if the handler fails.
func (q *queue) deliver(ctx context.Context, handle Handler, it *item) {
	timeout := q.opts.Timeout - rand.N(q.opts.Timeout/2+1)
	call, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	it.attempts++
	it.due = time.Now().Add(q.opts.RetryDelay)
	q.complete(it, handle(call, it.Delivery))
}

// complete ends a call. Of several failed wake-ups of a subject, only the first is delivered again.
func (q *queue) complete(it *item, err error) {
	q.mu.Lock()
	about := it.subject()
	for _, held := range q.active[about] {
		heap.Push(&q.waiting, held)
	}
	delete(q.active, about)
	switch earlier := q.failed[about]; {
	case err != nil && (earlier == nil || earlier == it):
		q.failed[about] = it
		heap.Push(&q.waiting, it)
	case err == nil && earlier == it:
		delete(q.failed, about)
	}
	q.mu.Unlock()
	q.notify()
}

// A dueHeap is a heap of items, the one that is due first at the top.
type dueHeap []*item

func (h dueHeap) Len() int           { return len(h) }
func (h dueHeap) Less(i, j int) bool { return h[i].due.Before(h[j].due) }

func (h dueHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i, j
}

func (h *dueHeap) Push(x any) {
	it := x.(*item)
	it.place = len(*h)
	*h = append(*h, it)
}

func (h *dueHeap) Pop() any {
	last := len(*h) - 1
	it := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	it.place = -1
	return it
}
