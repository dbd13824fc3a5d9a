package crawllog

import (
	"encoding/binary"
	"fmt"
	"slices"
	"time"
)

// Size returns an upper bound on the bytes of the record in a part before compression.
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

// Encode returns the records as parts of at most MaxPartBytes each, in order.
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

// Join returns one part of at most MaxPartBytes that holds the records of all the parts, in order.
// fits is false, and joined is invalid, if they do not fit. It fails if a part cannot be decoded.
// Joined parts take much less space than separate small ones.
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

// A writer writes the records of one part, uncompressed.
type writer struct {
	deltas
	buf []byte
}

func (w *writer) record(r Record) {
	switch r := r.(type) {
	case *Discovered:
		w.tag(tagDiscovered, flagSeed, r.Seed)
		w.url(r.URL, &w.discovered)
		w.uint(int64(r.Depth))
		w.uint(int64(r.Redirects))
	case *Outcome:
		w.outcomeRecord(r)
	case *Retry:
		w.tag(tagRetry, flagHold, r.HoldHost)
		w.url(r.URL, &w.outcome)
		w.uint(int64(r.Attempt))
		w.instant(r.OccurredAt)
		w.instant(r.Due)
	case *Cookie:
		if !r.Fits() {
			return // a truncated cookie would be another cookie
		}
		w.tag(tagRetry, 0, false)
		w.url(r.text(), &w.outcome)
		w.uint(0)
		w.instant(r.SetAt)
		w.instant(r.SetAt)
	case *SeedsRead:
		w.tag(tagSeedsRead, 0, false)
	default:
		panic(fmt.Sprintf("crawllog: unknown record %T", r))
	}
}

func (w *writer) outcomeRecord(r *Outcome) {
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

// instant writes a time. The zero time is written as the epoch.
func (w *writer) instant(t time.Time) {
	var ms int64
	if !t.IsZero() {
		ms = min(max(t.UnixMilli(), 0), maxNumber)
	}
	w.buf = binary.AppendVarint(w.buf, ms-w.time)
	w.time = ms
}
