package page

import (
	"bytes"
	"unicode/utf8"
)

// A cssToken is the kind of a token of CSS (CSS Syntax Module Level 3, section 4). Brackets, the
// colon and the semicolon stand for themselves, such as '{'.
type cssToken byte

const (
	cssEnd       cssToken = iota // of the input
	cssSpace                     // white space or a comment
	cssString                    // a string, or one that the end of the input cuts
	cssURL                       // url() without quotation marks
	cssName                      // an identifier
	cssFunction                  // a name and "("
	cssAtKeyword                 // "@" and a name
	cssHTML                      // "<!--" or "-->"
	cssOther                     // such as a number, and bad strings and URLs
)

// A cssScanner cuts CSS into tokens. It reads bytes as the standard reads the code points of
// preprocessed input: a zero byte is U+FFFD, and a return, a form feed or both a return and a
// newline are a newline. Each byte is read a bounded number of times.
//
// Others have scanners too. That of github.com/tdewolff/parse/v2/css leaves escapes to its caller,
// and reads url("a" b), a bad string in url() and unicode ranges differently from the standard.
// That of github.com/gorilla/css ends at the first string or comment that is not closed, and takes
// quadratic time on many url(.
type cssScanner struct {
	css   []byte
	pos   int
	value []byte // of a string or URL, or the name of a function or rule; valid until the next token
	buf   []byte // holds a value that has escapes
}

// next reads the next token.
func (z *cssScanner) next() cssToken {
	c := z.peek(0)
	switch {
	case c == noByte:
		return cssEnd
	case isCSSSpace(c):
		z.skipSpace()
		return cssSpace
	case c == '"', c == '\'':
		return z.string(byte(c))
	case '0' <= c && c <= '9':
		z.number()
	case z.has("/*"):
		z.pos += len("/*")
		if n := bytes.Index(z.css[z.pos:], []byte("*/")); n >= 0 {
			z.pos += n + len("*/")
		} else {
			z.pos = len(z.css)
		}
		return cssSpace
	case z.has("<!--"):
		z.pos += len("<!--")
		return cssHTML
	case z.has("-->"):
		z.pos += len("-->")
		return cssHTML
	case z.startsName(0):
		return z.nameLike()
	case c == '@' && z.startsName(1):
		z.pos++
		z.name()
		return cssAtKeyword
	case c == '#' && (isCSSName(z.peek(1)) || z.startsEscape(1)):
		z.pos++
		z.name()
	default:
		z.pos++
		switch c {
		case '{', '}', '(', ')', '[', ']', ':', ';':
			return cssToken(c)
		}
	}
	return cssOther
}

// noByte is what peek returns behind the end of the input.
const noByte = -1

// peek returns the byte n bytes after the position.
func (z *cssScanner) peek(n int) int {
	if z.pos+n < len(z.css) {
		return int(z.css[z.pos+n])
	}
	return noByte
}

func (z *cssScanner) has(prefix string) bool {
	return z.peek(0) == int(prefix[0]) && bytes.HasPrefix(z.css[z.pos:], []byte(prefix))
}

func (z *cssScanner) skipSpace() {
	for isCSSSpace(z.peek(0)) {
		z.pos++
	}
}

// skipNewline skips one newline, if there is one.
func (z *cssScanner) skipNewline() {
	switch c := z.peek(0); {
	case c == '\r' && z.peek(1) == '\n':
		z.pos += 2
	case isCSSNewline(c):
		z.pos++
	}
}

// number reads a number with its unit (section 4.3.3). A sign or a point before it is a token of
// its own here, which changes no other token.
func (z *cssScanner) number() {
	z.digits()
	if z.peek(0) == '.' && isDigit(z.peek(1)) {
		z.pos++
		z.digits()
	}
	if c := z.peek(0); c == 'e' || c == 'E' {
		sign := z.peek(1)
		switch {
		case isDigit(sign):
			z.pos++
			z.digits()
		case (sign == '+' || sign == '-') && isDigit(z.peek(2)):
			z.pos += 2
			z.digits()
		}
	}
	if z.startsName(0) {
		z.name()
	}
}

func (z *cssScanner) digits() {
	for isDigit(z.peek(0)) {
		z.pos++
	}
}

// nameLike reads an identifier, a function or a URL (section 4.3.4).
func (z *cssScanner) nameLike() cssToken {
	z.name()
	if z.peek(0) != '(' {
		return cssName
	}
	z.pos++
	if !isWord(z.value, "url") {
		return cssFunction
	}
	z.skipSpace()
	if c := z.peek(0); c == '"' || c == '\'' {
		return cssFunction
	}
	return z.url()
}

// startsName reports whether an identifier starts n bytes after the position (section 4.3.9).
func (z *cssScanner) startsName(n int) bool {
	c := z.peek(n)
	if c == '-' {
		c = z.peek(n + 1)
		return c == '-' || isCSSNameStart(c) || z.startsEscape(n+1)
	}
	return isCSSNameStart(c) || z.startsEscape(n)
}

// startsEscape reports whether a valid escape starts n bytes after the position (section 4.3.8).
func (z *cssScanner) startsEscape(n int) bool {
	return z.peek(n) == '\\' && !isCSSNewline(z.peek(n+1))
}

// isWord reports whether a name is the lower-case ASCII word, ignoring the case of ASCII.
func isWord(name []byte, word string) bool {
	if len(name) != len(word) {
		return false
	}
	for i, c := range name {
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		if c != word[i] {
			return false
		}
	}
	return true
}

func isCSSNewline(c int) bool { return c == '\n' || c == '\r' || c == '\f' }

func isCSSSpace(c int) bool { return c == ' ' || c == '\t' || isCSSNewline(c) }

func isDigit(c int) bool { return '0' <= c && c <= '9' }

// isCSSNameStart reports whether c may start a name.
func isCSSNameStart(c int) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c == 0 || c >= utf8.RuneSelf
}

// isCSSName reports whether c may be in a name.
func isCSSName(c int) bool { return isCSSNameStart(c) || isDigit(c) || c == '-' }

// hexDigit returns the value of a hexadecimal digit, or -1.
func hexDigit(c int) rune {
	switch {
	case isDigit(c):
		return rune(c - '0')
	case 'a' <= c && c <= 'f':
		return rune(c - 'a' + 10)
	case 'A' <= c && c <= 'F':
		return rune(c - 'A' + 10)
	}
	return -1
}
