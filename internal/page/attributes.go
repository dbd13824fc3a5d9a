package page

import (
	"bytes"

	"golang.org/x/net/html"
)

// attributes has the attributes that matter of one tag, or the target and the parameters of one
// link of a Link header. The slices of a tag are valid until the next token.
type attributes struct {
	href, src, rel, typ, name, content, httpEquiv, charset, xlinkHref, encoding []byte
	srcset, imageSrcset, poster, data, background, style                        []byte // of assets

	anchor                                    []byte // of a Link header
	hasHref, hasSrc, hasXlinkHref, shadowRoot bool
	fontStyle                                 bool // of a font element: HTML, not SVG
}

// read reads the attributes of a tag. rest is the tag after its name.
func (a *attributes) read(z *html.Tokenizer, rest []byte) {
	*a = attributes{}
	if a.readPlain(rest) {
		return
	}
	*a = attributes{}
	for more := true; more; {
		var name, value []byte
		name, value, more = z.TagAttr()
		a.set(name, value)
	}
}

// maxPlain bounds the attributes of a tag that readPlain reads.
const maxPlain = 8

// readPlain reads the attributes of a tag that is written as most tags are, and reports whether it
// is: names in lower case, values in double quotes, white space between them, no name twice, and
// nothing that the tokenizer would replace. The tokenizer allocates two copies of each attribute.
func (a *attributes) readPlain(rest []byte) bool {
	if bytes.IndexByte(rest, '&') >= 0 || bytes.IndexByte(rest, '\r') >= 0 || bytes.IndexByte(rest, 0) >= 0 {
		return false
	}
	var names [maxPlain][]byte
	for n := 0; ; n++ {
		spaces := 0
		for spaces < len(rest) && (rest[spaces] == ' ' || rest[spaces] == '\n' || rest[spaces] == '\t') {
			spaces++
		}
		rest = rest[spaces:]
		if string(rest) == ">" || string(rest) == "/>" {
			return true
		}
		name := 0
		for name < len(rest) && isPlainName(rest[name]) {
			name++
		}
		if n == maxPlain || spaces == 0 || name == 0 || !bytes.HasPrefix(rest[name:], []byte(`="`)) {
			return false
		}
		names[n], rest = rest[:name], rest[name+len(`="`):]
		for _, before := range names[:n] {
			if bytes.Equal(before, names[n]) {
				return false
			}
		}
		value := bytes.IndexByte(rest, '"')
		if value < 0 {
			return false
		}
		a.set(names[n], rest[:value])
		rest = rest[value+1:]
	}
}

func isPlainName(c byte) bool { return 'a' <= c && c <= 'z' || c == '-' || c == ':' }

// set sets the attribute with the given lower-case name.
func (a *attributes) set(name, value []byte) {
	switch string(name) {
	case "href":
		a.href, a.hasHref = value, true
	case "xlink:href": // links of SVG images
		a.xlinkHref, a.hasXlinkHref = value, true
	case "src":
		a.src, a.hasSrc = value, true
	case "srcset":
		a.srcset = value
	case "imagesrcset":
		a.imageSrcset = value
	case "poster":
		a.poster = value
	case "data":
		a.data = value
	case "background":
		a.background = value
	case "style":
		a.style = value
	case "rel":
		a.rel = value
	case "type":
		a.typ = value
	case "name":
		a.name = value
	case "content":
		a.content = value
	case "http-equiv":
		a.httpEquiv = value
	case "charset":
		a.charset = value
	case "encoding":
		a.encoding = value
	case "anchor":
		a.anchor = value
	case "color", "face", "size":
		a.fontStyle = true
	case "shadowrootmode":
		a.shadowRoot = true
	}
}

// hasAttributes reports whether the attributes of an element matter.
func hasAttributes(name []byte) bool {
	switch string(name) {
	case "a", "area", "link", "iframe", "frame", "base", "meta", "template", "font", "annotation-xml":
		return true
	}
	return false
}

// leadsToPage reports whether a link element or a link of a header leads to another page. An
// alternate of another type than HTML is a feed or the like.
func leadsToPage(a *attributes) bool {
	switch {
	case hasWord(a.rel, "canonical"), hasWord(a.rel, "next"), hasWord(a.rel, "prev"), hasWord(a.rel, "previous"):
		return true
	case hasWord(a.rel, "alternate") && !hasWord(a.rel, "stylesheet"):
		return len(a.typ) == 0 || htmlTypes[contentType(string(a.typ)).essence]
	}
	return false
}

// hasWord reports whether list contains the lower-case word, ignoring case. Spaces separate words.
// So do commas, which pages use although HTML does not allow them.
func hasWord(list []byte, word string) bool {
	for len(list) >= len(word) {
		for len(list) > 0 && isSeparator(list[0]) {
			list = list[1:]
		}
		end := 0
		for end < len(list) && !isSeparator(list[end]) {
			end++
		}
		if end == len(word) && bytes.EqualFold(list[:end], []byte(word)) {
			return true
		}
		list = list[end:]
	}
	return false
}

func isSeparator(c byte) bool {
	return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r' || c == ','
}
