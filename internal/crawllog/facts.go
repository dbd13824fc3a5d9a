package crawllog

import "encoding/binary"

// The facts of a part.
//
// What earlier versions do not know about records is in a frame of its own, before the frame of the
// records. To zstd it is a skippable frame (RFC 8878, section 3.1.2), so versions that do not know
// it read the records without their facts. A part without facts has no such frame. The frame holds
// a zstd frame with columns, whose length precedes it, and then the columns that compression would
// not make shorter. A column is its number, its length and its bytes. A column without a value
// other than zero is left out. A reader skips columns that it does not know: to add a fact is to
// add a column.
//
// The values of a column are in the order of the records that have the fact. A URL is a reference:
// most are 0 or another small number, because they repeat or can be predicted from the records.
const (
	columnURLs           = iota + 1 // URLs that no record of the part has
	columnTexts                     // texts that often repeat
	columnFoundBy                   // Discovered: Referrer
	columnReferrers                 // Outcome: Referrer
	columnContentTypes              // Outcome, as all up to the attempts
	columnTitles                    //
	columnRedirectURLs              //
	columnDigests                   // what to read of the raw digests
	columnAttempts                  //
	columnArtifacts                 // the number of artifacts of each outcome
	columnKinds                     // Artifact, as all up to the originals
	columnPipelines                 //
	columnDirectories               //
	columnKeyStrategies             //
	columnArtifactTypes             //
	columnArtifactSizes             // difference from the outcome's Bytes
	columnObjects                   //
	columnOffsets                   // difference from the end of the record before
	columnLengths                   //
	columnOriginals                 //
	columnEdgePlaces                // Edges: the records since the Edges before
	columnEdgeSources               // Edges: From
	columnEdgeCounts                // Edges: the number of targets
	columnEdgeTargets               // Edges: see edges.go
	columnRawDigests                // Outcome and Artifact; not compressed
	columnRetryReferrers            // Retry
	columnChecks                    // Discovered: the sum of 1 for Check, 2 for Asset, 4 for WasExcluded
	columnAssetOf                   // Discovered
	columnAgain                     // Outcome: 1 for Again, 2 for Check; for both their sum
	columnAssetPages                // Artifact of kind Asset: Page
	columnTruncated                 // Artifact: 1 for Truncated
	columnDelays                    // Outcome of another step than Schedule: the Delay plus one, as the difference from the one before
	columnQueueLength               // QueueLength, at the end of the part: one more than its URLs
	columnQueueTime                 // QueueLength: milliseconds since the last outcome or retry of the part
	columnsEnd
)

// skippableMagic begins the frame of the facts. zstd allows 16 such numbers.
const skippableMagic = 0x184D2A5F

const (
	// maxFactBytes bounds content types and titles. Encode truncates longer ones.
	maxFactBytes = 200
	// maxFactText bounds the text of the URLs that a part's facts add, which share prefixes.
	maxFactText = 4 * maxRaw
)

// commonTexts are texts that parts do not store. The list is part of the format and never changes:
// a version with another list would read other texts.
var commonTexts = [...]string{
	"text/html; charset=utf-8", "text/html; charset=UTF-8", "text/html;charset=utf-8", "text/html;charset=UTF-8", "text/html",
	"text/plain; charset=utf-8", "text/plain", "text/css", "application/pdf", "application/json", "application/xml", "text/xml",
	"application/javascript", "text/javascript", "image/png", "image/jpeg", "image/gif", "image/svg+xml", "image/webp",
	"application/octet-stream", "application/zip", "font/woff2", "text/markdown; charset=utf-8",
	"raw", "parsed", "asset", "hash", "5min",
}

// commonText has the indexes of commonTexts.
var commonText = func() map[string]int {
	m := map[string]int{}
	for i, s := range commonTexts {
		m[s] = i
	}
	return m
}()

// The codes of a digest.
const (
	digestNone    = iota
	digestRaw     // it is the next of the raw digests
	digestOutcome // Artifact: that of the outcome
)

// The codes of a URL: none, the predicted one, one of the recent ones, and then references.
const (
	urlNone = iota
	urlPredicted
	urlRecent
	urlReference = urlRecent + recentURLs
)

const recentURLs = 8

// recent holds the URLs that a column named last, the last one first. Pages are fetched at the same
// time, so the referrers of consecutive outcomes are a few URLs in turn.
type recent [recentURLs]string

// index returns the place of a URL, or -1.
func (r *recent) index(url string) int {
	for i, s := range r {
		if s == url {
			return i
		}
	}
	return -1
}

// front moves the URL at place i to the front. If i is -1, it adds the URL there.
func (r *recent) front(i int, url string) {
	if i < 0 {
		i = len(r) - 1
	}
	copy(r[1:], r[:i])
	r[0] = url
}

// isPage reports whether the URL of an outcome is the referrer of the records before it: the links
// of a page are recorded, and then its outcome. A URL that the schedule refuses has no links.
func isPage(r Record) (url string, ok bool) {
	o, ok := r.(*Outcome)
	if !ok || o.Step == Schedule {
		return "", false
	}
	return o.URL, true
}

// redirectTarget returns the predicted RedirectURL of an outcome: the URL that was discovered just
// before. It is empty if none was.
func redirectTarget(before Record) string {
	if d, ok := before.(*Discovered); ok {
		return d.URL
	}
	return ""
}

// A column is written or read value by value.
type column struct {
	buf  []byte
	used bool // a value other than zero was written; the part that is read has the column
}

func (c *column) putUint(v int64) {
	v = min(max(v, 0), maxNumber)
	c.used = c.used || v != 0
	c.buf = binary.AppendUvarint(c.buf, uint64(v))
}

func (c *column) putInt(v int64) {
	c.used = c.used || v != 0
	c.buf = binary.AppendVarint(c.buf, v)
}

func (c *column) putString(s string) {
	c.putUint(int64(len(s)))
	c.buf = append(c.buf, s...)
}

// appendColumns appends the used columns: those that are compressed, or the others.
func appendColumns(b []byte, columns *[columnsEnd]column, compressed bool) []byte {
	for i, c := range columns {
		if c.used && compressed == (i != columnRawDigests) {
			b = binary.AppendUvarint(b, uint64(i))
			b = binary.AppendUvarint(b, uint64(len(c.buf)))
			b = append(b, c.buf...)
		}
	}
	return b
}
