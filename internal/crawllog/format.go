package crawllog

import (
	"sync"

	"github.com/klauspost/compress/zstd"
)

// MaxPartBytes bounds the bytes of an encoded part. A DynamoDB item may have 400 KB
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html).
const MaxPartBytes = 350_000

// MaxStringBytes bounds the bytes of a record's strings. Encode truncates longer ones.
const MaxStringBytes = 4096

// The format of a part.
//
// A part is a version byte, a frame of facts, and a zstd frame of records; see facts.go for the
// former. The latter holds the records one after the other: a tag byte, of which the low bits are
// the kind and the others are flags, and then the fields of the record in the order in which
// writer.record writes them. A number is a varint; a string is its length and its bytes. A URL is
// the length of the prefix that it shares with the previous URL of its kind, and the rest as a
// string; retries and cookies share prefixes with outcomes. A time is the difference in
// milliseconds from the previous time, where the zero time is the epoch. A step or a status is its
// index in steps or statuses.
//
// Stored parts are never rewritten, and several versions of this program read them at the same
// time. So a change must keep old parts readable, and older versions must read new parts without
// harm. Two kinds of records are therefore written as older kinds, with URLs that older versions
// ignore: see sitemapPrefix and cookiePrefix. Edges and QueueLengths are only in the frame of facts.
const (
	version = 1

	maxRaw    = 1 << 20 // bytes of a part before compression
	maxNumber = 1 << 48 // bounds every number, so that no sum of them overflows
)

// The kinds and flags of a tag byte.
const (
	tagDiscovered = iota + 1
	tagOutcome
	tagRetry
	tagSeedsRead

	tagMask   = 0x0f
	flagSeed  = 0x10 // Discovered: Seed
	flagError = 0x10 // Outcome: ErrorReason and ErrorDetail follow
	flagHold  = 0x10 // Retry: HoldHost
	flagUntil = 0x20 // Outcome: HoldHost follows
)

// sitemapPrefix precedes the URL of an outcome whose Sitemap is true and whose Status is Error. No
// page has a URL with this prefix, because a URL with another scheme than http or https is
// excluded. Versions that do not know the prefix read an error of a URL that never joined the
// frontier, which changes nothing, and keep the prefix when they join parts.
const sitemapPrefix = "sitemap:"

// cookiePrefix begins the URL of a Retry that encodes a Cookie. The rest of the URL is the cookie
// as JSON. No URL of a crawl has this prefix. Versions that do not know cookies read a retry of a
// URL that never joined the frontier, which changes nothing, and keep it when they join parts.
const cookiePrefix = "cookie:"

// noRecord is the URL of the Retry that a part without records of the first frame has, because
// earlier versions refuse an empty frame. They read a retry of a URL that never joined the
// frontier, which changes nothing, and keep it when they join parts.
const noRecord = "none:"

// The codes of steps and statuses are their indexes. New ones are appended.
var (
	steps    = []Step{"", Schedule, Fetch, Parse}
	statuses = []Status{"", OK, Error, Excluded}
)

// deltas is the state from which a writer and a reader compute differences.
type deltas struct {
	discovered string // the previous URL of a Discovered
	outcome    string // the previous URL of any other record
	time       int64  // the previous time, in Unix milliseconds
}

var encoder = sync.OnceValue(func() *zstd.Encoder {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(maxRaw))
	if err != nil {
		panic(err) // the options are constants
	}
	return e
})

var decoder = sync.OnceValue(func() *zstd.Decoder {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(2), zstd.WithDecoderMaxMemory(2*maxRaw))
	if err != nil {
		panic(err) // the options are constants
	}
	return d
})
