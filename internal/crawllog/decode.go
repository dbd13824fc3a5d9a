package crawllog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"
)

// Decode yields the records of a part. An error ends the sequence.
func Decode(part []byte) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		records, err := DecodeAll(part)
		if err != nil {
			yield(nil, err)
			return
		}
		for _, r := range records {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// DecodeAll returns the records of a part, or an error and no records.
func DecodeAll(part []byte) ([]Record, error) {
	if len(part) == 0 || part[0] != version {
		return nil, errors.New("crawllog: not a log part of a known version")
	}
	facts, frame, err := cutFacts(part[1:])
	if err != nil {
		return nil, err
	}
	raw, err := decoder().DecodeAll(frame, nil)
	if err != nil {
		return nil, fmt.Errorf("crawllog: decompress: %w", err)
	}
	if len(raw) == 0 {
		return nil, errors.New("crawllog: empty part")
	}
	var records []Record
	for r := (reader{buf: raw}); len(r.buf) > 0; {
		rec := r.record()
		if r.err != nil {
			return nil, r.err
		}
		if retry, ok := rec.(*Retry); !ok || retry.URL != noRecord {
			records = append(records, rec)
		}
	}
	if facts == nil {
		return records, nil
	}
	return facts.apply(records)
}

var errCorrupt = errors.New("crawllog: corrupt record")

// A reader reads the records of one part, uncompressed. After an error, every method returns zero
// values.
type reader struct {
	deltas
	buf []byte
	err error
}

func (r *reader) record() Record {
	tag := r.buf[0]
	r.buf = r.buf[1:]
	switch tag & tagMask {
	case tagDiscovered:
		return &Discovered{
			Seed:      tag&flagSeed != 0,
			URL:       r.url(&r.discovered),
			Depth:     int(r.uint()),
			Redirects: int(r.uint()),
		}
	case tagOutcome:
		return r.outcomeRecord(tag)
	case tagRetry:
		retry := r.retry(tag)
		if text, ok := strings.CutPrefix(retry.URL, cookiePrefix); ok {
			return r.cookie(text, retry.OccurredAt)
		}
		return retry
	case tagSeedsRead:
		return &SeedsRead{}
	}
	r.fail()
	return nil
}

func (r *reader) outcomeRecord(tag byte) *Outcome {
	o := &Outcome{
		URL:        r.url(&r.outcome),
		Depth:      int(r.uint()),
		Step:       name(r, steps),
		Status:     name(r, statuses),
		HTTPStatus: int(r.uint()),
		Latency:    time.Duration(min(r.uint(), maxNumber/1000)) * time.Millisecond,
		Bytes:      r.uint(),
		OccurredAt: r.instant(),
	}
	if tag&flagError != 0 {
		o.ErrorReason, o.ErrorDetail = r.string(), r.string()
	}
	if tag&flagUntil != 0 {
		o.HoldHost = r.instant()
	}
	o.URL, o.Sitemap = outcomeURL(o.URL, o.Status)
	return o
}

// outcomeURL returns the URL that the URL of an outcome stands for, and whether the outcome is that
// of a sitemap; see sitemapPrefix.
func outcomeURL(text string, s Status) (url string, sitemap bool) {
	if url, ok := strings.CutPrefix(text, sitemapPrefix); ok && s == Error {
		return url, true
	}
	return text, false
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

// fail sets the error and ends the reading.
func (r *reader) fail() {
	r.err = errCorrupt
	r.buf = nil
}

func (r *reader) uint() int64 {
	v, n := binary.Uvarint(r.buf)
	if n <= 0 || v > maxNumber {
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
	if n <= 0 || d > maxNumber || d < -maxNumber || r.time+d < 0 || r.time+d > maxNumber {
		r.fail()
		return time.Time{}
	}
	r.buf = r.buf[n:]
	r.time += d
	return timeOf(r.time)
}

// timeOf is the inverse of unixMilli.
func timeOf(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// name reads the code of a name, which is an index in names.
func name[T ~string](r *reader, names []T) T {
	i := r.uint()
	if i >= int64(len(names)) {
		r.fail()
		return ""
	}
	return names[i]
}
