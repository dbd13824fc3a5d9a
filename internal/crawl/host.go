package crawl

import (
	"encoding/binary"
	"slices"
	"time"
)

// A place says where a host stands; see frontier.
type place uint8

const (
	isIdle    place = iota // has nothing queued
	isBusy                 // has as many fetches as it may have
	isReady                // may be fetched from
	isWaiting              // for its delay, or for what it asked for
	isParked               // for its level
)

// A host is the part of a frontier that belongs to one host and port.
type host struct {
	name     string
	seed     bool  // a seed, or the target of a redirected one, is there
	joined   int64 // URLs that ever joined
	queues   []queue
	last     time.Time // end of the last fetch
	hold     time.Time // nothing is fetched before
	started  time.Time // start of the last fetch of this process
	turn     time.Time // when the gate is to be asked again, after it made the run wait
	delay    time.Duration
	stated   bool // the delay is the host's Crawl-delay
	inFlight int  // fetches under way

	place place
	index int       // in the heap it stands in
	depth int       // when ready: of its first URL
	order uint64    // when ready: since when
	due   time.Time // when waiting: until when
}

// none is the head of a host without a queue.
const none = int(^uint(0) >> 1)

// head returns the smallest depth that has a queue.
func (h *host) head() int {
	if len(h.queues) == 0 {
		return none
	}
	return h.queues[0].depth
}

// queue returns the queue of a depth, which it makes when there is none. A crawl in breadth
// has few at a time.
func (h *host) queue(depth int) *queue {
	i, ok := slices.BinarySearchFunc(h.queues, depth, func(q queue, d int) int { return q.depth - d })
	if !ok {
		h.queues = slices.Insert(h.queues, i, queue{depth: depth})
	}
	return &h.queues[i]
}

// next returns when the host may be fetched from: its delay after the last fetch began and,
// if none is under way, after it ended, and not before the run's turn among others.
func (h *host) next() time.Time {
	from := h.started
	if h.inFlight == 0 {
		from = later(from, h.last)
	}
	wait := later(h.hold, h.turn)
	if from.IsZero() {
		return wait
	}
	return later(from.Add(h.delay), wait)
}

// A queue holds the URLs of one depth, first in, first out, each as its length and its
// bytes: a million of them are one piece of memory without pointers.
type queue struct {
	depth int
	buf   []byte
	start int // of the first one in buf
}

func (q *queue) empty() bool { return q.start == len(q.buf) }

func (q *queue) push(url string) {
	if q.start > len(q.buf)/2 && len(q.buf)+len(url)+binary.MaxVarintLen64 > cap(q.buf) {
		q.buf = q.buf[:copy(q.buf, q.buf[q.start:])]
		q.start = 0
	}
	q.buf = append(binary.AppendUvarint(q.buf, uint64(len(url))), url...)
}

// peek returns the first URL, valid until the next call of push.
func (q *queue) peek() []byte {
	n, w := binary.Uvarint(q.buf[q.start:])
	return q.buf[q.start+w:][:n]
}

func (q *queue) pop() []byte {
	url := q.peek()
	_, w := binary.Uvarint(q.buf[q.start:])
	q.start += w + len(url)
	return url
}

// hosts is what the heaps of hosts have in common. Each host knows its place in its heap.
type hosts []*host

func (s hosts) Len() int { return len(s) }
func (s hosts) Swap(i, j int) {
	s[i], s[j] = s[j], s[i]
	s[i].index, s[j].index = i, j
}
func (s *hosts) Push(x any) {
	h := x.(*host)
	h.index = len(*s)
	*s = append(*s, h)
}
func (s *hosts) Pop() any {
	last := len(*s) - 1
	h := (*s)[last]
	(*s)[last] = nil
	*s = (*s)[:last]
	return h
}

// readyHosts is a heap: the least deep first, then who has been ready longest.
type readyHosts struct{ hosts }

func (s readyHosts) Less(i, j int) bool {
	a, b := s.hosts[i], s.hosts[j]
	if a.depth != b.depth {
		return a.depth < b.depth
	}
	return a.order < b.order
}

// waitingHosts is a heap: who is due first.
type waitingHosts struct{ hosts }

func (s waitingHosts) Less(i, j int) bool { return s.hosts[i].due.Before(s.hosts[j].due) }

// A heldURL waits for another try.
type heldURL struct {
	due     time.Time
	attempt int // tries made
	url     string
}

// heldURLs is a heap: what is due first.
type heldURLs []heldURL

func (s heldURLs) Len() int           { return len(s) }
func (s heldURLs) Less(i, j int) bool { return s[i].due.Before(s[j].due) }
func (s heldURLs) Swap(i, j int)      { s[i], s[j] = s[j], s[i] }
func (s *heldURLs) Push(x any)        { *s = append(*s, x.(heldURL)) }
func (s *heldURLs) Pop() any {
	last := len(*s) - 1
	h := (*s)[last]
	(*s)[last] = heldURL{}
	*s = (*s)[:last]
	return h
}
