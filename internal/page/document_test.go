package page_test

import (
	"fmt"
	"slices"
	"strings"

	"pgregory.net/rapid"
)

// htmlPieces are the parts of a generated document outside of foreign content, in any order. #
// stands for a new number.
var htmlPieces = []string{
	"<a href=#>", "</a>", "<area href=#>", "<iframe src=#></iframe>", "<link rel=next href=#>", "<a xlink:href=#>", "text", " ",
	"<meta http-equiv=refresh content='0;#'>", "<base href=/#/>", "<p>", "</p>", "<div>", "</div>", "<b>", "</b>", "<span/>", "</span>", "<br>", "</br>",
	"<ul><li>", "</ul>", "<table>", "<tr><td>", "</td>", "<caption>", "<colgroup>", "<col>", "</table>", "<select><option>", "</select>", "<button>", "</button>",
	"<!-- <a href=#> -->", "<!-->", "<![CDATA[<a href=#>]]>", "<?x <a href=#>?>", "</ x>", "</>", "<form>", "</form>", "<h1>", "</h1>", "<object>", "</object>",
	"<script>'<a href=#>'</script>", "<style/><a href=#></style>", "<title><a href=#></title>", "<title/><a href=#></title>", "<textarea><a href=#></textarea>",
	"<xmp><a href=#></xmp>", "<noembed><a href=#></noembed>", "<noframes><a href=#></noframes>", "<noscript>", "</noscript>", "<template>", "</template>",
	"<img src=#>", "<image src=# srcset='# 2x, #'>", "<script src=#></script>", "<link rel=icon href=#>", "<link rel=preload imagesrcset='#, # 2x'>",
	"<video src=# poster=#>", "<source srcset='#, # 1x'>", "</video>", "<object data=#>", "<input type=image src=#>", "<embed src=#>",
	"<style>a{b:url(#)}</style>", "<p style='a:url(#)'>", "<a href=# style=b:url(#)>",
	"<head>", "</head>", "<body>", "</body>", "</html>", "<svg/>", "<math/>", "<desc>", "<foreignObject>", "<mi>", "</svg>", "</math>", "</title>", "<font color=x>", "</font>",
}

// nestedPieces are the parts of a document at an integration point: what is before and after a
// nested part.
var nestedPieces = [][2]string{
	{"<a href=#>text</a>", ""}, {"<p>", "</p>"}, {"<div>", "</div>"}, {"<b>", "</b>"}, {"<span/>", "</span>"}, {"<ul><li>", "</li></ul>"},
	{"<noscript>", "</noscript>"}, {"<font size=1>", "</font>"}, {"<my-element>", "</my-element>"},
	{"<title><a href=#></title>", ""}, {"<style/><a href=#></style>", ""}, {"<textarea><a href=#></textarea>", ""}, {"<script>'<a href=#>'</script>", ""},
	{"<br>", ""}, {"<img>", ""}, {"<area href=#>", ""}, {"text", ""}, {"<![CDATA[<a href=#>]]>", ""}, {"</rect>", ""}, {"</br>", ""},
	{"<meta http-equiv=refresh content='0;#'>", ""}, {"<iframe src=#></iframe>", ""},
	{"<style>a{b:url(#)}</style>", ""}, {"<em style='a:url(#)'>", "</em>"},
}

// foreignNames are elements of SVG and MathML, and names that are not HTML elements there.
var foreignNames = []string{
	"a href=#", "a xlink:href=#", "image href=#", "use xlink:href=#", "feImage href=#", "script href=#", "g style=a:url(#)", "path", "style", "script", "textarea", "iframe src=#", "xmp", "noembed", "noframes", "noscript", "plaintext", "template",
	"desc", "title", "foreignObject", "ForeignObject", "mi", "mtext", "annotation-xml", "annotation-xml encoding='text/HTML'", "mglyph", "mrow",
	"svg", "SVG", "math", "area href=#", "link rel=next href=#", "base href=/#/", "font", "select", "td", "form", "tr", "option", "frameset", "frame src=#", "input", "button",
}

// breakouts are tags that end foreign content.
var breakouts = []string{"<p>", "<div>", "<br>", "</p>", "</br>", "<span>", "<table>", "<font face=x>", "<meta http-equiv=refresh content='0;#'>", "<img src=#>", "<h1>", "<li>"}

// A writer writes a random document.
type writer struct {
	*rapid.T
	strings.Builder
	links int
}

func (w *writer) write(s string) {
	for i, part := range strings.Split(s, "#") {
		if i > 0 {
			w.links++
			fmt.Fprint(w, w.links)
		}
		w.WriteString(part)
	}
}

func (w *writer) one(of int) bool { return rapid.IntRange(1, of).Draw(w.T, "one of") == 1 }

// html writes HTML that may be malformed, around foreign content.
func (w *writer) html() {
	for range rapid.IntRange(1, 12).Draw(w.T, "pieces") {
		if w.one(3) {
			w.foreignRoot(3, true)
		} else {
			w.write(rapid.SampledFrom(htmlPieces).Draw(w.T, "HTML"))
		}
	}
}

// point writes the content of an integration point.
func (w *writer) point(depth int) {
	for range rapid.IntRange(0, 3).Draw(w.T, "pieces") {
		if depth > 0 && w.one(4) {
			w.foreignRoot(depth-1, false)
			continue
		}
		piece := rapid.SampledFrom(nestedPieces).Draw(w.T, "nested")
		w.write(piece[0])
		if piece[1] != "" && depth > 0 {
			w.point(depth - 1)
		}
		w.write(piece[1])
	}
}

func (w *writer) foreignRoot(depth int, outermost bool) {
	root := rapid.SampledFrom([]string{"svg", "math", "SVG"}).Draw(w.T, "root")
	w.write("<" + root + ">")
	if w.foreign(strings.ToLower(root), depth, outermost) {
		w.write("</" + root + ">")
	}
}

// foreign writes the content of an element of SVG or MathML. It reports whether the element is
// still open. outermost reports that there is no integration point around it.
func (w *writer) foreign(in string, depth int, outermost bool) (open bool) {
	for range rapid.IntRange(0, 4).Draw(w.T, "pieces") {
		switch rapid.IntRange(0, 9).Draw(w.T, "kind") {
		case 0:
			w.write(rapid.SampledFrom([]string{"text", "<![CDATA[<a href=#></svg>]]>", "<!-- <a href=#> -->", "</rect>", "</mn>", "</p2>", "<style>a{b:url(#)}</style>", "<style>a{<!---->b:url(#)}<![CDATA[c{d:url(#)}]]></style>"}).Draw(w.T, "text"))
			continue
		case 1:
			if outermost && w.one(3) {
				w.write(rapid.SampledFrom(breakouts).Draw(w.T, "breakout"))
				return false
			}
			continue
		}
		tag := rapid.SampledFrom(foreignNames).Draw(w.T, "name")
		name, _, _ := strings.Cut(tag, " ")
		w.write("<" + tag)
		if depth == 0 || w.one(3) {
			w.write(" />")
			continue
		}
		w.write(">")
		switch isPoint, isSVG := pointOf(in, tag), in == "annotation-xml" && strings.EqualFold(tag, "svg"); {
		case isPoint:
			w.point(depth - 1)
		default:
			inner := in
			if inner = strings.TrimPrefix(inner, "annotation-xml"); inner == "" {
				inner = "math"
			}
			if isSVG {
				inner = "svg"
			} else if inner == "math" && name == "annotation-xml" {
				inner = name
			}
			if !w.foreign(inner, depth-1, outermost) {
				return false
			}
			if outermost && !strings.EqualFold(name, "svg") && name != "math" && w.one(8) { // omit the end tag
				in = inner
				continue
			}
		}
		w.write("</" + name + ">")
	}
	return true
}

// pointOf reports whether an element of SVG or MathML is an integration point.
func pointOf(in, tag string) bool {
	if in == "svg" {
		return slices.Contains([]string{"desc", "title", "foreignobject"}, strings.ToLower(tag))
	}
	return slices.Contains([]string{"mi", "mtext", "annotation-xml encoding='text/HTML'"}, tag)
}
