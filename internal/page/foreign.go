package page

import (
	"bytes"
	"hash/maphash"
	"strings"
)

// The HTML standard has other rules for foreign content, which is the content of svg and math
// elements (section 13.2.6.5): no element has raw text, tags may be self-closing, and there are
// CDATA sections. The rules of HTML apply again at an integration point, such as foreignObject, and
// after a start tag that foreign content cannot contain, such as div. To know which rules apply,
// the extractor keeps the open elements from the outermost svg or math element inwards. Unlike a
// tree builder, it does not keep the elements around that. So it differs from a tree builder if end
// tags are misplaced:
//
//   - In foreign content, the end tag of an HTML element that is not open there closes the foreign
//     content: the element is assumed to be open around it.
//   - HTML elements left open at an integration point do not prevent its end tag from closing it.

// An openElement is an svg or math element, or one inside it.
type openElement struct {
	hash uint64 // of the name, for fast comparisons
	name string
	kind elementKind
}

var nameSeed = maphash.MakeSeed()

func hashOf(name []byte) uint64 { return maphash.Bytes(nameSeed, name) }

func (e *openElement) is(name []byte, hash uint64) bool {
	return e.hash == hash && e.name == string(name)
}

// An elementKind determines the rules for the content of an element.
type elementKind byte

const (
	htmlElement elementKind = iota // at an integration point
	svgElement
	svgPoint // contains HTML: foreignObject, desc, title
	mathElement
	mathTextPoint  // contains HTML, except mglyph and malignmark: mi, mo, mn, ms, mtext
	mathAnnotation // contains MathML and svg elements: annotation-xml
	mathHTMLPoint  // contains HTML: annotation-xml with an HTML encoding
)

// isPoint reports whether an element is an integration point.
func (k elementKind) isPoint() bool {
	return k == svgPoint || k == mathTextPoint || k == mathHTMLPoint
}

// points are the integration points and the elements around them. Their end tags close them even if
// HTML elements inside are open.
var points = map[string]bool{
	"svg": true, "foreignobject": true, "desc": true, "title": true,
	"math": true, "mi": true, "mo": true, "mn": true, "ms": true, "mtext": true, "annotation-xml": true,
}

// breakout are the start tags that close foreign content. So does a font element with certain
// attributes.
var breakout = set(`b big blockquote body br center code dd div dl dt em embed h1 h2 h3 h4 h5 h6 head hr i img li
	listing menu meta nobr ol p pre ruby s small span strong strike sub sup table tt u ul var`)

// voidElements are the elements that have no content and no end tag.
var voidElements = set(`area base basefont bgsound br col embed frame hr img input keygen link meta param source
	track wbr`)

// htmlElements are the elements with end tags that exist in HTML and not in SVG or MathML. The
// exception is a, which exists in all of them.
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

// maxOpen bounds the open elements that are kept, and so the time for an unmatched end tag. Images
// and formulas nest much less.
const maxOpen = 128

// openElements are the open elements from the outermost svg or math element inwards. The list is
// empty outside of foreign content.
type openElements []openElement

// top returns the kind of the innermost element.
func (o openElements) top() elementKind {
	if len(o) == 0 {
		return htmlElement
	}
	return o[len(o)-1].kind
}

// start opens the element of a start tag. It reports whether it is an HTML element and whether it
// is an SVG element. An svg or math element is not an HTML element.
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

// readsHTML reports whether the rules of HTML apply to a start tag.
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

// popForeign closes the foreign elements up to an HTML element or an integration point.
func (o *openElements) popForeign() {
	for k := o.top(); k != htmlElement && !k.isPoint(); k = o.top() {
		*o = (*o)[:len(*o)-1]
	}
}

// htmlKind returns the kind of an element that is opened in HTML.
func htmlKind(name []byte) elementKind {
	switch string(name) {
	case "svg":
		return svgElement
	case "math":
		return mathElement
	}
	return htmlElement
}

// foreignKind returns the kind of an element that is opened inside a foreign one.
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

// end closes the element of an end tag, and the elements inside it. It reports whether the rules
// of HTML apply to the tag. inTemplate reports whether any HTML template element is open.
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
		if inTemplate { // open elements inside do not prevent its end
			o.endTemplate()
		}
	case inPoint: // the end tag closes nothing outside of the integration point
	case i < 0:
		if htmlElements[string(name)] || bytes.IndexByte(name, '-') >= 0 {
			*o = (*o)[:0]
		}
	default:
		o.endHTML(name, hash, i)
	}
	return true
}

// endHTML closes the HTML element of that name at the innermost integration point. i is the index
// of the innermost candidate. The end tag of an integration point, or of an element around one,
// closes that element.
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

// endTemplate closes the innermost HTML template element, which may contain all foreign content.
func (o *openElements) endTemplate() {
	for i := len(*o) - 1; i >= 0; i-- {
		if e := (*o)[i]; e.kind == htmlElement && e.name == "template" {
			*o = (*o)[:i]
			return
		}
	}
	*o = (*o)[:0]
}
