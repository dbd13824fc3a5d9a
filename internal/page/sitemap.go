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

// The bounds of a sitemap. The bounds of its decompressed bytes and of its URLs are those of the
// protocol (sitemaps.org). The rest is not read.
const (
	MaxSitemapBytes = 50 << 20
	MaxSitemapURLs  = 50_000

	sitemapBuffer   = 32 << 10      // bounds a line, a tag, and the search for format and encoding
	maxSitemapEntry = sitemapBuffer // in bytes, as written
)

// The reasons why a sitemap is not read completely.
var (
	ErrNotSitemap       = errors.New("the document is not a sitemap")
	ErrSitemapTooLarge  = errors.New("the sitemap is larger than 50 MiB")
	ErrSitemapTooMany   = errors.New("the sitemap has more than 50,000 URLs")
	ErrSitemapTruncated = errors.New("the sitemap ends early")
	ErrSitemapBroken    = errors.New("the sitemap's compression is damaged")
	ErrSitemapSkipped   = errors.New("the sitemap has entries that are not URLs")
)

// A SitemapError says why parts of a sitemap were not read. The URLs of the other parts were added.
// errors.Is reports each of its reasons.
type SitemapError struct {
	// Reasons are one or more of ErrNotSitemap, ErrSitemapTooLarge, ErrSitemapTooMany,
	// ErrSitemapTruncated, ErrSitemapBroken and ErrSitemapSkipped, each at most once. The first one
	// is the most serious.
	Reasons []error
	// Skipped counts the entries that were not added because they are not URLs: lines of a text
	// sitemap that begin with neither http:// nor https://, except blank lines and comments (#),
	// and entries longer than 32 KiB. A loc that is not a valid URL is added as written, and not
	// counted.
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

// Sitemap calls add with every URL of a sitemap, in order. A sitemap is one of
//
//   - a urlset;
//   - a sitemapindex, whose URLs are those of other sitemaps and are added with isIndex;
//   - an RSS feed, with the URL of each item: its link, or else its alternate atom:link, or else
//     its guid if it is a permanent link;
//   - an Atom feed, with the alternate links of each entry;
//   - plain text with one URL in each line, which ends in LF, CR or both.
//
// A sitemap may be gzipped. It may be in UTF-8, in UTF-16 with or without a byte order mark, or, if
// it is XML, in the encoding that it declares. XML need not be well-formed: no URL is lost because
// of characters that XML forbids, unescaped markup, missing tags, upper-case names, or text around
// the XML. Only the predefined entities of XML are expanded, and nothing external is fetched.
//
// The URLs are passed as written. They may be relative to the URL of the sitemap, as feeds allow.
//
// Sitemap stops if add returns false, which is not an error. All errors are of type *SitemapError.
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
	done    bool // no more URLs are added
	known   bool // there was a root element of a sitemap
	reasons []error
	skipped int
}

func (s *sitemapReader) fail(reason error) {
	if reason != nil && !slices.Contains(s.reasons, reason) {
		s.reasons = append(s.reasons, reason)
	}
}

// found adds a URL. It stops the reading if there are too many.
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
	if !sniffXML(head) {
		return s.readText(in)
	}
	x := &xmlSitemap{sitemapReader: s, names: map[string]string{}}
	x.in = bufio.NewReaderSize(declaredEncoding(head, in), sitemapBuffer)
	return x.read()
}

// xmlStart finds a tag or a declaration at the beginning of a sitemap in XML. There may be text
// before it, such as a warning of the program that generated the sitemap.
var xmlStart = regexp.MustCompile(`(?i)<(?:\?xml|!--|!doctype|(?:[a-z_][\w.-]*:)?(?:urlset|sitemapindex|url|sitemap|rss|rdf|channel|item|feed|entry))[\s/>-]`)

// sniffXML reports whether a sitemap is XML, by its first bytes.
func sniffXML(head []byte) bool {
	head = bytes.TrimSpace(bytes.TrimPrefix(head, []byte("\ufeff")))
	return bytes.HasPrefix(head, []byte("<")) || xmlStart.Match(head)
}

var xmlEncoding = regexp.MustCompile(`(?i)<\?xml\s[^>]*?\bencoding\s*=\s*["']?([\w.:-]+)`)

// declaredEncoding returns a reader that decodes a document by its XML declaration. An encoding
// that does not exist, or in which the declaration could not have been read, counts as UTF-8.
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

// A boundedReader returns ErrSitemapTooLarge after left bytes.
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

// gzipMembers reads the members of a gzip file. Like gzip(1), it ignores anything else after a
// member.
type gzipMembers struct {
	*gzip.Reader
	file *bytes.Reader // at the end of the current member
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

// reasonOf returns the reason for the error of a reader.
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

// readText reads one URL from each line. A document without URLs is not a sitemap.
func (s *sitemapReader) readText(in io.Reader) error {
	lines := bufio.NewReaderSize(&lineEnds{in}, sitemapBuffer)
	for !s.done {
		line, err := readLine(lines)
		line = strings.TrimSpace(strings.TrimPrefix(line, "\ufeff"))
		switch reason := reasonOf(err); {
		case reason != nil: // the end of the line may be missing
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

// lineEnds turns every carriage return into a line feed.
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

// readLine reads a line. It returns other text for a line longer than the buffer, which cannot be a
// URL.
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
