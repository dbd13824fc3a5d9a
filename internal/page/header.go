package page

import (
	"bytes"
	"unicode/utf8"
)

// headerLinks reads the links of a response's Link and Refresh headers. They are relative to
// the document's URL, whatever its base element says.
func (x *extractor) headerLinks(doc Document) {
	for _, value := range doc.Link {
		for rest := headerBytes(value); ; {
			var a attributes
			if a, rest = nextLink(rest); a.href == nil {
				break
			}
			if leadsToPage(&a) && x.isSelf(a.anchor) {
				x.link(a.href, a.rel)
			}
		}
	}
	for _, value := range doc.Refresh {
		if ref, ok := refreshURL(headerBytes(value)); ok {
			x.link(ref, nil)
		}
	}
}

// headerBytes returns a header's value in UTF-8. By the Fetch standard its bytes are Latin-1
// ("isomorphic decode"), but a value that is UTF-8 is meant so.
func headerBytes(value string) []byte {
	if utf8.ValidString(value) {
		return []byte(value)
	}
	var b []byte
	for i := range len(value) {
		b = utf8.AppendRune(b, rune(value[i]))
	}
	return b
}

// isSelf reports whether the context of a link, its anchor parameter, is the document.
func (x *extractor) isSelf(anchor []byte) bool {
	if len(anchor) == 0 {
		return true
	}
	u, err := x.base.ResolveBytes(anchor)
	return err == nil && u == x.base
}

// nextLink reads a link of a Link header (RFC 8288, section 3 and appendix B.2), and returns
// what stands behind it. Of parameters of one name the first one counts. The href is nil when
// there is no link. What stands where a link should begin is not read.
func nextLink(s []byte) (a attributes, rest []byte) {
	_, s, _ = bytes.Cut(s, []byte("<"))
	target, s, ok := bytes.Cut(s, []byte(">"))
	if !ok {
		return attributes{}, nil
	}
	a.href = append([]byte{}, bytes.Trim(target, " \t")...)
	seen := map[string]bool{}
	for {
		if s = bytes.TrimLeft(s, " \t"); len(s) == 0 || s[0] == ',' {
			return a, s
		}
		var name, value []byte
		name, value, s = nextParam(bytes.TrimLeft(s, "; \t"))
		name = bytes.ToLower(name)
		if seen[string(name)] {
			continue
		}
		seen[string(name)] = true
		switch string(name) {
		case "rel":
			a.rel = value
		case "type":
			a.typ = value
		case "anchor":
			a.anchor = value
		}
	}
}

// nextParam reads a parameter of a link up to the next semicolon or comma (RFC 8288, appendix
// B.3). Its value may stand in quotes, in which a backslash escapes.
func nextParam(s []byte) (name, value, rest []byte) {
	end := bytes.IndexAny(s, "=;, \t")
	if end < 0 {
		return s, nil, nil
	}
	name, s = s[:end], bytes.TrimLeft(s[end:], " \t")
	if len(s) == 0 || s[0] != '=' {
		return name, nil, s
	}
	s = bytes.TrimLeft(s[1:], " \t")
	if len(s) == 0 || s[0] != '"' {
		end := bytes.IndexAny(s, ";,")
		if end < 0 {
			end = len(s)
		}
		return name, bytes.TrimRight(s[:end], " \t"), s[end:]
	}
	for s = s[1:]; len(s) > 0 && s[0] != '"'; s = s[1:] {
		if s[0] == '\\' && len(s) > 1 {
			s = s[1:]
		}
		value = append(value, s[0])
	}
	return name, value, s[min(1, len(s)):]
}
