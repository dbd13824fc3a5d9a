package fetch

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
)

// errBrokeOff says that a body ended before it should.
var errBrokeOff = errors.New("the body broke off")

// An encodingError says that a body cannot be decompressed.
type encodingError struct{ err error }

func (e *encodingError) Error() string { return "the body cannot be decompressed: " + e.err.Error() }
func (e *encodingError) Unwrap() error { return e.err }

// A buffer is memory for a body. It is pooled, because a crawl reads thousands a second.
type buffer struct{ b []byte }

// maxPooled keeps single large bodies from holding on to memory.
const maxPooled = 1 << 20

var buffers = sync.Pool{New: func() any { return &buffer{make([]byte, 0, 32<<10)} }}

func (b *buffer) release() {
	if cap(b.b) <= maxPooled {
		b.b = b.b[:0]
		buffers.Put(b)
	}
}

// readFrom reads src to its end, or until limit bytes are there. It reports whether there
// was more.
func (b *buffer) readFrom(src io.Reader, limit int64) (more bool, err error) {
	for {
		if len(b.b) == cap(b.b) {
			b.b = slices.Grow(b.b, len(b.b)+512) // doubles it; append would by a quarter
		}
		n, err := src.Read(b.b[len(b.b):cap(b.b)])
		b.b = b.b[:len(b.b)+n]
		if int64(len(b.b)) > limit {
			b.b = b.b[:limit]
			return true, nil
		}
		if err == io.EOF {
			return false, nil
		}
		if err != nil {
			return false, err
		}
	}
}

// readBody reads the body of res, decompressed, up to limit bytes.
func (r *Response) readBody(res *http.Response, limit int64) error {
	// Compressed data that makes nothing of many bytes must end, too. No honest encoder
	// makes a body longer by more than a little.
	wire := &countReader{r: res.Body, limit: limit + limit/64 + 64<<10}
	body, err := decoder(wire, res.Header.Get("Content-Encoding"))
	if err != nil {
		return err
	}
	defer body.Close()
	r.buf = buffers.Get().(*buffer)
	r.Truncated, err = r.buf.readFrom(body, limit)
	r.Body, r.Bytes = r.buf.b, wire.n
	if err == errLimit {
		r.Truncated, err = true, nil
	}
	if err != nil {
		r.Close()
	}
	return err
}

// errLimit ends the reading of a body whose transfer exceeds its bound.
var errLimit = errors.New("too many bytes")

// A countReader counts what is read of a body and tells its failures from a decoder's.
type countReader struct {
	r        io.Reader
	n, limit int64
}

func (c *countReader) Read(p []byte) (int, error) {
	if c.n > c.limit {
		return 0, errLimit
	}
	n, err := c.r.Read(p)
	c.n += int64(n)
	if err != nil && err != io.EOF {
		err = fmt.Errorf("%w: %w", errBrokeOff, err)
	}
	return n, err
}

// decoder returns a reader of what wire carries in the given content encoding. Gzip is all
// that a request asks for. Like browsers it takes an encoding that does not exist for none.
func decoder(wire io.Reader, encoding string) (io.ReadCloser, error) {
	switch encoding = strings.ToLower(strings.TrimSpace(encoding)); encoding {
	case "gzip", "x-gzip":
	case "br", "zstd", "deflate", "compress", "x-compress":
		return nil, &encodingError{fmt.Errorf("%s was not asked for", encoding)}
	default:
		return io.NopCloser(wire), nil
	}
	z := gzipReaders.Get().(*gzipReader)
	switch err := z.zr.Reset(wire); {
	case err == io.EOF: // no body at all
		z.Close()
		return io.NopCloser(strings.NewReader("")), nil
	case err != nil:
		z.Close()
		return nil, decodeError(err)
	}
	return z, nil
}

// A gzipReader is a pooled decompressor; Close gives it back.
type gzipReader struct{ zr *gzip.Reader }

var gzipReaders = sync.Pool{New: func() any { return &gzipReader{new(gzip.Reader)} }}

func (z *gzipReader) Read(p []byte) (int, error) {
	n, err := z.zr.Read(p)
	if err == gzip.ErrHeader {
		err = io.EOF // bytes behind the end, which browsers ignore
	}
	return n, decodeError(err)
}

func (z *gzipReader) Close() error {
	gzipReaders.Put(z)
	return nil
}

// decodeError tells corrupt data from data that could not be read.
func decodeError(err error) error {
	switch {
	case err == nil, err == io.EOF, err == errLimit, errors.Is(err, errBrokeOff):
		return err
	case err == io.ErrUnexpectedEOF:
		return errBrokeOff
	}
	return &encodingError{err}
}
