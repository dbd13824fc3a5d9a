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

// DecodeAll returns the records of a part, or an error and no records.
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
	if url, ok := strings.CutPrefix(o.URL, sitemapPrefix); ok && o.Status == Error {
		o.URL, o.Sitemap = url, true
	}
	return o
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
	if r.time == 0 {
		return time.Time{}
	}
	return time.UnixMilli(r.time).UTC()
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
