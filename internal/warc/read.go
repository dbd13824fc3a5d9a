package warc

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
)

// The bounds of a record. Those of a response are below them: a header has at most 64 KiB and a
// body 100 MiB.
const (
	maxHeaderBytes = 256 << 10
	maxBlockBytes  = 1 << 30
)

// A Record is a record that is being read.
type Record struct {
	Type      string // such as "response"
	ID        string // a URN without angle brackets
	TargetURI string // empty for a warcinfo record
	Date      time.Time
	// Fields are the fields of the WARC header, with canonical names as in "Warc-Type".
	Fields textproto.MIMEHeader

	// Status and Header are those of an HTTP response, and zero for other records. A revisit
	// record has them too.
	Status int
	Header http.Header
	// ContentType is that of the payload: from Header if the record has one, and otherwise from
	// Fields.
	ContentType string

	// Payload is the body of the response or of the request, or the block of another record. The
	// payload of a revisit record is empty. Reading it to its end checks the record's length and
	// checksum: io.EOF says that they are right.
	Payload io.Reader
}

// ReadRecord reads the record at the beginning of r, which must be a gzip member. It reads the
// headers, which it bounds, and leaves the payload to be read from r. If r is not an io.ByteReader,
// more bytes than those of the record may be read from it.
func ReadRecord(r io.Reader) (*Record, error) {
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, fmt.Errorf("warc: not a gzip member: %w", err)
	}
	return readRecord(z)
}

// readRecord reads the record in the member that z is at the beginning of.
func readRecord(z *gzip.Reader) (*Record, error) {
	z.Multistream(false)
	member := bufio.NewReader(nil)
	rec := &Record{}
	first, fields, err := readHeader(z, member)
	if err != nil {
		return nil, fmt.Errorf("warc: read the header: %w", err)
	}
	if first != "WARC/1.1" && first != "WARC/1.0" {
		return nil, fmt.Errorf("warc: a record begins with %.20q", first)
	}
	rec.Fields = fields
	rec.Type = fields.Get("WARC-Type")
	rec.ID = strings.Trim(fields.Get("WARC-Record-ID"), "<>")
	rec.TargetURI = fields.Get("WARC-Target-URI")
	if rec.Date, err = time.Parse(time.RFC3339, fields.Get("WARC-Date")); err != nil {
		return nil, fmt.Errorf("warc: WARC-Date: %w", err)
	}
	length, err := strconv.ParseInt(fields.Get("Content-Length"), 10, 64)
	if err != nil || length < 0 || length > maxBlockBytes {
		return nil, fmt.Errorf("warc: Content-Length is %.30q; it must be 0 to %d", fields.Get("Content-Length"), maxBlockBytes)
	}
	rec.ContentType = fields.Get("Content-Type")
	rec.Payload = &block{r: member, left: length}
	if media, params, err := mime.ParseMediaType(rec.ContentType); err == nil && media == "application/http" {
		return rec, rec.readHTTP(params["msgtype"])
	}
	return rec, nil
}

// readHTTP reads the header of the HTTP message in the block.
func (rec *Record) readHTTP(msgtype string) error {
	message := bufio.NewReader(nil)
	first, header, err := readHeader(rec.Payload, message)
	if err != nil {
		return fmt.Errorf("warc: read the header of the HTTP message: %w", err)
	}
	rec.Payload = message
	rec.ContentType = header.Get("Content-Type")
	if msgtype != "response" {
		return nil
	}
	rec.Header = http.Header(header)
	_, rest, _ := strings.Cut(first, " ")
	code, _, _ := strings.Cut(rest, " ")
	if rec.Status, err = strconv.Atoi(code); err != nil || len(code) != 3 {
		return fmt.Errorf("warc: an HTTP response begins with %.40q", first)
	}
	return nil
}

var errHeaderTooLong = errors.New("the header is too long")

// readHeader reads a first line and the fields after it from src, of at most maxHeaderBytes. The
// rest is to be read from b.
func readHeader(src io.Reader, b *bufio.Reader) (first string, fields textproto.MIMEHeader, err error) {
	limited := &io.LimitedReader{R: src, N: maxHeaderBytes}
	b.Reset(limited)
	text := textproto.NewReader(b)
	if first, err = text.ReadLine(); err == nil {
		fields, err = text.ReadMIMEHeader()
	}
	switch {
	case err != nil && limited.N <= 0:
		return "", nil, errHeaderTooLong
	case err == io.EOF:
		return "", nil, io.ErrUnexpectedEOF
	}
	limited.N = maxBlockBytes + maxHeaderBytes // src has its own bound
	return first, fields, err
}

// A block reads the block of a record, of which left bytes are left, and then checks the end of the
// record.
type block struct {
	r    *bufio.Reader
	left int64
	err  error // after the end
}

func (b *block) Read(p []byte) (int, error) {
	if b.left == 0 {
		if b.err == nil {
			b.err = b.end()
		}
		return 0, b.err
	}
	n, err := b.r.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// end reads the end of the record and of its gzip member. It returns io.EOF if both are right.
func (b *block) end() error {
	const end = "\r\n\r\n"
	rest, err := io.ReadAll(io.LimitReader(b.r, int64(len(end))+1))
	if err != nil {
		return err
	}
	if string(rest) != end {
		return fmt.Errorf("warc: a record ends with %q", rest)
	}
	return io.EOF
}

// A Reader reads the records of an object in order.
type Reader struct {
	src *counter
	z   *gzip.Reader
	rec *Record
}

// NewReader returns a reader of the object.
func NewReader(object io.Reader) *Reader {
	return &Reader{src: &counter{b: bufio.NewReader(object)}}
}

// Offset returns the position of the first byte that was not read: before Next, the offset of the
// next record if the payload of the last one was read to its end.
func (r *Reader) Offset() int64 { return r.src.n }

// Next reads the next record. It discards what was not read of the payload of the one before, and
// returns io.EOF at the end of the object.
func (r *Reader) Next() (*Record, error) {
	if r.rec != nil {
		if _, err := io.Copy(io.Discard, r.rec.Payload); err != nil {
			return nil, err
		}
	}
	if _, err := r.src.b.Peek(1); err != nil {
		return nil, err
	}
	if r.z == nil {
		r.z = new(gzip.Reader)
	}
	if err := r.z.Reset(r.src); err != nil {
		return nil, fmt.Errorf("warc: not a gzip member: %w", err)
	}
	var err error
	r.rec, err = readRecord(r.z)
	return r.rec, err
}

// A counter counts the bytes that are read. Since it is an io.ByteReader, a gzip.Reader reads no
// more than one member from it.
type counter struct {
	b *bufio.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.b.Read(p)
	c.n += int64(n)
	return n, err
}

func (c *counter) ReadByte() (byte, error) {
	b, err := c.b.ReadByte()
	if err == nil {
		c.n++
	}
	return b, err
}
