package crawllog

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"
)

// MaxPartBytes bounds the bytes of an encoded part. A DynamoDB item may have 400 KB
// (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html).
const MaxPartBytes = 350_000

// MaxStringBytes bounds the bytes of a record's strings; Encode cuts longer ones.
const MaxStringBytes = 4096

const (
	version = 1
	maxRaw  = 1 << 20 // bytes of a part before compression
	maxInt  = 1 << 48 // bounds every number that is decoded, so that none overflows
)

// A part is the version byte and a zstd frame. The frame holds the records one after the
// other: a tag byte, whose low bits are the kind, and the record's fields as varints and
// strings. A URL is written as the length of the prefix that it shares with the one before
// it of its kind, and the rest; a time as the difference to the one before it.
const (
	tagFound = iota + 1
	tagOutcome
	tagRetry
	tagSeeded

	tagMask   = 0x0f
	flagSeed  = 0x10 // Found: Seed
	flagError = 0x10 // Outcome: ErrorReason and ErrorDetail follow
	flagHold  = 0x10 // Retry: HoldHost
	flagUntil = 0x20 // Outcome: HoldHost follows
)

// sitemapPrefix stands before the URL of an outcome whose Sitemap is true and whose Status is Error.
// No page has a URL with this prefix: a URL that is refused for its scheme is excluded. Readers that
// do not know the prefix see an error of a URL that never joined the frontier, which changes
// nothing, and they keep the prefix when they join parts.
const sitemapPrefix = "sitemap:"

// A Cookie is written as a Retry of a URL that begins with cookiePrefix and holds the cookie as
// JSON. No URL of a crawl begins so. Readers that do not know cookies take it for another try of a
// URL that never joined the frontier, which means nothing to them, and keep it when they join parts.
const cookiePrefix = "cookie:"

// The codes of steps and statuses are their places here: append only.
var (
	steps    = []Step{"", Schedule, Fetch, Parse}
	statuses = []Status{"", OK, Error, Excluded}
)

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

// Size returns an upper bound of the bytes that the record takes in a part.
func Size(r Record) int {
	const numbers = 80
	switch r := r.(type) {
	case *Discovered:
		return numbers + len(r.URL)
	case *Outcome:
		return numbers + len(sitemapPrefix) + len(r.URL) + len(r.ErrorReason) + len(r.ErrorDetail)
	case *Retry:
		return numbers + len(r.URL)
	case *Cookie:
		return numbers + len(r.text())
	}
	return numbers
}

// Encode returns the records as parts of at most MaxPart bytes each, in order.
func Encode(records []Record) [][]byte {
	var parts [][]byte
	for len(records) > 0 {
		n, size := 0, 0
		for n < len(records) && (n == 0 || size+Size(records[n]) <= maxRaw) {
			size += Size(records[n])
			n++
		}
		parts = appendParts(parts, records[:n])
		records = records[n:]
	}
	return parts
}

func appendParts(parts [][]byte, records []Record) [][]byte {
	var w writer
	for _, r := range records {
		w.record(r)
	}
	part := encoder().EncodeAll(w.buf, []byte{version})
	if len(part) <= MaxPartBytes {
		return append(parts, part)
	}
	half := len(records) / 2
	return appendParts(appendParts(parts, records[:half]), records[half:])
}

// Join returns one part of at most MaxPart bytes that holds the records of all the parts, in
// order, or fits = false when there is none. It fails when a part cannot be decoded. Small
// parts that are joined take much less than they did together.
func Join(parts [][]byte) (joined []byte, fits bool, err error) {
	var w writer
	for _, part := range parts {
		for r, err := range Decode(part) {
			if err != nil {
				return nil, false, err
			}
			w.record(r)
		}
		if len(w.buf) > maxRaw {
			return nil, false, nil
		}
	}
	joined = encoder().EncodeAll(w.buf, []byte{version})
	return joined, len(joined) <= MaxPartBytes, nil
}

// Decode yields the records of a part. An error ends the sequence.
func Decode(part []byte) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		if len(part) == 0 || part[0] != version {
			yield(nil, errors.New("crawllog: not a log part of a known version"))
			return
		}
		raw, err := decoder().DecodeAll(part[1:], nil)
		if err != nil {
			yield(nil, fmt.Errorf("crawllog: decompress: %w", err))
			return
		}
		if len(raw) == 0 {
			yield(nil, errors.New("crawllog: empty part"))
			return
		}
		r := reader{buf: raw}
		for len(r.buf) > 0 {
			rec := r.record()
			if r.err != nil {
				yield(nil, r.err)
				return
			}
			if !yield(rec, nil) {
				return
			}
		}
	}
}

// DecodeAll returns the records of a part, none when it has an error.
func DecodeAll(part []byte) ([]Record, error) {
	var records []Record
	for r, err := range Decode(part) {
		if err != nil {
			return nil, err
		}
		records = append(records, r)
	}
	return records, nil
}

// deltas is what writer and reader remember of the records before.
type deltas struct {
	found, outcome string
	time           int64
}

type writer struct {
	deltas
	buf []byte
}

func (w *writer) record(r Record) {
	switch r := r.(type) {
	case *Discovered:
		w.tag(tagFound, flagSeed, r.Seed)
		w.url(r.URL, &w.found)
		w.uint(int64(r.Depth))
		w.uint(int64(r.Redirects))
	case *Outcome:
		failed := r.ErrorReason != "" || r.ErrorDetail != ""
		tag := byte(tagOutcome)
		if !r.HoldHost.IsZero() {
			tag |= flagUntil
		}
		w.tag(tag, flagError, failed)
		url := r.URL
		if r.Sitemap {
			url = sitemapPrefix + url
		}
		w.url(url, &w.outcome)
		w.uint(int64(r.Depth))
		w.uint(int64(max(0, slices.Index(steps, r.Step))))
		w.uint(int64(max(0, slices.Index(statuses, r.Status))))
		w.uint(int64(r.HTTPStatus))
		w.uint(r.Latency.Milliseconds())
		w.uint(r.Bytes)
		w.instant(r.OccurredAt)
		if failed {
			w.string(r.ErrorReason)
			w.string(r.ErrorDetail)
		}
		if !r.HoldHost.IsZero() {
			w.instant(r.HoldHost)
		}
	case *Retry:
		w.tag(tagRetry, flagHold, r.HoldHost)
		w.url(r.URL, &w.outcome)
		w.uint(int64(r.Attempt))
		w.instant(r.OccurredAt)
		w.instant(r.Due)
	case *Cookie:
		if !r.Fits() {
			return // it would be cut to something else
		}
		w.tag(tagRetry, 0, false)
		w.url(r.text(), &w.outcome)
		w.uint(0)
		w.instant(r.SetAt)
		w.instant(r.SetAt)
	case *SeedsRead:
		w.tag(tagSeeded, 0, false)
	default:
		panic(fmt.Sprintf("crawllog: unknown record %T", r))
	}
}

func (w *writer) tag(kind, flag byte, set bool) {
	if set {
		kind |= flag
	}
	w.buf = append(w.buf, kind)
}

func (w *writer) uint(v int64) {
	w.buf = binary.AppendUvarint(w.buf, uint64(min(max(v, 0), maxInt)))
}

func (w *writer) string(s string) {
	s = s[:min(len(s), MaxStringBytes)]
	w.uint(int64(len(s)))
	w.buf = append(w.buf, s...)
}

func (w *writer) url(s string, prev *string) {
	s = s[:min(len(s), MaxStringBytes)]
	n := 0
	for n < len(s) && n < len(*prev) && s[n] == (*prev)[n] {
		n++
	}
	w.uint(int64(n))
	w.string(s[n:])
	*prev = s
}

// instant writes a time; the zero time is written as the epoch's.
func (w *writer) instant(t time.Time) {
	var ms int64
	if !t.IsZero() {
		ms = min(max(t.UnixMilli(), 0), maxInt)
	}
	w.buf = binary.AppendVarint(w.buf, ms-w.time)
	w.time = ms
}

type reader struct {
	deltas
	buf []byte
	err error
}

var errCorrupt = errors.New("crawllog: corrupt record")

func (r *reader) record() Record {
	tag := r.buf[0]
	r.buf = r.buf[1:]
	switch tag & tagMask {
	case tagFound:
		return &Discovered{
			Seed:      tag&flagSeed != 0,
			URL:       r.url(&r.found),
			Depth:     int(r.uint()),
			Redirects: int(r.uint()),
		}
	case tagOutcome:
		o := &Outcome{
			URL:        r.url(&r.outcome),
			Depth:      int(r.uint()),
			Step:       name(r, steps),
			Status:     name(r, statuses),
			HTTPStatus: int(r.uint()),
			Latency:    time.Duration(min(r.uint(), maxInt/1000)) * time.Millisecond,
			Bytes:      r.uint(),
			OccurredAt: r.instant(),
		}
		if tag&flagError != 0 {
			o.ErrorReason, o.ErrorDetail = r.string(), r.string()
		}
		if tag&flagUntil != 0 {
			o.HoldHost = r.instant()
		}
		if url, ok := strings.CutPrefix(o.URL, sitemapPrefix); ok && o.Status == Error {
			o.URL, o.Sitemap = url, true
		}
		return o
	case tagRetry:
		retry := r.retry(tag)
		if text, ok := strings.CutPrefix(retry.URL, cookiePrefix); ok {
			return r.cookie(text, retry.OccurredAt)
		}
		return retry
	case tagSeeded:
		return &SeedsRead{}
	}
	r.fail()
	return nil
}

func (r *reader) retry(tag byte) *Retry {
	return &Retry{
		HoldHost:   tag&flagHold != 0,
		URL:        r.url(&r.outcome),
		Attempt:    int(r.uint()),
		OccurredAt: r.instant(),
		Due:        r.instant(),
	}
}

// A cookieText is the JSON of a cookie.
type cookieText struct {
	Origin  string `json:"o"`
	Domain  string `json:"d,omitempty"`
	Path    string `json:"p"`
	Name    string `json:"n"`
	Value   string `json:"v"`
	Quoted  bool   `json:"q,omitempty"`
	Secure  bool   `json:"s,omitempty"`
	Expires int64  `json:"e,omitempty"` // in Unix seconds
}

// text returns what a cookie is written as.
func (r *Cookie) text() string {
	c := cookieText{r.Origin, r.Domain, r.Path, r.Name, r.Value, r.Quoted, r.Secure, 0}
	if !r.Expires.IsZero() {
		c.Expires = max(1, r.Expires.Unix())
	}
	var b strings.Builder
	b.WriteString(cookiePrefix)
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(c); err != nil {
		panic("crawllog: " + err.Error()) // strings and numbers can be encoded
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// Fits reports whether the cookie is short enough to be recorded: it may have about 4,000 bytes.
func (r *Cookie) Fits() bool { return len(r.text()) <= MaxStringBytes }

func (r *reader) cookie(text string, at time.Time) Record {
	var c cookieText
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		r.fail()
		return nil
	}
	cookie := &Cookie{c.Origin, c.Domain, c.Path, c.Name, c.Value, c.Quoted, c.Secure, time.Time{}, at}
	if c.Expires > 0 {
		cookie.Expires = time.Unix(c.Expires, 0).UTC()
	}
	return cookie
}

// fail makes the present record the last one.
func (r *reader) fail() {
	r.err = errCorrupt
	r.buf = nil
}

func (r *reader) uint() int64 {
	v, n := binary.Uvarint(r.buf)
	if n <= 0 || v > maxInt {
		r.fail()
		return 0
	}
	r.buf = r.buf[n:]
	return int64(v)
}

func (r *reader) bytes() []byte {
	n := r.uint()
	if n > MaxStringBytes || n > int64(len(r.buf)) {
		r.fail()
		return nil
	}
	b := r.buf[:n]
	r.buf = r.buf[n:]
	return b
}

func (r *reader) string() string { return string(r.bytes()) }

func (r *reader) url(prev *string) string {
	n := r.uint()
	rest := r.bytes()
	if n > int64(len(*prev)) || n+int64(len(rest)) > MaxStringBytes {
		r.fail()
		return ""
	}
	var b strings.Builder
	b.Grow(int(n) + len(rest))
	b.WriteString((*prev)[:n])
	b.Write(rest)
	*prev = b.String()
	return *prev
}

func (r *reader) instant() time.Time {
	d, n := binary.Varint(r.buf)
	if n <= 0 || d > maxInt || d < -maxInt || r.time+d < 0 || r.time+d > maxInt {
		r.fail()
		return time.Time{}
	}
	r.buf = r.buf[n:]
	r.time += d
	if r.time == 0 {
		return time.Time{}
	}
	return time.UnixMilli(r.time).UTC()
}

// name reads the code of one of the names.
func name[T ~string](r *reader, names []T) T {
	i := r.uint()
	if i >= int64(len(names)) {
		r.fail()
		return ""
	}
	return names[i]
}
