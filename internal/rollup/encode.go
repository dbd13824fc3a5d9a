package rollup

import (
	"encoding/binary"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// The encoding of a rollup is a byte that says whether what follows is compressed by zstd, and
// columns. A column is its number, its length and its values, one for each bucket or host. A column
// without a value other than zero is left out. A reader skips columns that it does not know: to add
// a number is to add a column. A rollup that a version cannot read counts as missing, so any other
// change is possible with a new first byte.
const (
	plain      = 1
	compressed = 2
)

const (
	columnParts       = iota + 1 // ranges: the distance from the last one, and how many parts
	columnState                  // Series: level, joined; Hosts: 1 if the last host is that of the others
	columnKeys                   // Series: differences of the indexes of the buckets; Hosts: names
	columnFetched                //
	columnFailed                 //
	columnExcluded               //
	columnBytes                  //
	columnRefused                //
	columnResponses              // of each class except Success, which the sum determines
	columnQueues                 //
	columnQueueTimes             // difference from the start of the bucket
	columnShapes                 // of histograms: the first bin, the number of bins
	columnBins                   //
	columnMaxima                 //
	columnDelays                 //
	columnLastFetches            // difference from that of the host before
	columnHolds                  //
	columnDelayTimes             // how long before the last fetch the delay was known
	columnsEnd
)

// maxDecoded bounds the bytes of a rollup before compression.
const maxDecoded = 16 << 20

var encoder = sync.OnceValue(func() *zstd.Encoder {
	e, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	if err != nil {
		panic(err) // the options are constants
	}
	return e
})

// A columnWriter writes the columns of a rollup.
type columnWriter [columnsEnd]struct {
	buf  []byte
	used bool
}

// uint writes a number that is not negative.
func (w *columnWriter) uint(id int, v int64) {
	c := &w[id]
	c.used = c.used || v != 0
	c.buf = binary.AppendUvarint(c.buf, uint64(max(v, 0)))
}

func (w *columnWriter) int(id int, v int64) {
	c := &w[id]
	c.used = c.used || v != 0
	c.buf = binary.AppendVarint(c.buf, v)
}

func (w *columnWriter) string(id int, s string) {
	w.uint(id, int64(len(s)))
	w[id].buf = append(w[id].buf, s...)
	w[id].used = true
}

func (w *columnWriter) parts(p Parts) {
	last := int64(0)
	for _, r := range p {
		w.uint(columnParts, r.First-last)
		w.uint(columnParts, r.Last-r.First+1)
		last = r.Last
	}
}

func (w *columnWriter) counts(c *Counts) {
	w.uint(columnFetched, c.Fetched)
	w.uint(columnFailed, c.Failed)
	w.int(columnExcluded, c.Excluded)
	w.uint(columnBytes, c.Bytes)
	w.int(columnRefused, c.refused)
	for _, n := range c.Responses[Success+1:] {
		w.uint(columnResponses, n)
	}
}

func (w *columnWriter) histogram(h *Histogram) {
	w.uint(columnShapes, int64(h.first))
	w.uint(columnShapes, int64(len(h.bins)))
	for _, n := range h.bins {
		w.uint(columnBins, n)
	}
	w.uint(columnMaxima, h.max)
}

// bytes returns the columns.
func (w *columnWriter) bytes() []byte {
	b := []byte{plain}
	for id, c := range w {
		if c.used {
			b = binary.AppendUvarint(b, uint64(id))
			b = binary.AppendUvarint(b, uint64(len(c.buf)))
			b = append(b, c.buf...)
		}
	}
	if z := encoder().EncodeAll(b[1:], []byte{compressed}); len(z) < len(b) {
		return z
	}
	return b
}

// Encode returns the series as bytes, without the names of its hosts.
func (s *Series) Encode() []byte {
	var w columnWriter
	w.parts(s.Parts)
	w.uint(columnState, int64(s.level))
	w.uint(columnState, s.joined)
	last, width := int64(0), windows[s.level].width
	for _, i := range s.indexes() {
		b := s.buckets[i]
		w.uint(columnKeys, i-last)
		w[columnKeys].used = true // its length is the number of buckets
		last = i
		w.counts(&b.Counts)
		w.uint(columnQueues, b.queue)
		if b.queueKnown() {
			w.int(columnQueueTimes, b.queueAt-i*width)
		}
		w.histogram(&b.Latency)
	}
	return w.bytes()
}

// EncodeWithin returns the series as at most so many bytes. If it is larger, its buckets become
// wider.
func (s *Series) EncodeWithin(bytes int) []byte {
	data := s.Encode()
	for len(data) > bytes && s.level < len(windows)-1 {
		s.widen(s.level + 1)
		data = s.Encode()
	}
	return data
}

// Encode returns the hosts as bytes.
func (h *Hosts) Encode() []byte {
	var w columnWriter
	w.parts(h.Parts)
	all := h.All()
	if h.others != nil {
		w.uint(columnState, 1)
		all = append(all, h.others)
	}
	last := int64(0)
	for _, host := range all {
		w.string(columnKeys, host.Name)
		w.counts(&host.Counts)
		w.histogram(&host.Latency)
		w.uint(columnDelays, host.delay)
		w.int(columnLastFetches, host.last-last)
		last = host.last
		w.uint(columnHolds, host.hold)
		w.uint(columnDelayTimes, host.last-host.delayAt)
	}
	return w.bytes()
}
