package crawl

import (
	"cmp"
	"container/heap"
	"time"

	"github.com/inndx/runs/internal/weburl"
)

// A request is a URL that was picked to be fetched.
type request struct {
	url        string
	key        weburl.Key
	host       *host
	depth      int
	redirects  int
	seed       bool
	check      bool        // it is only checked
	asset      bool        // it is checked as an asset, which may be a style sheet
	assetOf    pipelineSet // that need it as an asset
	page       string      // that needs it as an asset
	referrer   string
	attempt    int       // attempts made before this one
	last       time.Time // end of the last fetch from the host, or start of one in flight
	delay      time.Duration
	before     time.Time  // start of the fetch from the host before this one
	chain      []redirect // redirects that led to the URL
	continueAt string     // what to fetch instead of the URL; empty for the URL itself
}

// pick picks a URL that may be fetched at now, if there is one: a URL of the smallest depth among
// the hosts that are ready, or of the greatest one in a depth-first crawl. complete or requeue must
// follow.
func (f *frontier) pick(now time.Time) (request, bool) {
	f.advance(now)
	for f.ready.Len() > 0 {
		h := f.ready.hosts[0]
		f.dropStale(h)
		if h.head() != h.depth || f.tooDeep(h.depth) {
			f.place(h) // its queue changed, or a smaller depth has unfinished URLs again
			continue
		}
		if len(f.slots.slots) > 0 && f.slots.taken(f.assets[weburl.KeyOf(h.queues[0].peek())].waiting()) {
			f.waitForSlot(h)
			continue
		}
		if f.waiter != nil {
			if due, ok := f.waiter.tryStart(h.name, f.pace(h), f.now); !ok {
				h.turn = due
				f.place(h)
				continue
			}
		}
		text, referrer := f.pop(&h.queues[0])
		url := string(text)
		k := weburl.KeyOf(url)
		known := f.known[k]
		f.known[k] = known.withState(fetching)
		req := request{
			url: url, key: k, host: h, depth: known.depth(), redirects: known.redirects(), seed: known.seed(), check: known.check(),
			asset:    known.asset(),
			referrer: referrer, attempt: f.attempts[k], last: later(h.last, h.started), delay: h.delay, before: h.started,
			chain: f.chains[k], continueAt: f.continueAt[k],
		}
		if a, ok := f.assets[k]; ok {
			req.assetOf, req.page = a.waiting(), a.page
			f.slots.add(req.assetOf, 1)
		}
		h.inFlight++
		h.started = now
		h.extra = f.drawExtra()
		f.place(h)
		return req, true
	}
	return request{}, false
}

// advance queues the retries and places the hosts that are due at now.
func (f *frontier) advance(now time.Time) {
	f.now = later(f.now, now)
	for len(f.retries) > 0 && !f.retries[0].due.After(f.now) {
		r := heap.Pop(&f.retries).(retryURL)
		k := weburl.KeyOf(r.url)
		if known := f.known[k]; known.state() == retrying && f.attempts[k] == r.attempt {
			f.known[k] = known.withState(queued)
			referrer := f.takeReferrer(k, r.referrer)
			f.enqueue(f.host(weburl.HostOf(cmp.Or(f.continueAt[k], r.url))), known.depth(), r.url, referrer)
		}
	}
	for f.delayed.Len() > 0 && !f.delayed.hosts[0].due.After(f.now) {
		f.place(f.delayed.hosts[0])
	}
}

// nextDue returns when pick may have a URL if nothing else happens. The time is not after the
// present if pick has a URL now. It returns false if pick never will.
func (f *frontier) nextDue() (time.Time, bool) {
	if f.ready.Len() > 0 {
		return f.now, true
	}
	var due time.Time
	if f.delayed.Len() > 0 {
		due = f.delayed.hosts[0].due
	}
	if len(f.retries) > 0 && (due.IsZero() || f.retries[0].due.Before(due)) {
		due = f.retries[0].due
	}
	return due, !due.IsZero()
}

// complete ends a fetch whose result has been applied. A fetch that sent no request to the host
// does not delay the next one.
func (f *frontier) complete(req request, requested bool) {
	h := req.host
	h.inFlight--
	if !requested && h.inFlight == 0 {
		h.started = req.before
	}
	f.place(h)
	f.freeSlot(req.assetOf)
}

// requeue ends a fetch without a result. Its URL is queued again.
func (f *frontier) requeue(req request, requested bool) {
	if known := f.known[req.key]; known.state() == fetching {
		f.known[req.key] = known.withState(queued)
		f.push(req.host, known.depth(), req.url, f.takeReferrer(req.key, req.referrer))
	}
	f.complete(req, requested)
}

// place determines a host's state and moves the host to the heap of that state. It must be called
// after every change of the host's queues, times and fetches.
func (f *frontier) place(h *host) {
	f.remove(h)
	if h.inFlight >= f.perHost {
		h.state = hostBusy
		return
	}
	f.dropStale(h)
	depth := h.head()
	switch next := h.next(); {
	case depth == noQueue:
		h.state = hostIdle
	case f.tooDeep(depth):
		h.state = hostBlocked
		f.blocked[depth] = append(f.blocked[depth], h)
	case next.After(f.now):
		h.state, h.due = hostDelayed, next
		heap.Push(&f.delayed, h)
	default:
		f.order++
		h.state, h.depth, h.order = hostReady, depth, f.order
		heap.Push(&f.ready, h)
	}
}

func (f *frontier) remove(h *host) {
	switch h.state {
	case hostReady:
		heap.Remove(&f.ready, h.index)
	case hostDelayed:
		heap.Remove(&f.delayed, h.index)
	}
	h.state = hostIdle
}

// enqueue adds a URL whose state is queued to its host's queue, and places the host if needed.
func (f *frontier) enqueue(h *host, depth int, url, referrer string) {
	first := h.head() // before the URL is added
	f.push(h, depth, url, referrer)
	if h.state == hostIdle || first == noQueue || h.rank(depth) < h.rank(first) {
		f.place(h)
	}
}

func (f *frontier) push(h *host, depth int, url, referrer string) {
	f.queuedBytes += h.queue(depth).push(url, referrer)
}

// pop removes the first URL of a queue and returns it with its referrer. The URL is valid until the
// next call of peek or pop.
func (f *frontier) pop(q *queue) (url []byte, referrer string) {
	url, referrer, size := q.pop()
	f.queuedBytes -= size
	return url, referrer
}

// referrer returns the referrer of an unfinished URL that is not queued. before is its referrer as
// of its last request or retry.
func (f *frontier) referrer(k weburl.Key, before string) string {
	if r, ok := f.referrers[k]; ok {
		return r
	}
	return before
}

// takeReferrer is referrer for a URL that is queued now.
func (f *frontier) takeReferrer(k weburl.Key, before string) string {
	r := f.referrer(k, before)
	delete(f.referrers, k)
	return r
}

// dropStale removes URLs from the head of the host's queues that must not be fetched from there:
// those that have their outcome, and those that were discovered again at a smaller depth.
func (f *frontier) dropStale(h *host) {
	for len(h.queues) > 0 {
		q := &h.queues[0]
		for !q.empty() {
			known := f.known[weburl.KeyOf(q.peek())]
			if known.state() == queued && known.depth() == q.depth {
				return
			}
			f.pop(q)
		}
		h.queues = h.queues[1:]
	}
	h.queues = nil
}
