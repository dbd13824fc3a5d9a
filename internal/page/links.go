// Package page reads the URLs that a crawl follows or checks from a response: the links of a page,
// the URLs of a sitemap, and the assets of pages and style sheets. It fetches nothing. Its time and
// memory are bounded by the length of the response.
package page

import (
	"bytes"
	"errors"
	"slices"
	"sync"

	"golang.org/x/text/encoding"

	"github.com/inndx/runs/internal/weburl"
)

// maxToken bounds a tag, a comment or a script in bytes. It also bounds the memory of a tag with
// many attributes, which is a multiple of the length of the tag.
const maxToken = 2 << 20

// maxWork bounds the bytes of all links of one page, each counted with its base. It bounds their
// memory, and the time to resolve them: a short link may have a base of two thousand bytes.
const maxWork = 64 << 20

// maxRefused bounds the references of one page that are reported for each reason.
const maxRefused = 100

// A Document is a response to read links from.
type Document struct {
	URL         weburl.URL // the URL fetched
	ContentType string     // the values of the header, joined by commas; if empty, Body is sniffed
	RobotsTags  []string   // the values of the X-Robots-Tag header
	Link        []string   // the values of the Link header
	Refresh     []string   // the values of the Refresh header
	Product     string     // the crawler's product token in lower case, as in robots directives
	Body        []byte
	// Refused, if it is not nil, is called with the first hundred different references that exceed
	// weburl.MaxLength, and with the first hundred that are meant as http or https URLs and are not
	// valid. One that is both a link and an asset counts as two.
	Refused func(Refused)
	// Asset, if it is not nil, is called with the URL of every asset of the document, in order and
	// including repetitions, after the links were added; see Links.
	Asset func(weburl.URL)
}

// A Refused is a reference that is left out although it is meant as a URL of the web.
type Refused struct {
	// Text stands for the reference. It is not a normalised URL; see weburl.URL.Beginning and
	// weburl.URL.Invalid.
	Text    string
	TooLong bool // otherwise it is not valid
	Asset   bool // it is an asset and no link
}

// Info counts the links of a document.
type Info struct {
	Title      string // of an HTML document: at most MaxTitleBytes, without repeated white space
	HTML       bool   // the document is HTML; other documents have only the links of their headers
	NoFollow   bool   // the document forbids following its links, so none was added
	TooMany    bool   // the links and assets have too many bytes, so the last ones were left out
	Truncated  bool   // a single tag or script was too long, so the rest was not read
	Links      int    // links added, including repetitions
	NoFollowed int    // links left out for rel=nofollow
	TooLong    int    // links and assets left out because they exceed weburl.MaxLength
	Invalid    int    // links and assets left out because they are not http or https URLs
}

// Links calls add with the URL of every link of a document, in order and including repetitions. The
// links of headers come first: links of Link headers (RFC 8288) that lead to another page, and the
// refresh of Refresh headers. The body has links if it is HTML: a, area, iframe and frame elements,
// link elements that lead to another page, and the refresh of a meta element.
//
// The relations that lead to another page are canonical, next, prev, previous and alternate. An
// alternate that is a style sheet or has another media type than HTML, as feeds have, does not.
// Other relations lead to parts of the page, to other formats, or to resources for programs. Links
// of headers that belong to another resource than the document (anchor) are ignored.
//
// Links respects the base element, rel=nofollow, and nofollow among the robots directives of
// headers and meta elements. Images, scripts, style sheets, forms and other elements that do not
// lead to a page for people are not links.
//
// Assets are what a page needs to be shown, if it is HTML: images with all their candidates
// (srcset), scripts, media with posters and text tracks, embedded documents and objects, frames,
// backgrounds, images and uses of SVG, and links to style sheets, icons, manifests and preloaded
// resources, also in Link headers, and what the CSS of style elements and style attributes names as
// StyleSheet reads it. What only a script names is not read. The directive nofollow is about links,
// so it leaves out no asset.
func Links(doc Document, add func(weburl.URL)) Info {
	mediaType := contentType(doc.ContentType)
	isHTML := readsAsHTML(mediaType, doc.Body)
	if !isHTML && len(doc.Link)+len(doc.Refresh) == 0 {
		return Info{}
	}
	noFollow := NoFollow(doc.RobotsTags, doc.Product)
	if noFollow && !isHTML {
		return Info{NoFollow: true}
	}
	x := extractors.Get().(*extractor)
	defer x.release()
	x.product, x.wantsAssets = doc.Product, doc.Asset != nil && isHTML
	x.base = doc.URL
	x.headerLinks(doc)
	if x.info.HTML = isHTML; isHTML {
		x.body(doc, mediaType)
	}
	if noFollow || x.info.NoFollow {
		x.addRefused(doc, true)
		x.addAssets(doc)
		return Info{HTML: true, Title: x.title, NoFollow: true, Truncated: !noFollow && x.info.Truncated}
	}
	for _, u := range x.links {
		add(u)
	}
	x.addRefused(doc, false)
	x.addAssets(doc)
	x.info.Links, x.info.Title = len(x.links), x.title
	return x.info
}

// addRefused reports the references that were refused, or only the assets among them.
func (x *extractor) addRefused(doc Document, onlyAssets bool) {
	if doc.Refused == nil {
		return
	}
	for _, refused := range [...][]Refused{x.long, x.invalid} {
		for _, r := range refused {
			if r.Asset || !onlyAssets {
				doc.Refused(r)
			}
		}
	}
}

func (x *extractor) addAssets(doc Document) {
	for _, u := range x.assets {
		doc.Asset(u)
	}
}

// An extractor reads one document.
type extractor struct {
	base    weburl.URL // what links are relative to
	hasBase bool       // there was a base element
	product string
	// wantsAssets says that the assets are read as well.
	wantsAssets bool

	charset   htmlEncoding
	certain   bool              // meta elements do not change the charset
	encoding  encoding.Encoding // of queries, nil for UTF-8
	xhtml     bool
	title     string
	hasTitle  bool // there was a title element
	atTitle   bool // the last token was its start tag
	templates int  // open template elements, whose content is not part of the page
	urls      weburl.Allocator
	open      openElements
	name      []byte // of the current tag
	found
	before found // the links of headers
	attrs  attributes

	inStyle   bool   // the next text is that of a style element
	styleText []byte // of the style element
	css       cssReader
	src       bytes.Reader
}

// found has the links that were read so far.
type found struct {
	links         []weburl.URL
	assets        []weburl.URL
	long, invalid []Refused
	work          int // see maxWork
	info          Info
}

var extractors = sync.Pool{New: func() any { return new(extractor) }}

func (x *extractor) release() {
	clear(x.links)
	clear(x.assets)
	clear(x.open[:cap(x.open)])
	x.css.reset(nil)
	*x = extractor{
		found: found{links: x.links[:0], assets: x.assets[:0]}, open: x.open[:0], name: x.name[:0],
		styleText: x.styleText[:0], css: x.css,
	}
	if cap(x.links) <= 1<<12 && cap(x.assets) <= 1<<12 && cap(x.name) <= 1<<10 &&
		cap(x.styleText) <= 1<<16 && cap(x.css.buf) <= 1<<12 && cap(x.css.open) <= 1<<12 {
		extractors.Put(x)
	}
}

// link adds the link ref, unless rel contains nofollow.
func (x *extractor) link(ref, rel []byte) {
	if hasWord(rel, "nofollow") {
		x.info.NoFollowed++
		return
	}
	if u, ok := x.resolve(ref, false); ok {
		x.links = append(x.links, u)
	}
}

// resolve resolves a reference within the bounds of a page.
func (x *extractor) resolve(given []byte, isAsset bool) (weburl.URL, bool) {
	ref := given
	if x.work += len(x.base.String()) + len(ref); x.work > maxWork {
		x.info.TooMany = true
		return weburl.URL{}, false
	}
	if x.encoding != nil {
		ref = encodeQuery(x.encoding, ref)
	}
	u, err := x.urls.Resolve(x.base, ref)
	if err == nil {
		return u, true
	}
	x.refuse(given, ref, isAsset, err)
	return weburl.URL{}, false
}

// refuse notes a reference that could not be resolved because of err. ref is the reference as it
// was resolved.
func (x *extractor) refuse(given, ref []byte, isAsset bool, err error) {
	isLong := errors.Is(err, weburl.ErrTooLong)
	if isLong {
		x.info.TooLong++
	} else {
		x.info.Invalid++
	}
	if isLong && len(x.long) < maxRefused {
		if text := x.base.Beginning(string(ref)); text != "" {
			x.long = appendNew(x.long, Refused{Text: text, TooLong: true, Asset: isAsset})
			return
		}
	}
	// A reference that is too long to be resolved may be invalid as well, or a data URL.
	if !errors.Is(err, weburl.ErrScheme) && len(x.invalid) < maxRefused {
		if text := x.base.Invalid(string(given)); text != "" {
			x.invalid = appendNew(x.invalid, Refused{Text: text, Asset: isAsset})
		}
	}
}

func appendNew(all []Refused, r Refused) []Refused {
	if slices.Contains(all, r) {
		return all
	}
	return append(all, r)
}

// setBase makes links relative to the URL of the first base element, as HTML requires. It reports
// whether links were read before it.
func (x *extractor) setBase(ref []byte) (reread bool) {
	if x.hasBase {
		return false
	}
	x.hasBase = true
	base, err := x.base.ResolveBytes(ref)
	if err != nil || base == x.base {
		return false
	}
	x.base = base
	return len(x.links) > len(x.before.links) || len(x.assets) > len(x.before.assets) || x.info != x.before.info
}
