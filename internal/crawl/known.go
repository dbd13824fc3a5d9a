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
// (1), whether it is only checked (1), and as an asset that may be a style sheet (1), the redirects
// followed (6) and the depth (20). Greater numbers are stored as the greatest that fits.
type knownURL uint32

const (
	knownSeed  knownURL = 1 << 3
	knownCheck knownURL = 1 << 4
	knownAsset knownURL = 1 << 5

	maxRedirectCount = 1<<6 - 1
	maxDepth         = 1<<20 - 1
)

// flags are what a URL is, as knownSeed, knownCheck and knownAsset say.
type flags = knownURL

// flagsOf returns the flags of a discovered URL.
func flagsOf(seed, check, asset bool) (f flags) {
	if seed {
		f |= knownSeed
	}
	if check {
		f |= knownCheck
	}
	if asset {
		f |= knownAsset
	}
	return f
}

func newKnownURL(s state, f flags, redirects, depth int) knownURL {
	return knownURL(s) | f | knownURL(min(redirects, maxRedirectCount))<<6 | knownURL(min(depth, maxDepth))<<12
}

func (u knownURL) state() state               { return state(u & 7) }
func (u knownURL) seed() bool                 { return u&knownSeed != 0 }
func (u knownURL) check() bool                { return u&knownCheck != 0 }
func (u knownURL) asset() bool                { return u&knownAsset != 0 }
func (u knownURL) redirects() int             { return int(u>>6) & maxRedirectCount }
func (u knownURL) depth() int                 { return int(u >> 12) }
func (u knownURL) withState(s state) knownURL { return u&^7 | knownURL(s) }
