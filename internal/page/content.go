package page

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"

	"github.com/inndx/runs/internal/weburl"
)

// htmlTypes are the media types of documents that have links.
var htmlTypes = map[string]bool{"text/html": true, xhtmlType: true}

const xhtmlType = "application/xhtml+xml"

// unknownTypes are those that say nothing (WHATWG MIME Sniffing, section 7).
var unknownTypes = map[string]bool{"": true, "unknown/unknown": true, "application/unknown": true, "*/*": true}

// maxSniffed is the length of what is sniffed (WHATWG MIME Sniffing, section 5.2).
const maxSniffed = 1445

// looksLikeHTML reports whether a body of an unknown type is HTML.
func looksLikeHTML(body []byte) bool {
	head := bytes.TrimLeft(body[:min(len(body), maxSniffed)], "\t\n\f\r ")
	return strings.HasPrefix(http.DetectContentType(head), "text/html")
}

// A mediaType is what a Content-Type header names. The zero value is none.
type mediaType struct {
	essence string // such as "text/html", in lower case
	charset string // as it is written there
}

// contentType returns the type of Content-Type headers, whose values are joined by commas, as
// the Fetch standard extracts it: the last value that is valid counts, and the charset goes
// from one to the next if they have the same essence.
func contentType(header string) (t mediaType) {
	for more := true; more; {
		var value string
		value, header, more = cutValue(header)
		v := parseMediaType(value)
		if v.essence == "" || v.essence == "*/*" {
			continue
		}
		if v.charset == "" && v.essence == t.essence {
			v.charset = t.charset
		}
		t = v
	}
	return t
}

// cutValue cuts s at the first comma that is not in quotes.
func cutValue(s string) (value, rest string, found bool) {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case quoted && s[i] == '\\':
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == ',' && !quoted:
			return s[:i], s[i+1:], true
		}
	}
	return s, "", false
}

const httpSpace = "\t\n\r "

// parseMediaType parses a single value (WHATWG MIME Sniffing, section 4.4).
func parseMediaType(s string) (t mediaType) {
	essence, rest, _ := strings.Cut(strings.Trim(s, httpSpace), ";")
	essence = strings.TrimRight(essence, httpSpace)
	if typ, subtype, _ := strings.Cut(essence, "/"); !isToken(typ) || !isToken(subtype) {
		return mediaType{}
	}
	t.essence = strings.ToLower(essence)
	for rest != "" {
		var name, value string
		var ok bool
		if name, value, rest, ok = cutParam(rest); ok && strings.EqualFold(name, "charset") {
			t.charset = value
			break
		}
	}
	return t
}

// cutParam cuts a parameter of a media type off, and reports whether it counts.
func cutParam(s string) (name, value, rest string, ok bool) {
	s = strings.TrimLeft(s, httpSpace)
	end := strings.IndexAny(s, ";=")
	if end < 0 {
		return "", "", "", false
	}
	name, rest = s[:end], s[end+1:]
	if s[end] == ';' {
		return "", "", rest, false
	}
	if !strings.HasPrefix(rest, `"`) {
		value, rest, _ = strings.Cut(rest, ";")
		value = strings.TrimRight(value, httpSpace)
		return name, value, rest, value != "" && isQuotable(value)
	}
	var b strings.Builder
	i := 1
	for ; i < len(rest) && rest[i] != '"'; i++ {
		if rest[i] == '\\' && i+1 < len(rest) {
			i++
		}
		b.WriteByte(rest[i])
	}
	_, rest, _ = strings.Cut(rest[min(i, len(rest)):], ";")
	return name, b.String(), rest, isQuotable(b.String())
}

// isToken reports whether s is a token of HTTP (RFC 9110, section 5.6.2).
func isToken(s string) bool {
	for i := range len(s) {
		if c := s[i]; !('a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0) {
			return false
		}
	}
	return s != ""
}

// isQuotable reports whether s may be the value of a parameter.
func isQuotable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' && s[i] != '\t' || s[i] == 0x7f {
			return false
		}
	}
	return true
}

// An htmlEncoding is a document's encoding. The zero value is UTF-8.
type htmlEncoding struct {
	name string // of the Encoding standard
	encoding.Encoding
}

// lookUp returns the encoding of a label. Encodings that are no longer decoded because they
// are dangerous count as UTF-8.
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

// query returns the encoding of the document's queries, nil when it is UTF-8.
func (e htmlEncoding) query() encoding.Encoding {
	if e.isUTF16() {
		return nil
	}
	return e.Encoding
}

// toUTF8 returns a document's body in UTF-8.
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

// encodingOf finds the encoding of a document as browsers do: byte order mark, header, XML
// declaration, guess. Unless it is certain, a meta element goes before it. The label of the
// header is empty when there is none. UTF-16 shows in the bytes: a label that names it without
// need is not heeded, for no link could be read.
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

// utf16Of returns the name of the UTF-16 that a document is in by its byte order mark or, if it
// is not marked, by its first two characters when those are ASCII.
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

// validUTF8 reports whether body is valid UTF-8 but for a character that its end cuts.
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

// metaEncoding returns the encoding that a meta element declares. It cannot be UTF-16, in
// which the element could not have been read.
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

// charsetIn returns the charset in the content of a meta element, by the HTML standard's
// algorithm for extracting a character encoding from a meta element.
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

// encodeQuery writes what is not ASCII in the query of ref in the document's encoding,
// percent-encoded, as browsers do; paths are always UTF-8 (WHATWG URL, "percent-encode
// after encoding").
func encodeQuery(enc encoding.Encoding, ref []byte) []byte {
	start := bytes.IndexByte(ref, '?')
	if start < 0 {
		return ref
	}
	query, _, _ := bytes.Cut(ref[start:], []byte("#"))
	if len(query) > 3*weburl.MaxLength { // too long however it is encoded
		return ref
	}
	out := bytes.Clone(ref[:start])
	encoder := enc.NewEncoder()
	for len(query) > 0 {
		ascii := bytes.IndexFunc(query, func(r rune) bool { return r >= utf8.RuneSelf })
		if ascii < 0 {
			return append(out, query...)
		}
		out = append(out, query[:ascii]...)
		// Encoded as one, for some encodings have states, from which they return at the end.
		query = query[ascii:]
		end := bytes.IndexFunc(query, func(r rune) bool { return r < utf8.RuneSelf })
		if end < 0 {
			end = len(query)
		}
		out = appendEncoded(out, encoder, query[:end])
		query = query[end:]
	}
	return out
}

// appendEncoded appends s, none of which is ASCII. What the encoding does not have is written
// as an HTML character reference.
func appendEncoded(dst []byte, encoder *encoding.Encoder, s []byte) []byte {
	if b, err := encoder.Bytes(s); err == nil {
		return appendEscapes(dst, b)
	}
	for len(s) > 0 {
		r, size := utf8.DecodeRune(s)
		b, err := encoder.Bytes(s[:size])
		if err != nil {
			b = []byte("&#" + strconv.Itoa(int(r)) + ";")
		}
		dst = appendEscapes(dst, b)
		s = s[size:]
	}
	return dst
}

func appendEscapes(dst, b []byte) []byte {
	for _, c := range b {
		dst = append(dst, '%', "0123456789ABCDEF"[c>>4], "0123456789ABCDEF"[c&15])
	}
	return dst
}

// NoFollow reports whether values of X-Robots-Tag headers ask the crawler with the given
// product token not to follow the links of the answer. A directive may be for one crawler,
// as in "inndx: nofollow"; it then is for those after it in the same value, too.
func NoFollow(values []string, product string) bool {
	for _, value := range values {
		applies := true
		for _, part := range strings.Split(value, ",") {
			if name, directive, ok := strings.Cut(part, ":"); ok && !hasValue[normal(name)] {
				applies = product != "" && normal(name) == product
				part = directive
			}
			if applies && forbidsFollow(part) {
				return true
			}
		}
	}
	return false
}

// hasValue are the directives that have a value behind a colon, and so look like the name
// of a crawler.
var hasValue = map[string]bool{
	"unavailable_after": true, "max-snippet": true, "max-image-preview": true, "max-video-preview": true,
}

// forbidsFollow reports whether nofollow is among directives that commas separate.
func forbidsFollow(directives string) bool {
	for _, d := range strings.Split(directives, ",") {
		if d = normal(d); d == "nofollow" || d == "none" {
			return true
		}
	}
	return false
}

func normal(s string) string { return strings.ToLower(strings.TrimSpace(s)) }
