package page

import (
	"bytes"
	"strconv"
	"strings"
)

// attribute returns the value of an attribute of a tag.
func attribute(tag []byte, name string) (value string, ok bool) {
	const space = " \t\r\n/"
	_, rest := cutAny(tag, space)
	for {
		rest = bytes.TrimLeft(rest, space)
		if len(rest) == 0 {
			return "", false
		}
		var key, val []byte
		key, rest = cutAny(rest, space+"=")
		rest = bytes.TrimLeft(rest, space+"=")
		if len(rest) > 0 && (rest[0] == '"' || rest[0] == '\'') {
			val, rest, _ = bytes.Cut(rest[1:], rest[:1])
		} else {
			val, rest = cutAny(rest, " \t\r\n")
		}
		if bytes.EqualFold(key, []byte(name)) {
			return strings.TrimSpace(string(appendUnescaped(nil, val))), true
		}
	}
}

// cutAny cuts b before the first byte that is in chars.
func cutAny(b []byte, chars string) (before, after []byte) {
	if i := bytes.IndexAny(b, chars); i >= 0 {
		return b[:i], b[i:]
	}
	return b, nil
}

// decode decodes the raw text and moves it to the text.
func (x *xmlSitemap) decode() {
	x.text.Write(appendUnescaped(nil, x.raw))
	x.raw = x.raw[:0]
}

// xmlEntities are the predefined entities of XML.
var xmlEntities = map[string]string{"amp": "&", "lt": "<", "gt": ">", "quot": `"`, "apos": "'"}

// appendUnescaped appends b with its entities expanded. Ampersands that begin no entity are kept,
// because many sitemaps do not escape them.
func appendUnescaped(dst, b []byte) []byte {
	for {
		before, after, ok := bytes.Cut(b, []byte("&"))
		dst = append(dst, before...)
		if !ok {
			return dst
		}
		b = after
		name, _, _ := bytes.Cut(after[:min(len(after), len("#x10FFFF;"))], []byte(";"))
		if s, ok := entity(string(name)); ok && len(name) < len(after) && after[len(name)] == ';' {
			dst = append(dst, s...)
			b = after[len(name)+1:]
		} else {
			dst = append(dst, '&')
		}
	}
}

func entity(name string) (string, bool) {
	digits, ok := strings.CutPrefix(name, "#")
	if !ok {
		s, ok := xmlEntities[name]
		return s, ok
	}
	base := 10
	if digits != "" && digits[0]|0x20 == 'x' {
		base, digits = 16, digits[1:]
	}
	n, err := strconv.ParseUint(digits, base, 21)
	return string(rune(n)), err == nil
}
