package page

import (
	"bytes"

	"golang.org/x/net/html"
)

// body reads the body of an HTML document.
func (x *extractor) body(doc Document, t mediaType) {
	x.xhtml = t.essence == xhtmlType
	x.charset, x.certain = encodingOf(t.charset, doc.Body)
	x.before = x.found
	body, decoded := doc.Body, ""
	for reread := true; reread; {
		if x.charset.name != decoded {
			body, decoded = x.charset.toUTF8(doc.Body), x.charset.name
			x.base, x.hasBase = doc.URL, false
		}
		x.found, x.encoding = x.before, x.charset.query()
		x.templates, x.open = 0, x.open[:0]
		x.title, x.hasTitle, x.atTitle = "", false, false
		reread = x.read(body)
	}
}

// read reads the document. It stops and returns true if the document must be read again, because a
// base element changes links before it, or a meta element declares another encoding. Each happens
// at most once.
func (x *extractor) read(body []byte) (reread bool) {
	x.src.Reset(body)
	z := html.NewTokenizer(&x.src)
	z.SetMaxBuf(maxToken)
	z.AllowCDATA(x.xhtml)
	for {
		tt := z.Next()
		if x.atTitle {
			x.readTitle(z, tt)
		}
		if x.inStyle {
			x.readStyle(z, tt)
		}
		switch tt {
		case html.ErrorToken:
			x.info.Truncated = z.Err() == html.ErrBufferExceeded
			return false
		case html.StartTagToken, html.SelfClosingTagToken:
			selfClosing := tt == html.SelfClosingTagToken
			if selfClosing && x.xhtml { // in HTML such elements have content
				z.NextIsNotRawText()
			}
			if raw := z.Raw(); (x.wantsAssets || len(x.open) > 0 || matters(raw)) && x.startTag(z, x.tagName(raw[len("<"):]), selfClosing) {
				return true
			}
		case html.EndTagToken:
			if len(x.open) > 0 || x.templates > 0 {
				x.endTag(z, x.tagName(z.Raw()[len("</"):]))
			}
		}
	}
}

// matters reports, by the first letters, whether startTag may handle a tag outside of foreign
// content. Comparing every name would take longer than the rest of the work on a tag.
func matters(raw []byte) bool {
	c := raw[1] | 0x20
	return letters[c] || c == 's' && raw[2]|0x20 == 'v'
}

var letters = func() (m [256]bool) {
	for _, letter := range "ablfimnt" {
		m[letter] = true
	}
	return m
}()

// tagName returns the name at the beginning of a tag in lower case. It is valid until the next
// call.
func (x *extractor) tagName(tag []byte) []byte {
	name := x.name[:0]
	for _, c := range tag {
		switch c {
		case ' ', '\t', '\n', '\f', '\r', '/', '>':
			x.name = name
			return name
		}
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		name = append(name, c)
	}
	x.name = name
	return name
}

// startTag reads one start tag.
func (x *extractor) startTag(z *html.Tokenizer, name []byte, selfClosing bool) (reread bool) {
	a := &x.attrs
	if raw := z.Raw(); hasAttributes(name) || x.wantsAssets && hasAssets(name, raw) {
		a.read(z, raw[len("<")+len(name):])
	} else if x.wantsAssets {
		a.style = nil
	}
	isHTML, isSVG := true, false
	if len(x.open) > 0 || htmlKind(name) != htmlElement {
		isHTML, isSVG = x.open.start(name, a, selfClosing, x.xhtml)
		z.AllowCDATA(x.xhtml || x.open.top() != htmlElement)
	}
	if !isHTML {
		z.NextIsNotRawText()
		if string(name) == "a" && x.templates == 0 {
			x.foreignLink(a, isSVG)
		}
		if x.wantsAssets && x.templates == 0 {
			x.foreignAssets(name, a, isSVG, selfClosing)
		}
		return false
	}
	if string(name) == "noscript" {
		// The crawler runs no scripts, so the element has content.
		z.NextIsNotRawText()
	}
	if string(name) == "template" {
		if !(x.xhtml && selfClosing) && (!a.shadowRoot || x.templates > 0) {
			x.templates++
		}
		return false
	}
	if x.templates > 0 {
		return false
	}
	if x.wantsAssets {
		x.htmlAssets(name, a)
		if string(name) == "style" && !(x.xhtml && selfClosing) {
			x.startStyle(a)
			if x.xhtml { // XML has no raw text
				z.NextIsNotRawText()
			}
		}
	}
	switch string(name) {
	case "a", "area":
		if a.hasHref {
			x.link(a.href, a.rel)
		}
	case "link":
		if a.hasHref && leadsToPage(a) {
			x.link(a.href, a.rel)
		}
	case "iframe", "frame":
		if a.hasSrc {
			x.link(a.src, nil)
		}
	case "meta":
		return x.meta(a)
	case "title":
		x.atTitle = !x.hasTitle && !(x.xhtml && selfClosing)
		x.hasTitle = true
	case "base":
		return a.hasHref && x.setBase(a.href)
	}
	return false
}

// foreignLink adds the link of an a element of SVG or MathML. XLink attributes are links only in
// SVG.
func (x *extractor) foreignLink(a *attributes, isSVG bool) {
	switch {
	case a.hasHref:
		x.link(a.href, a.rel)
	case a.hasXlinkHref && isSVG:
		x.link(a.xlinkHref, a.rel)
	}
}

// endTag reads one end tag, inside foreign content or a template element.
func (x *extractor) endTag(z *html.Tokenizer, name []byte) {
	isHTML := true
	if len(x.open) > 0 {
		isHTML = x.open.end(name, x.templates > 0)
	}
	if isHTML && x.templates > 0 && string(name) == "template" {
		x.templates--
	}
	z.AllowCDATA(x.xhtml || x.open.top() != htmlElement)
}

// meta reads the encoding, the robots directives and the refresh of a meta element. It reports
// whether the document must be decoded again with another encoding.
func (x *extractor) meta(a *attributes) (reread bool) {
	if !x.certain {
		if e, ok := metaEncoding(a); ok {
			reread = e.name != x.charset.name
			x.charset, x.certain = e, true
		}
	}
	if bytes.EqualFold(a.name, []byte("robots")) ||
		x.product != "" && bytes.EqualFold(a.name, []byte(x.product)) {
		x.info.NoFollow = x.info.NoFollow || forbidsFollow(string(a.content))
	}
	if bytes.EqualFold(a.httpEquiv, []byte("refresh")) {
		if ref, ok := refreshURL(a.content); ok {
			x.link(ref, nil)
		}
	}
	return reread
}
