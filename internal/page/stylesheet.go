package page

import (
	"bytes"
)

// StyleSheet calls doc.Asset with the URL of every asset that a style sheet names, in order and
// including repetitions: url() with and without quotation marks, src() (CSS Values and Units Level
// 4, section 4.5), the strings of image-set() and image() (CSS Images Level 4), and the imports
// (CSS Cascading and Inheritance Level 5, section 2). These are the fonts, the images and the style
// sheets that it needs, whether or not a page uses the rule. What the prelude of another rule than
// an import names, such as a namespace or a condition, is loaded by no browser, so it is not an
// asset. An import after other rules is one although browsers ignore it if any of these is valid,
// because StyleSheet does not know which are.
//
// The encoding is that of CSS Syntax Level 3, section 3.2: the byte order mark, else the charset of
// doc.ContentType, else @charset, else UTF-8. URLs are relative to doc.URL. Only the fields URL,
// ContentType, Body, Asset and TooLong of doc are used, and only TooMany, TooLong and Invalid of Info
// are set; the bounds are those of Links.
func StyleSheet(doc Document) Info {
	x := extractors.Get().(*extractor)
	defer x.release()
	x.base = doc.URL
	css := styleEncoding(contentType(doc.ContentType).charset, doc.Body).toUTF8(doc.Body)
	x.styleSheet(bytes.TrimPrefix(css, []byte("\ufeff")))
	x.addLong(doc)
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
	x.css.isSheet = true
	x.styleAssets()
}

// styleAttribute adds the assets of a style attribute, which has declarations and no rules (CSS Style
// Attributes).
func (x *extractor) styleAttribute(css []byte) {
	x.css.reset(css)
	x.css.push(cssBlock)
	x.styleAssets()
}

func (x *extractor) styleAssets() {
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

// A cssNesting is what is open around a token. A style sheet itself is a block.
type cssNesting byte

const (
	cssBlock        cssNesting = iota // declarations and rules
	cssPrelude                        // of an at-rule: what is before its block or semicolon
	cssBraces                         // braces in a value
	cssBrackets                       //
	cssParens                         // parentheses or a function
	cssURLFunction                    // a function whose first argument may be the string of a URL
	cssURLsFunction                   // a function whose strings are URLs
)

// cssFunctions are the functions that take URLs as strings.
var cssFunctions = []struct {
	name string
	kind cssNesting
}{
	{"url", cssURLFunction}, {"src", cssURLFunction},
	{"image-set", cssURLsFunction}, {"-webkit-image-set", cssURLsFunction}, {"image", cssURLsFunction},
}

// A cssReader reads the structure of CSS as far as it tells which URLs are loaded (CSS Syntax Module
// Level 3, section 5).
type cssReader struct {
	cssScanner
	open      []cssNesting // inwards; a byte for each, so the memory is bounded by the input
	isSheet   bool         // rather than an attribute
	atStart   bool         // a declaration or a rule may start here
	inPrelude bool         // open contains a prelude; it cannot contain two
	importing bool         // the next token may be the URL of an import
}

func (r *cssReader) reset(css []byte) {
	*r = cssReader{cssScanner: cssScanner{css: css, buf: r.buf}, open: r.open[:0], atStart: true}
}

func (r *cssReader) push(n cssNesting) { r.open = append(r.open, n) }

func (r *cssReader) pop() { r.open = r.open[:len(r.open)-1] }

func (r *cssReader) top() cssNesting {
	if len(r.open) == 0 {
		return cssBlock
	}
	return r.open[len(r.open)-1]
}

// namesAsset reads a token that is not white space. It reports whether its value is the URL of an
// asset.
func (r *cssReader) namesAsset(t cssToken) bool {
	top, atStart, importing := r.top(), r.atStart, r.importing
	r.atStart, r.importing = false, false
	if top == cssURLFunction {
		r.open[len(r.open)-1] = cssParens // the next string is not its first argument
	}
	switch t {
	case cssURL:
		return !r.inPrelude || importing
	case cssString:
		isURL := top == cssURLFunction || top == cssURLsFunction
		return isURL && !r.inPrelude || importing
	case cssFunction:
		kind := cssParens
		for _, f := range cssFunctions {
			if isWord(r.value, f.name) {
				kind = f.kind
			}
		}
		r.push(kind)
		r.importing = importing && kind == cssURLFunction
	case cssAtKeyword:
		if atStart {
			r.importing = r.isSheet && len(r.open) == 0 && isWord(r.value, "import")
			r.push(cssPrelude)
			r.inPrelude = true
		}
	case cssHTML:
		r.atStart = atStart && r.isSheet && len(r.open) == 0
	default:
		r.punctuation(t, top)
	}
	return false
}

// punctuation opens and closes what a bracket or a semicolon opens and closes. Inside of brackets of
// one kind, others that match none are of no effect.
func (r *cssReader) punctuation(t cssToken, top cssNesting) {
	switch t {
	case '(':
		r.push(cssParens)
	case '[':
		r.push(cssBrackets)
	case ')':
		if top >= cssParens {
			r.pop()
		}
	case ']':
		if top == cssBrackets {
			r.pop()
		}
	case '{':
		switch top {
		case cssPrelude:
			r.endPrelude()
			fallthrough
		case cssBlock:
			r.push(cssBlock)
			r.atStart = true
		default:
			r.push(cssBraces)
		}
	case '}':
		if top == cssPrelude && len(r.open) > 1 { // the block around the rule ends too
			r.endPrelude()
			top = cssBlock
		}
		if top == cssBraces || top == cssBlock && len(r.open) > 0 {
			r.pop()
			r.atStart = r.top() == cssBlock
		}
	case ';':
		if top == cssPrelude {
			r.endPrelude()
			r.atStart = true
		} else { // outside of blocks, a semicolon is a part of a selector
			r.atStart = top == cssBlock && len(r.open) > 0
		}
	}
}

func (r *cssReader) endPrelude() {
	r.pop()
	r.inPrelude = false
}
