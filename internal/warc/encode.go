package warc

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/nlnwa/gowarc/v3"
)

// gzipLevel is the level of compression.
const gzipLevel = 3

// maxPooled bounds the capacity of a pooled buffer, so that single large pages do not occupy
// memory.
const maxPooled = 1 << 20

// An encoder compresses records.
type encoder struct {
	z   *gzip.Writer
	out bytes.Buffer
}

var encoders = sync.Pool{New: func() any {
	z, err := gzip.NewWriterLevel(nil, gzipLevel)
	if err != nil {
		panic(err) // the level is a constant
	}
	return &encoder{z: z}
}}

// encode returns a record whose block is head and body, as a gzip member. It adds the digest and
// the length of the block to the fields.
func encode(h *gowarc.WarcFields, head, body []byte) []byte {
	sum := sha256.New()
	sum.Write(head)
	sum.Write(body)
	h.Add(gowarc.WarcBlockDigest, "sha256:"+hex.EncodeToString(sum.Sum(nil)))
	h.AddInt64(gowarc.ContentLength, int64(len(head)+len(body)))

	e := encoders.Get().(*encoder)
	e.out.Reset()
	e.z.Reset(&e.out)
	// A write to a bytes.Buffer does not fail.
	_, _ = e.z.Write([]byte(gowarc.V1_1.String() + "\r\n"))
	_, _ = h.Write(e.z)
	_, _ = e.z.Write([]byte("\r\n"))
	_, _ = e.z.Write(head)
	_, _ = e.z.Write(body)
	_, _ = e.z.Write([]byte("\r\n\r\n"))
	_ = e.z.Close()
	member := bytes.Clone(e.out.Bytes())
	if e.out.Cap() <= maxPooled {
		encoders.Put(e)
	}
	return member
}
