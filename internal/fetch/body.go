package fetch

import (
	"bytes"
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

// readBody reads the body of res, decompressed, up to limit bytes. The path is that of the URL
// that was fetched.
func (r *Response) readBody(res *http.Response, path string, limit int64) error {
	// Compressed data that makes nothing of many bytes must end, too. No honest encoder
	// makes a body longer by more than a little.
	wire := &countReader{r: res.Body, limit: maxWire(limit)}
	layers, err := gzipLayers(res.Header.Values("Content-Encoding"))
	if err != nil {
		return err
	}
	var body io.ReadCloser
	if layers == 1 && isGzipFile(r.ContentType, path) {
		body, err = fileDecoder(wire, limit)
	} else {
		body, err = decoder(wire, layers, limit)
	}
	if err != nil {
		return err
	}
	defer body.Close()
	r.buf = buffers.Get().(*buffer)
	r.Truncated, err = r.buf.readFrom(body, limit)
	r.Body, r.Bytes = r.buf.b, wire.n
	if errors.Is(err, errLimit) {
		r.Truncated, err = true, nil
	}
	if err != nil {
		r.Close()
	}
	return err
}

// maxWire bounds the bytes that are read of a compressed body for limit bytes within.
func maxWire(limit int64) int64 { return limit + limit/64 + 64<<10 }

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
	if encoding := (*encodingError)(nil); err != nil && err != io.EOF && !errors.As(err, &encoding) {
		err = fmt.Errorf("%w: %w", errBrokeOff, err)
	}
	return n, err
}

// maxLayers bounds how often a body may be compressed: each layer could expand the one below it
// a thousandfold, in time if not in memory.
const maxLayers = 3

// gzipLayers returns how often a body is compressed by gzip, which is all that a request asks
// for, according to the values of its Content-Encoding: a list of codings in the order in which
// they were applied (RFC 9110, section 8.4), of which identity is none.
func gzipLayers(values []string) (layers int, _ error) {
	for coding := range strings.SplitSeq(strings.Join(values, ","), ",") {
		switch coding = strings.ToLower(strings.Trim(coding, " \t")); coding {
		case "", "identity":
		case "gzip", "x-gzip":
			layers++
		default:
			return 0, &encodingError{fmt.Errorf("%.40q was not asked for", coding)}
		}
	}
	if layers > maxLayers {
		return 0, &encodingError{fmt.Errorf("it is compressed %d times", layers)}
	}
	return layers, nil
}

// decoder returns a reader of what wire carries compressed in so many layers of gzip, of which
// limit bytes are wanted. What wire carries is bounded by the caller, and what each layer but the
// last makes of it is bounded as well.
func decoder(wire io.Reader, layers int, limit int64) (io.ReadCloser, error) {
	body := io.NopCloser(wire)
	for layer := range layers {
		z := gzipReaders.Get().(*gzipReader)
		z.src = body
		var src io.Reader = body
		if layer > 0 {
			src = &countReader{r: body, limit: maxWire(limit)}
		}
		switch err := z.zr.Reset(src); {
		case err == io.EOF: // no body at all
			z.Close()
			return io.NopCloser(strings.NewReader("")), nil
		case err != nil:
			z.Close()
			return nil, decodeError(err)
		}
		body = z
	}
	return body, nil
}

// gzipTypes are the media types of files that are compressed themselves.
var gzipTypes = map[string]bool{
	"application/gzip": true, "application/x-gzip": true, "application/x-gunzip": true,
	"application/gzip-compressed": true, "application/gzipped": true, "gzip/document": true,
	"application/x-compressed": true, "application/x-tgz": true, "application/x-gtar-compressed": true,
}

// fileTypes are the media types with which servers send a file that they know nothing of but its
// name, such as x.tar.gz.
var fileTypes = map[string]bool{
	"": true, "application/octet-stream": true, "binary/octet-stream": true,
	"application/x-tar": true, "application/tar": true, "application/x-gtar": true,
}

// isGzipFile reports whether a response with the content type, to a request for the path, may be
// a gzip file rather than a page that was compressed for its transfer. Servers give such files
// the content encoding gzip although it is the file itself that is compressed (Apache's
// "AddEncoding x-gzip .gz"); browsers store them as they are.
func isGzipFile(contentType, path string) bool {
	media, _, _ := strings.Cut(contentType, ";")
	media = strings.ToLower(strings.TrimSpace(media))
	path = strings.ToLower(path)
	return gzipTypes[media] || fileTypes[media] && (strings.HasSuffix(path, ".gz") || strings.HasSuffix(path, ".tgz"))
}

// fileDecoder returns a reader of the gzip file that wire carries: what wire carries if that is
// the file, and the file within if it was compressed once more for its transfer.
func fileDecoder(wire io.Reader, limit int64) (io.ReadCloser, error) {
	head := make([]byte, 4<<10)
	n, err := io.ReadFull(wire, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, err
	}
	head = head[:n]
	all := io.MultiReader(bytes.NewReader(head), wire)
	within, err := decoder(bytes.NewReader(head), 1, limit)
	if err != nil {
		return io.NopCloser(all), nil // not compressed for its transfer
	}
	defer within.Close()
	magic := make([]byte, 2)
	if _, err := io.ReadFull(within, magic); err == nil && magic[0] == 0x1f && magic[1] == 0x8b { // RFC 1952, section 2.3.1
		return decoder(all, 1, limit)
	}
	return io.NopCloser(all), nil
}

// A gzipReader is a pooled decompressor; Close gives it back.
type gzipReader struct {
	zr  *gzip.Reader
	src io.ReadCloser
}

var gzipReaders = sync.Pool{New: func() any { return &gzipReader{zr: new(gzip.Reader)} }}

func (z *gzipReader) Read(p []byte) (int, error) {
	n, err := z.zr.Read(p)
	if err == gzip.ErrHeader {
		err = io.EOF // bytes behind the end, which browsers ignore
	}
	return n, decodeError(err)
}

func (z *gzipReader) Close() error {
	err := z.src.Close()
	z.src = nil
	gzipReaders.Put(z)
	return err
}

// decodeError tells corrupt data from data that could not be read.
func decodeError(err error) error {
	switch {
	case err == nil, err == io.EOF, errors.Is(err, errLimit), errors.Is(err, errBrokeOff):
		return err
	case err == io.ErrUnexpectedEOF:
		return errBrokeOff
	}
	return &encodingError{err}
}
