// Package crawllog defines what a crawl records: an append-only log of records, from which
// a run's whole state, its frontier and its counters, is the fold. A log is a sequence of
// parts with consecutive sequence numbers; a part holds many records, encoded and
// compressed, and fits a DynamoDB item.
package crawllog

import "time"

// A Record is one fact about a crawl: a *Found, an *Outcome, a *Retry, a *Cookie or a *Seeded.
type Record interface{ record() }

// Discovered says that a URL joined the frontier, or, when it is there already and not yet
// processed, that it was found at a smaller depth. A URL that was excluded because its host
// was no seed's joins when it is found again after a redirected seed has made it one; only
// then does an Outcome come before the Discovered.
type Discovered struct {
	URL       string
	Depth     int  // links from a seed; a seed's is 0
	Redirects int  // redirects followed from the URL that a seed or a link named
	Seed      bool // a seed, or reached from one by redirects alone: its host counts as a seed's
}

// An Outcome says what happened to a URL at one step. A URL that is known gets one outcome
// that ends it; one that never joined the frontier can only be excluded.
type Outcome struct {
	URL         string
	Depth       int
	Step        Step
	Status      Status
	ErrorReason string        // one of Reasons, empty when Status is OK
	ErrorDetail string        // for people, at most 200 bytes
	HTTPStatus  int           // 0 when there was no answer
	Latency     time.Duration // from the start of the fetch to the end of the body, whole milliseconds
	Bytes       int64         // of the body as read
	OccurredAt  time.Time     // UTC, whole milliseconds
	HoldHost    time.Time     // nothing is to be fetched from the URL's host before; UTC, whole milliseconds; zero for no such wish
	// Sitemap says that the URL is that of a sitemap, or of the robots.txt that names sitemaps,
	// which a seed led to and which could not be read, or not wholly. It is no page: the
	// outcome is counted nowhere, and a page of the same URL has an outcome of its own.
	Sitemap bool
}

// Retry says that a fetch failed in a way worth another try, and when that is due.
type Retry struct {
	URL        string
	Attempt    int       // tries made so far, at least 1
	Due        time.Time // UTC, whole milliseconds
	HoldHost   bool      // nothing is to be fetched from the URL's host before Due
	OccurredAt time.Time // end of the try that failed; UTC, whole milliseconds
}

// A Cookie says that a response set or deleted a cookie (RFC 6265). It is of no use outside of the
// crawl, and no response or log line has it.
type Cookie struct {
	Origin  string    // of the response: scheme, host and port, such as "https://a.example:8443"
	Domain  string    // the Domain attribute without a leading dot; empty for a cookie of the origin's host alone
	Path    string    // the path that the cookie is for
	Name    string    // as sent
	Value   string    // as sent, without quotes
	Quoted  bool      // the value was sent in quotes
	Secure  bool      // for https alone
	Expires time.Time // UTC, whole seconds; zero for a cookie of the session, past for one that is deleted
	SetAt   time.Time // UTC, whole milliseconds
}

// SeedsRead says that all seeds have been read: a crash after it need not read them again.
type SeedsRead struct{}

func (*Discovered) record() {}
func (*Outcome) record()    {}
func (*Retry) record()      {}
func (*Cookie) record()     {}
func (*SeedsRead) record()  {}

// A Step is the part of the crawl in which an outcome came about.
type Step string

// The steps.
const (
	Schedule Step = "schedule" // before any request: filters, bounds
	Fetch    Step = "fetch"    // robots.txt and the request itself
	Parse    Step = "parse"    // reading links out of an answer
)

// Steps returns every step, in the order of the API's description.
func Steps() []Step { return []Step{Schedule, Fetch, Parse} }

// A Status says how a step ended.
type Status string

// The statuses.
const (
	OK       Status = "ok"
	Error    Status = "error"
	Excluded Status = "excluded"
)

// Statuses returns every status, in the order of the API's description.
func Statuses() []Status { return []Status{OK, Error, Excluded} }
