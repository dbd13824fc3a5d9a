package page

import (
	"bytes"

	"golang.org/x/net/html"
)

// StyleSheet calls doc.Asset with the URL of every asset that a style sheet names, in order and
// including repetitions: fonts, images, imported style sheets. It reads url() with and without
// quotation marks, src() (CSS Values and Units Level 4, section 4.5), the strings of image-set()
// and image() (CSS Images Level 4) in the values of declarations, and the URLs of imports (CSS
// Cascading and Inheritance Level 5, section 2). All declarations count, whatever their property
// and the condition of their rule. An import after other rules counts although browsers ignore it
// if any of these is valid, because StyleSheet does not know which are. The URLs of namespaces,
// conditions and selectors are not those of assets.
//
// The encoding is that of CSS Syntax Level 3, section 3.2: the byte order mark, else the charset of
// doc.ContentType, else @charset, else UTF-8. URLs are relative to doc.URL. The other fields of doc
// that are used are Body, Asset and Refused. Info has only TooMany, TooLong and Invalid. The bounds
// are those of Links.
func StyleSheet(doc Document) Info {
	x := extractors.Get().(*extractor)
	defer x.release()
	x.base = doc.URL
	css := styleEncoding(contentType(doc.ContentType).charset, doc.Body).toUTF8(doc.Body)
	x.styleSheet(bytes.TrimPrefix(css, []byte("\ufeff")))
	x.addRefused(doc, false)
	x.addAssets(doc)
	return x.info
}

// styleEncoding returns the encoding of a style sheet. label is that of the header, or empty.
func styleEncoding(label string, css []byte) htmlEncoding {
	e, certain := encodingOf(label, css)
	if certain {
		return e
	}
	rule, found := bytes.CutPrefix(css[:min(len(css), 1<<10)], []byte(`@charset "`))
	name, _, ended := bytes.Cut(rule, []byte(`";`))
	if !found || !ended || bytes.IndexByte(name, '"') >= 0 {
		return htmlEncoding{}
	}
	if e, _ = lookUp(string(name)); e.isUTF16() {
		return htmlEncoding{} // the rule could not have been read in UTF-16
	}
	return e
}

// styleSheet adds the assets of a style sheet.
func (x *extractor) styleSheet(css []byte) {
	x.css.reset(css)
	x.styleAssets()
}

// styleAttribute adds the assets of a style attribute, which has declarations and no rules (CSS
// Style Attributes).
func (x *extractor) styleAttribute(css []byte) {
	if len(css) == 0 {
		return
	}
	x.css.reset(css)
	x.css.push(cssBlock)
	x.css.outermost = 1
	x.styleAssets()
}

// styleAssets adds the assets of the CSS that x.css reads. The queries of its URLs are in UTF-8 in
// every document (CSS Values and Units Level 4, section 4.5.4).
func (x *extractor) styleAssets() {
	encoding := x.encoding
	x.encoding = nil
	defer func() { x.encoding = encoding }()
	for {
		switch t := x.css.next(); t {
		case cssEnd:
			return
		case cssSpace:
		default:
			if x.css.namesAsset(t) {
				x.asset(x.css.value)
			}
		}
	}
}

// startStyle begins a style element, unless its type is another one than CSS.
func (x *extractor) startStyle(a *attributes) {
	x.inStyle = len(a.typ) == 0 || isWord(a.typ, "text/css")
	x.styleText = x.styleText[:0]
}

// readStyle reads a token inside of a style element. Its text, in XML and SVG without comments, is
// a style sheet. The text behind a child element is not read: pages have none.
func (x *extractor) readStyle(z *html.Tokenizer, tt html.TokenType) {
	switch tt {
	case html.CommentToken:
	case html.TextToken:
		isMarkup := x.xhtml || x.open.top() == svgElement
		if text, ok := bytes.CutPrefix(z.Raw(), []byte("<![CDATA[")); ok && isMarkup {
			x.styleText = append(x.styleText, bytes.TrimSuffix(text, []byte("]]>"))...)
			return
		}
		x.styleText = append(x.styleText, z.Text()...)
	default:
		x.inStyle = false
		x.styleSheet(x.styleText)
	}
}
