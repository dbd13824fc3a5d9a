package page

import (
	"bytes"
	"unicode/utf8"
)

// name reads a name (section 4.3.11).
func (z *cssScanner) name() {
	z.begin()
	from := z.pos
	for {
		switch {
		case isCSSName(z.peek(0)):
			z.pos++
		case z.startsEscape(0):
			z.flush(from)
			z.escape()
			from = z.pos
		default:
			z.finish(from)
			return
		}
	}
}

// string reads a string (section 4.3.5). One with a newline is bad: it ends there, and its value
// does not count.
func (z *cssScanner) string(quote byte) cssToken {
	z.pos++
	z.begin()
	from := z.pos
	for {
		switch c := z.peek(0); {
		case c == noByte:
			z.finish(from)
			return cssString
		case c == int(quote):
			z.finish(from)
			z.pos++
			return cssString
		case isCSSNewline(c):
			return cssOther
		case c == '\\':
			z.flush(from)
			if z.startsEscape(0) && z.peek(1) != noByte {
				z.escape()
			} else {
				z.pos++
				z.skipNewline()
			}
			from = z.pos
		default:
			z.pos++
		}
	}
}

// url reads the rest of a URL without quotation marks (section 4.3.6). A bad one is of no kind.
func (z *cssScanner) url() cssToken {
	z.begin()
	from := z.pos
	for {
		switch c := z.peek(0); {
		case c == ')', c == noByte:
			z.finish(from)
			z.pos = min(z.pos+1, len(z.css))
			return cssURL
		case isCSSSpace(c):
			z.finish(from)
			z.skipSpace()
			if c := z.peek(0); c != ')' && c != noByte {
				return z.badURL()
			}
			z.pos = min(z.pos+1, len(z.css))
			return cssURL
		case z.startsEscape(0):
			z.flush(from)
			z.escape()
			from = z.pos
		case c == '"', c == '\'', c == '(', c == '\\', 0 < c && c < ' ', c == 0x7f:
			return z.badURL()
		default:
			z.pos++
		}
	}
}

// badURL reads the remnants of a bad URL (section 4.3.14).
func (z *cssScanner) badURL() cssToken {
	for {
		switch c := z.peek(0); {
		case c == noByte:
			return cssOther
		case c == ')':
			z.pos++
			return cssOther
		case z.startsEscape(0) && z.peek(1) != noByte:
			z.pos += 2 // the rest of an escape cannot end the URL
		default:
			z.pos++
		}
	}
}

// escape reads an escape and adds its character to buf (section 4.3.7).
func (z *cssScanner) escape() {
	z.pos++
	r, digits := rune(0), 0
	for ; digits < 6; digits++ {
		d := hexDigit(z.peek(0))
		if d < 0 {
			break
		}
		r = r<<4 | d
		z.pos++
	}
	switch c := z.peek(0); {
	case digits > 0:
		if isCSSNewline(c) {
			z.skipNewline()
		} else if isCSSSpace(c) {
			z.pos++
		}
		if r == 0 {
			r = utf8.RuneError
		}
		z.buf = utf8.AppendRune(z.buf, r) // U+FFFD for a surrogate and above U+10FFFF
	case c == noByte, c == 0:
		z.buf = utf8.AppendRune(z.buf, utf8.RuneError)
		z.pos = min(z.pos+1, len(z.css))
	default:
		z.buf = append(z.buf, byte(c)) // the other bytes of the character follow
		z.pos++
	}
}

// begin begins a value.
func (z *cssScanner) begin() { z.buf = z.buf[:0] }

// flush moves the bytes of a value since from to buf.
func (z *cssScanner) flush(from int) {
	for part := z.css[from:z.pos]; ; {
		before, after, found := bytes.Cut(part, []byte{0})
		z.buf = append(z.buf, before...)
		if !found {
			return
		}
		z.buf = utf8.AppendRune(z.buf, utf8.RuneError)
		part = after
	}
}

// finish ends a value whose last bytes begin at from.
func (z *cssScanner) finish(from int) {
	z.value = z.css[from:z.pos]
	if len(z.buf) > 0 || bytes.IndexByte(z.value, 0) >= 0 {
		z.flush(from)
		z.value = z.buf
	}
}
