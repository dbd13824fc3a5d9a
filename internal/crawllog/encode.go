package crawllog

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/inndx/runs/internal/weburl"
)

// Size returns an upper bound on the bytes of the record in a part before compression.
func Size(r Record) int {
	const numbers = 100
	switch r := r.(type) {
	case *Discovered:
		return numbers + len(r.URL) + len(r.Referrer)
	case *Outcome:
		size := numbers + len(sitemapPrefix) + len(r.URL) + len(r.ErrorReason) + len(r.ErrorDetail) +
			len(r.Referrer) + min(len(r.ContentType), maxFactBytes) + min(len(r.Title), maxFactBytes) +
			len(r.RedirectURL) + len(r.Digest)
		for _, a := range r.Artifacts {
			size += numbers + len(a.Kind) + len(a.PipelineID) + len(a.Directory) + len(a.KeyStrategy) +
				min(len(a.ContentType), maxFactBytes) + len(a.Digest) + len(a.Location.Object) + len(a.Original.Object) + len(a.Page)
		}
		return size
	case *Retry:
		return numbers + len(r.URL) + len(r.Referrer)
	case *Cookie:
		return numbers + len(r.text())
	case *Edges:
		const reference = 10
		size := numbers + len(r.From)
		for _, url := range r.To {
			size += reference + len(url)
		}
		return size
	}
	return numbers
}

// Encode returns the records as parts of at most MaxPartBytes each, in order. An Edges with too
// many targets for a part becomes several.
func Encode(records []Record) [][]byte {
	var parts [][]byte
	for records = splitEdges(records); len(records) > 0; {
		var w writer
		n := 0
		for n < len(records) && (n == 0 || w.hasRoom(records[n])) {
			w.record(records[n])
			n++
		}
		parts = w.appendParts(parts, records[:n])
		records = records[n:]
	}
	return parts
}

// appendParts appends the part that was written with the records, or, if it is too large, parts of
// fewer records.
func (w *writer) appendParts(parts [][]byte, records []Record) [][]byte {
	part := w.part()
	if len(part) <= MaxPartBytes || len(records) == 1 {
		return append(parts, part)
	}
	half := len(records) / 2
	for _, records := range [][]Record{records[:half], records[half:]} {
		var w writer
		for _, r := range records {
			w.record(r)
		}
		parts = w.appendParts(parts, records)
	}
	return parts
}

// Join returns one part of at most MaxPartBytes that holds the records of all the parts, in order,
// without what only readers of the log need: the Edges and, of each Outcome, all facts except the
// artifacts whose content may be referred to later. fits is false, and joined is invalid, if they
// do not fit. It fails if a part cannot be decoded. Joined parts take much less space than separate
// small ones.
func Join(parts [][]byte) (joined []byte, fits bool, err error) {
	var w writer
	for _, part := range parts {
		for r, err := range Decode(part) {
			if err != nil {
				return nil, false, err
			}
			if r = forFrontier(r); r != nil {
				w.record(r)
			}
		}
		if len(w.buf) > maxRaw || w.facts.size() > maxRaw {
			return nil, false, nil
		}
	}
	joined = w.part()
	return joined, len(joined) <= MaxPartBytes && w.facts.addedBytes <= maxFactText, nil
}

// forFrontier returns what a frontier needs of a record, or nil.
func forFrontier(r Record) Record {
	switch r := r.(type) {
	case *Edges, *QueueLength:
		return nil
	case *Outcome:
		o := *r
		o.Referrer, o.ContentType, o.Title, o.RedirectURL, o.Digest, o.Attempt, o.Again, o.Check = "", "", "", "", Digest{}, 0, false, false
		o.Delay, o.HasDelay = 0, false
		o.Artifacts = slices.DeleteFunc(slices.Clone(o.Artifacts), func(a Artifact) bool {
			return a.Kind == Parsed || a.Original != Location{}
		})
		return &o
	}
	return r
}

// A writer writes the records of one part, uncompressed.
type writer struct {
	deltas
	buf   []byte
	facts factsWriter
	size  int // of the records except edges, as Size counts them
}

// hasRoom reports whether the part stays within its bounds with another record.
func (w *writer) hasRoom(next Record) bool {
	if e, ok := next.(*Edges); ok && w.facts.edges+len(e.To) > maxPartEdges {
		return false
	}
	return w.size+w.facts.edgesSize()+Size(next) <= maxRaw
}

// part returns the part. Earlier versions refuse a part without records.
func (w *writer) part() []byte {
	part := w.facts.appendFrame([]byte{version})
	if len(w.buf) == 0 {
		w.retry(&Retry{URL: noRecord})
	}
	return encoder().EncodeAll(w.buf, part)
}

func (w *writer) record(r Record) {
	if e, ok := r.(*Edges); ok {
		w.facts.addEdges(e)
		return
	}
	if q, ok := r.(*QueueLength); ok {
		w.facts.queueLength = q
		return
	}
	url := "" // as it is read back
	switch r := r.(type) {
	case *Discovered:
		w.tag(tagDiscovered, flagSeed, r.Seed)
		url = w.url(r.URL, &w.discovered)
		w.uint(int64(r.Depth))
		w.uint(int64(r.Redirects))
	case *Outcome:
		url, _ = outcomeURL(w.outcomeRecord(r), r.Status)
	case *Retry:
		if r.URL == noRecord {
			return // it would not be read back
		}
		if url = w.retry(r); strings.HasPrefix(url, cookiePrefix) {
			url = ""
		}
	case *Cookie:
		if !r.Fits() {
			return // a truncated cookie would be another cookie
		}
		w.retry(&Retry{URL: r.text(), OccurredAt: r.SetAt, Due: r.SetAt})
	case *SeedsRead:
		w.tag(tagSeedsRead, 0, false)
	default:
		panic(fmt.Sprintf("crawllog: unknown record %T", r))
	}
	w.size += Size(r)
	w.facts.add(r, url)
}

func (w *writer) retry(r *Retry) (url string) {
	w.tag(tagRetry, flagHold, r.HoldHost)
	url = w.url(r.URL, &w.outcome)
	w.uint(int64(r.Attempt))
	w.instant(r.OccurredAt)
	w.instant(r.Due)
	return url
}

// outcomeRecord returns the URL as it is written.
func (w *writer) outcomeRecord(r *Outcome) string {
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
	url = w.url(url, &w.outcome)
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
	return url
}

func (w *writer) tag(kind, flag byte, set bool) {
	if set {
		kind |= flag
	}
	w.buf = append(w.buf, kind)
}

func (w *writer) uint(v int64) {
	w.buf = binary.AppendUvarint(w.buf, uint64(min(max(v, 0), maxNumber)))
}

func (w *writer) string(s string) {
	s = clip(s, MaxStringBytes)
	w.uint(int64(len(s)))
	w.buf = append(w.buf, s...)
}

// url returns the URL as it is written.
func (w *writer) url(s string, prev *string) string {
	s = clip(s, MaxStringBytes)
	n := weburl.SharedPrefix(*prev, s)
	w.uint(int64(n))
	w.string(s[n:])
	*prev = s
	return s
}

// instant writes a time. The zero time is written as the epoch.
func (w *writer) instant(t time.Time) {
	ms := unixMilli(t)
	w.buf = binary.AppendVarint(w.buf, ms-w.time)
	w.time = ms
}
