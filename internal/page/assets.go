package page

import "bytes"

// space is ASCII whitespace in the HTML standard.
const space = " \t\n\f\r"

// assetElements are the HTML elements that may have assets, besides those of hasAttributes.
var assetElements = set("audio body embed image img input object script source table tbody td tfoot th thead tr track video use feimage style")

// hasAssets reports whether a tag may have assets.
func hasAssets(name, raw []byte) bool {
	return assetElements[string(name)] || containsFold(raw, "style")
}

// htmlAssets adds the assets of an HTML element: the attributes with URLs of resources in the HTML
// standard, the obsolete background included.
func (x *extractor) htmlAssets(name []byte, a *attributes) {
	switch string(name) {
	case "img", "image": // an image element of HTML is an img
		x.asset(a.src)
		x.candidates(a.srcset)
	case "source":
		x.asset(a.src)
		x.candidates(a.srcset)
	case "script", "audio", "embed", "iframe", "frame", "track":
		x.asset(a.src)
	case "video":
		x.asset(a.src)
		x.asset(a.poster)
	case "input":
		if bytes.EqualFold(a.typ, []byte("image")) {
			x.asset(a.src)
		}
	case "object":
		x.asset(a.data)
	case "body", "table", "thead", "tbody", "tfoot", "tr", "td", "th":
		x.asset(a.background)
	case "link":
		if leadsToAsset(a) {
			x.asset(a.href)
			x.candidates(a.imageSrcset)
		}
	}
	x.styleAttribute(a.style)
}

// foreignAssets adds the assets of an element of SVG or MathML.
func (x *extractor) foreignAssets(name []byte, a *attributes, isSVG, selfClosing bool) {
	if isSVG {
		switch string(name) {
		case "image", "feimage", "use", "script":
			if a.hasHref { // takes precedence in SVG 2
				x.asset(a.href)
			} else {
				x.asset(a.xlinkHref)
			}
		case "style":
			if !selfClosing {
				x.startStyle(a)
			}
		}
	}
	x.styleAttribute(a.style)
}

// leadsToAsset reports whether a link element or a link of a header leads to a resource that shows
// or runs the page. A prefetch leads to what may be the next page.
func leadsToAsset(a *attributes) bool {
	for _, rel := range assetRelations {
		if hasWord(a.rel, rel) {
			return true
		}
	}
	return false
}

var assetRelations = []string{
	"stylesheet", "icon", "apple-touch-icon", "apple-touch-icon-precomposed", "mask-icon", "manifest", "preload", "modulepreload",
}

// asset adds the asset ref. It leaves out empty references, which lead nowhere (HTML standard, for
// example section 4.8.4.3), fragments, which are parts of the page, and data URLs, which hold the
// asset itself.
func (x *extractor) asset(ref []byte) {
	ref = bytes.Trim(ref, space)
	if len(ref) == 0 || ref[0] == '#' || len(ref) > 5 && bytes.EqualFold(ref[:5], []byte("data:")) {
		return
	}
	if u, ok := x.resolve(ref, true); ok {
		x.assets = append(x.assets, u)
	}
}

// candidates adds the URLs of a srcset attribute (HTML standard, section "Parsing a srcset
// attribute"). A candidate counts even if its descriptors are invalid.
func (x *extractor) candidates(s []byte) {
	for {
		s = bytes.TrimLeft(s, space+",")
		if len(s) == 0 {
			return
		}
		end := bytes.IndexAny(s, space)
		if end < 0 {
			end = len(s)
		}
		url := bytes.TrimRight(s[:end], ",")
		x.asset(url)
		hasDescriptors := len(url) == end
		s = s[end:]
		if hasDescriptors {
			s = afterDescriptors(s)
		}
	}
}

// afterDescriptors returns what follows the descriptors of a candidate: they end at a comma outside
// of parentheses.
func afterDescriptors(s []byte) []byte {
	inParens := false
	for i, c := range s {
		switch {
		case c == '(':
			inParens = true
		case c == ')':
			inParens = false
		case c == ',' && !inParens:
			return s[i:]
		}
	}
	return nil
}
