package page

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/klauspost/compress/gzip"
)

// The bounds of a sitemap. Its size and the number of its URLs are those of the protocol
// (sitemaps.org); nothing behind them is read.
const (
	MaxSitemapBytes = 50 << 20
	MaxSitemapURLs  = 50_000

	sitemapBuffer   = 32 << 10      // where format and encoding are looked for; bounds a line and a tag
	maxSitemapEntry = sitemapBuffer // in bytes, as it is written
)

// The reasons why a sitemap is not read, or not wholly.
var (
	ErrNotSitemap       = errors.New("the document is no sitemap")
	ErrSitemapTooLarge  = errors.New("the sitemap is larger than 50 MiB")
	ErrSitemapTooMany   = errors.New("the sitemap has more than 50,000 URLs")
	ErrSitemapTruncated = errors.New("the sitemap ends early")
	ErrSitemapBroken    = errors.New("the sitemap's compression is damaged")
	ErrSitemapSkipped   = errors.New("the sitemap has entries that are not URLs")
)

// A SitemapError says what of a sitemap was not read. What could be read has been added.
// errors.Is finds each of its reasons.
type SitemapError struct {
	// Reasons are those of ErrNotSitemap, ErrSitemapTooLarge, ErrSitemapTooMany,
	// ErrSitemapTruncated, ErrSitemapBroken and ErrSitemapSkipped that hold, each at most
	// once. There is at least one, and the first one is the most serious.
	Reasons []error
	// Skipped counts the entries that were not added because they are not URLs: lines of a
	// text sitemap that begin with neither http:// nor https://, except blank lines and
	// comments (#), and entries longer than 32 KiB. A loc that is not a valid URL is added as
	// it is written, and not counted.
	Skipped int
}

// Error returns the reasons in one line.
func (e *SitemapError) Error() string {
	s := make([]string, len(e.Reasons))
	for i, reason := range e.Reasons {
		s[i] = reason.Error()
		if reason == ErrSitemapSkipped {
			s[i] = fmt.Sprintf("%v: %d", reason, e.Skipped)
		}
	}
	return strings.Join(s, "; ")
}

// Unwrap returns the reasons.
func (e *SitemapError) Unwrap() []error { return e.Reasons }

// Sitemap calls add with every URL that a sitemap lists, in order. A sitemap is one of
//
//   - a urlset;
//   - a sitemapindex, whose URLs are those of sitemaps, and are added with isIndex;
//   - an RSS or Atom feed, of which the page of each entry counts: an item's link, or else
//     its alternate atom:link, or else the guid that is a permanent link; an entry's
//     alternate links;
//   - plain text with one URL a line, which may end in LF, CR or both.
//
// Each may be gzipped, and may be UTF-8, UTF-16 with or without a byte order mark, or, if it
// is XML, what its declaration names. XML need not be well-formed: characters that XML
// forbids, markup that is not escaped, missing tags, upper-case names and text around it lose
// no URL. Entities other than those of XML itself are not expanded, and nothing external is
// fetched.
//
// The URLs are passed as they are written. They may be relative to the URL of the sitemap; in
// feeds that is allowed.
//
// Sitemap stops when add returns false, which is not an error. Every error is a *SitemapError,
// which says what was not read.
func Sitemap(body []byte, add func(loc string, isIndex bool) bool) error {
	s := &sitemapReader{add: add}
	reason := s.read(body)
	if reason != nil && s.count == 0 && !s.known {
		s.fail(ErrNotSitemap)
		s.skipped = 0
	}
	s.fail(reason)
	if s.skipped > 0 {
		s.fail(ErrSitemapSkipped)
	}
	if len(s.reasons) == 0 {
		return nil
	}
	return &SitemapError{Reasons: s.reasons, Skipped: s.skipped}
}

// A sitemapReader reads one sitemap.
type sitemapReader struct {
	add     func(loc string, isIndex bool) bool
	count   int
	done    bool // no more is wanted
	known   bool // a sitemap's root element was seen
	reasons []error
	skipped int
}

func (s *sitemapReader) fail(reason error) {
	if reason != nil && !slices.Contains(s.reasons, reason) {
		s.reasons = append(s.reasons, reason)
	}
}

// found adds a URL. It stops the reading when there are too many.
func (s *sitemapReader) found(loc string, isIndex bool) {
	switch loc = strings.TrimSpace(loc); {
	case loc == "" || s.done:
	case s.count == MaxSitemapURLs:
		s.done = true
		s.fail(ErrSitemapTooMany)
	default:
		s.count++
		s.done = !s.add(loc, isIndex)
	}
}

func (s *sitemapReader) read(body []byte) error {
	file := bytes.NewReader(body)
	var src io.Reader = file
	if bytes.HasPrefix(body, gzipMagic) {
		zr, err := gzip.NewReader(file)
		if err != nil {
			return reasonOf(err)
		}
		defer zr.Close()
		zr.Multistream(false)
		src = &gzipMembers{zr, file, body}
	}
	in := bufio.NewReaderSize(&boundedReader{r: src, left: MaxSitemapBytes}, sitemapBuffer)
	bom, _ := in.Peek(4)
	if name, _ := utf16Of(bom); name != "" {
		e, _ := lookUp(name)
		in = bufio.NewReaderSize(e.NewDecoder().Reader(in), sitemapBuffer)
	}
	head, _ := in.Peek(sitemapBuffer)
	if !looksLikeXML(head) {
		return s.readText(in)
	}
	x := &xmlSitemap{sitemapReader: s, names: map[string]string{}}
	x.in = bufio.NewReaderSize(declaredEncoding(head, in), sitemapBuffer)
	return x.read()
}

// xmlStart finds a tag or a declaration that a sitemap in XML begins with. Text may stand
// before it, such as a warning of the program that made the sitemap.
var xmlStart = regexp.MustCompile(`(?i)<(?:\?xml|!--|!doctype|(?:[a-z_][\w.-]*:)?(?:urlset|sitemapindex|url|sitemap|rss|rdf|channel|item|feed|entry))[\s/>-]`)

func looksLikeXML(head []byte) bool {
	head = bytes.TrimSpace(bytes.TrimPrefix(head, []byte("\ufeff")))
	return bytes.HasPrefix(head, []byte("<")) || xmlStart.Match(head)
}

var xmlEncoding = regexp.MustCompile(`(?i)<\?xml\s[^>]*?\bencoding\s*=\s*["']?([\w.:-]+)`)

// declaredEncoding returns what decodes a document by its XML declaration. An encoding that
// does not exist, or that the declaration could not be read in, is taken for UTF-8.
func declaredEncoding(head []byte, in io.Reader) io.Reader {
	if bytes.HasPrefix(head, []byte("\ufeff")) {
		return in
	}
	m := xmlEncoding.FindSubmatch(head)
	if m == nil {
		return in
	}
	e, _ := lookUp(string(m[1]))
	if e.Encoding == nil || e.isUTF16() {
		return in
	}
	return e.NewDecoder().Reader(in)
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

var gzipMagic = []byte("\x1f\x8b")

// gzipMembers reads the members of a gzip file. Anything else behind a member is not read, as
// by gzip(1).
type gzipMembers struct {
	*gzip.Reader
	file *bytes.Reader // read exactly as far as the member at hand
	body []byte
}

func (g *gzipMembers) Read(p []byte) (int, error) {
	n, err := g.Reader.Read(p)
	if err != io.EOF || !bytes.HasPrefix(g.body[len(g.body)-g.file.Len():], gzipMagic) {
		return n, err
	}
	if err = g.Reset(g.file); err == nil {
		g.Multistream(false)
	}
	return n, err
}

// reasonOf makes what a reader says a reason of this package.
func reasonOf(err error) error {
	switch {
	case err == nil, err == io.EOF:
		return nil
	case errors.Is(err, ErrSitemapTooLarge):
		return ErrSitemapTooLarge
	case errors.Is(err, io.ErrUnexpectedEOF):
		return ErrSitemapTruncated
	}
	return ErrSitemapBroken
}

// readText reads one URL a line. A document without any is no sitemap.
func (s *sitemapReader) readText(in io.Reader) error {
	lines := bufio.NewReaderSize(&lineEnds{in}, sitemapBuffer)
	for !s.done {
		line, err := readLine(lines)
		line = strings.TrimSpace(strings.TrimPrefix(line, "\ufeff"))
		switch reason := reasonOf(err); {
		case reason != nil: // of the line, too, the end may be missing
			return reason
		case isHTTP(line):
			s.found(line, false)
		case line != "" && line[0] != '#':
			s.skipped++
		}
		if err == io.EOF && s.count == 0 {
			return ErrNotSitemap
		}
		if err == io.EOF {
			return nil
		}
	}
	return nil
}

// lineEnds makes every carriage return a line feed.
type lineEnds struct{ r io.Reader }

func (l *lineEnds) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	for i := range p[:n] {
		if p[i] == '\r' {
			p[i] = '\n'
		}
	}
	return n, err
}

// readLine reads a line. For a line longer than the reader's buffer, which cannot be a URL, it
// returns other text.
func readLine(in *bufio.Reader) (string, error) {
	line, err := in.ReadSlice('\n')
	if err != bufio.ErrBufferFull {
		return string(line), err
	}
	for err == bufio.ErrBufferFull {
		_, err = in.ReadSlice('\n')
	}
	return "too long", err
}

func isHTTP(s string) bool {
	scheme, _, ok := strings.Cut(s, "://")
	return ok && (strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https"))
}
