package fetch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
)

// errIncomplete is the error of a body that ends early.
var errIncomplete = errors.New("the body ended early")

// An encodingError is the error of a body that cannot be decompressed.
type encodingError struct{ err error }

func (e *encodingError) Error() string { return "the body cannot be decompressed: " + e.err.Error() }
func (e *encodingError) Unwrap() error { return e.err }

// A buffer holds a body. Buffers are pooled, because a crawl reads thousands of bodies a second.
type buffer struct{ b []byte }

// maxPooled bounds the capacity of a pooled buffer, so that single large bodies do not occupy
// memory.
const maxPooled = maxUnreserved

var buffers = sync.Pool{New: func() any { return &buffer{make([]byte, 0, 32<<10)} }}

func (b *buffer) release() {
	if cap(b.b) <= maxPooled {
		b.b = b.b[:0]
		buffers.Put(b)
	}
}

// readFrom reads src to its end, but keeps at most limit bytes. It reports whether there was more.
// It calls reserve before the buffer gets longer than maxUnreserved.
func (b *buffer) readFrom(src io.Reader, limit int64, reserve func() error) (more bool, err error) {
	for {
		if len(b.b) == cap(b.b) {
			if 2*len(b.b)+512 > maxUnreserved {
				if err := reserve(); err != nil {
					return false, err
				}
			}
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

// readBody reads and decompresses the body of res, up to limit bytes. The path is that of the URL
// fetched.
func (r *Response) readBody(ctx context.Context, res *http.Response, path string, limit int64) error {
	// Compressed data may decompress to nothing, so the transferred bytes are bounded too. Regular
	// encoders make a body only slightly longer.
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
	whole := false
	defer func() {
		if !whole { // also after a panic
			r.Close()
		}
	}()
	longest := limit
	if layers == 0 && res.ContentLength >= 0 {
		longest = min(longest, res.ContentLength)
	}
	r.Truncated, err = r.buf.readFrom(body, limit, func() error { return r.reservation.reserve(ctx, longest) })
	r.reservation.shrink(int64(len(r.buf.b)))
	r.Body, r.Bytes = r.buf.b, wire.n
	if errors.Is(err, errLimit) {
		r.Truncated, err = true, nil
	}
	whole = err == nil
	return err
}

// maxWire returns how many bytes of a compressed body are read for at most limit decompressed
// bytes.
func maxWire(limit int64) int64 { return limit + limit/64 + 64<<10 }

// errLimit is the error of a countReader that has read more than its limit.
var errLimit = errors.New("too many bytes")

// A countReader counts the bytes that it reads. It wraps read errors in errIncomplete, to
// distinguish them from errors of a decoder.
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
		err = fmt.Errorf("%w: %w", errIncomplete, err)
	}
	return n, err
}

// maxLayers bounds how many times a body may be compressed, because each layer can multiply the
// time for the layer below by a thousand.
const maxLayers = 3

// gzipLayers returns how many times a body is compressed by gzip, by the values of its
// Content-Encoding headers. The values list codings in the order in which they were applied (RFC
// 9110, section 8.4). Other codings than gzip and identity are errors, because requests accept only
// gzip.
func gzipLayers(values []string) (layers int, _ error) {
	for coding := range strings.SplitSeq(strings.Join(values, ","), ",") {
		switch coding = strings.ToLower(strings.Trim(coding, " \t")); coding {
		case "", "identity":
		case "gzip", "x-gzip":
			layers++
		default:
			return 0, &encodingError{fmt.Errorf("the request does not accept %.40q", coding)}
		}
	}
	if layers > maxLayers {
		return 0, &encodingError{fmt.Errorf("it is compressed %d times", layers)}
	}
	return layers, nil
}

// decoder returns a reader that decompresses wire, which has the given number of gzip layers, for
// at most limit bytes. The caller bounds the bytes of wire. The decoder bounds the bytes between
// layers.
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
		case err == io.EOF: // an empty body
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

// gzipTypes are the media types of gzip files.
var gzipTypes = map[string]bool{
	"application/gzip": true, "application/x-gzip": true, "application/x-gunzip": true,
	"application/gzip-compressed": true, "application/gzipped": true, "gzip/document": true,
	"application/x-compressed": true, "application/x-tgz": true, "application/x-gtar-compressed": true,
}

// fileTypes are the media types that servers send for files of unknown content, such as x.tar.gz.
var fileTypes = map[string]bool{
	"": true, "application/octet-stream": true, "binary/octet-stream": true,
	"application/x-tar": true, "application/tar": true, "application/x-gtar": true,
}

// isGzipFile reports whether the response to a request for the path may be a gzip file and not a
// page that was compressed for its transfer. Some servers send the content encoding gzip with such
// files, although they are not compressed for their transfer (Apache with "AddEncoding x-gzip
// .gz"). Browsers store them without decompressing them.
func isGzipFile(contentType, path string) bool {
	media, _, _ := strings.Cut(contentType, ";")
	media = strings.ToLower(strings.TrimSpace(media))
	path = strings.ToLower(path)
	return gzipTypes[media] || fileTypes[media] && (strings.HasSuffix(path, ".gz") || strings.HasSuffix(path, ".tgz"))
}

// fileDecoder returns a reader of the gzip file in wire. It decompresses wire only if the file was
// compressed once more for its transfer.
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
	// The first two bytes of a gzip file (RFC 1952, section 2.3.1).
	if _, err := io.ReadFull(within, magic); err == nil && magic[0] == 0x1f && magic[1] == 0x8b {
		return decoder(all, 1, limit)
	}
	return io.NopCloser(all), nil
}

// A gzipReader is a pooled decompressor. Close returns it to the pool.
type gzipReader struct {
	zr  *gzip.Reader
	src io.ReadCloser
}

var gzipReaders = sync.Pool{New: func() any { return &gzipReader{zr: new(gzip.Reader)} }}

func (z *gzipReader) Read(p []byte) (int, error) {
	n, err := z.zr.Read(p)
	if err == gzip.ErrHeader {
		err = io.EOF // browsers ignore bytes after the end
	}
	return n, decodeError(err)
}

func (z *gzipReader) Close() error {
	err := z.src.Close()
	z.src = nil
	gzipReaders.Put(z)
	return err
}

// decodeError turns errors of a decompressor into errors of this package.
func decodeError(err error) error {
	switch {
	case err == nil, err == io.EOF, errors.Is(err, errLimit), errors.Is(err, errIncomplete):
		return err
	case err == io.ErrUnexpectedEOF:
		return errIncomplete
	}
	return &encodingError{err}
}
