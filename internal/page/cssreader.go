package page

import "bytes"

// A cssNesting is what is open around a token.
type cssNesting byte

const (
	cssBlock        cssNesting = iota // declarations and rules
	cssBraces                         // braces in a value
	cssBrackets                       // brackets
	cssParens                         // parentheses, or a function
	cssURLFunction                    // a function whose next argument, if it is a string, is a URL
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

// A cssState is a place in the innermost block, or in the style sheet outside of blocks.
type cssState byte

const (
	atStart  cssState = iota // a declaration or a rule may start here
	inAtRule                 // before its block or semicolon
	inName                   // of a declaration, or in a selector
	inValue                  // of a declaration
	inOther                  // in a selector, or in what is not valid
)

// A cssReader reads the structure of CSS as far as it tells which URLs are loaded (CSS Syntax
// Module Level 3, section 5).
type cssReader struct {
	cssScanner
	open      []cssNesting // inwards; a byte for each, so the memory is bounded by the input
	outermost int          // what is always open: the block of an attribute
	state     cssState
	custom    bool // the declaration is that of a custom property, whose value may have braces
	importing bool // the next token may be the URL of an import
}

func (r *cssReader) reset(css []byte) {
	*r = cssReader{cssScanner: cssScanner{css: css, buf: r.buf[:0]}, open: r.open[:0]}
}

func (r *cssReader) push(n cssNesting) { r.open = append(r.open, n) }

func (r *cssReader) pop() { r.open = r.open[:len(r.open)-1] }

func (r *cssReader) top() cssNesting {
	if len(r.open) == 0 {
		return cssBlock // the style sheet
	}
	return r.open[len(r.open)-1]
}

// namesAsset reads a token that is not white space. It reports whether its value is the URL of an
// asset.
func (r *cssReader) namesAsset(t cssToken) bool {
	top, importing := r.top(), r.importing
	r.importing = false
	switch top {
	case cssBlock:
		r.advance(t)
	case cssURLFunction:
		r.open[len(r.open)-1] = cssParens
	}
	switch t {
	case cssURL:
		return importing || r.state == inValue
	case cssString:
		takesURL := top == cssURLFunction || top == cssURLsFunction
		return importing || takesURL && r.state == inValue
	case cssFunction:
		kind := functionKind(r.value)
		r.push(kind)
		r.importing = importing && kind == cssURLFunction
	default:
		r.punctuation(t, top)
	}
	return false
}

func functionKind(name []byte) cssNesting {
	for _, f := range cssFunctions {
		if isWord(name, f.name) {
			return f.kind
		}
	}
	return cssParens
}

// advance reads a token directly inside of a block, or outside of all blocks.
func (r *cssReader) advance(t cssToken) {
	outside := len(r.open) == 0
	switch {
	case r.state == atStart && t == cssAtKeyword:
		r.state = inAtRule
		r.importing = outside && isWord(r.value, "import")
	case r.state == atStart && t == cssName && !outside:
		r.state = inName
		r.custom = bytes.HasPrefix(r.value, []byte("--"))
	case r.state == atStart && t == cssHTML && outside: // is ignored
	case r.state == inName && t == ':':
		r.state = inValue
	case r.state == atStart, r.state == inName:
		r.state = inOther
	}
}

// punctuation opens and closes what a bracket or a semicolon opens and closes. A bracket that
// closes something else than the innermost is of no effect.
func (r *cssReader) punctuation(t cssToken, top cssNesting) {
	switch t {
	case '(':
		r.push(cssParens)
	case '[':
		r.push(cssBrackets)
	case '{':
		if top != cssBlock || r.state == inValue && r.custom {
			r.push(cssBraces)
			return
		}
		r.push(cssBlock)
		r.state = atStart
	case ')':
		if top >= cssParens {
			r.pop()
		}
	case ']':
		if top == cssBrackets {
			r.pop()
		}
	case '}':
		switch {
		case top == cssBraces:
			r.pop()
		case top == cssBlock && len(r.open) > r.outermost:
			r.pop()
			r.state = atStart
		}
	case ';': // outside of blocks, it is a part of a selector
		if top == cssBlock && (len(r.open) > 0 || r.state == inAtRule) {
			r.state = atStart
		}
	}
}
