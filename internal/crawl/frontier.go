package crawl

import (
	"math/rand/v2"
	"strings"
	"time"

	"github.com/inndx/runs/internal/run"
	"github.com/inndx/runs/internal/weburl"
)

// A frontier is the state of a crawl. Its durable part is the fold of the run's log. Only apply
// changes that part, in the same way when a result arrives and when the log is read back. The rest
// is the state of this process: which URLs are in flight, and which may be fetched next.
//
// Picking a URL costs the logarithm of the number of hosts, whatever the number of URLs: a host
// with queued URLs is in exactly one of ready, delayed and blocked, or it is busy. A URL that has
// its outcome takes 20 bytes, about fifty with the spare room of the map, which has no pointers. A
// queued URL also takes the bytes of its text that the URL before it in its queue does not share,
// and a part of its referrer's.
//
// A frontier belongs to one goroutine: that of the worker, or of the loader before it.
type frontier struct {
	perHost  int           // bounds the fetches in flight from one host
	delay    time.Duration // between two fetches from a host that states none, at least
	maxDepth int           // deeper URLs are not picked, depths are crawled in order; -1: no bound
	// delayRange is what is added to the delay at most, at random. deepFirst is for a new host.
	delayRange time.Duration
	deepFirst  bool
	keptAssets pipelineSet // the pipelines that keep assets

	// The fold of the log.
	known       map[weburl.Key]knownURL
	attempts    map[weburl.Key]int // attempts made, of unfinished URLs with at least one
	hosts       map[string]*host
	levels      []int64               // unfinished URLs of each depth
	level       int                   // the smallest depth with an unfinished URL
	variants    map[uint64]int64      // URLs that joined of each group, by the group's id
	queuedBytes int                   // bytes of the hosts' queues
	referrers   map[weburl.Key]string // of URLs whose depth became smaller in flight, or before a retry
	seedsRead   bool
	sitemaps    map[weburl.Key]bool // recorded as unread; nil once the seeds are read
	last        time.Time           // of the last outcome
	progress    run.Progress
	cookies     *jar
	target      string                    // redirect target, if the last record is its discovery
	originals   originals                 // of the bodies that are kept
	chains      map[weburl.Key][]redirect // redirects that led to unfinished URLs
	continueAt  map[weburl.Key]string     // what to fetch instead of unfinished URLs
	assets      map[weburl.Key]asset      // URLs that an asset_resolver found

	// The state of this process.
	waiter  *waiter // of the worker; nil when the run shares no gate
	now     time.Time
	order   uint64
	ready   readyHosts
	delayed delayedHosts
	blocked map[int][]*host // by depth: hosts whose level has not been reached
	retries retryQueue
	slots   assetSlots
}

func newFrontier(perHost int, delay time.Duration, maxDepth int) *frontier {
	return &frontier{
		perHost: perHost, delay: delay, maxDepth: maxDepth,
		known: map[weburl.Key]knownURL{}, attempts: map[weburl.Key]int{}, hosts: map[string]*host{}, blocked: map[int][]*host{},
		variants: map[uint64]int64{}, sitemaps: map[weburl.Key]bool{},
		referrers: map[weburl.Key]string{}, cookies: newJar(), chains: map[weburl.Key][]redirect{}, continueAt: map[weburl.Key]string{},
	}
}

// host returns the host of that name. It creates a missing one.
func (f *frontier) host(name string) *host {
	h := f.hosts[name]
	if h == nil {
		name = strings.Clone(name) // so that the URL's memory can be freed
		h = &host{name: name, delay: f.delay, extra: f.drawExtra(), deepFirst: f.deepFirst}
		f.hosts[name] = h
	}
	return h
}

// drawExtra returns a random part of the range of the configured delay.
func (f *frontier) drawExtra() time.Duration { return rand.N(f.delayRange + 1) }

// size returns about how many bytes the frontier takes: some fifty for each known URL, with the
// spare room of the map, and the queues, in buffers that may be twice as large.
func (f *frontier) size() int {
	const perURL, perVariant, perHost, perChain, perReferrer, perAsset = 50, 40, 400, 400, 200, 150
	return perURL*len(f.known) + perVariant*len(f.variants) + perHost*len(f.hosts) + 2*f.queuedBytes +
		perChain*len(f.chains) + perReferrer*len(f.referrers) + perAsset*len(f.assets) + f.cookies.size() + f.originals.size()
}

// resume prepares a frontier that was cached or read from a log for a worker. Times after now,
// which are possible if this machine's clock was set back, become now.
func (f *frontier) resume(now time.Time) {
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

// holdHost prevents fetches from a host before a time.
func (f *frontier) holdHost(h *host, until time.Time) {
	h.holdUntil = later(h.holdUntil, until)
	f.place(h)
}

// setDelay sets the delay between two fetches from a host. crawlDelay says whether the delay is the
// Crawl-delay of the host's robots.txt.
func (f *frontier) setDelay(h *host, delay time.Duration, crawlDelay bool) {
	h.crawlDelay = crawlDelay
	if h.delay != delay {
		h.delay = delay
		f.place(h)
	}
}

// pace returns how the run fetches from a host.
func (f *frontier) pace(h *host) pace {
	return pace{delay: h.delay, crawlDelay: h.crawlDelay, perHost: f.perHost}
}

// clearTurn makes the frontier try the gate again for a host at which the run waits for its turn.
func (f *frontier) clearTurn(name string) {
	if h := f.hosts[name]; h != nil {
		h.turn = time.Time{}
		f.place(h)
	}
}
