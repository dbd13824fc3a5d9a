package page

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// window returns the buffered bytes. These are at least n, unless the document ends before or n
// exceeds the buffer. Then there is an error.
func (x *xmlSitemap) window(n int) (b []byte, err error) {
	if x.in.Buffered() < n {
		_, err = x.in.Peek(n)
	}
	b, _ = x.in.Peek(x.in.Buffered())
	return b, err
}

// take consumes n bytes. If isText is set, they are text.
func (x *xmlSitemap) take(n int, isText bool) {
	if isText && x.textKind != ignored {
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

// markup consumes markup, which begins with <. It returns false if the document is not a sitemap.
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
	if size == 0 { // the < is text
		x.take(1, true)
		return true
	}
	defer x.in.Discard(size) // tag is valid until then
	return x.apply(tag)
}

// cdata consumes the rest of a CDATA section. In a URL an end tag ends it too, because its own end
// may be misspelt.
func (x *xmlSitemap) cdata() {
	if x.textKind == ignored {
		x.until("]]>", false)
		return
	}
	x.decode() // the text before; there are no entities inside the section
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

// cdataEnd returns the index of the end of a CDATA section in a URL, or -1.
func cdataEnd(b []byte) int {
	for i, c := range b {
		if c == ']' && bytes.HasPrefix(b[i:], []byte("]]>")) || c == '<' && bytes.HasPrefix(b[i:], []byte("</")) {
			return i
		}
	}
	return -1
}

// until consumes the bytes before end, and end. If isText is set, the bytes before end are text.
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

// tag returns the content of the tag at the beginning of the input, without brackets, and the size
// of the tag. The size is 0 if the input begins with an unescaped <, which has another < before the
// next >. The search ends at the next <, which also keeps the time linear.
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
		case b[1] == '/': // the closing bracket is missing
			return b[1:], len(b)
		}
		end := bytes.IndexByte(b, '>') // after an unpaired quotation mark
		if end < 0 {
			return nil, 0
		}
		return b[1:end], end + 1
	}
}

// beginsWithName reports whether b begins with the name of an element that ends as in a tag.
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

// tagEnd returns the index of the closing bracket of a tag, or -1. Brackets in values of attributes
// do not count.
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
