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

// A knownURL is the state of a known URL in four bytes: the state (3 bits), whether it is a seed
// (1), whether it is only checked (1), the redirects followed (6) and the depth (21). Greater
// numbers are stored as the greatest that fits.
type knownURL uint32

const (
	knownSeed  knownURL = 1 << 3
	knownCheck knownURL = 1 << 4

	maxRedirectCount = 1<<6 - 1
	maxDepth         = 1<<21 - 1
)

func newKnownURL(s state, seed, check bool, redirects, depth int) knownURL {
	u := knownURL(s) | knownURL(min(redirects, maxRedirectCount))<<5 | knownURL(min(depth, maxDepth))<<11
	if seed {
		u |= knownSeed
	}
	if check {
		u |= knownCheck
	}
	return u
}

func (u knownURL) state() state               { return state(u & 7) }
func (u knownURL) seed() bool                 { return u&knownSeed != 0 }
func (u knownURL) check() bool                { return u&knownCheck != 0 }
func (u knownURL) redirects() int             { return int(u>>5) & maxRedirectCount }
func (u knownURL) depth() int                 { return int(u >> 11) }
func (u knownURL) withState(s state) knownURL { return u&^7 | knownURL(s) }
