package crawl

import (
	"cmp"
	"container/heap"
	"strings"
	"time"

	"github.com/inndx/runs/internal/crawllog"
	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/weburl"
)

// A key stands for a URL.
type key = weburl.Key

// A state says where a known URL is.
type state uint8

const (
	unknown     state = iota
	queued            // waits in its host's queue
	taken             // is being fetched
	held              // waits for another try
	done              // ended
	skipped           // never joined
	skippedHost       // never joined, because its host is no seed's; it joins when that changes
)

// unfinished reports whether the URL joined the frontier and has not ended.
func (s state) unfinished() bool { return s == queued || s == taken || s == held }

// An entry is all that is remembered of a known URL besides its key, in four bytes: its
// state, whether it is a seed, its hops and its depth.
type entry uint32

const (
	maxRedirectCount = 1<<6 - 1
	maxDepth         = 1<<22 - 1
)

func newEntry(s state, seed bool, hops, depth int) entry {
	e := entry(s) | entry(min(hops, maxRedirectCount))<<4 | entry(min(depth, maxDepth))<<10
	if seed {
		e |= 1 << 3
	}
	return e
}

func (e entry) state() state            { return state(e & 7) }
func (e entry) seed() bool              { return e&(1<<3) != 0 }
func (e entry) redirects() int          { return int(e>>4) & maxRedirectCount }
func (e entry) depth() int              { return int(e >> 10) }
func (e entry) withState(s state) entry { return e&^7 | entry(s) }

// A frontier is the state of a crawl. What lasts of it is the fold of the crawl's log: it
// is changed by apply alone, the same way when a result comes in and when the log is read
// back. Besides, it knows which URLs are being fetched just now, and picks the next ones.
//
// A pick costs the logarithm of the number of hosts, whatever the number of URLs: a host
// that has something queued stands in exactly one of ready, waiting and parked. URLs that
// have ended take 20 bytes each, some fifty with the room of the table, which has no pointers;
// queued ones their bytes too.
type frontier struct {
	perHost  int           // fetches at a time from one host
	delay    time.Duration // between two fetches from a host that names none
	maxDepth int           // deeper URLs are never picked, and levels are fetched one by one; -1: no bound

	// The fold of the log.
	known     map[key]entry
	attempts  map[key]int // tries made of unfinished URLs that were tried
	hosts     map[string]*host
	levels    []int64          // unfinished URLs of each depth
	level     int              // the smallest depth with an unfinished URL
	variants  map[uint64]int64 // URLs that joined of each group, by its id
	waits     int              // bytes of the URLs in the hosts' queues
	seedsRead bool
	sitemaps  map[key]bool // of which is recorded that they were not read, until seeded
	last      time.Time    // of the last outcome
	progress  run.Progress
	cookies   *jar
	via       string             // the target of a redirect, when the last record is that it was found
	chains    map[key][]redirect // of unfinished URLs that redirects lead to
	resumed   map[key]string     // of unfinished URLs: what to fetch instead, see redirects.go

	// The present.
	caller  *caller // of the worker, nil when the run is alone
	now     time.Time
	order   uint64
	ready   readyHosts
	waiting waitingHosts
	parked  map[int][]*host // by depth: hosts whose level has not come
	retries heldURLs
}

func newFrontier(perHost int, delay time.Duration, maxDepth int) *frontier {
	return &frontier{
		perHost: perHost, delay: delay, maxDepth: maxDepth,
		known: map[key]entry{}, attempts: map[key]int{}, hosts: map[string]*host{}, parked: map[int][]*host{},
		variants: map[uint64]int64{}, sitemaps: map[key]bool{},
		cookies: newJar(), chains: map[key][]redirect{}, resumed: map[key]string{},
	}
}

// host returns the host of that name, which it makes when there is none.
func (f *frontier) host(name string) *host {
	h := f.hosts[name]
	if h == nil {
		name = strings.Clone(name) // not the URL's memory
		h = &host{name: name, delay: f.delay}
		f.hosts[name] = h
	}
	return h
}

// changes reports whether recording r would change anything.
func (f *frontier) changes(r *crawllog.Discovered) bool {
	e := f.known[weburl.KeyOf(r.URL)]
	switch {
	case e.state() == unknown || e.state() == skippedHost:
		return true
	case r.Seed && !f.host(weburl.HostOf(r.URL)).seed:
		return true
	}
	return e.state().unfinished() && (r.Depth < e.depth() || r.Seed && !e.seed())
}

// apply folds one record into the frontier. It is the only way in which what lasts changes.
func (f *frontier) apply(r crawllog.Record) {
	via := f.via
	f.via = ""
	switch r := r.(type) {
	case *crawllog.Discovered:
		f.applyDiscovered(r)
		if r.Redirects > 0 {
			f.via = r.URL
		}
	case *crawllog.Outcome:
		f.applyOutcome(r)
		f.endChain(r, via)
	case *crawllog.Retry:
		if via != "" {
			f.resume(r.URL, via)
		}
		f.applyRetry(r)
	case *crawllog.Cookie:
		f.cookies.restore(r)
		f.via = via
	case *crawllog.SeedsRead:
		f.seedsRead, f.sitemaps = true, nil
	}
}

func (f *frontier) applyDiscovered(r *crawllog.Discovered) {
	k := weburl.KeyOf(r.URL)
	e := f.known[k]
	h := f.host(weburl.HostOf(r.URL))
	h.seed = h.seed || r.Seed
	switch s := e.state(); {
	case s == unknown, s == skippedHost:
		if s == skippedHost {
			f.progress.URLsExcluded--
		}
		f.known[k] = newEntry(queued, r.Seed, r.Redirects, r.Depth)
		h.joined++
		for _, g := range groupsOf(r.URL) {
			f.variants[g.id]++
		}
		f.progress.URLsQueued++
		f.addToLevel(r.Depth)
		f.enqueue(h, r.Depth, r.URL)
	case s.unfinished() && r.Depth < e.depth():
		f.known[k] = newEntry(s, r.Seed || e.seed(), r.Redirects, r.Depth)
		f.addToLevel(r.Depth)
		f.takeFromLevel(e.depth())
		if s == queued { // what stands in the deeper queue is dropped when its turn comes
			f.enqueue(h, r.Depth, r.URL)
		}
	case s.unfinished() && r.Seed:
		f.known[k] = newEntry(s, true, e.redirects(), e.depth())
	}
}

func (f *frontier) applyOutcome(r *crawllog.Outcome) {
	k := weburl.KeyOf(r.URL)
	e := f.known[k]
	f.last = later(f.last, r.OccurredAt)
	if r.Sitemap {
		if !f.seedsRead {
			f.sitemaps[k] = true
		}
		return
	}
	if e.state() == unknown && r.Status == crawllog.Excluded {
		s := skipped
		if r.ErrorReason == reasonSeedHosts {
			s = skippedHost
		}
		f.known[k] = newEntry(s, false, 0, 0)
		f.progress.URLsExcluded++
		return
	}
	if !e.state().unfinished() {
		return
	}
	f.known[k] = e.withState(done)
	delete(f.attempts, k)
	f.progress.URLsQueued--
	f.takeFromLevel(e.depth())
	f.count(r)
	h := f.host(weburl.HostOf(r.URL))
	if r.Status != crawllog.Excluded {
		h.last = later(h.last, r.OccurredAt)
	}
	f.hold(h, r.HoldHost)
}

// hold has nothing fetched from a host before a time.
func (f *frontier) hold(h *host, until time.Time) {
	h.hold = later(h.hold, until)
	f.place(h)
}

// count adds a URL that joined the frontier and ended to the counters.
func (f *frontier) count(r *crawllog.Outcome) {
	p := &f.progress
	switch {
	case r.Status == crawllog.Excluded:
		p.URLsExcluded++
		return
	case r.HTTPStatus >= 200 && r.HTTPStatus < 400:
		p.URLsFetched++
	default:
		p.URLsFailed++
	}
	p.BytesFetched += r.Bytes
	p.Depth = max(p.Depth, r.Depth)
}

func (f *frontier) applyRetry(r *crawllog.Retry) {
	k := weburl.KeyOf(r.URL)
	e := f.known[k]
	if !e.state().unfinished() {
		return
	}
	f.known[k] = e.withState(held)
	f.attempts[k] = r.Attempt
	heap.Push(&f.retries, heldURL{due: r.Due, attempt: r.Attempt, url: r.URL})
	h := f.host(weburl.HostOf(r.URL))
	h.last = later(h.last, r.OccurredAt)
	if r.HoldHost {
		h.hold = later(h.hold, r.Due)
	}
	f.place(h)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func (f *frontier) addToLevel(depth int) {
	for len(f.levels) <= depth {
		f.levels = append(f.levels, 0)
	}
	f.levels[depth]++
	if depth < f.level || f.levels[f.level] == 0 {
		f.level = depth
	}
	f.openLevel()
}

func (f *frontier) takeFromLevel(depth int) {
	f.levels[depth]--
	f.openLevel()
}

// openLevel moves on to the smallest depth that has an unfinished URL, and lets the hosts
// go on that waited for it.
func (f *frontier) openLevel() {
	for f.level < len(f.levels)-1 && f.levels[f.level] == 0 {
		f.level++
	}
	if hosts, ok := f.parked[f.level]; ok {
		delete(f.parked, f.level)
		for _, h := range hosts {
			if h.place == isParked {
				f.place(h)
			}
		}
	}
}

// beyond reports whether URLs of that depth must wait for others, or for ever.
func (f *frontier) beyond(depth int) bool {
	return f.maxDepth >= 0 && depth > min(f.level, f.maxDepth)
}

// recall folds a record that was read from the log at now. One from the future was dated by a
// machine whose clock is ahead, and is taken for what happened just now: neither its host nor
// the run's end is to wait until that clock is right.
func (f *frontier) recall(r crawllog.Record, now time.Time) {
	switch r := r.(type) {
	case *crawllog.Outcome:
		if ahead := r.OccurredAt.Sub(now); ahead > 0 {
			r.OccurredAt = now
			if !r.HoldHost.IsZero() {
				r.HoldHost = r.HoldHost.Add(-ahead)
			}
		}
	case *crawllog.Retry:
		if ahead := r.OccurredAt.Sub(now); ahead > 0 {
			r.OccurredAt, r.Due = now, r.Due.Add(-ahead)
		}
	}
	f.apply(r)
}

// settle makes a frontier that was kept, or read from a log, ready for the present. If this
// machine's clock was put back meanwhile, what lies in the future happened just now.
func (f *frontier) settle(now time.Time) {
	f.now = later(f.now, now)
	if f.last.After(now) {
		f.last = now
	}
	for _, h := range f.hosts {
		if h.last.After(now) {
			h.last = now
		}
		h.turn = time.Time{}
		f.place(h)
	}
}

// enqueue adds a URL, whose entry says queued, to its host's queue.
func (f *frontier) enqueue(h *host, depth int, url string) {
	first := h.head() // before the URL is in
	f.push(h, depth, url)
	if h.place == isIdle || depth < first {
		f.place(h)
	}
}

func (f *frontier) push(h *host, depth int, url string) {
	h.queue(depth).push(url)
	f.waits += len(url)
}

// pop takes the first URL out of a queue. It is valid until the next push.
func (f *frontier) pop(q *queue) []byte {
	url := q.pop()
	f.waits -= len(url)
	return url
}

// size returns about how many bytes the frontier takes: some fifty for a known URL, with the
// room of the table, and those that it has itself while it is queued, in a buffer that may be
// twice as large.
func (f *frontier) size() int {
	const perURL, perVariant, perHost, perChain = 50, 40, 400, 400
	return perURL*len(f.known) + perVariant*len(f.variants) + perHost*len(f.hosts) + 2*f.waits +
		perChain*len(f.chains) + f.cookies.size()
}

// place puts a host where it belongs: it must be called after every change of its queue,
// its times and its fetches.
func (f *frontier) place(h *host) {
	f.remove(h)
	if h.inFlight >= f.perHost {
		h.place = isBusy
		return
	}
	f.dropStale(h)
	depth := h.head()
	switch next := h.next(); {
	case depth == none:
		h.place = isIdle
	case f.beyond(depth):
		h.place = isParked
		f.parked[depth] = append(f.parked[depth], h)
	case next.After(f.now):
		h.place, h.due = isWaiting, next
		heap.Push(&f.waiting, h)
	default:
		f.order++
		h.place, h.depth, h.order = isReady, depth, f.order
		heap.Push(&f.ready, h)
	}
}

func (f *frontier) remove(h *host) {
	switch h.place {
	case isReady:
		heap.Remove(&f.ready, h.index)
	case isWaiting:
		heap.Remove(&f.waiting, h.index)
	}
	h.place = isIdle
}

// dropStale removes from the head of the host's queue what is not to be fetched from there
// any more: URLs that ended, or that were found at a smaller depth.
func (f *frontier) dropStale(h *host) {
	for len(h.queues) > 0 {
		q := &h.queues[0]
		for !q.empty() {
			e := f.known[weburl.KeyOf(q.peek())]
			if e.state() == queued && e.depth() == q.depth {
				return
			}
			f.pop(q)
		}
		h.queues = h.queues[1:]
	}
	h.queues = nil
}

// A request is a URL that was picked to be fetched.
type request struct {
	url     string
	key     key
	host    *host
	depth   int
	hops    int
	seed    bool
	attempt int       // tries made before this one
	last    time.Time // end of the last fetch from the host, or start of one under way
	delay   time.Duration
	before  time.Time  // start of the fetch from the host before this one
	chain   []redirect // of redirects that led to the URL
	resumed string     // what is to be fetched instead of the URL; else empty
}

// next picks a URL that may be fetched at now, if there is one: the least deep one of the
// hosts that are due. land or putBack must follow.
func (f *frontier) next(now time.Time) (request, bool) {
	f.advance(now)
	for f.ready.Len() > 0 {
		h := f.ready.hosts[0]
		f.dropStale(h)
		if h.head() != h.depth || f.beyond(h.depth) {
			f.place(h) // its queue changed, or its level closed again
			continue
		}
		if f.caller != nil {
			if due, ok := f.caller.take(h.name, f.pace(h), f.now); !ok {
				h.turn = due
				f.place(h)
				continue
			}
		}
		url := string(f.pop(&h.queues[0]))
		k := weburl.KeyOf(url)
		e := f.known[k]
		f.known[k] = e.withState(taken)
		t := request{
			url: url, key: k, host: h, depth: e.depth(), hops: e.redirects(), seed: e.seed(),
			attempt: f.attempts[k], last: later(h.last, h.started), delay: h.delay, before: h.started,
			chain: f.chains[k], resumed: f.resumed[k],
		}
		h.inFlight++
		h.started = now
		f.place(h)
		return t, true
	}
	return request{}, false
}

// advance makes ready what is due at now.
func (f *frontier) advance(now time.Time) {
	f.now = later(f.now, now)
	for len(f.retries) > 0 && !f.retries[0].due.After(f.now) {
		r := heap.Pop(&f.retries).(heldURL)
		k := weburl.KeyOf(r.url)
		if e := f.known[k]; e.state() == held && f.attempts[k] == r.attempt {
			f.known[k] = e.withState(queued)
			f.enqueue(f.host(weburl.HostOf(cmp.Or(f.resumed[k], r.url))), e.depth(), r.url)
		}
	}
	for f.waiting.Len() > 0 && !f.waiting.hosts[0].due.After(f.now) {
		f.place(f.waiting.hosts[0])
	}
}

// nextDue returns when next may have something to pick, were nothing to come in: not after
// the present time when it has already, and false when it never will.
func (f *frontier) nextDue() (time.Time, bool) {
	if f.ready.Len() > 0 {
		return f.now, true
	}
	var due time.Time
	if f.waiting.Len() > 0 {
		due = f.waiting.hosts[0].due
	}
	if len(f.retries) > 0 && (due.IsZero() || f.retries[0].due.Before(due)) {
		due = f.retries[0].due
	}
	return due, !due.IsZero()
}

// complete says that a flight is over: what it brought was applied before. One that requested
// nothing from the host does not make the next one wait.
func (f *frontier) complete(req request, requested bool) {
	h := req.host
	h.inFlight--
	if !requested && h.inFlight == 0 {
		h.started = req.before
	}
	f.place(h)
}

// requeue says that a flight is over without a result. Its URL is queued again.
func (f *frontier) requeue(req request, requested bool) {
	if e := f.known[req.key]; e.state() == taken {
		f.known[req.key] = e.withState(queued)
		f.push(req.host, e.depth(), req.url)
	}
	f.complete(req, requested)
}

// setDelay sets the delay between two fetches from a host, as its robots.txt says, and whether it
// is the host's own wish.
func (f *frontier) setDelay(h *host, delay time.Duration, stated bool) {
	h.stated = stated
	if h.delay != delay {
		h.delay = delay
		f.place(h)
	}
}

// pace returns how the run fetches from a host.
func (f *frontier) pace(h *host) pace {
	return pace{delay: h.delay, stated: h.stated, perHost: f.perHost}
}

// called says that the run's turn at a host may have come.
func (f *frontier) called(name string) {
	if h := f.hosts[name]; h != nil {
		h.turn = time.Time{}
		f.place(h)
	}
}
