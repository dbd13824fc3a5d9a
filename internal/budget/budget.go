// Package budget shares what a process has among the runs that it crawls: memory, connections,
// processors, and commits in progress. It does no I/O.
//
// A Budget belongs to a process, and a Share to one of its runs. The rules are fair among runs, not
// among pages: a run with hundreds of waiting pages delays the page of another run by one page. For
// a run that is alone, each use costs a lock and an addition.
package budget

import (
	"cmp"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// The default limits.
//
// AWS Lambda allows an execution environment 1,024 file descriptors, and as many processes and
// threads (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html). Hosts take at
// most five sixths of the descriptors: one for each of DefaultFetches, a second one for each that
// looks up a name or connects, and half as many for idle connections. The others are for the
// connections to the table, the queue and the bucket. A connection takes no thread.
const (
	DefaultMemory  = 1 << 30
	DefaultFetches = 340
	DefaultBodies  = 256 << 20
	DefaultCommits = 32
)

// Limits say how much the runs of a process may use together. A field that is not positive means
// the default.
type Limits struct {
	// Memory bounds the bytes of what the runs know, their frontiers. Default 1 GiB.
	Memory int64
	// Fetches bounds the fetches in flight. A run that has none may always start one. There may be
	// half as many idle connections. Default 340.
	Fetches int
	// Bodies bounds the bytes of long bodies. Half of it bounds the records of responses that wait
	// for commits. Default 256 MiB.
	Bodies int64
	// Parsers bounds the pages that are parsed at a time. The default is GOMAXPROCS.
	Parsers int
	// Commits bounds the commits in progress, and the objects that are written for them. Default 32
	// of each.
	Commits int
}

// A Budget is what the runs of a process share. It is safe for concurrent use.
type Budget struct {
	limits  Limits
	parsers slots
	commits slots
	objects slots
	bodies  reservations
	kept    atomic.Int64

	mu          sync.Mutex
	shares      map[*Share]struct{}
	memory      int64 // of all shares
	fetches     int   // in flight, of all shares
	connections int   // open, in use or idle, of all shares, also of those that left
	waiting     []*fetchWaiter
}

// New returns a budget of which nothing is in use.
func New(l Limits) *Budget {
	l = Limits{
		Memory:  positive(l.Memory, DefaultMemory),
		Fetches: positive(l.Fetches, DefaultFetches),
		Bodies:  positive(l.Bodies, DefaultBodies),
		Parsers: positive(l.Parsers, runtime.GOMAXPROCS(0)),
		Commits: positive(l.Commits, DefaultCommits),
	}
	return &Budget{
		limits:  l,
		parsers: slots{free: l.Parsers},
		commits: slots{free: l.Commits},
		objects: slots{free: l.Commits},
		bodies:  reservations{limit: l.Bodies, free: l.Bodies},
		shares:  map[*Share]struct{}{},
	}
}

func positive[T cmp.Ordered](v, def T) T {
	var zero T
	if v <= zero {
		return def
	}
	return v
}

// Limits returns the limits, with the defaults in place of fields that are not positive.
func (b *Budget) Limits() Limits { return b.limits }

// Room returns how many bytes of memory no run has. A cache may use them until a run needs them.
func (b *Budget) Room() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return max(0, b.limits.Memory-b.memory)
}

// Usage is what the runs of a process use.
type Usage struct {
	Runs        int
	Memory      int64 // bytes of frontiers
	Fetches     int   // in flight
	Connections int   // open
	Bodies      int64 // bytes that are reserved for long bodies
	Kept        int64 // bytes of records that wait for commits
	Parsers     int   // pages that are parsed
	Commits     int   // in progress
	Objects     int   // that are written for commits
}

// Usage returns what is in use.
func (b *Budget) Usage() Usage {
	b.mu.Lock()
	defer b.mu.Unlock()
	return Usage{
		Runs: len(b.shares), Memory: b.memory, Fetches: b.fetches, Connections: b.connections,
		Bodies: b.limits.Bodies - b.bodies.unused(), Kept: b.kept.Load(),
		Parsers: b.limits.Parsers - b.parsers.unused(), Commits: b.limits.Commits - b.commits.unused(),
		Objects: b.limits.Commits - b.objects.unused(),
	}
}

// A Share is one run's use of a budget, from Join to Leave. It is safe for concurrent use.
type Share struct {
	budget    *Budget
	parsing   line
	commits   line
	objects   line
	bodies    holder
	mustLeave atomic.Bool
	waits     atomic.Bool // TryFetch refused a fetch

	// Guarded by the budget's mutex.
	size        int64
	fetches     int
	connections int
	closeIdle   func()
	next        time.Time
	waiter      fetchWaiter

	mu   sync.Mutex
	kept int64
}

// Join returns a share for a run whose frontier takes about size bytes. It reports false if the run
// does not fit. A run that is alone always fits.
func (b *Budget) Join(size int64) (*Share, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.shares) > 0 && b.memory+size > b.limits.Memory {
		return nil, false
	}
	s := &Share{budget: b, size: size}
	s.waiter = fetchWaiter{share: s, ready: make(chan struct{}, 1)}
	b.shares[s] = struct{}{}
	b.memory += size
	return s, true
}

// Resize sets the size of the run's frontier, in bytes. If the runs exceed the memory, the largest
// of them must leave, unless it is alone.
func (s *Share) Resize(size int64) {
	b := s.budget
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := b.shares[s]; !ok {
		return
	}
	b.memory += size - s.size
	s.size = size
	b.relieve()
}

// relieve tells the largest run to leave if the memory is exceeded and no run is leaving already.
func (b *Budget) relieve() {
	if len(b.shares) == 1 {
		for s := range b.shares {
			s.mustLeave.Store(false)
		}
		return
	}
	if b.memory <= b.limits.Memory {
		return
	}
	var largest *Share
	for s := range b.shares {
		if s.mustLeave.Load() {
			return
		}
		if largest == nil || s.size > largest.size {
			largest = s
		}
	}
	if largest != nil {
		largest.mustLeave.Store(true)
	}
}

// MustLeave reports whether the run must leave, so that the other runs have enough memory.
func (s *Share) MustLeave() bool { return s.mustLeave.Load() }

// Leave ends the use of the budget. It frees what the run still has, except slots and connections:
// each of these is freed by its own end.
func (s *Share) Leave() {
	b := s.budget
	b.mu.Lock()
	if _, ok := b.shares[s]; !ok {
		b.mu.Unlock()
		return
	}
	delete(b.shares, s)
	b.memory -= s.size
	b.fetches -= s.fetches
	s.size, s.fetches, s.closeIdle = 0, 0, nil
	b.forgo(s)
	b.relieve()
	b.mu.Unlock()

	b.bodies.releaseAll(&s.bodies)
	s.mu.Lock()
	defer s.mu.Unlock()
	b.kept.Add(-s.kept)
	s.kept = 0
}

// SetNext sets the time at which the run has something to do, zero for never.
func (s *Share) SetNext(t time.Time) {
	s.budget.mu.Lock()
	defer s.budget.mu.Unlock()
	s.next = t
}

// NeighborDue reports whether another run has something to do by the time t.
func (s *Share) NeighborDue(t time.Time) bool {
	s.budget.mu.Lock()
	defer s.budget.mu.Unlock()
	for other := range s.budget.shares {
		if other != s && !other.next.IsZero() && !other.next.After(t) {
			return true
		}
	}
	return false
}
