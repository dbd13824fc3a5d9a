package rollup

import (
	"encoding/binary"
	"errors"
	"math"
	"sync"

	"github.com/klauspost/compress/zstd"
)

var errCorrupt = errors.New("rollup: not a rollup of a known version")

var decoder = sync.OnceValue(func() *zstd.Decoder {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(2), zstd.WithDecoderMaxMemory(maxDecoded))
	if err != nil {
		panic(err) // the options are constants
	}
	return d
})

// A columnReader reads the columns of a rollup. After an error, every method returns zero values.
type columnReader struct {
	columns [columnsEnd][]byte
	failed  bool
}

func newColumnReader(data []byte) (*columnReader, error) {
	r := new(columnReader)
	switch {
	case len(data) > 0 && data[0] == plain:
		data = data[1:]
	case len(data) > 0 && data[0] == compressed:
		var err error
		if data, err = decoder().DecodeAll(data[1:], nil); err != nil {
			return nil, errCorrupt
		}
	default:
		return nil, errCorrupt
	}
	for len(data) > 0 {
		id, w := binary.Uvarint(data)
		if w <= 0 {
			return nil, errCorrupt
		}
		n, v := binary.Uvarint(data[w:])
		if v <= 0 || n > uint64(len(data)-w-v) {
			return nil, errCorrupt
		}
		if id < columnsEnd {
			r.columns[id] = data[w+v:][:n]
		}
		data = data[w+v+int(n):]
	}
	return r, nil
}

// more reports whether the column has another value.
func (r *columnReader) more(id int) bool { return len(r.columns[id]) > 0 && !r.failed }

// maxNumber bounds numbers, so that no sum of them overflows.
const maxNumber = math.MaxInt64 / 4

// uint reads a number from 0 to max. A missing column has zeros.
func (r *columnReader) uint(id int, max int64) int64 {
	if r.columns[id] == nil || r.failed {
		return 0
	}
	v, n := binary.Uvarint(r.columns[id])
	if n <= 0 || v > uint64(max) {
		r.failed = true
		return 0
	}
	r.columns[id] = r.columns[id][n:]
	return int64(v)
}

func (r *columnReader) int(id int) int64 {
	if r.columns[id] == nil || r.failed {
		return 0
	}
	v, n := binary.Varint(r.columns[id])
	if n <= 0 || v > maxNumber || v < -maxNumber {
		r.failed = true
		return 0
	}
	r.columns[id] = r.columns[id][n:]
	return v
}

func (r *columnReader) string(id int) string {
	n := r.uint(id, int64(len(r.columns[id])))
	if n > int64(len(r.columns[id])) {
		r.failed = true
		return ""
	}
	s := string(r.columns[id][:n])
	r.columns[id] = r.columns[id][n:]
	return s
}

func (r *columnReader) parts() (p Parts) {
	last := int64(0)
	for r.more(columnParts) {
		first := last + r.uint(columnParts, maxNumber)
		last = first + r.uint(columnParts, maxNumber) - 1
		if first < 1 || last < first || last > maxNumber {
			r.failed = true
			return nil
		}
		p = append(p, Range{first, last})
	}
	return p
}

func (r *columnReader) counts(c *Counts) {
	c.Fetched = r.uint(columnFetched, maxNumber)
	c.Failed = r.uint(columnFailed, maxNumber)
	c.Excluded = r.int(columnExcluded)
	c.Bytes = r.uint(columnBytes, maxNumber)
	c.refused = r.int(columnRefused)
	c.Responses[Success] = c.Fetched + c.Failed
	for class := Success + 1; class < classes; class++ {
		n := r.uint(columnResponses, maxNumber)
		c.Responses[class] = n
		c.Responses[Success] -= n
	}
}

func (r *columnReader) histogram(h *Histogram) {
	h.first = int(r.uint(columnShapes, int64(maxBin)))
	if n := r.uint(columnShapes, int64(maxBin+1-h.first)); n > 0 {
		h.bins = make([]int64, n)
	}
	for i := range h.bins {
		h.bins[i] = r.uint(columnBins, maxNumber)
	}
	h.max = r.uint(columnMaxima, maxLatency)
}

// DecodeSeries is the inverse of Series.Encode, for the hosts of the encoded series. It fails if the
// bytes are damaged, or of a later version with another encoding.
func DecodeSeries(data []byte, hosts ...string) (*Series, error) {
	r, err := newColumnReader(data)
	if err != nil {
		return nil, err
	}
	s := NewSeries(hosts...)
	s.Parts = r.parts()
	s.level = int(r.uint(columnState, int64(len(windows)-1)))
	s.joined = r.uint(columnState, maxNumber)
	i, width := int64(0), windows[s.level].width
	for r.more(columnKeys) {
		if i += r.uint(columnKeys, maxNumber/width); i > maxNumber/width || len(s.buckets) == MaxBuckets {
			return nil, errCorrupt
		}
		b := new(Bucket)
		r.counts(&b.Counts)
		if b.queue = r.uint(columnQueues, maxNumber); b.queueKnown() {
			b.queueAt = i*width + r.int(columnQueueTimes)
		}
		r.histogram(&b.Latency)
		s.buckets[i] = b
	}
	if len(s.buckets) > 0 {
		if first, last := s.bounds(); span(first, last, s.level) > MaxBuckets {
			r.failed = true
		}
	}
	if r.failed {
		return nil, errCorrupt
	}
	return s, nil
}

// DecodeHosts is the inverse of Hosts.Encode. It fails as DecodeSeries does.
func DecodeHosts(data []byte) (*Hosts, error) {
	r, err := newColumnReader(data)
	if err != nil {
		return nil, err
	}
	h := NewHosts()
	h.Parts = r.parts()
	others := r.uint(columnState, 1) == 1
	last := int64(0)
	for r.more(columnKeys) {
		host := &Host{Name: r.string(columnKeys)}
		r.counts(&host.Counts)
		r.histogram(&host.Latency)
		host.delay = r.uint(columnDelays, maxNumber)
		last += r.int(columnLastFetches)
		host.last = last
		host.hold = r.uint(columnHolds, maxNumber)
		host.delayAt = max(0, host.last-r.uint(columnDelayTimes, maxNumber))
		if others && !r.more(columnKeys) {
			h.others = host
		} else {
			h.hosts[host.Name] = host
		}
	}
	if r.failed || len(h.hosts) > MaxHosts {
		return nil, errCorrupt
	}
	return h, nil
}
