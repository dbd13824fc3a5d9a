package page

import (
	"bytes"
	"unicode/utf8"
)

// headerLinks reads the links of the Link and Refresh headers. They are relative to the URL of the
// document, not to its base element.
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
			if x.wantsAssets && leadsToAsset(&a) && x.isSelf(a.anchor) {
				x.asset(a.href)
				x.candidates(a.imageSrcset)
			}
		}
	}
	for _, value := range doc.Refresh {
		if ref, ok := refreshURL(headerBytes(value)); ok {
			x.link(ref, nil)
		}
	}
}

// headerBytes returns the value of a header in UTF-8. By the Fetch standard the value is Latin-1
// ("isomorphic decode"), but servers that send valid UTF-8 mean UTF-8.
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

// isSelf reports whether a link with the given anchor parameter belongs to the document itself.
func (x *extractor) isSelf(anchor []byte) bool {
	if len(anchor) == 0 {
		return true
	}
	u, err := x.base.ResolveBytes(anchor)
	return err == nil && u == x.base
}

// nextLink reads a link of a Link header (RFC 8288, section 3 and appendix B.2), and returns the
// rest of the header. It skips anything before the link. The first of several parameters of one
// name counts. The href is nil if there is no link.
func nextLink(s []byte) (a attributes, rest []byte) {
	_, s, _ = bytes.Cut(s, []byte("<"))
	target, s, ok := bytes.Cut(s, []byte(">"))
	if !ok {
		return attributes{}, nil
	}
	seen := map[string]bool{}
	for {
		if s = bytes.TrimLeft(s, " \t"); len(s) == 0 || s[0] == ',' {
			a.href = append([]byte{}, bytes.Trim(target, " \t")...) // not a parameter of that name
			return a, s
		}
		var name, value []byte
		name, value, s = nextParam(bytes.TrimLeft(s, "; \t"))
		if name = bytes.ToLower(name); !seen[string(name)] {
			seen[string(name)] = true
			a.set(name, value)
		}
	}
}

// nextParam reads a parameter of a link up to the next semicolon or comma (RFC 8288, appendix B.3).
// The value may be in quotes, with backslashes as escapes.
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

// refreshURL returns the URL of a refresh by the shared declarative refresh steps of the HTML
// standard. The URL follows a number of seconds and a separator. It may have "url=" before it, and
// be in quotes. A refresh of the page itself has no URL.
func refreshURL(content []byte) ([]byte, bool) {
	const space = " \t\r\n\f"
	time := bytes.TrimLeft(content, space)
	s := bytes.TrimLeft(time, "0123456789.")
	if len(s) == len(time) || len(s) == 0 || !isSeparator(s[0]) && s[0] != ';' {
		return nil, false
	}
	if s = bytes.TrimLeft(s, space); len(s) > 0 && (s[0] == ';' || s[0] == ',') {
		s = bytes.TrimLeft(s[1:], space)
	}
	if len(s) == 0 {
		return nil, false
	}
	if s[0]|0x20 == 'u' {
		if len(s) < 3 || !bytes.EqualFold(s[:3], []byte("url")) {
			return s, true
		}
		after, ok := bytes.CutPrefix(bytes.TrimLeft(s[3:], space), []byte("="))
		if !ok {
			return s, true
		}
		s = bytes.TrimLeft(after, space)
	}
	if len(s) > 0 && (s[0] == '"' || s[0] == '\'') {
		s, _, _ = bytes.Cut(s[1:], s[:1])
	}
	return s, true
}
