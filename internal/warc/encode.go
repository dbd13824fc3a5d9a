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
	// gzipLevel is the level of compression. A page of 38 KB takes 8.2 KB, and 7.7 KB with level 6,
	// which takes twice as long.
	gzipLevel = 3
	// minCompressed is the size of the smallest block that is compressed. Compressing a request
	// takes as long as compressing a small page, and saves 200 bytes.
	minCompressed = 1 << 10
	// maxPooled bounds the capacity of a pooled buffer, so that single large pages do not occupy
	// memory.
	maxPooled = 1 << 20
)

// An encoder encodes records.
type encoder struct {
	compressed, stored *gzip.Writer
	sum                hash.Hash
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
	e.sum.Reset()
	e.sum.Write(head)
	e.sum.Write(body)
	h.Add(gowarc.WarcBlockDigest, digestOf([sha256.Size]byte(e.sum.Sum(nil))))
	h.AddInt64(gowarc.ContentLength, int64(len(head)+len(body)))

	z := e.compressed
	if len(head)+len(body) < minCompressed {
		z = e.stored
	}
	e.out.Reset()
	z.Reset(&e.out)
	// A write to a bytes.Buffer does not fail.
	_, _ = z.Write(version11)
	_, _ = h.Write(z)
	_, _ = z.Write(newline)
	_, _ = z.Write(head)
	_, _ = z.Write(body)
	_, _ = z.Write(recordEnd)
	_ = z.Close()
	member := bytes.Clone(e.out.Bytes())
	if e.out.Cap() <= maxPooled {
		encoders.Put(e)
	}
	return member
}

var (
	version11 = []byte(gowarc.V1_1.String() + "\r\n")
	newline   = []byte("\r\n")
	recordEnd = []byte("\r\n\r\n")
)
