package crawl

import (
	"slices"
	"time"
)

// A hostState says where the frontier keeps a host.
type hostState uint8

const (
	hostIdle    hostState = iota // nothing is queued
	hostBusy                     // the maximum number of fetches is in flight
	hostReady                    // a fetch may start
	hostDelayed                  // waits for its delay, its hold or its turn
	hostBlocked                  // waits for its level
)

// A host is the part of a frontier that belongs to one host and port.
type host struct {
	name       string
	seed       bool  // has a seed, or the target of a redirected seed
	joined     int64 // URLs that joined the frontier, finished ones included
	queues     []queue
	last       time.Time // end of the last fetch
	holdUntil  time.Time // nothing is fetched before
	started    time.Time // start of the last fetch by this process
	turn       time.Time // when to try the gate again, after it made the run wait
	delay      time.Duration
	crawlDelay bool          // delay is the host's Crawl-delay
	extra      time.Duration // added to the delay before the next fetch, unless it is a Crawl-delay
	deepFirst  bool          // URLs that are more links from a seed come first
	inFlight   int

	state hostState
	index int       // in its heap
	depth int       // when ready: of its first URL
	order uint64    // when ready: since when
	due   time.Time // when delayed: until when
}

// noQueue is the head of a host without a queue.
const noQueue = int(^uint(0) >> 1)

// rank orders depths: the URLs of the smallest rank come first.
func (h *host) rank(depth int) int {
	if h.deepFirst {
		return -depth
	}
	return depth
}

// head returns the depth of the first queue.
func (h *host) head() int {
	if len(h.queues) == 0 {
		return noQueue
	}
	return h.queues[0].depth
}

// queue returns the queue of a depth. It creates a missing one. A breadth-first crawl has few
// queues at a time, a depth-first crawl at most one for each depth.
func (h *host) queue(depth int) *queue {
	i, ok := slices.BinarySearchFunc(h.queues, depth, func(q queue, d int) int { return h.rank(q.depth) - h.rank(d) })
	if !ok {
		h.queues = slices.Insert(h.queues, i, queue{depth: depth})
	}
	return &h.queues[i]
}

// next returns when a fetch may start: the delay after the last fetch started and, if no fetch
// is in flight, after it ended, and not before the run's turn among other runs.
func (h *host) next() time.Time {
	from := h.started
	if h.inFlight == 0 {
		from = later(from, h.last)
	}
	wait := later(h.holdUntil, h.turn)
	if from.IsZero() {
		return wait
	}
	delay := h.delay
	if !h.crawlDelay {
		delay += h.extra
	}
	return later(from.Add(delay), wait)
}
