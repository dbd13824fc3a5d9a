package page

import (
	"bytes"
	"net/http"
	"strings"
)

// htmlTypes are the media types of documents that have links.
var htmlTypes = map[string]bool{"text/html": true, xhtmlType: true}

const xhtmlType = "application/xhtml+xml"

// IsStyleSheet reports whether a response with the Content-Type is a style sheet. The values of the
// header are joined by commas.
func IsStyleSheet(header string) bool { return contentType(header).essence == "text/css" }

// unknownTypes are the media types that stand for an unknown type (WHATWG MIME Sniffing, section
// 7).
var unknownTypes = map[string]bool{"": true, "unknown/unknown": true, "application/unknown": true, "*/*": true}

// maxSniffed bounds the bytes that are sniffed (WHATWG MIME Sniffing, section 5.2).
const maxSniffed = 1445

// sniffHTML reports whether a body of an unknown type is HTML, by its first bytes.
func sniffHTML(body []byte) bool {
	head := bytes.TrimLeft(body[:min(len(body), maxSniffed)], "\t\n\f\r ")
	return strings.HasPrefix(http.DetectContentType(head), "text/html")
}

// A mediaType is the value of a Content-Type header. The zero value is no type.
type mediaType struct {
	essence string // such as "text/html", in lower case
	charset string // as written
}

// contentType returns the media type of Content-Type headers whose values are joined by commas, as
// the Fetch standard extracts it: the last valid value counts. If it has no charset, it inherits
// that of the value before with the same essence.
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

// cutParam cuts off the first parameter of a media type, and reports whether it is valid.
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

// isQuotable reports whether s is a valid value of a parameter.
func isQuotable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' && s[i] != '\t' || s[i] == 0x7f {
			return false
		}
	}
	return true
}
