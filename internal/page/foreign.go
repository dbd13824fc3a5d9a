package page

import (
	"bytes"
	"hash/maphash"
	"strings"
)

// Inside svg and math elements the HTML standard has rules of their own (section 13.2.6.5): no
// element has raw text, tags may close themselves, CDATA sections exist. HTML comes back at an
// integration point, such as foreignObject, or by a start tag that foreign content cannot have,
// such as div. To know which rules hold, the extractor keeps the open elements from the outermost
// svg or math element on. It does not know what is open around that, which would take a tree
// builder. So it differs from one where end tags are misplaced:
//
//   - The end tag of an HTML element that is not open in foreign content is taken to end an
//     element around it, and so the foreign content.
//   - HTML elements that are left open at an integration point do not keep its end tag from
//     ending it.

// An openElement is an svg or math element, or one inside it.
type openElement struct {
	hash uint64 // of the name, so that many can be compared with one in little time
	name string
	kind elementKind
}

var nameSeed = maphash.MakeSeed()

func hashOf(name []byte) uint64 { return maphash.Bytes(nameSeed, name) }

func (e *openElement) is(name []byte, hash uint64) bool {
	return e.hash == hash && e.name == string(name)
}

// An elementKind says by which rules the content of an element is read.
type elementKind byte

const (
	htmlElement elementKind = iota // at an integration point
	svgElement
	svgPoint // has HTML in it: foreignObject, desc, title
	mathElement
	mathTextPoint  // has HTML in it: mi, mo, mn, ms, mtext; but mglyph and malignmark are MathML
	mathAnnotation // annotation-xml; an svg element in it is SVG
	mathHTMLPoint  // has HTML in it: annotation-xml with that encoding
)

// isPoint reports whether an element is an integration point.
func (k elementKind) isPoint() bool {
	return k == svgPoint || k == mathTextPoint || k == mathHTMLPoint
}

// points are the elements that HTML elements in them do not keep from ending, and those around
// them.
var points = map[string]bool{
	"svg": true, "foreignobject": true, "desc": true, "title": true,
	"math": true, "mi": true, "mo": true, "mn": true, "ms": true, "mtext": true, "annotation-xml": true,
}

// breakout are the start tags that end foreign content, and so does font with some attributes.
var breakout = set(`b big blockquote body br center code dd div dl dt em embed h1 h2 h3 h4 h5 h6 head hr i img li
	listing menu meta nobr ol p pre ruby s small span strong strike sub sup table tt u ul var`)

// voidElements have no content and no end tag.
var voidElements = set(`area base basefont bgsound br col embed frame hr img input keygen link meta param source
	track wbr`)

// htmlElements are those that are ended by their end tag and that SVG and MathML do not have.
var htmlElements = set(`a abbr acronym address applet article aside b bdi bdo big blockquote body button caption center
	cite code data datalist dd del details dfn dialog dir div dl dt em fieldset figcaption figure font footer form h1 h2
	h3 h4 h5 h6 head header hgroup html i ins kbd label legend li main map mark marquee menu nav nobr noscript object ol
	optgroup option output p picture pre q ruby s samp search section select slot small span strike strong sub summary
	sup table tbody td tfoot th thead time tr tt u ul var`)

func set(words string) map[string]bool {
	m := map[string]bool{}
	for _, word := range strings.Fields(words) {
		m[word] = true
	}
	return m
}

// maxOpen bounds the open elements that are kept, and so the time that an end tag takes which
// ends none. Images and formulas nest much less.
const maxOpen = 128

// openElements are those from the outermost svg or math element on. Outside of them there are
// none.
type openElements []openElement

// top returns the kind of the innermost element.
func (o openElements) top() elementKind {
	if len(o) == 0 {
		return htmlElement
	}
	return o[len(o)-1].kind
}

// start opens the element of a start tag. It reports whether that is an HTML element, to which
// svg and math elements do not belong, and whether it is an SVG element.
func (o *openElements) start(name []byte, a *attributes, selfClosing, xhtml bool) (isHTML, isSVG bool) {
	if !xhtml && !o.readsHTML(name) && (breakout[string(name)] || string(name) == "font" && a.fontStyle) {
		o.popForeign()
	}
	kind := foreignKind(name, a, o.top())
	if o.readsHTML(name) {
		kind = htmlKind(name)
	}
	isHTML, isSVG = kind == htmlElement, kind == svgElement || kind == svgPoint
	switch {
	case isHTML && (len(*o) == 0 || voidElements[string(name)] || xhtml && selfClosing):
	case !isHTML && selfClosing:
	case len(*o) < maxOpen:
		*o = append(*o, openElement{hashOf(name), string(name), kind})
	}
	return isHTML, isSVG
}

// readsHTML reports whether a start tag is read by the rules of HTML where it stands.
func (o openElements) readsHTML(name []byte) bool {
	switch o.top() {
	case htmlElement, svgPoint, mathHTMLPoint:
		return true
	case mathTextPoint:
		return string(name) != "mglyph" && string(name) != "malignmark"
	case mathAnnotation:
		return string(name) == "svg"
	}
	return false
}

// popForeign ends the foreign elements up to HTML or an integration point.
func (o *openElements) popForeign() {
	for k := o.top(); k != htmlElement && !k.isPoint(); k = o.top() {
		*o = (*o)[:len(*o)-1]
	}
}

// htmlKind returns the kind of the element that a start tag in HTML opens.
func htmlKind(name []byte) elementKind {
	switch string(name) {
	case "svg":
		return svgElement
	case "math":
		return mathElement
	}
	return htmlElement
}

// foreignKind returns the kind of the element that a start tag opens inside a foreign one.
func foreignKind(name []byte, a *attributes, inside elementKind) elementKind {
	if inside == svgElement || inside == svgPoint {
		switch string(name) {
		case "foreignobject", "desc", "title":
			return svgPoint
		}
		return svgElement
	}
	switch string(name) {
	case "mi", "mo", "mn", "ms", "mtext":
		return mathTextPoint
	case "annotation-xml":
		if bytes.EqualFold(a.encoding, []byte("text/html")) || bytes.EqualFold(a.encoding, []byte(xhtmlType)) {
			return mathHTMLPoint
		}
		return mathAnnotation
	}
	return mathElement
}

// end ends the element of an end tag, and what is in it. It reports whether the tag is one of
// HTML. Whether an HTML template element is open anywhere, inTemplate says.
func (o *openElements) end(name []byte, inTemplate bool) (isHTML bool) {
	if string(name) == "p" || string(name) == "br" {
		o.popForeign()
	}
	hash := hashOf(name)
	inPoint := false
	i := len(*o) - 1
	for ; i >= 0 && (*o)[i].kind != htmlElement; i-- {
		e := &(*o)[i]
		if e.is(name, hash) {
			*o = (*o)[:i]
			return false
		}
		inPoint = inPoint || e.kind.isPoint() || e.kind == mathAnnotation
	}
	switch {
	case string(name) == "template":
		if inTemplate { // which nothing keeps from ending
			o.endTemplate()
		}
	case inPoint: // what is around cannot be ended from here
	case i < 0:
		if htmlElements[string(name)] || bytes.IndexByte(name, '-') >= 0 {
			*o = (*o)[:0]
		}
	default:
		o.endHTML(name, hash, i)
	}
	return true
}

// endHTML ends the HTML element of that name among those from i outwards that belong to one
// integration point, or else the integration point or what is around it.
func (o *openElements) endHTML(name []byte, hash uint64, i int) {
	isPoint := points[string(name)]
	for ; i >= 0; i-- {
		e := &(*o)[i]
		if e.kind != htmlElement && !isPoint {
			return
		}
		if e.is(name, hash) {
			*o = (*o)[:i]
			return
		}
	}
}

// endTemplate ends the innermost HTML template element, which may be around all of them.
func (o *openElements) endTemplate() {
	for i := len(*o) - 1; i >= 0; i-- {
		if e := (*o)[i]; e.kind == htmlElement && e.name == "template" {
			*o = (*o)[:i]
			return
		}
	}
	*o = (*o)[:0]
}
