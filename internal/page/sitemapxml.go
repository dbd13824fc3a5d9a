package page

import (
	"bufio"
	"bytes"
	"cmp"
	"slices"
	"strings"
)

// maxSitemapNesting bounds the open elements that are kept. Elements of sitemaps nest five deep.
const maxSitemapNesting = 64

// An xmlSitemap reads a sitemap in XML. Many sitemaps are not well-formed, so it treats unknown
// markup as text, and infers missing tags from the names of elements. It has its own scanner,
// because an XML decoder stops at the first error, and an HTML tokenizer joins an unescaped < and
// the tag after it.
type xmlSitemap struct {
	*sitemapReader
	in    *bufio.Reader
	names map[string]string // lower-case names by name, so that each is stored once
	path  []element         // open elements, from the root element on
	entry feedEntry

	textKind textKind
	raw      []byte // text that is not decoded yet
	text     strings.Builder
	long     bool // text was cut
}

// An element is an open element. Sitemaps are careless with namespaces, so elements are compared by
// their prefixes as written.
type element struct{ prefix, name string }

// A feedEntry is an item of an RSS feed.
type feedEntry struct {
	hasLink         bool
	alternate, guid string // replace a missing link
}

// A textKind is the meaning of a text.
type textKind int

const (
	ignored textKind = iota
	pageURL
	sitemapURL
	feedLink
	feedGUID
)

// sitemapRoots are the root elements of sitemaps and their entries. The name of an entry determines
// whether its URL is a page or a sitemap, because some indexes contain pages.
var sitemapRoots = map[string][]string{
	"urlset":       {"url", "sitemap"},
	"sitemapindex": {"url", "sitemap"},
	"rss":          {"item"},
	"channel":      {"item"},
	"rdf":          {"item"}, // RSS 1.0
	"feed":         {"entry"},
}

var sitemapEntries = set("url sitemap item entry")

// locOf has the meaning of a loc by the element around it.
var locOf = map[string]textKind{
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

// end handles the end of the document. It returns the reason for an early end.
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

// apply handles a tag. It returns false if the document is not a sitemap.
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

// element returns the element of a tag. Names are in lower case.
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

// startTag opens an element. An entry closes the elements of the entry before it that are still
// open.
func (x *xmlSitemap) startTag(e element, tag []byte) {
	_, isRoot := sitemapRoots[e.name]
	switch x.known = x.known || isRoot; {
	case isRoot:
	case len(x.path) > 0:
		if x.isEntry(e) {
			x.popTo(x.innermostRoot() + 1)
		}
	case !sitemapEntries[e.name]: // entries count even if the tag of the root is missing
		return
	}
	if len(x.path) == maxSitemapNesting {
		return
	}
	x.path = append(x.path, e)
	if len(x.path) > 1 {
		x.textKind = x.textKindOf(e, x.path[len(x.path)-2], tag)
	}
}

// isEntry reports whether e is an entry of the open root element. Without a root element, all
// entries have the same name.
func (x *xmlSitemap) isEntry(e element) bool {
	root := x.path[0]
	if entries, ok := sitemapRoots[root.name]; ok {
		return slices.Contains(entries, e.name) && (e.prefix == "" || e.prefix == root.prefix)
	}
	return e == root
}

// innermostRoot returns the index of the innermost open root element, or -1.
func (x *xmlSitemap) innermostRoot() int {
	for i := len(x.path) - 1; i >= 0; i-- {
		if _, ok := sitemapRoots[x.path[i].name]; ok {
			return i
		}
	}
	return -1
}

// textKindOf returns the meaning of the text of e. If e has its URL in an attribute, textKindOf
// adds it.
func (x *xmlSitemap) textKindOf(e, parent element, tag []byte) textKind {
	plain := e.prefix == "" || e.prefix == parent.prefix // not of an extension, such as image:loc
	switch {
	case e.name == "loc" && plain:
		return locOf[parent.name]
	case e.name == "link" && (parent.name == "item" || parent.name == "entry"):
		href, ok := attribute(tag, "href")
		if !ok && plain {
			return feedLink
		}
		if rel, ok := attribute(tag, "rel"); ok && !isAlternate(rel) {
			return ignored
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
	return ignored
}

// isAlternate reports whether rel is the relation between an entry and its page (RFC 4287, section
// 4.2.7.2).
func isAlternate(rel string) bool {
	return strings.TrimPrefix(rel, "http://www.iana.org/assignments/relation/") == "alternate"
}

// finish handles the text that was read, by its meaning.
func (x *xmlSitemap) finish() {
	if x.textKind == ignored {
		return
	}
	x.decode()
	s := strings.TrimSpace(x.text.String())
	switch {
	case x.long:
		x.skipped++
	case x.textKind == feedGUID && isHTTP(s):
		x.entry.guid = s
	case x.textKind == feedLink && s != "":
		x.entry.hasLink = true
		x.found(s, false)
	case x.textKind == pageURL, x.textKind == sitemapURL:
		x.found(s, x.textKind == sitemapURL)
	}
	x.textKind, x.long = ignored, false
	x.text.Reset()
}

// endTag closes the innermost element of that name and the elements inside it. An end tag without a
// start tag has no effect.
func (x *xmlSitemap) endTag(e element) {
	for i := len(x.path) - 1; i >= 0; i-- {
		if x.path[i] == e {
			x.popTo(i)
			return
		}
	}
}

// popTo closes all but the n outermost elements.
func (x *xmlSitemap) popTo(n int) {
	if slices.ContainsFunc(x.path[n:], func(e element) bool { return e.name == "item" }) {
		x.endEntry()
	}
	x.path = x.path[:n]
}

// endEntry adds the replacement of a missing link of an RSS item.
func (x *xmlSitemap) endEntry() {
	if !x.entry.hasLink {
		x.found(cmp.Or(x.entry.alternate, x.entry.guid), false)
	}
	x.entry = feedEntry{}
}
