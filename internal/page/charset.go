package page

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
)

// An htmlEncoding is the encoding of a document. The zero value is UTF-8.
type htmlEncoding struct {
	name string // in the Encoding standard
	encoding.Encoding
}

// lookUp returns the encoding of a label. Encodings that browsers no longer decode because they are
// dangerous count as UTF-8.
func lookUp(label string) (e htmlEncoding, ok bool) {
	enc, name := charset.Lookup(label)
	switch name {
	case "":
		return htmlEncoding{}, false
	case "utf-8", "replacement":
		return htmlEncoding{}, true
	case "x-user-defined":
		return lookUp("windows-1252")
	}
	return htmlEncoding{name, enc}, true
}

func (e htmlEncoding) isUTF16() bool { return strings.HasPrefix(e.name, "utf-16") }

// query returns the encoding of queries in the document, nil for UTF-8.
func (e htmlEncoding) query() encoding.Encoding {
	if e.isUTF16() {
		return nil
	}
	return e.Encoding
}

// toUTF8 returns the body of a document in UTF-8.
func (e htmlEncoding) toUTF8(body []byte) []byte {
	if e.Encoding == nil {
		return body
	}
	decoded, err := e.NewDecoder().Bytes(body)
	if err != nil {
		return body
	}
	return decoded
}

// encodingOf returns the encoding of a document by the rules of browsers. It uses the byte order
// mark, else the label of the header, else the XML declaration, else a guess. If the encoding is
// not certain, a meta element takes precedence. The label is empty if the header has none. UTF-16
// is visible in the bytes, so a label of UTF-16 that contradicts them is ignored: no link could be
// read.
func encodingOf(label string, body []byte) (e htmlEncoding, certain bool) {
	head := body[:min(len(body), 1<<10)]
	name, marked := utf16Of(head)
	e, ok := lookUp(label)
	switch {
	case bytes.HasPrefix(head, []byte("\ufeff")):
		return htmlEncoding{}, true
	case ok && !marked && (!e.isUTF16() || name == "" && bytes.IndexByte(head, 0) >= 0):
		return e, true
	case name != "":
		e, _ = lookUp(name)
		return e, true
	}
	if m := xmlEncoding.FindSubmatch(head); m != nil && bytes.HasPrefix(head, []byte("<?xml")) {
		if e, ok := lookUp(string(m[1])); ok && !e.isUTF16() {
			return e, false
		}
	}
	if !validUTF8(body) {
		e, _ = lookUp("windows-1252")
		return e, false
	}
	return htmlEncoding{}, false
}

// utf16Of returns the name of the UTF-16 encoding of a document, empty for other encodings. It uses
// the byte order mark, or else the first two characters if they are ASCII.
func utf16Of(head []byte) (name string, marked bool) {
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		return "utf-16le", true
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		return "utf-16be", true
	case len(head) < 4:
		return "", false
	case head[0] != 0 && head[1] == 0 && head[2] != 0 && head[3] == 0:
		return "utf-16le", false
	case head[0] == 0 && head[1] != 0 && head[2] == 0 && head[3] != 0:
		return "utf-16be", false
	}
	return "", false
}

// validUTF8 reports whether body is valid UTF-8, except for a cut character at its end.
func validUTF8(body []byte) bool {
	for i := len(body) - 1; i >= 0 && i > len(body)-utf8.UTFMax; i-- {
		if utf8.RuneStart(body[i]) {
			if !utf8.FullRune(body[i:]) {
				body = body[:i]
			}
			break
		}
	}
	return utf8.Valid(body)
}

// metaEncoding returns the encoding that a meta element declares. UTF-16 counts as UTF-8, because
// the element could not have been read in UTF-16.
func metaEncoding(a *attributes) (e htmlEncoding, ok bool) {
	if len(a.charset) > 0 {
		e, ok = lookUp(string(a.charset))
	}
	if !ok && bytes.EqualFold(a.httpEquiv, []byte("content-type")) {
		e, ok = lookUp(charsetIn(string(a.content)))
	}
	if e.isUTF16() {
		e = htmlEncoding{}
	}
	return e, ok
}

// charsetIn returns the charset in the content of a meta element, by the algorithm of the HTML
// standard for extracting a character encoding from a meta element.
func charsetIn(s string) string {
	const space = " \t\n\f\r"
	s = strings.ToLower(s)
	for {
		_, after, ok := strings.Cut(s, "charset")
		if !ok {
			return ""
		}
		s = after
		value, ok := strings.CutPrefix(strings.TrimLeft(after, space), "=")
		if !ok {
			continue
		}
		value = strings.TrimLeft(value, space)
		if value != "" && (value[0] == '"' || value[0] == '\'') {
			value, _, ok = strings.Cut(value[1:], value[:1])
			if !ok {
				return ""
			}
			return value
		}
		if end := strings.IndexAny(value, space+";"); end >= 0 {
			value = value[:end]
		}
		return value
	}
}
