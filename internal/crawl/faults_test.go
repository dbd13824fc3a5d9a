package crawl_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/uuid"

	"github.com/inndx/runs/internal/crawl"
	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/dynamolocal/dynamotest"
	"github.com/inndx/runs/internal/fault"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/store"
	"github.com/inndx/runs/internal/wake"
)

// A fate is what becomes of one write, to the store or to the queue.
type fate string

const (
	isDone     fate = "is done"                  // and the caller learns it
	isRefused  fate = "fails"                    // likewise
	isDropped  fate = "never arrives"            // and the caller learns nothing
	isUnheard  fate = "is done, unheard"         // likewise
	diesBefore fate = "process dies before it"   // it is never sent
	diesInside fate = "process dies while it is" // it was sent, and arrives after the process died
	diesAfter  fate = "process dies after it"    // it is done, and the process never learns of it
)

func (f fate) isDeath() bool { return f == diesBefore || f == diesInside || f == diesAfter }

var (
	errDied    = errors.New("the process died")
	errRefused = errors.New("refused")
	errAway    = fault.New(fault.Unavailable, "no answer")
)

// A process is a ledger and a queue as one process reaches them, each write with a fate. A
// dead process reaches nothing any more.
type process struct {
	crawl.Store
	queue crawl.Queue
	limbo *limbo
	fate  func(write string) fate

	mu      sync.Mutex
	died    bool
	held    []*run.Lease // that it took
	orphans []*run.Lease // that it was given and never learned of
}

func (p *process) dead() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.died
}

// bury ends the leases that the process never learned of and, if it is dead or idle, those
// that it held: tests do not wait for their ends.
func (p *process) bury(s *store.Store, idle bool) {
	p.mu.Lock()
	ended := p.orphans
	p.orphans = nil
	if p.died || idle {
		ended = append(ended, p.held...)
		p.held = nil
	}
	p.mu.Unlock()
	for _, l := range ended {
		_ = s.Release(context.Background(), l, time.Now())
	}
}

// forsake notes that the worker, which met err, may leave its lease on the run to its end.
func (p *process) forsake(id uuid.UUID, err error) {
	if err == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held = slices.DeleteFunc(p.held, func(l *run.Lease) bool {
		if l.Ref.ID == id {
			p.orphans = append(p.orphans, l)
		}
		return l.Ref.ID == id
	})
}

// attempt does one write of the process. What it returns besides an error is the write's.
func attempt[T any](ctx context.Context, p *process, write string, call func(context.Context) (T, error)) (T, error) {
	var none T
	p.mu.Lock()
	if p.died {
		p.mu.Unlock()
		return none, errDied
	}
	f := p.fate(write)
	p.died = f.isDeath()
	p.mu.Unlock()
	switch f {
	case isRefused:
		return none, errRefused
	case isDropped:
		return none, errAway
	case isUnheard:
		if _, err := call(ctx); err != nil {
			return none, err
		}
		return none, errAway
	case diesBefore:
		return none, errDied
	case diesInside:
		ctx = context.WithoutCancel(ctx)
		p.limbo.add(func() { _, _ = call(ctx) })
		return none, errDied
	case diesAfter:
		_, _ = call(ctx)
		return none, errDied
	}
	v, err := call(ctx)
	p.limbo.pass()
	return v, err
}

func (p *process) Acquire(ctx context.Context, ref run.Ref, owner string, ttl time.Duration) (*run.Lease, error) {
	given := &run.Lease{Ref: ref, Owner: owner}
	l, err := attempt(ctx, p, "acquire", func(ctx context.Context) (*run.Lease, error) {
		l, err := p.Store.Acquire(ctx, ref, owner, ttl)
		if err == nil {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.orphans = append(p.orphans, given)
		}
		return l, err
	})
	if err == nil {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.orphans = slices.DeleteFunc(p.orphans, func(o *run.Lease) bool { return o == given })
		p.held = append(p.held, given)
	}
	return l, err
}

func (p *process) Transition(ctx context.Context, ref run.Ref, a run.Action, check func(run.Run) error) (run.Run, bool, error) {
	type answer struct {
		run     run.Run
		changed bool
	}
	v, err := attempt(ctx, p, "change", func(ctx context.Context) (answer, error) {
		r, changed, err := p.Store.Transition(ctx, ref, a, check)
		return answer{r, changed}, err
	})
	p.forsake(ref.ID, err)
	return v.run, v.changed, err
}

func (p *process) Commit(ctx context.Context, l *run.Lease, c crawllog.Commit) error {
	held := *l
	next, err := attempt(ctx, p, "commit", func(ctx context.Context) (run.Lease, error) {
		next := held
		err := p.Store.Commit(ctx, &next, c)
		return next, err
	})
	switch {
	case err == nil:
		*l = next
	case !errors.Is(err, errAway): // then it tries again
		p.forsake(l.Ref.ID, err)
	}
	return err
}

func (p *process) AddSegment(ctx context.Context, l *run.Lease, seg crawllog.Segment) error {
	held := *l
	return p.attempt(ctx, "segment", func(ctx context.Context) error { return p.Store.AddSegment(ctx, &held, seg) })
}

func (p *process) Release(ctx context.Context, l *run.Lease, at time.Time) error {
	held := *l
	err := p.attempt(ctx, "release", func(ctx context.Context) error { return p.Store.Release(ctx, &held, at) })
	p.forsake(l.Ref.ID, err)
	return err
}

func (p *process) Park(ctx context.Context, l *run.Lease) error {
	held := *l
	err := p.attempt(ctx, "park", func(ctx context.Context) error { return p.Store.Park(ctx, &held) })
	p.forsake(l.Ref.ID, err)
	return err
}

func (p *process) Finish(ctx context.Context, l *run.Lease, reason run.StopReason) (run.Run, error) {
	held := *l
	r, err := attempt(ctx, p, "finish", func(ctx context.Context) (run.Run, error) { return p.Store.Finish(ctx, &held, reason) })
	p.forsake(l.Ref.ID, err)
	return r, err
}

func (p *process) Send(ctx context.Context, ref run.Ref, delay time.Duration) error {
	return p.attempt(ctx, "send", func(ctx context.Context) error { return p.queue.Send(ctx, ref, delay) })
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

// A limbo holds writes of processes that died after sending them. Each arrives when others
// have done some more.
type limbo struct {
	mu     sync.Mutex
	behind int // how many more
	late   []lateWrite
}

type lateWrite struct {
	left int
	call func()
}

func (l *limbo) add(call func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.late = append(l.late, lateWrite{l.behind, call})
}

// pass notes a write, and lets arrive what it was the last before.
func (l *limbo) pass() { l.arrive(false) }

// arrive lets all late writes arrive, or those whose turn it is.
func (l *limbo) arrive(all bool) {
	if l == nil {
		return
	}
	l.mu.Lock()
	var kept []lateWrite
	var now []func()
	for _, w := range l.late {
		if w.left--; all || w.left <= 0 {
			now = append(now, w.call)
		} else {
			kept = append(kept, w)
		}
	}
	l.late = kept
	l.mu.Unlock()
	for _, call := range now {
		call()
	}
}

// An unreliable queue delivers each wake-up several times or not at all, late, and in any
// order, to any of its handlers.
type unreliable struct {
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
func (q *unreliable) start(t *testing.T, seed uint64, handlers ...wake.Handler) {
	ctx, cancel := context.WithCancel(context.Background())
	q.ctx, q.handlers, q.random = ctx, handlers, rand.New(rand.NewPCG(seed, 0))
	t.Cleanup(func() {
		cancel()
		q.group.Wait()
	})
}

func (q *unreliable) Send(_ context.Context, ref run.Ref, delay time.Duration) error {
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

// sweep sweeps until the end of the test.
func (q *unreliable) sweep(s *faultyStack) {
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

func (q *unreliable) String() string {
	q.mu.Lock()
	defer q.mu.Unlock()
	return fmt.Sprintf("%d wake-ups sent, %d copies delivered, %d lost", q.sent, q.delivered, q.dropped)
}

// A crew is workers whose processes die; others take their places.
type crew struct {
	limbo
	start func() (*process, *crawl.Crawler)

	mu        sync.Mutex
	processes []*process // all that ever were
}

// worker returns the Crawl of one worker.
func (c *crew) worker() func(context.Context, run.Ref) error {
	var mu sync.Mutex
	var p *process
	var crawler *crawl.Crawler
	return func(ctx context.Context, ref run.Ref) error {
		mu.Lock()
		if p == nil || p.dead() {
			p, crawler = c.start()
			c.mu.Lock()
			c.processes = append(c.processes, p)
			c.mu.Unlock()
		}
		now := crawler
		mu.Unlock()
		return now.Crawl(ctx, ref)
	}
}

// bury ends the leases of dead processes, until the end of the test.
func (c *crew) bury(q *unreliable, s *store.Store) {
	q.group.Go(func() {
		for q.ctx.Err() == nil {
			c.mu.Lock()
			all := slices.Clone(c.processes)
			c.mu.Unlock()
			for _, p := range all {
				p.bury(s, false)
			}
			select {
			case <-time.After(100 * time.Millisecond):
			case <-q.ctx.Done():
			}
		}
	})
}

func (c *crew) deaths() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, p := range c.processes {
		if p.dead() {
			n++
		}
	}
	return n
}

// dice returns what deals each write one of the fates with the given chance.
func dice(seed uint64, chance float64, fates ...fate) func(write string) fate {
	var mu sync.Mutex
	random := rand.New(rand.NewPCG(seed, 1))
	return func(string) fate {
		mu.Lock()
		defer mu.Unlock()
		if random.Float64() < chance {
			return fates[random.IntN(len(fates))]
		}
		return isDone
	}
}

// A skewed ledger is the store as a worker reaches it whose clock is off. That is the same as
// a worker whose clock is right and whose words are all off: the times that it tells are
// moved, and those that it hears are moved back.
type skewed struct {
	*store.Store // with the clock that is off
	off          time.Duration
}

func newSkewed(s *faultyStack, off time.Duration, client ...func(*dynamodb.Options)) skewed {
	clock := store.WithClock(func() time.Time { return time.Now().Add(off) })
	return skewed{store.New(store.NewClient(dynamotest.Config(s.t), client...), s.table, clock), off}
}

func (k skewed) heard(at time.Time) time.Time {
	if at.IsZero() {
		return at
	}
	return at.Add(-k.off)
}

func (k skewed) heardRun(r run.Run) run.Run {
	for _, at := range []*time.Time{&r.CreatedAt, &r.StartedAt, &r.PausedAt, &r.FinishedAt, &r.UpdatedAt} {
		*at = k.heard(*at)
	}
	return r
}

// part moves the times of a part of a log.
func (k skewed) part(data []byte, by time.Duration) ([]byte, error) {
	var records []crawllog.Record
	for record, err := range crawllog.Decode(data) {
		if err != nil {
			return nil, err
		}
		switch r := record.(type) {
		case *crawllog.Outcome:
			r.OccurredAt = r.OccurredAt.Add(by)
		case *crawllog.Retry:
			r.OccurredAt, r.Due = r.OccurredAt.Add(by), r.Due.Add(by)
		}
		records = append(records, record)
	}
	parts := crawllog.Encode(records)
	if len(parts) != 1 {
		return nil, fmt.Errorf("one part became %d", len(parts))
	}
	return parts[0], nil
}

func (k skewed) Run(ctx context.Context, ref run.Ref) (run.Run, error) {
	r, err := k.Store.Run(ctx, ref)
	return k.heardRun(r), err
}

func (k skewed) Transition(ctx context.Context, ref run.Ref, a run.Action, check func(run.Run) error) (run.Run, bool, error) {
	r, changed, err := k.Store.Transition(ctx, ref, a, check)
	return k.heardRun(r), changed, err
}

func (k skewed) Acquire(ctx context.Context, ref run.Ref, owner string, ttl time.Duration) (*run.Lease, error) {
	l, err := k.Store.Acquire(ctx, ref, owner, ttl)
	if err == nil {
		l.Until = k.heard(l.Until)
	}
	return l, err
}

func (k skewed) LogParts(ctx context.Context, ref run.Ref, after int64) iter.Seq2[crawllog.Part, error] {
	return func(yield func(crawllog.Part, error) bool) {
		for part, err := range k.Store.LogParts(ctx, ref, after) {
			if err == nil {
				part.Data, err = k.part(part.Data, -k.off)
			}
			if !yield(part, err) {
				return
			}
		}
	}
}

func (k skewed) Commit(ctx context.Context, l *run.Lease, c crawllog.Commit) error {
	told := crawllog.Commit{Progress: c.Progress}
	for _, data := range c.Parts {
		part, err := k.part(data, k.off)
		if err != nil {
			return err
		}
		told.Parts = append(told.Parts, part)
	}
	next := *l
	next.Until = l.Until.Add(k.off)
	err := k.Store.Commit(ctx, &next, told)
	if err == nil {
		next.Until = k.heard(next.Until)
		*l = next
	}
	return err
}

func (k skewed) Release(ctx context.Context, l *run.Lease, at time.Time) error {
	return k.Store.Release(ctx, l, at.Add(k.off))
}

func (k skewed) Finish(ctx context.Context, l *run.Lease, reason run.StopReason) (run.Run, error) {
	r, err := k.Store.Finish(ctx, l, reason)
	return k.heardRun(r), err
}

func (k skewed) Due(ctx context.Context, now time.Time, limit int) ([]run.Ref, error) {
	return k.Store.Due(ctx, now.Add(k.off), limit)
}

// A lossyLine to DynamoDB loses some requests on their way and some answers on theirs.
type lossyLine struct {
	http.RoundTripper
	share float64 // that is lost, half of it each way

	mu                        sync.Mutex
	random                    *rand.Rand
	lostRequests, lostAnswers int
}

func newLossyLine(share float64, seed uint64) *lossyLine {
	return &lossyLine{RoundTripper: http.DefaultTransport, share: share, random: rand.New(rand.NewPCG(seed, 0))}
}

// over returns the option that leads a DynamoDB client over the line.
func (l *lossyLine) over(o *dynamodb.Options) { o.HTTPClient = &http.Client{Transport: l} }

func (l *lossyLine) RoundTrip(r *http.Request) (*http.Response, error) {
	l.mu.Lock()
	dice := l.random.Float64()
	loseRequest, loseAnswer := dice < l.share/2, dice >= l.share/2 && dice < l.share
	if loseRequest {
		l.lostRequests++
	}
	if loseAnswer {
		l.lostAnswers++
	}
	l.mu.Unlock()
	if loseRequest {
		return nil, io.ErrUnexpectedEOF
	}
	answer, err := l.RoundTripper.RoundTrip(r)
	if err == nil && loseAnswer {
		answer.Body.Close()
		return nil, io.ErrUnexpectedEOF
	}
	return answer, err
}

// A faultyStack has a table of its own, where sweeps find its own runs only. It delivers
// nothing by itself.
type faultyStack struct {
	*stack
	table string
}

func newFaultyStack(t *testing.T) *faultyStack {
	t.Helper()
	s := &faultyStack{table: "faults-" + uuid.NewString()}
	s.stack = &stack{t: t, store: store.New(store.NewClient(dynamotest.Config(t)), s.table)}
	if err := s.store.EnsureTable(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}
