// Package crawllog defines the log of a run: an append-only sequence of records. The whole state of
// a run, its frontier and its counters, is the fold of its log. A log is stored as parts with
// consecutive numbers. A part holds many records, encoded and compressed, and fits a DynamoDB item.
package crawllog

import (
	"encoding/hex"
	"time"
)

// A Record is one fact about a crawl: a *Discovered, an *Outcome, a *Retry, a *Cookie, a *SeedsRead,
// an *Edges or a *QueueLength.
type Record interface{ record() }

// Discovered says that a URL joined the frontier. For a URL that joined before and has no outcome,
// it says that the URL was discovered again: at a smaller depth, as a seed, as the target of a
// redirect, as a page after it was to be checked only, or as an asset that is to be kept.
//
// A URL that was excluded because its host has no seed may join later: when a seed redirects to its
// host, or to be checked. A URL that has its outcome may join again as an asset that is to be kept.
// Only then does an Outcome precede the Discovered.
type Discovered struct {
	URL       string
	Depth     int  // links from a seed, whose depth is 0; of a check at most the run's maximum
	Redirects int  // redirects followed from the URL that a seed or a link names
	Seed      bool // a seed, or reached from one by redirects alone: its host passes the filter seed_hosts
	// Referrer is the URL of the page with the link, or of the redirect, that led to the URL. It is
	// empty for a seed, and in parts that earlier versions wrote.
	Referrer string
	// Check says that the URL is only checked: it is an asset of a page, or beyond what the run
	// crawls. Nothing follows from it. It is false in parts that earlier versions wrote.
	Check bool
	// Asset says that a check is of an asset that the navigator assets found: if it is a style
	// sheet, the assets that it names are discovered too.
	Asset bool
	// AssetOf says which pipelines need the URL as an asset of the page that is the Referrer: bit i
	// stands for the asset_resolver of pipeline i of the configuration. The target of a redirect is
	// an asset of the same page as the URL that redirects. It is 0 in parts that earlier versions
	// wrote.
	AssetOf uint32
	// WasExcluded says that the URL joins although it was excluded, because its host had no seed.
	// So it is excluded no longer. It is false in parts that earlier versions wrote.
	WasExcluded bool
}

// An Outcome says what happened to a URL. A URL that joined the frontier gets one outcome, after
// which it is finished. A URL that did not join may have one outcome, with the status Excluded. A
// finished URL that is found to be an asset that is to be kept gets another one, with Again.
type Outcome struct {
	URL         string
	Depth       int
	Step        Step
	Status      Status
	ErrorReason string        // one of Reasons; empty when Status is OK
	ErrorDetail string        // for people, at most 200 bytes
	HTTPStatus  int           // 0 without a response
	Latency     time.Duration // from the request to the end of the body, whole milliseconds
	Bytes       int64         // of the body, as read
	OccurredAt  time.Time     // UTC, whole milliseconds
	// HoldHost is when the next fetch from the URL's host may start: UTC, whole milliseconds, zero
	// if the server did not ask to wait.
	HoldHost time.Time
	// Referrer is the first URL whose link or redirect led to the URL. It is empty for a seed.
	Referrer string
	// ContentType is the value of the response's Content-Type header, at most 200 bytes.
	ContentType string
	// Title is the title of an HTML page without surrounding and repeated white space, at most 200
	// bytes.
	Title string
	// RedirectURL is the target of a redirect. Of another response, it is the URL that was
	// requested instead of URL, because the redirects of URL, which set cookies, led back to it.
	RedirectURL string
	// Digest is the SHA-256 of the decompressed body of a response with a status of 2xx, or zero.
	Digest Digest
	// Attempt is 1 if the first attempt led to the outcome, 2 if the second did. It is 0 if nothing
	// was requested, and in parts that earlier versions wrote.
	Attempt int
	// Artifacts are what the run keeps of the response, in the order of the pipelines.
	Artifacts []Artifact
	// Sitemap says that the URL is a sitemap of a seed, or a robots.txt that names sitemaps, which
	// was not read, or not completely. No counter counts such an outcome, and a page with the same
	// URL has an outcome of its own.
	Sitemap bool
	// Again says that the URL had its outcome before, and was requested again because a pipeline
	// keeps it as an asset. The first outcome remains the URL's state, and no counter counts this
	// one. It is false in parts that earlier versions wrote.
	Again bool
	// Check says that the URL was only checked, as Discovered.Check does. It is false if nothing
	// was requested because of the schedule, and in parts that earlier versions wrote.
	Check bool
	// Delay is the delay between two fetches from the host, as it was when the outcome was recorded,
	// in whole milliseconds. It is recorded only if HasDelay is true, which it is not if nothing was
	// requested because of the schedule, nor in parts that earlier versions wrote.
	Delay    time.Duration
	HasDelay bool
}

// CapturedAt returns when the request was sent. It is the date of the records of the outcome's
// artifacts.
func (o *Outcome) CapturedAt() time.Time { return o.OccurredAt.Add(-o.Latency) }

// ResponseURL returns the URL whose response led to the outcome. It is that of the records of the
// outcome's artifacts.
func (o *Outcome) ResponseURL() string {
	if o.RedirectURL != "" && o.HTTPStatus/100 != 3 {
		return o.RedirectURL
	}
	return o.URL
}

// A Digest is a SHA-256.
type Digest [32]byte

// String returns the digest in hexadecimal digits, after "sha256:". It is empty for a zero Digest.
func (d Digest) String() string {
	if d == (Digest{}) {
		return ""
	}
	return "sha256:" + hex.EncodeToString(d[:])
}

// An Artifact is something that a run keeps of a response. Its content is a record of a WARC object
// in the run's folder of the bucket. The object was stored before the part of the log that names it
// was committed.
type Artifact struct {
	Kind        Kind
	PipelineID  string // of the pipeline that keeps it
	Directory   string // of the pipeline's to_blob
	KeyStrategy string // of the pipeline's to_blob: "hash" or "5min"
	ContentType string // of the content
	Size        int64  // of the content, in bytes
	Digest      Digest // of the content
	Page        string // of an Asset: the URL of the page that needs it
	Truncated   bool   // the content is the beginning of a longer one
	Location    Location
	// Original is the location of the record with the content, if the record at Location is a
	// revisit record, and otherwise zero.
	Original Location
}

// A Kind says what an artifact is made of.
type Kind string

// The kinds.
const (
	Raw    Kind = "raw"    // the response
	Parsed Kind = "parsed" // what an extractor made of the response
	Asset  Kind = "asset"  // the response of a resource of the page
)

// Kinds returns every kind, in the order of the API's description.
func Kinds() []Kind { return []Kind{Raw, Parsed, Asset} }

// A Location is the place of a record, which is one gzip member, in a WARC object.
type Location struct {
	Object string // the name of the object in the run's folder
	Offset int64  // of the first byte
	Length int64  // in bytes
}

// Edges says that a page links to URLs. It is recorded only if the configuration asks for edges.
// The links of one page may be in several records.
type Edges struct {
	From string
	To   []string // different URLs, in the order of the page
}

// Retry says that an attempt failed, and when the next one is due.
type Retry struct {
	URL        string
	Attempt    int       // attempts made so far, at least 1
	Due        time.Time // UTC, whole milliseconds
	HoldHost   bool      // no fetch from the URL's host starts before Due
	OccurredAt time.Time // when the failed attempt ended; UTC, whole milliseconds
	Referrer   string    // as the URL's Outcome will have it
}

// A Cookie says that a response set or deleted a cookie (RFC 6265). Only the crawl reads it: no
// response of the API and no line of the program's log contains it.
type Cookie struct {
	Origin  string    // of the response: scheme, host and port, such as "https://a.example:8443"
	Domain  string    // without a leading dot; empty for a cookie of the origin's host only
	Path    string    // the path that the cookie is for
	Name    string    // as sent
	Value   string    // as sent, without quotes
	Quoted  bool      // the value was sent in quotes
	Secure  bool      // for https only
	Expires time.Time // UTC, whole seconds; zero for a session cookie, past for a deleted one
	SetAt   time.Time // UTC, whole milliseconds
}

// QueueLength says how many URLs are queued after a commit. It is the last record of the commit.
// Parts that earlier versions wrote have none.
type QueueLength struct {
	URLs int64
	At   time.Time // UTC, whole milliseconds
}

// SeedsRead says that all seeds have been read, so that no later worker reads them again.
type SeedsRead struct{}

func (*Discovered) record()  {}
func (*Outcome) record()     {}
func (*Retry) record()       {}
func (*Cookie) record()      {}
func (*SeedsRead) record()   {}
func (*Edges) record()       {}
func (*QueueLength) record() {}

// A Step is the part of the crawl in which an outcome occurred.
type Step string

// The steps.
const (
	Schedule Step = "schedule" // before any request: filters and bounds
	Fetch    Step = "fetch"    // robots.txt and the request itself
	Parse    Step = "parse"    // reading the links of a response
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
