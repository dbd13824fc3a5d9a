package warc

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"hash"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/nlnwa/gowarc/v3"
)

const (
	// gzipLevel is the level of compression. A page of 38 KB takes 8.5 KB. With level 3 it takes
	// 8.2 KB, and a crawl that keeps its pages takes 7 % more processor time. With level 6 the page
	// takes 7.7 KB, and twice as long.
	gzipLevel = 1
	// minCompressed is the size of the smallest block that is compressed. Compressing a request
	// takes as long as compressing a small page, and saves 200 bytes.
	minCompressed = 1 << 10
	// maxJoined is the size of the largest body that is copied, so that one call compresses the
	// record.
	maxJoined = 64 << 10
	// maxPooled bounds the capacity of a pooled buffer, so that single large pages do not occupy
	// memory.
	maxPooled = 1 << 20
)

// An encoder encodes records.
type encoder struct {
	compressed, stored *gzip.Writer
	sum                hash.Hash
	head               bytes.Buffer // what precedes the body
	out                bytes.Buffer
}

var encoders = sync.Pool{New: func() any {
	return &encoder{compressed: newWriter(gzipLevel), stored: newWriter(flate.NoCompression), sum: sha256.New()}
}}

func newWriter(level int) *gzip.Writer {
	z, err := gzip.NewWriterLevel(nil, level)
	if err != nil {
		panic(err) // the level is a constant
	}
	return z
}

// encode returns a record whose block is head and body, as a gzip member. It adds the digest and
// the length of the block to the fields.
func encode(h *gowarc.WarcFields, head, body []byte) []byte {
	e := encoders.Get().(*encoder)
	var digest [sha256.Size]byte
	e.sum.Reset()
	e.sum.Write(head)
	e.sum.Write(body)
	e.sum.Sum(digest[:0])
	h.Add(gowarc.WarcBlockDigest, digestOf(digest))
	h.AddInt64(gowarc.ContentLength, int64(len(head)+len(body)))

	z := e.compressed
	if len(head)+len(body) < minCompressed {
		z = e.stored
	}
	e.head.Reset()
	e.head.Write(version11)
	_, _ = h.Write(&e.head) // one write to z instead of forty
	e.head.WriteString("\r\n")
	e.head.Write(head)
	e.out.Reset()
	z.Reset(&e.out)
	// A write to a bytes.Buffer does not fail.
	if len(body) <= maxJoined {
		e.head.Write(body)
		e.head.Write(recordEnd)
		_, _ = z.Write(e.head.Bytes())
	} else {
		_, _ = z.Write(e.head.Bytes())
		_, _ = z.Write(body)
		_, _ = z.Write(recordEnd)
	}
	_ = z.Close()
	member := bytes.Clone(e.out.Bytes())
	if e.out.Cap() <= maxPooled {
		encoders.Put(e)
	}
	return member
}

var (
	version11 = []byte(gowarc.V1_1.String() + "\r\n")
	recordEnd = []byte("\r\n\r\n")
)
