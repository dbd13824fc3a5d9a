package page

import (
	"bufio"
	"bytes"
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxSitemapNesting bounds the open elements that are kept in mind. A sitemap has five.
const maxSitemapNesting = 64

// An xmlSitemap reads a sitemap in XML. Many sitemaps are not well-formed, so it treats what it
// does not know as text, and infers missing tags from the names of elements. It has its own
// scanner: an XML decoder stops at the first error, and an HTML tokenizer joins an unescaped <
// and the tag behind it.
type xmlSitemap struct {
	*sitemapReader
	in    *bufio.Reader
	names map[string]string // so that a name is stored once
	path  []element         // open elements, from the root element on
	entry feedEntry

	holding holding
	raw     []byte // text that is not decoded yet
	text    strings.Builder
	long    bool // text was cut
}

// An element is an open element. Sitemaps are careless with namespaces, so prefixes count as
// they are written.
type element struct{ prefix, name string }

// A feedEntry is what was read of an item of an RSS feed.
type feedEntry struct {
	hasLink         bool
	alternate, guid string // stand for a link that is missing
}

// holding says what the text at hand is.
type holding int

const (
	nothing holding = iota
	pageURL
	sitemapURL
	feedLink
	feedGUID
)

// sitemapRoots are the root elements of sitemaps, with the elements that are their entries.
// The name of an entry decides what its URL is, for some indexes have pages in them.
var sitemapRoots = map[string][]string{
	"urlset":       {"url", "sitemap"},
	"sitemapindex": {"url", "sitemap"},
	"rss":          {"item"},
	"channel":      {"item"},
	"rdf":          {"item"}, // RSS 1.0
	"feed":         {"entry"},
}

var sitemapEntries = set("url sitemap item entry")

// locOf says what a loc is by the element around it.
var locOf = map[string]holding{
	"url": pageURL, "urlset": pageURL, "sitemap": sitemapURL, "sitemapindex": sitemapURL,
}

func (x *xmlSitemap) read() error {
	for !x.done {
		b, err := x.window(1)
		if len(b) == 0 {
			return x.end(err)
		}
		switch lt := bytes.IndexByte(b, '<'); lt {
		case 0:
			if !x.markup() {
				return ErrNotSitemap
			}
		case -1:
			x.take(len(b), true)
		default:
			x.take(lt, true)
		}
	}
	return nil
}

// end says why the document ends where it does.
func (x *xmlSitemap) end(err error) error {
	reason := reasonOf(err)
	if len(x.path) > 0 {
		x.endEntry()
		if reason == nil {
			reason = ErrSitemapTruncated
		}
	}
	if reason == nil && !x.known && x.count == 0 {
		return ErrNotSitemap
	}
	return reason
}

// window returns what is buffered. That is at least n bytes, unless the document ends before
// or n exceeds the buffer; the error says which.
func (x *xmlSitemap) window(n int) (b []byte, err error) {
	if x.in.Buffered() < n {
		_, err = x.in.Peek(n)
	}
	b, _ = x.in.Peek(x.in.Buffered())
	return b, err
}

// take consumes n bytes, which are text when isText says so.
func (x *xmlSitemap) take(n int, isText bool) {
	if isText && x.holding != nothing {
		b, _ := x.in.Peek(n)
		x.raw = x.addText(x.raw, b)
	}
	x.in.Discard(n)
}

func (x *xmlSitemap) addText(dst, b []byte) []byte {
	if x.text.Len()+len(x.raw)+len(b) > maxSitemapEntry {
		x.long = true
		return dst
	}
	return append(dst, b...)
}

// markup consumes what begins with <. It reports false when the document is no sitemap.
func (x *xmlSitemap) markup() bool {
	b, _ := x.window(len("<!doctype html"))
	switch {
	case bytes.HasPrefix(b, []byte("<!--")):
		x.in.Discard(len("<!--"))
		x.until("-->", false)
		return true
	case bytes.HasPrefix(b, []byte("<![CDATA[")):
		x.in.Discard(len("<![CDATA["))
		x.cdata()
		return true
	case len(b) > 1 && (b[1] == '!' || b[1] == '?'):
		isHTML := len(b) >= len("<!doctype html") && bytes.EqualFold(b[:len("<!doctype html")], []byte("<!doctype html"))
		x.until(">", false)
		return x.known || !isHTML
	}
	tag, size := x.tag()
	if size == 0 { // it is text
		x.take(1, true)
		return true
	}
	defer x.in.Discard(size) // what tag holds is valid until then
	return x.apply(tag)
}

// cdata consumes the rest of a CDATA section. In a URL an end tag ends it, too, for its own end
// may be misspelt.
func (x *xmlSitemap) cdata() {
	if x.holding == nothing {
		x.until("]]>", false)
		return
	}
	x.decode() // what is before it; in it entities mean nothing
	for {
		b, err := x.window(len("]]>"))
		end := cdataEnd(b)
		if end < 0 && err == nil {
			x.take(len(b)-len("]]>")+1, true)
			continue
		}
		if end < 0 {
			end = len(b)
		}
		x.take(end, true)
		if bytes.HasPrefix(b[end:], []byte("]]>")) {
			x.in.Discard(len("]]>"))
		} else {
			x.raw = bytes.TrimRight(x.raw, "]>")
		}
		break
	}
	x.text.Write(x.raw)
	x.raw = x.raw[:0]
}

// cdataEnd returns the index of what ends a CDATA section in a URL, or -1.
func cdataEnd(b []byte) int {
	for i, c := range b {
		if c == ']' && bytes.HasPrefix(b[i:], []byte("]]>")) || c == '<' && bytes.HasPrefix(b[i:], []byte("</")) {
			return i
		}
	}
	return -1
}

// until consumes what stands before end, and end. The former is text when isText says so.
func (x *xmlSitemap) until(end string, isText bool) {
	for {
		b, _ := x.window(len(end))
		if i := bytes.Index(b, []byte(end)); i >= 0 {
			x.take(i, isText)
			x.in.Discard(len(end))
			return
		}
		if len(b) < len(end) {
			x.take(len(b), isText)
			return
		}
		x.take(len(b)-len(end)+1, isText)
	}
}

// tag returns what is between the brackets of the tag that the input begins with, and the size
// of the tag. The size is 0 when the input begins with an unescaped <, which is followed by
// another < before any >. To look no further than the next < also keeps the time linear.
func (x *xmlSitemap) tag() (inner []byte, size int) {
	for n := 2; ; n++ {
		b, err := x.window(n)
		if len(b) < 2 || b[1] != '/' && !beginsWithName(b[1:]) {
			return nil, 0
		}
		next := bytes.IndexByte(b[1:], '<')
		if next >= 0 {
			b = b[:1+next]
		}
		if end := tagEnd(b); end > 0 {
			return b[1:end], end + 1
		}
		switch {
		case next < 0 && err == nil:
			n = len(b) // and one more
			continue
		case b[1] == '/': // its closing bracket is missing
			return b[1:], len(b)
		}
		end := bytes.IndexByte(b, '>') // a quotation mark without its counterpart stands before it
		if end < 0 {
			return nil, 0
		}
		return b[1:end], end + 1
	}
}

// beginsWithName reports whether b begins with the name of an element, and that ends as in a
// tag.
func beginsWithName(b []byte) bool {
	for i, c := range b {
		switch {
		case 'a' <= c|0x20 && c|0x20 <= 'z', c == '_', c == ':', c >= utf8.RuneSelf:
		case '0' <= c && c <= '9', c == '-', c == '.':
			if i == 0 {
				return false
			}
		default:
			return i > 0 && strings.IndexByte(" \t\r\n/><", c) >= 0
		}
	}
	return true
}

// tagEnd returns the index of the closing bracket that is in no attribute's value, or -1.
func tagEnd(b []byte) int {
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '>':
			return i
		case '"', '\'':
			n := bytes.IndexByte(b[i+1:], b[i])
			if n < 0 {
				return -1
			}
			i += 1 + n
		}
	}
	return -1
}

// apply takes a tag into account. It reports false when the document is no sitemap.
func (x *xmlSitemap) apply(tag []byte) bool {
	x.finish()
	if tag[0] == '/' {
		x.endTag(x.element(tag[1:]))
		return true
	}
	e := x.element(tag)
	if e.name == "html" && !x.known {
		return false
	}
	if x.startTag(e, tag); tag[len(tag)-1] == '/' {
		x.finish()
		x.endTag(e)
	}
	return true
}

// element returns the element that a tag names. Names are in lower case.
func (x *xmlSitemap) element(tag []byte) element {
	if i := bytes.IndexAny(tag, " \t\r\n/"); i >= 0 {
		tag = tag[:i]
	}
	prefix, name, ok := bytes.Cut(tag, []byte(":"))
	if !ok {
		prefix, name = nil, tag
	}
	return element{x.name(prefix), x.name(name)}
}

func (x *xmlSitemap) name(b []byte) string {
	if s, ok := x.names[string(b)]; ok {
		return s
	}
	s := strings.ToLower(string(b))
	if len(x.names) < 256 && len(b) < 64 {
		x.names[string(b)] = s
	}
	return s
}

// startTag opens an element. An entry of the sitemap ends what is still open of the one
// before it.
func (x *xmlSitemap) startTag(e element, tag []byte) {
	_, isRoot := sitemapRoots[e.name]
	switch x.known = x.known || isRoot; {
	case isRoot:
	case len(x.path) > 0:
		if x.isEntry(e) {
			x.popTo(x.innermostRoot() + 1)
		}
	case !sitemapEntries[e.name]: // which count even if the root's tag is missing
		return
	}
	if len(x.path) == maxSitemapNesting {
		return
	}
	x.path = append(x.path, e)
	if len(x.path) > 1 {
		x.holding = x.holds(e, x.path[len(x.path)-2], tag)
	}
}

// isEntry reports whether e begins an entry of the open root element. Without a root element,
// entries are alike.
func (x *xmlSitemap) isEntry(e element) bool {
	root := x.path[0]
	if entries, ok := sitemapRoots[root.name]; ok {
		return slices.Contains(entries, e.name) && (e.prefix == "" || e.prefix == root.prefix)
	}
	return e == root
}

// innermostRoot returns the index of the innermost root element that is open, or -1.
func (x *xmlSitemap) innermostRoot() int {
	for i := len(x.path) - 1; i >= 0; i-- {
		if _, ok := sitemapRoots[x.path[i].name]; ok {
			return i
		}
	}
	return -1
}

// holds says what the text of e is. If e has its URL in an attribute, it is added.
func (x *xmlSitemap) holds(e, parent element, tag []byte) holding {
	plain := e.prefix == "" || e.prefix == parent.prefix // else it is an extension's, as image:loc is
	switch {
	case e.name == "loc" && plain:
		return locOf[parent.name]
	case e.name == "link" && (parent.name == "item" || parent.name == "entry"):
		href, ok := attribute(tag, "href")
		if !ok && plain {
			return feedLink
		}
		if rel, ok := attribute(tag, "rel"); ok && !isAlternate(rel) {
			return nothing
		}
		if parent.name == "entry" {
			x.found(href, false)
		} else if x.entry.alternate == "" {
			x.entry.alternate = href
		}
	case e.name == "guid" && parent.name == "item" && plain:
		if permanent, ok := attribute(tag, "isPermaLink"); !ok || permanent == "true" {
			return feedGUID
		}
	}
	return nothing
}

// isAlternate reports whether a link's relation is that of an entry to its page (RFC 4287,
// section 4.2.7.2).
func isAlternate(rel string) bool {
	return strings.TrimPrefix(rel, "http://www.iana.org/assignments/relation/") == "alternate"
}

// finish takes the text that was read for what it is.
func (x *xmlSitemap) finish() {
	if x.holding == nothing {
		return
	}
	x.decode()
	s := strings.TrimSpace(x.text.String())
	switch {
	case x.long:
		x.skipped++
	case x.holding == feedGUID && isHTTP(s):
		x.entry.guid = s
	case x.holding == feedLink && s != "":
		x.entry.hasLink = true
		x.found(s, false)
	case x.holding == pageURL, x.holding == sitemapURL:
		x.found(s, x.holding == sitemapURL)
	}
	x.holding, x.long = nothing, false
	x.text.Reset()
}

// endTag closes the innermost element of that name and what is inside it. An end tag without
// start tag changes nothing.
func (x *xmlSitemap) endTag(e element) {
	for i := len(x.path) - 1; i >= 0; i-- {
		if x.path[i] == e {
			x.popTo(i)
			return
		}
	}
}

// popTo closes all but n elements.
func (x *xmlSitemap) popTo(n int) {
	if slices.ContainsFunc(x.path[n:], func(e element) bool { return e.name == "item" }) {
		x.endEntry()
	}
	x.path = x.path[:n]
}

// endEntry adds what stands for the link of an item that has none.
func (x *xmlSitemap) endEntry() {
	if !x.entry.hasLink {
		x.found(cmp.Or(x.entry.alternate, x.entry.guid), false)
	}
	x.entry = feedEntry{}
}

// attribute returns the value of a tag's attribute.
func attribute(tag []byte, name string) (value string, ok bool) {
	const space = " \t\r\n/"
	_, rest, _ := cutAny(tag, space)
	for {
		rest = bytes.TrimLeft(rest, space)
		if len(rest) == 0 {
			return "", false
		}
		var key, val []byte
		key, rest, _ = cutAny(rest, space+"=")
		rest = bytes.TrimLeft(rest, space+"=")
		if len(rest) > 0 && (rest[0] == '"' || rest[0] == '\'') {
			val, rest, _ = bytes.Cut(rest[1:], rest[:1])
		} else {
			val, rest, _ = cutAny(rest, " \t\r\n")
		}
		if bytes.EqualFold(key, []byte(name)) {
			return strings.TrimSpace(string(appendUnescaped(nil, val))), true
		}
	}
}

// cutAny is like bytes.Cut for the first byte that is one of chars, which stays in after.
func cutAny(b []byte, chars string) (before, after []byte, found bool) {
	if i := bytes.IndexAny(b, chars); i >= 0 {
		return b[:i], b[i:], true
	}
	return b, nil, false
}

// decode moves the raw text to the text that is read.
func (x *xmlSitemap) decode() {
	x.text.Write(appendUnescaped(nil, x.raw))
	x.raw = x.raw[:0]
}

// xmlEntities are those that XML itself has.
var xmlEntities = map[string]string{"amp": "&", "lt": "<", "gt": ">", "quot": `"`, "apos": "'"}

// appendUnescaped appends b with its entities expanded. An ampersand that begins no entity
// stays, for many are not escaped.
func appendUnescaped(dst, b []byte) []byte {
	for {
		before, after, ok := bytes.Cut(b, []byte("&"))
		dst = append(dst, before...)
		if !ok {
			return dst
		}
		b = after
		name, _, _ := bytes.Cut(after[:min(len(after), len("#x10FFFF;"))], []byte(";"))
		if s, ok := entity(string(name)); ok && len(name) < len(after) && after[len(name)] == ';' {
			dst = append(dst, s...)
			b = after[len(name)+1:]
		} else {
			dst = append(dst, '&')
		}
	}
}

func entity(name string) (string, bool) {
	digits, ok := strings.CutPrefix(name, "#")
	if !ok {
		s, ok := xmlEntities[name]
		return s, ok
	}
	base := 10
	if digits != "" && digits[0]|0x20 == 'x' {
		base, digits = 16, digits[1:]
	}
	n, err := strconv.ParseUint(digits, base, 21)
	return string(rune(n)), err == nil
}
