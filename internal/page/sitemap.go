package page

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"
	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding/unicode"
)

// The bounds of a sitemap. Its size and the number of its URLs are those of the protocol
// (sitemaps.org); nothing behind them is read.
const (
	MaxSitemapBytes = 50 << 20
	MaxSitemapURLs  = 50_000

	maxXMLToken = 256 << 10 // bounds the memory that one tag of many attributes takes
	maxXMLDepth = 64
	bufferSize  = 32 << 10
)

// utf16 decodes a document that begins with a byte order mark.
var utf16 = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)

// The reasons why a sitemap is not read, or not to its end.
var (
	ErrNotSitemap      = errors.New("the document is no sitemap")
	ErrSitemapTooLarge = errors.New("the sitemap is larger than 50 MiB")
	ErrSitemapTooMany  = errors.New("the sitemap has more than 50,000 URLs")
	ErrSitemapBroken   = errors.New("the sitemap is not well-formed")
)

// Sitemap calls add with every URL that a sitemap lists, in order: a urlset, a sitemapindex,
// whose URLs are those of sitemaps, or plain text with one URL a line; each may be gzipped.
// The URLs are as written there. It stops, with no error, when add returns false. An error
// says why the rest was not read; what could be read has been added by then. Entities other
// than those of XML itself are not expanded, and nothing external is fetched.
func Sitemap(body []byte, add func(loc string, isIndex bool) bool) error {
	var src io.Reader = bytes.NewReader(body)
	if bytes.HasPrefix(body, []byte("\x1f\x8b")) {
		zr, err := gzip.NewReader(src)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrSitemapBroken, err)
		}
		defer zr.Close()
		src = zr
	}
	in := bufio.NewReaderSize(&boundedReader{r: src, left: MaxSitemapBytes}, bufferSize)
	if bom, _ := in.Peek(2); string(bom) == "\xff\xfe" || string(bom) == "\xfe\xff" {
		in = bufio.NewReaderSize(utf16.NewDecoder().Reader(in), bufferSize)
	}
	count := 0
	counted := func(loc string, isIndex bool) (bool, error) {
		if count++; count > MaxSitemapURLs {
			return false, ErrSitemapTooMany
		}
		return add(loc, isIndex), nil
	}
	head, _ := in.Peek(1 << 10)
	head = bytes.TrimSpace(bytes.TrimPrefix(head, []byte("\ufeff")))
	if bytes.HasPrefix(head, []byte("<")) {
		return xmlSitemap(in, counted)
	}
	return textSitemap(in, counted)
}

// A boundedReader ends with ErrSitemapTooLarge after its last byte.
type boundedReader struct {
	r    io.Reader
	left int64
}

func (b *boundedReader) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, ErrSitemapTooLarge
	}
	n, err := b.r.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// textSitemap reads one URL a line. A document without any is no sitemap.
func textSitemap(in *bufio.Reader, add func(string, bool) (bool, error)) error {
	found := false
	for {
		line, err := readLine(in)
		line = strings.TrimSpace(strings.TrimPrefix(line, "\ufeff"))
		if isHTTP(line) {
			found = true
			if more, err := add(line, false); !more || err != nil {
				return err
			}
		}
		switch {
		case err == io.EOF && !found:
			return ErrNotSitemap
		case err == io.EOF:
			return nil
		case err != nil:
			return broken(err)
		}
	}
}

// readLine reads a line. Of one that is longer than the reader's buffer, which no URL is,
// it returns nothing.
func readLine(in *bufio.Reader) (string, error) {
	line, err := in.ReadSlice('\n')
	if err != bufio.ErrBufferFull {
		return string(line), err
	}
	for err == bufio.ErrBufferFull {
		_, err = in.ReadSlice('\n')
	}
	return "", err
}

func isHTTP(s string) bool {
	scheme, _, ok := strings.Cut(s, "://")
	return ok && (strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https"))
}

// broken makes what a reader or the XML decoder says an error of this package.
func broken(err error) error {
	if errors.Is(err, ErrSitemapTooLarge) {
		return ErrSitemapTooLarge
	}
	return fmt.Errorf("%w: %w", ErrSitemapBroken, err)
}

// A tokenReader fails when a single XML token is longer than maxXMLToken. It is an
// io.ByteReader, so that the decoder reads no further than its token.
type tokenReader struct {
	in   *bufio.Reader
	left int
}

var errLongToken = errors.New("a tag, comment or text is longer than 256 KiB")

func (t *tokenReader) ReadByte() (byte, error) {
	if t.left--; t.left < 0 {
		return 0, errLongToken
	}
	return t.in.ReadByte()
}

func (t *tokenReader) Read(p []byte) (int, error) {
	if t.left <= 0 {
		return 0, errLongToken
	}
	n, err := t.in.Read(p[:min(len(p), t.left)])
	t.left -= n
	return n, err
}

// xmlSitemap reads a urlset or a sitemapindex. Names count without their namespace, for
// sitemaps are careless with it; loc counts only right inside url or sitemap, for
// extensions have elements of that name, too.
func xmlSitemap(in *bufio.Reader, add func(string, bool) (bool, error)) error {
	src := &tokenReader{in: in}
	dec := xml.NewDecoder(src)
	dec.Strict = false // an ampersand in a URL is often not escaped
	dec.CharsetReader = charsetReader
	var path []string
	var loc strings.Builder
	for {
		src.left = maxXMLToken
		token, err := dec.RawToken()
		switch {
		case err == io.EOF && len(path) == 0:
			return ErrNotSitemap
		case err == io.EOF:
			return broken(io.ErrUnexpectedEOF)
		case err != nil:
			return broken(err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			path = append(path, t.Name.Local)
			if len(path) == 1 && path[0] != "urlset" && path[0] != "sitemapindex" {
				return ErrNotSitemap
			}
			if len(path) > maxXMLDepth {
				return fmt.Errorf("%w: elements nest deeper than %d", ErrSitemapBroken, maxXMLDepth)
			}
			loc.Reset()
		case xml.CharData:
			if isLoc(path) && loc.Len() < maxXMLToken {
				loc.Write(t)
			}
		case xml.EndElement:
			if s := strings.TrimSpace(loc.String()); isLoc(path) && s != "" {
				if more, err := add(s, path[0] == "sitemapindex"); !more || err != nil {
					return err
				}
			}
			loc.Reset()
			if path = closeElement(path, t.Name.Local); len(path) == 0 {
				return nil
			}
		}
	}
}

// charsetReader decodes the encoding that an XML declaration names. UTF-16 has been decoded
// by then, as the declaration itself could not be read otherwise.
func charsetReader(label string, in io.Reader) (io.Reader, error) {
	if strings.HasPrefix(strings.ToLower(label), "utf-16") {
		return in, nil
	}
	return charset.NewReaderLabel(label, in)
}

// isLoc reports whether path leads to the element that holds a URL.
func isLoc(path []string) bool {
	if len(path) != 3 || path[2] != "loc" {
		return false
	}
	return path[0] == "urlset" && path[1] == "url" || path[0] == "sitemapindex" && path[1] == "sitemap"
}

// closeElement returns path without the innermost element of that name and what is inside
// it. An end tag without start tag changes nothing.
func closeElement(path []string, name string) []string {
	for i := len(path) - 1; i >= 0; i-- {
		if path[i] == name {
			return path[:i]
		}
	}
	return path
}
