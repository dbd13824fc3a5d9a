// Package page reads what a crawl follows out of an answer: the links of a page and the
// URLs of a sitemap. It never fetches anything, and its time and memory are bounded by the
// length of what it reads.
package page

import (
	"bytes"
	"errors"
	"slices"
	"sync"

	"golang.org/x/net/html"
	"golang.org/x/text/encoding"

	"github.com/inndx/runs/internal/weburl"
)

// maxToken bounds a tag, a comment or a script. It bounds the memory that a tag of nothing
// but attributes takes, which is a multiple of its length.
const maxToken = 2 << 20

// maxWork bounds the bytes of the links of one page, each with the base that it is relative to. It
// bounds what they take in memory and, as a link of a few bytes is resolved by a base of two
// thousand, in time.
const maxWork = 64 << 20

// maxLong bounds the links of one page that are too long and nevertheless told.
const maxLong = 100

// A Document is an answer whose links are wanted.
type Document struct {
	URL         weburl.URL // that it was fetched from
	ContentType string     // header values, joined by commas; when they say nothing the body is looked at
	RobotsTags  []string   // values of the X-Robots-Tag header
	Link        []string   // values of the Link header
	Refresh     []string   // values of the Refresh header
	Product     string     // of the crawler, in lower case, by which robots directives call it
	Body        []byte
	// TooLong, if it is not nil, is called with the beginning of each of the first hundred
	// different links that exceed weburl.MaxLength; see weburl.URL.Beginning.
	TooLong func(beginning string)
}

// Info says what became of a document's links.
type Info struct {
	HTML       bool // whether the document is HTML; nothing else has links but those of its header
	NoFollow   bool // the document asks that its links not be followed: none was added
	TooMany    bool // the links have too many bytes together; those behind were left out
	Truncated  bool // a single tag or script was too long to read on
	Links      int  // links added, every repetition counted
	NoFollowed int  // links left out for rel=nofollow
	TooLong    int  // links left out because they exceed weburl.MaxLength
	Invalid    int  // links left out because they are no http or https URL
}

// Links calls add with the URL of every link of a document, in order and as often as it stands
// there. Those of the header come first: the links of Link headers (RFC 8288) that lead to
// another page, and the refresh of Refresh headers. The body has links when it is HTML:
// a, area, iframe and frame elements, link elements that lead to another page, and the
// refresh of a meta element.
//
// The relations that lead to another page are canonical, next, prev, previous, and alternate
// unless it is a style sheet or has another media type than HTML, as feeds have. Other
// relations name parts of the page, other formats, or what is for programs. A link of a
// header that says of another resource than the document (anchor) is not taken.
//
// Links respects the base element, rel=nofollow, and nofollow among the robots directives of
// header and meta elements. What does not lead to a page for people, such as images, scripts,
// style sheets and forms, is no link.
func Links(doc Document, add func(weburl.URL)) Info {
	mediaType := contentType(doc.ContentType)
	isHTML := htmlTypes[mediaType.essence] || unknownTypes[mediaType.essence] && looksLikeHTML(doc.Body)
	if !isHTML && len(doc.Link)+len(doc.Refresh) == 0 {
		return Info{}
	}
	if NoFollow(doc.RobotsTags, doc.Product) {
		return Info{HTML: isHTML, NoFollow: true}
	}
	x := extractors.Get().(*extractor)
	defer x.release()
	x.product = doc.Product
	x.base = doc.URL
	x.headerLinks(doc)
	if x.info.HTML = isHTML; isHTML {
		x.body(doc, mediaType)
	}
	if x.info.NoFollow {
		return Info{HTML: true, NoFollow: true, Truncated: x.info.Truncated}
	}
	for _, u := range x.links {
		add(u)
	}
	if doc.TooLong != nil {
		for _, beginning := range x.long {
			doc.TooLong(beginning)
		}
	}
	x.info.Links = len(x.links)
	return x.info
}

// An extractor reads one document.
type extractor struct {
	base      weburl.URL // what links are relative to
	hasBase   bool       // a base element was seen
	product   string
	charset   htmlEncoding
	certain   bool              // no meta element changes the charset
	encoding  encoding.Encoding // of queries, nil when it is UTF-8
	xhtml     bool
	templates int // open template elements, whose content is not part of the page
	open      openElements
	name      []byte // of the tag at hand
	found
	before found // in the header
	attrs  attributes
	src    bytes.Reader
}

// found is what was found in a document so far.
type found struct {
	links []weburl.URL
	long  []string // beginnings of links that are too long
	work  int      // see maxWork
	info  Info
}

var extractors = sync.Pool{New: func() any { return new(extractor) }}

func (x *extractor) release() {
	clear(x.links)
	clear(x.open[:cap(x.open)])
	*x = extractor{found: found{links: x.links[:0]}, open: x.open[:0], name: x.name[:0]}
	if cap(x.links) <= 1<<12 && cap(x.name) <= 1<<10 {
		extractors.Put(x)
	}
}

// body reads the body of an HTML document.
func (x *extractor) body(doc Document, t mediaType) {
	x.xhtml = t.essence == xhtmlType
	x.charset, x.certain = encodingOf(t.charset, doc.Body)
	x.before = x.found
	body, decoded := doc.Body, ""
	for again := true; again; {
		if x.charset.name != decoded {
			body, decoded = x.charset.toUTF8(doc.Body), x.charset.name
			x.base, x.hasBase = doc.URL, false
		}
		x.found, x.encoding = x.before, x.charset.query()
		x.templates, x.open = 0, x.open[:0]
		again = x.read(body)
	}
}

// read reads the document. It stops and reports true when it must be read again, because
// a base element changes the meaning of links that were read before it, or a meta element
// says that the document was decoded wrongly. Each happens once.
func (x *extractor) read(body []byte) (again bool) {
	x.src.Reset(body)
	z := html.NewTokenizer(&x.src)
	z.SetMaxBuf(maxToken)
	z.AllowCDATA(x.xhtml)
	for {
		switch tt := z.Next(); tt {
		case html.ErrorToken:
			x.info.Truncated = z.Err() == html.ErrBufferExceeded
			return false
		case html.StartTagToken, html.SelfClosingTagToken:
			selfClosing := tt == html.SelfClosingTagToken
			if selfClosing && x.xhtml { // in HTML such elements have content
				z.NextIsNotRawText()
			}
			if raw := z.Raw(); (len(x.open) > 0 || matters(raw)) && x.startTag(z, x.tagName(raw[len("<"):]), selfClosing) {
				return true
			}
		case html.EndTagToken:
			if len(x.open) > 0 || x.templates > 0 {
				x.endTag(z, x.tagName(z.Raw()[len("</"):]))
			}
		}
	}
}

// matters reports whether startTag may know a tag outside of foreign content, by its first
// letters: to look at every name would cost more than all else that is done about a tag.
func matters(raw []byte) bool {
	c := raw[1] | 0x20
	return letters[c] || c == 's' && raw[2]|0x20 == 'v'
}

var letters = func() (m [256]bool) {
	for _, letter := range "ablfimnt" {
		m[letter] = true
	}
	return m
}()

// tagName returns the name that a tag begins with, in lower case. It is valid until the next
// call.
func (x *extractor) tagName(tag []byte) []byte {
	name := x.name[:0]
	for _, c := range tag {
		switch c {
		case ' ', '\t', '\n', '\f', '\r', '/', '>':
			x.name = name
			return name
		}
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		name = append(name, c)
	}
	x.name = name
	return name
}

// The attributes that matter, as of one tag. The slices are valid until the next token.
type attributes struct {
	href, src, rel, typ, name, content, httpEquiv, charset, xlinkHref, encoding []byte

	anchor                                    []byte // of a Link header
	hasHref, hasSrc, hasXlinkHref, shadowRoot bool
	fontStyle                                 bool // a font element has one of the attributes that only HTML's has
}

func (a *attributes) read(z *html.Tokenizer) {
	*a = attributes{}
	for more := true; more; {
		var key, val []byte
		key, val, more = z.TagAttr()
		switch string(key) {
		case "href":
			a.href, a.hasHref = val, true
		case "xlink:href": // links of SVG images
			a.xlinkHref, a.hasXlinkHref = val, true
		case "src":
			a.src, a.hasSrc = val, true
		case "rel":
			a.rel = val
		case "type":
			a.typ = val
		case "name":
			a.name = val
		case "content":
			a.content = val
		case "http-equiv":
			a.httpEquiv = val
		case "charset":
			a.charset = val
		case "encoding":
			a.encoding = val
		case "color", "face", "size":
			a.fontStyle = true
		case "shadowrootmode":
			a.shadowRoot = true
		}
	}
}

// knowsAttributes are the elements of which attributes matter.
var knowsAttributes = set("a area link iframe frame base meta template font annotation-xml")

// startTag reads one start tag.
func (x *extractor) startTag(z *html.Tokenizer, name []byte, selfClosing bool) (again bool) {
	a := &x.attrs
	if knowsAttributes[string(name)] {
		a.read(z)
	}
	isHTML, isSVG := true, false
	if len(x.open) > 0 || htmlKind(name) != htmlElement {
		isHTML, isSVG = x.open.start(name, a, selfClosing, x.xhtml)
		z.AllowCDATA(x.xhtml || x.open.top() != htmlElement)
	}
	if !isHTML {
		z.NextIsNotRawText()
		if string(name) == "a" && x.templates == 0 {
			x.foreignLink(a, isSVG)
		}
		return false
	}
	if string(name) == "noscript" {
		// The crawler runs no scripts, so to it this is content.
		z.NextIsNotRawText()
		return false
	}
	if string(name) == "template" {
		if !(x.xhtml && selfClosing) && (!a.shadowRoot || x.templates > 0) {
			x.templates++
		}
		return false
	}
	if x.templates > 0 {
		return false
	}
	switch string(name) {
	case "a", "area":
		if a.hasHref {
			x.link(a.href, a.rel)
		}
	case "link":
		if a.hasHref && leadsToPage(a) {
			x.link(a.href, a.rel)
		}
	case "iframe", "frame":
		if a.hasSrc {
			x.link(a.src, nil)
		}
	case "meta":
		return x.meta(a)
	case "base":
		return a.hasHref && x.setBase(a.href)
	}
	return false
}

// foreignLink adds the link of an a element of SVG or MathML. Only SVG has links that XLink
// gives.
func (x *extractor) foreignLink(a *attributes, isSVG bool) {
	switch {
	case a.hasHref:
		x.link(a.href, a.rel)
	case a.hasXlinkHref && isSVG:
		x.link(a.xlinkHref, a.rel)
	}
}

// endTag reads one end tag, inside foreign content or a template element.
func (x *extractor) endTag(z *html.Tokenizer, name []byte) {
	isHTML := true
	if len(x.open) > 0 {
		isHTML = x.open.end(name, x.templates > 0)
	}
	if isHTML && x.templates > 0 && string(name) == "template" {
		x.templates--
	}
	z.AllowCDATA(x.xhtml || x.open.top() != htmlElement)
}

// leadsToPage reports whether a link element or header leads to another page. An alternate of another
// type is a feed or the like.
func leadsToPage(a *attributes) bool {
	switch {
	case hasWord(a.rel, "canonical"), hasWord(a.rel, "next"), hasWord(a.rel, "prev"), hasWord(a.rel, "previous"):
		return true
	case hasWord(a.rel, "alternate") && !hasWord(a.rel, "stylesheet"):
		return len(a.typ) == 0 || htmlTypes[contentType(string(a.typ)).essence]
	}
	return false
}

// link adds the link ref unless rel forbids it.
func (x *extractor) link(ref, rel []byte) {
	if hasWord(rel, "nofollow") {
		x.info.NoFollowed++
		return
	}
	if x.work += len(x.base.String()) + len(ref); x.work > maxWork {
		x.info.TooMany = true
		return
	}
	if x.encoding != nil {
		ref = encodeQuery(x.encoding, ref)
	}
	switch u, err := x.base.ResolveBytes(ref); {
	case err == nil:
		x.links = append(x.links, u)
	case errors.Is(err, weburl.ErrTooLong):
		x.info.TooLong++
		if len(x.long) < maxLong {
			if b := x.base.Beginning(string(ref)); b != "" && !slices.Contains(x.long, b) {
				x.long = append(x.long, b)
			}
		}
	default:
		x.info.Invalid++
	}
}

// setBase takes the first base element's URL for what links are relative to, as HTML says.
// It reports whether links were read before it.
func (x *extractor) setBase(ref []byte) (again bool) {
	if x.hasBase {
		return false
	}
	x.hasBase = true
	base, err := x.base.ResolveBytes(ref)
	if err != nil || base == x.base {
		return false
	}
	x.base = base
	return len(x.links) > len(x.before.links) || x.info != x.before.info
}

// meta reads the encoding, the robots directives and the refresh of a meta element. It reports
// whether the document has another encoding than it was decoded by.
func (x *extractor) meta(a *attributes) (again bool) {
	if !x.certain {
		if e, ok := metaEncoding(a); ok {
			again = e.name != x.charset.name
			x.charset, x.certain = e, true
		}
	}
	if bytes.EqualFold(a.name, []byte("robots")) ||
		x.product != "" && bytes.EqualFold(a.name, []byte(x.product)) {
		x.info.NoFollow = x.info.NoFollow || forbidsFollow(string(a.content))
	}
	if bytes.EqualFold(a.httpEquiv, []byte("refresh")) {
		if ref, ok := refreshURL(a.content); ok {
			x.link(ref, nil)
		}
	}
	return again
}

// refreshURL returns the URL of a refresh as the HTML standard's shared declarative refresh
// steps find it: behind a number of seconds and a separator. It may follow "url=" and stand in
// quotes. A refresh of the page itself has none.
func refreshURL(content []byte) ([]byte, bool) {
	const space = " \t\r\n\f"
	time := bytes.TrimLeft(content, space)
	s := bytes.TrimLeft(time, "0123456789.")
	if len(s) == len(time) || len(s) == 0 || !isSeparator(s[0]) && s[0] != ';' {
		return nil, false
	}
	if s = bytes.TrimLeft(s, space); len(s) > 0 && (s[0] == ';' || s[0] == ',') {
		s = bytes.TrimLeft(s[1:], space)
	}
	if len(s) == 0 {
		return nil, false
	}
	if s[0]|0x20 == 'u' {
		if len(s) < 3 || !bytes.EqualFold(s[:3], []byte("url")) {
			return s, true
		}
		after, ok := bytes.CutPrefix(bytes.TrimLeft(s[3:], space), []byte("="))
		if !ok {
			return s, true
		}
		s = bytes.TrimLeft(after, space)
	}
	if len(s) > 0 && (s[0] == '"' || s[0] == '\'') {
		s, _, _ = bytes.Cut(s[1:], s[:1])
	}
	return s, true
}

// hasWord reports whether the lower-case word is one of those in list, whatever their case.
// Spaces separate words, and commas, which people write although HTML does not know them.
func hasWord(list []byte, word string) bool {
	for len(list) >= len(word) {
		for len(list) > 0 && isSeparator(list[0]) {
			list = list[1:]
		}
		end := 0
		for end < len(list) && !isSeparator(list[end]) {
			end++
		}
		if end == len(word) && bytes.EqualFold(list[:end], []byte(word)) {
			return true
		}
		list = list[end:]
	}
	return false
}

func isSeparator(c byte) bool {
	return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r' || c == ','
}
