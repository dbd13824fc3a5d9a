package page

import (
	"bytes"
	"unicode/utf8"
)

// IsHTML reports whether a document is HTML. header has the values of the Content-Type header,
// joined by commas. If it names no type, body is sniffed.
func IsHTML(header string, body []byte) bool {
	return readsAsHTML(contentType(header), body)
}

func readsAsHTML(t mediaType, body []byte) bool {
	return htmlTypes[t.essence] || unknownTypes[t.essence] && sniffHTML(body)
}

// Essence returns the type and the subtype of Content-Type headers, such as "text/html", in lower
// case. It is empty if no value is valid. header has the values, joined by commas.
func Essence(header string) string { return contentType(header).essence }

// Text returns the text of a document in UTF-8, decoded as browsers do: by the byte order mark, the
// header, the XML declaration, the meta elements of HTML, or a guess. Bytes that are not valid
// become U+FFFD. The result may share body's memory.
func Text(header string, body []byte) []byte {
	t := contentType(header)
	e, certain := encodingOf(t.charset, body)
	if !certain && readsAsHTML(t, body) && containsFold(body, "charset") {
		x := extractors.Get().(*extractor)
		x.body(Document{Body: body}, t)
		e = x.charset
		x.release()
	}
	text := bytes.TrimPrefix(e.toUTF8(body), []byte("\ufeff"))
	if utf8.Valid(text) {
		return text
	}
	return bytes.ToValidUTF8(text, []byte("\ufffd"))
}

// containsFold reports whether b contains the lower-case ASCII word, ignoring case.
func containsFold(b []byte, word string) bool {
	for i := range max(0, len(b)-len(word)+1) {
		if b[i]|0x20 == word[0] && bytes.EqualFold(b[i:i+len(word)], []byte(word)) {
			return true
		}
	}
	return false
}
