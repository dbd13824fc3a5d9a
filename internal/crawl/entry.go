package crawl

// A state is the state of a known URL.
type state uint8

const (
	unknown      state = iota
	queued             // in its host's queue
	fetching           // in flight
	retrying           // waits for another attempt
	done               // has its outcome
	excluded           // never joined the frontier
	excludedHost       // never joined because its host has no seed; may join later
)

// unfinished reports whether the URL joined the frontier and has no outcome.
func (s state) unfinished() bool { return s == queued || s == fetching || s == retrying }

// An entry is the state of a known URL in four bytes: its state (3 bits), whether it is a seed (1),
// the redirects followed (6) and the depth (22). Greater numbers are stored as the greatest that
// fits.
type entry uint32

const (
	maxRedirectCount = 1<<6 - 1
	maxDepth         = 1<<22 - 1
)

func newEntry(s state, seed bool, redirects, depth int) entry {
	e := entry(s) | entry(min(redirects, maxRedirectCount))<<4 | entry(min(depth, maxDepth))<<10
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
